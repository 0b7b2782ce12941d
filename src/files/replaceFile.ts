import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncPath } from './syncPath.ts'

/**
 * Writes a file that its owner alone can read. Whatever happens, the file holds the whole new text or what it held before.
 * Throws the error of the operating system.
 */
export function replaceFile(file: string, text: string): void {
  const fresh = `${file}.new`
  try {
    // A process that was killed in here left it behind.
    rmSync(fresh, { force: true })
    writeFileSync(fresh, text, { flag: 'wx', mode: 0o600, flush: true })
    renameSync(fresh, file)
  } catch (error) {
    rmSync(fresh, { force: true })
    throw error
  }
  syncPath(dirname(file))
}
