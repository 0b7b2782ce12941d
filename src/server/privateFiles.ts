import { chmodSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The files of chatd; others in its directory are the operator's. */
const OWN_FILES = /^(chatd\..+|tls\.pem|lock|control)$/
/** A new file replaces the one, and the other is a socket, without which chatd works too. */
const ANY_KIND = new Set(['chatd.pid', 'control'])
/** All but the permissions of the owner. */
const OTHERS = 0o077
const OTHERS_WRITE = 0o022
const STICKY = 0o1000

/**
 * Takes the permissions of others away from chatd's files in a data directory, which may come from a copy or a backup, and the
 * permission to write in it from others. Gives a sentence for each that had them.
 */
export function closeToOthers(directory: string): readonly string[] {
  const found = readdirSync(directory, { withFileTypes: true })
    // Not the socket: chatd makes another at each start, and may give it to a group.
    .filter(entry => OWN_FILES.test(entry.name) && entry.isFile())
    .flatMap(entry => closeFile(join(directory, entry.name)))
  return [...closeDirectory(directory), ...found]
}

/**
 * A sentence for a name of chatd's own that is no file in a data directory; undefined where there is none. To open a pipe would
 * hang chatd until another program opens it too.
 */
export function findNoFile(directory: string): string | undefined {
  for (const path of ownPaths(directory)) {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.isFile() === true) continue
    // SQLite removes its own files beside the log at any moment.
    if (found === undefined && lstatSync(path, { throwIfNoEntry: false }) === undefined) continue
    return `${path} is no plain file, and the name is one of chatd's own: move it away, and try again`
  }
  return undefined
}

function ownPaths(directory: string): string[] {
  try {
    const names = readdirSync(directory).filter(name => OWN_FILES.test(name) && !ANY_KIND.has(name))
    return names.map(name => join(directory, name))
  } catch {
    // There is no directory, or this user may not list it: opening a file in it tells why.
    return []
  }
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
