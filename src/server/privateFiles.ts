import { chmodSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** All but the permissions of the owner. */
const OTHERS = 0o077
const OTHERS_WRITE = 0o022
const STICKY = 0o1000

/**
 * Takes the permissions of others away from the files in a data directory, which may come from a copy or a backup, and the
 * permission to write in it from others. Gives a sentence for each that had them.
 */
export function closeToOthers(directory: string): readonly string[] {
  const found = readdirSync(directory, { withFileTypes: true })
    .filter(entry => entry.isFile() || entry.isSocket())
    .flatMap(entry => closeFile(join(directory, entry.name)))
  return [...closeDirectory(directory), ...found]
}

function closeFile(file: string): string[] {
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (stat === undefined || (stat.mode & OTHERS) === 0) return []
  return changed(file, stat.mode & 0o700, `others could read ${file}`)
}

/** A directory that others share, such as /tmp, is not changed. */
function closeDirectory(directory: string): string[] {
  const { mode } = statSync(directory)
  if ((mode & OTHERS_WRITE) === 0) return []
  const what = `others could replace files in ${directory}`
  if ((mode & STICKY) !== 0) return [`${what}: choose a directory of its own with --data`]
  return changed(directory, mode & 0o7777 & ~OTHERS_WRITE, what)
}

function changed(path: string, mode: number, what: string): string[] {
  try {
    chmodSync(path, mode)
    return [`${what}; its permissions are ${mode.toString(8)} now`]
  } catch {
    return [`${what}, and chatd may not change that: run chmod ${mode.toString(8)} ${path}`]
  }
}
