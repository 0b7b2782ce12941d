import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Writes a file that its owner alone can read. Whatever happens, the file holds the whole new text or what it held before.
 * Throws the error of the operating system.
 */
export function replaceFile(file: string, text: string): void {
  const fresh = `${file}.new`
  try {
    // A process that was killed in here left it behind.
    rmSync(fresh, { force: true })
    synced(openSync(fresh, 'wx', 0o600), descriptor => writeFileSync(descriptor, text))
    renameSync(fresh, file)
  } catch (error) {
    rmSync(fresh, { force: true })
    throw error
  }
  synced(openSync(dirname(file), 'r'), () => undefined)
}

function synced(descriptor: number, work: (descriptor: number) => void): void {
  try {
    work(descriptor)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
