import { randomUUID } from 'node:crypto'
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { errorCode, errorReason } from '../files/errorCode.ts'
import { makeDirectory } from '../files/makeDirectory.ts'
import { replaceFile } from '../files/replaceFile.ts'
import { isBusy } from '../files/sqliteErrors.ts'
import { failure, type Result, success } from '../protocol/errors.ts'
import { findNoFile, giveToOwner } from './privateFiles.ts'

/** For the owner alone. */
const MODE = 0o700
const INCARNATION = /^[0-9a-f-]{36}$/
/** How long a starting daemon waits for one that is stopping, ms. */
const PATIENCE = 2_000

/** The log. */
export function logFile(directory: string): string {
  return join(directory, 'chatd.db')
}

/** The socket on which the daemon takes tasks. */
export function controlSocket(directory: string): string {
  return join(directory, 'control')
}

/** Where backups are unless another directory is configured or named. */
export function backupDirectory(directory: string): string {
  return join(directory, 'backups')
}

/** Where the data is unless `--data` names another directory. */
export function defaultDataDirectory(): string {
  const { STATE_DIRECTORY, XDG_DATA_HOME } = process.env
  if (STATE_DIRECTORY !== undefined && STATE_DIRECTORY !== '') return STATE_DIRECTORY
  // The XDG specification has programs ignore relative paths.
  const base =
    XDG_DATA_HOME !== undefined && isAbsolute(XDG_DATA_HOME)
      ? XDG_DATA_HOME
      : join(homedir(), '.local', 'share')
  return join(base, 'chatd')
}

/** The data directory of the service that `packaging/chatd.service` describes. */
export const SERVICE_DIRECTORY = '/var/lib/chatd'

/**
 * Where a command finds the data unless `--data` names a directory: the default one, or the service's if only that one has a log, or
 * only that one has a running daemon. So a daemon that root once ran by hand does not hide the service from root's commands.
 */
export function findDataDirectory(): string {
  const own = defaultDataDirectory()
  if (!existsSync(logFile(SERVICE_DIRECTORY))) return own
  if (!existsSync(logFile(own))) return SERVICE_DIRECTORY
  const isServing = (directory: string): boolean => existsSync(controlSocket(directory))
  return isServing(SERVICE_DIRECTORY) && !isServing(own) ? SERVICE_DIRECTORY : own
}

/** Creates a data directory if it does not exist; a sentence if it, or a name in it, cannot be used. */
export function prepareDirectory(path: string): string | undefined {
  try {
    makeDirectory(path, MODE)
    accessSync(path, constants.W_OK | constants.X_OK)
    return findNoFile(path)
  } catch (error) {
    const reason = errorReason(error)
    return `cannot write to the data directory ${path} (${reason}); choose another with --data, or change its owner`
  }
}

/** The lock of a data directory. It goes with the process, however that ends. */
export interface Lock {
  release(): void
}

/**
 * Takes a data directory for this process alone. Node has no file locks of its own, SQLite does: an exclusive
 * transaction on an empty file is a lock of the operating system, which goes with the process, `kill -9` included.
 * The error is a sentence.
 */
export function lockDirectory(directory: string): Result<Lock, string> {
  const pidFile = join(directory, 'chatd.pid')
  const file = join(directory, 'lock')
  let database: DatabaseSync
  try {
    // SQLite opens a file that it cannot write for reading alone, and two readers would both have the lock.
    if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK)
    else makeLock(file)
    database = new DatabaseSync(file, { timeout: PATIENCE })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return failure(
      `the lock in ${directory} cannot be opened (${reason}); check its owner, and that the directory is no stale mount`,
    )
  }
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    notePid(pidFile)
  } catch (error) {
    database.close()
    const reason = error instanceof Error ? error.message : String(error)
    const isTaken = reason.includes('locked')
    return failure(
      isTaken
        ? `${directory} is in use by another chatd${holder(pidFile)}; stop that one, or choose another directory with --data`
        : `${directory} cannot be locked (${reason}); check its owner, and that its disk has free space`,
    )
  }
  return success({
    release() {
      removeQuietly(pidFile)
      database.close()
    },
  })
}

/** Root makes the lock of a daemon that runs as another user, which must be able to take it. */
function makeLock(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
    giveToOwner(file)
  } catch (error) {
    // Another process made it meanwhile.
    if (errorCode(error) !== 'EEXIST') throw error
  }
}

/** Who holds the lock of a data directory, as words in brackets or empty; undefined: no process does. Changes nothing. */
export function lockHolder(directory: string): string | undefined {
  const file = join(directory, 'lock')
  if (!existsSync(file)) return undefined
  try {
    const database = new DatabaseSync(file, { timeout: 0 })
    try {
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE; ROLLBACK')
      return undefined
    } finally {
      database.close()
    }
  } catch (error) {
    // What else is wrong with it is told when it is taken.
    return isBusy(error) ? holder(join(directory, 'chatd.pid')) : undefined
  }
}

/** How the daemon of a data directory is called, from its start to its end, among those that serve the same log. */
export interface Incarnation {
  readonly id: string
  /** How the last one was called, which has ended: the lock of the directory says so. */
  readonly last: string | undefined
}

/** Begins one, in a data directory whose lock this process holds. */
export function beginIncarnation(directory: string): Incarnation {
  const file = join(directory, 'chatd.incarnation')
  const id = randomUUID()
  let last: string | undefined
  try {
    if (lstatSync(file).isFile()) last = readFileSync(file, 'utf8').trim()
  } catch {}
  try {
    replaceFile(file, `${id}\n`)
  } catch {}
  return { id, last: last !== undefined && INCARNATION.test(last) ? last : undefined }
}

/**
 * Writes down the process, for the error of a second one. The lock holds without it, as on a full disk. A new file takes the
 * place of what has the name: a link there does not lead chatd to write elsewhere.
 */
function notePid(pidFile: string): void {
  try {
    replaceFile(pidFile, `${process.pid}\n`)
  } catch {}
}

function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {}
}

function holder(pidFile: string): string {
  try {
    // Opening a pipe would wait for a writer.
    if (!lstatSync(pidFile).isFile()) return ''
    const pid = Number(readFileSync(pidFile, 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? ` (process ${pid})` : ''
  } catch {
    return ''
  }
}
