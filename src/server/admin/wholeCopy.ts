import { randomUUID } from 'node:crypto'
import { closeSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { errorCode } from '../../files/errorCode.ts'
import { isDiskFull } from '../../files/sqliteErrors.ts'
import { syncPath } from '../../files/syncPath.ts'
import type { UntouchedLog } from '../log/sqlite/untouchedLog.ts'

const PAGES_A_STEP = 1_000
const ENDS = ['', '-wal', '-shm', '-journal']

/** The log that was to be copied is damaged; the message is what SQLite found. */
export class DamagedLog extends Error {
  override readonly name = 'DamagedLog'
}

/**
 * Copies one moment of a log into a new file for its owner alone, gives the copy an epoch of its own, and looks at every page:
 * clients that knew the log beyond the copy start afresh. Where it fails it leaves no file, and throws what was wrong.
 * @param made called with the empty file
 */
export async function copyWhole(
  open: () => UntouchedLog,
  part: string,
  made = (_: string) => {},
): Promise<void> {
  try {
    closeSync(openSync(part, 'wx', 0o600))
    made(part)
    const source = open()
    try {
      // Otherwise each commit would restart the copy, under load for ever.
      source.database.exec('BEGIN')
      source.database.prepare('SELECT epoch FROM log').get()
      await backup(source.database, part, { rate: PAGES_A_STEP })
    } finally {
      source.close()
    }
    finish(part)
    syncPath(part)
  } catch (error) {
    removeCopy(part)
    throw error
  }
}

/** Gives a copy that is whole its name: at no moment there is half a copy under it. */
export function nameCopy(part: string, file: string): void {
  renameSync(part, file)
  syncPath(dirname(file))
}

/** Removes what there is of a copy. */
export function removeCopy(part: string): void {
  for (const end of ENDS) {
    try {
      rmSync(part + end, { force: true })
    } catch {
      // A file that could not be made cannot be removed either.
    }
  }
}

/** Whether the disk has no room, or the user no more of it. */
export function hasNoRoom(error: unknown): boolean {
  if (isDiskFull(error)) return true
  const code = errorCode(error)
  return code === 'ENOSPC' || code === 'EDQUOT'
}

function finish(part: string): void {
  const copy = new DatabaseSync(part)
  try {
    // One file, without a write-ahead log beside it that could be forgotten.
    copy.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL')
    const found = copy.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    if (found !== 'ok') throw new DamagedLog(String(found).replaceAll(/\s+/g, ' '))
    copy.prepare('UPDATE log SET epoch = ?').run(randomUUID())
  } finally {
    copy.close()
  }
}
