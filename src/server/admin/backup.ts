import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { errorCode } from '../../files/errorCode.ts'
import { isRunning } from '../../files/isRunning.ts'
import { isDamage } from '../../files/sqliteErrors.ts'
import { type Result, success } from '../../protocol/errors.ts'
import { openForReading, UnusableFile } from '../log/sqlite/database.ts'
import { isOwnName } from '../privateFiles.ts'
import { type TaskFailure, taskFailed } from './taskFailure.ts'
import { copyWhole, DamagedLog, hasNoRoom, nameCopy, removeCopy } from './wholeCopy.ts'

/** A copy while it is made: the name of its file, and the process that makes it. */
const PART = /^(.+)\.(\d+)\.part(-wal|-shm|-journal)?$/

/** How a backup is made. */
export interface BackupOptions {
  /** An older file of this name may go, once the copy is whole. */
  readonly replaces?: boolean
  /** Called with the empty file. */
  readonly made?: (file: string) => void
}

/**
 * Copies a log, in use or not, into a new file, and gives the copy an epoch of its own: clients that knew the log beyond
 * the copy start afresh. A file of that name is never half a copy.
 */
export async function backUp(
  log: string,
  file: string,
  { replaces = false, made }: BackupOptions = {},
): Promise<Result<{ readonly bytes: number }, TaskFailure>> {
  const problem = problemOfName(log, file, replaces)
  if (problem !== undefined) return problem
  removeParts(dirname(resolve(file)), name => name === basename(file))
  const part = `${file}.${process.pid}.part`
  try {
    await copyWhole(() => opened(log), part, made === undefined ? {} : { made })
    nameCopy(part, file)
    return success({ bytes: statSync(file).size })
  } catch (error) {
    removeCopy(part)
    return taskFailed('storage', sentenceOf(error, log, file))
  }
}

/** Removes what is left of copies whose processes are gone, as when the machine went down. */
export function removeParts(directory: string, isOurs: (file: string) => boolean): void {
  for (const name of namesIn(directory)) {
    const [, file, pid] = PART.exec(name) ?? []
    if (file !== undefined && isOurs(file) && (Number(pid) === process.pid || !isRunning(Number(pid))))
      removeCopy(join(directory, `${file}.${pid}.part`))
  }
}

/** The names in a directory; none if it cannot be read. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function opened(log: string): { database: ReturnType<typeof openForReading>; close: () => void } {
  const database = openForReading(log)
  return { database, close: () => database.close() }
}

function problemOfName(
  log: string,
  file: string,
  replaces: boolean,
): ReturnType<typeof taskFailed> | undefined {
  const there = statSync(file, { throwIfNoEntry: false })
  const own = statSync(log, { throwIfNoEntry: false })
  const isInData = resolve(dirname(file)) === resolve(dirname(log)) && isOwnName(basename(file))
  if (isInData || (there !== undefined && there.ino === own?.ino && there.dev === own.dev))
    return taskFailed('exists', `${file} has a name of chatd's own files; choose another name for the backup`)
  if (there === undefined || (replaces && there.isFile())) return undefined
  if (there.isDirectory())
    return taskFailed(
      'exists',
      `${file} is a directory; name a file in it, or let chatd name it: chatd backup --directory ${file}`,
    )
  return taskFailed(
    'exists',
    `${file} is there already; choose another name, or replace an older backup with --replace`,
  )
}

function sentenceOf(error: unknown, log: string, file: string): string {
  const reason = error instanceof Error ? error.message : String(error)
  // The log could not be opened; the message is a sentence.
  if (error instanceof UnusableFile) return `no backup was made, and older ones are as they were: ${reason}`
  if (error instanceof DamagedLog || isDamage(error))
    return `no backup was made, and older ones are as they were: ${log} is damaged (${reason}); stop chatd, and restore one`
  if (hasNoRoom(error))
    return `${file} could not be written: the disk is full; make room, or choose another disk; older backups are as they were`
  return `${file} could not be written: ${reason}${underSystemd(error)}`
}

/** What to do under systemd about an error: the service of the package may write in its data directory alone. */
export function underSystemd(error: unknown): string {
  return errorCode(error) === 'EROFS'
    ? '; under systemd, let the service write there with ReadWritePaths='
    : ''
}
