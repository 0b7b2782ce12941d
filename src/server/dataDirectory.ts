import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** How long a daemon that is stopping is waited for, ms. */
const PATIENCE = 2_000

/** A data directory that is ours until it is released, or the process ends in whatever way. */
interface Lock {
  release(): void
}

/** The lock, or a sentence that says who has it. */
export type LockResult =
  | { readonly ok: true; readonly lock: Lock }
  | { readonly ok: false; readonly message: string }

/**
 * Takes a data directory for this process alone. Node has no file locks of its own, SQLite does: an exclusive
 * transaction on an empty file is a lock of the operating system, which goes with the process, `kill -9` included.
 */
export function lockDirectory(directory: string): LockResult {
  const pidFile = join(directory, 'chatd.pid')
  let database: DatabaseSync
  try {
    database = new DatabaseSync(join(directory, 'lock'), { timeout: PATIENCE })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { ok: false, message: `the lock in ${directory} cannot be opened (${reason}); check who owns it` }
  }
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    writeFileSync(pidFile, `${process.pid}\n`)
  } catch (error) {
    database.close()
    const reason = error instanceof Error ? error.message : String(error)
    const isTaken = reason.includes('locked')
    return {
      ok: false,
      message: isTaken
        ? `${directory} is in use by another chatd${holder(pidFile)}; stop that one, or choose another directory with --data`
        : `${directory} cannot be locked (${reason}); check who owns it, and that there is room on its disk`,
    }
  }
  return {
    ok: true,
    lock: {
      release() {
        rmSync(pidFile, { force: true })
        database.close()
      },
    },
  }
}

function holder(pidFile: string): string {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? ` (process ${pid})` : ''
  } catch {
    return ''
  }
}
