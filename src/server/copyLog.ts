import { chmodSync, existsSync, rmSync, statSync } from 'node:fs'
import { backup, DatabaseSync } from 'node:sqlite'

/**
 * Copies a log that is in use into a new file, and gives the copy an epoch of its own: clients that come to it
 * later than the log itself went on start afresh. Throws a sentence where that fails; then there is no file.
 */
export async function copyLog(
  database: DatabaseSync,
  file: string,
  epoch: string,
): Promise<{ bytes: number }> {
  if (existsSync(file)) throw new Error(`${file} is there already; choose another name, or remove it first`)
  try {
    await backup(database, file)
    chmodSync(file, 0o600)
    const copy = new DatabaseSync(file)
    // One file, without a write-ahead log beside it that could be forgotten.
    copy.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL')
    copy.prepare('UPDATE log SET epoch = ?').run(epoch)
    copy.close()
    return { bytes: statSync(file).size }
  } catch (error) {
    for (const part of [file, `${file}-wal`, `${file}-shm`, `${file}-journal`]) rmSync(part, { force: true })
    throw new Error(`${file} could not be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}
