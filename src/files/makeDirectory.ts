import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorCode } from './errorCode.ts'

/**
 * Creates a directory with its missing parents, all with this mode; an existing one stays as it is. Gives those that it made,
 * the outermost first. Throws the error of the operating system.
 *
 * Not `mkdirSync` with `recursive`: Node's loop never ends where a directory exists and nothing can be created in it, and
 * the system calls that ENOENT: below /proc, and in a mount whose directory was removed.
 */
export function makeDirectory(path: string, mode: number): readonly string[] {
  try {
    return makeLevel(path, mode)
  } catch (error) {
    const parent = dirname(path)
    if (!isMissing(error) || parent === path) throw error
    const parents = makeDirectory(parent, mode)
    // The parent exists now. Whatever fails from here on fails for good.
    return [...parents, ...makeLevel(path, mode)]
  }
}

function makeLevel(path: string, mode: number): readonly string[] {
  try {
    mkdirSync(path, { mode })
    return [path]
  } catch (error) {
    // A directory that exists is not always EEXIST: file systems that are read-only may say so first.
    if (isMissing(error) || !isDirectory(path)) throw error
    return []
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT'
}
