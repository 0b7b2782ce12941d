import {
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { errorCode } from '../../files/errorCode.ts'
import { isBusy, isDamage } from '../../files/sqliteErrors.ts'
import { syncPath } from '../../files/syncPath.ts'
import { type Result, success } from '../../protocol/errors.ts'
import { logFile } from '../dataDirectory.ts'
import { savingFile } from '../log/sqlite/database.ts'
import { stamp } from './backupDirectory.ts'
import { type TaskFailure, taskFailed } from './taskFailure.ts'
import { removeCopy } from './wholeCopy.ts'

/** How long another program may have the old log open, ms. */
const PATIENCE = 5_000

/** Where a restore copies to; the file lies beside the log, so that its name can change in one step. */
export function stagingFile(log: string): string {
  return `${log}.restoring`
}

/** Where the copy of a log is that goes to brokers. */
export function movingFile(log: string): string {
  return `${log}.moving`
}

/** A free name for the log that is replaced. */
export function keptName(log: string): string {
  const name = `${log}.before-restore-${stamp(Date.now())}`
  for (let n = 1; ; n++) {
    const free = n === 1 ? name : `${name}-${n}`
    if (lstatSync(free, { throwIfNoEntry: false }) === undefined) return free
  }
}

/**
 * Removes what a restore left behind that was killed: its copy, and the second name of a log that kept its place. The caller holds
 * the lock of the directory.
 */
export function removeRestoreRemains(directory: string): void {
  const log = logFile(directory)
  removeCopy(stagingFile(log))
  const there = lstatSync(log, { throwIfNoEntry: false })
  if (there === undefined || there.nlink === 1) return
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(`${basename(log)}.before-restore-`)) continue
    const { ino, dev } = lstatSync(join(directory, name))
    if (ino === there.ino && dev === there.dev) rmSync(join(directory, name))
  }
}

/**
 * Puts a file that is whole in the place of a log, which stays beside it under another name. A process that is killed at any moment
 * leaves the old log or the new one: the name changes in one step, when nothing of the old log is outside its file.
 * @returns the files that were there before
 */
export function replaceLog(log: string, fresh: string, kept: string): Result<readonly string[], TaskFailure> {
  const closed = closeOldLog(log)
  if (!closed.ok) return closed
  try {
    const files: string[] = []
    if (existsSync(log)) {
      keepBeside(log, kept)
      files.push(kept)
    }
    const wal = `${log}-wal`
    if ((statSync(wal, { throwIfNoEntry: false })?.size ?? 0) > 0) {
      // Only where the old log is damaged or gone: it cannot be used without its write-ahead log, nor with it.
      renameSync(wal, `${kept}-wal`)
      files.push(`${kept}-wal`)
    }
    // They would be taken for a part of the new log.
    for (const end of ['-wal', '-shm', '-journal', '.clean']) rmSync(log + end, { force: true })
    syncPath(dirname(log))
    renameSync(fresh, log)
    syncPath(dirname(log))
    // What an interrupted rescue left would have the next start refused.
    const saving = savingFile(log)
    if (existsSync(saving)) {
      renameSync(saving, `${kept}.saving`)
      files.push(`${kept}.saving`)
    }
    return success(files)
  } catch (error) {
    // Unless the new log has its place, the old one gets all of its own back.
    if (existsSync(fresh) && existsSync(`${kept}-wal`)) renameSync(`${kept}-wal`, `${log}-wal`)
    removeRestoreRemains(dirname(log))
    throw error
  } finally {
    closed.value.release()
  }
}

/** Moves all of a log into its one file, and keeps other programs away from it until the release. */
function closeOldLog(log: string): Result<{ release(): void }, TaskFailure> {
  const nothing = success({ release: () => undefined })
  // SQLite takes an empty file for a new one, and throws away a write-ahead log beside it.
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) === 0) return nothing
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(log, { timeout: PATIENCE })
    // In this mode SQLite takes the whole file, which it gets only where no other connection has it.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)')
    const held = database
    return success({ release: () => held.close() })
  } catch (error) {
    try {
      database?.close()
    } catch {}
    if (isDamage(error)) return nothing
    const reason = error instanceof Error ? error.message : String(error)
    return isBusy(error)
      ? taskFailed(
          'in_use',
          `${log} is in use by another program, perhaps by a backup; end that first; nothing was changed`,
        )
      : taskFailed('storage', `${log} could not be closed (${reason}); nothing was changed`)
  }
}

/** Gives a file a second name; on a file system that has no second names it makes a copy. */
function keepBeside(file: string, kept: string): void {
  try {
    linkSync(file, kept)
  } catch (error) {
    const code = errorCode(error)
    if (
      code !== 'EPERM' &&
      code !== 'ENOTSUP' &&
      code !== 'EOPNOTSUPP' &&
      code !== 'ENOSYS' &&
      code !== 'EMLINK'
    )
      throw error
    const { COPYFILE_EXCL, COPYFILE_FICLONE } = constants
    copyFileSync(file, kept, COPYFILE_EXCL | COPYFILE_FICLONE)
    syncPath(kept)
  }
}
