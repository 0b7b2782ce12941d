import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { type Result, success } from '../../protocol/errors.ts'
import { openForReading } from '../log/sqlite/database.ts'
import { type TaskFailure, taskFailed } from './taskFailure.ts'

/**
 * Copies a log, in use or not, into a new file, and gives the copy an epoch of its own: clients that knew the log beyond
 * the copy start afresh. A file of that name is never half a copy.
 * @param replaces whether an older file of that name may go, once the copy is whole
 */
export async function backUp(
  log: string,
  file: string,
  replaces = false,
): Promise<Result<{ readonly bytes: number }, TaskFailure>> {
  if (existsSync(file) && (!replaces || !statSync(file).isFile())) {
    return taskFailed(
      'exists',
      `${file} is there already; choose another name, or replace an older backup with --replace`,
    )
  }
  removeRemains(file)
  const part = `${file}.${process.pid}.part`
  try {
    // For the owner alone, from the first byte on.
    closeSync(openSync(part, 'wx', 0o600))
    await copyMoment(log, part)
    const copy = new DatabaseSync(part)
    // One file, without a write-ahead log beside it that could be forgotten.
    copy.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL')
    copy.prepare('UPDATE log SET epoch = ?').run(randomUUID())
    copy.close()
    renameSync(part, file)
    return success({ bytes: statSync(file).size })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    for (const rest of [part, `${part}-wal`, `${part}-shm`, `${part}-journal`]) remove(rest)
    return taskFailed('storage', `${file} could not be written: ${reason}`)
  }
}

/** Copies one moment of the log: otherwise each commit would restart the copy, under load for ever. */
async function copyMoment(log: string, file: string): Promise<void> {
  const source = openForReading(log)
  try {
    source.exec('BEGIN')
    source.prepare('SELECT epoch FROM log').get()
    await backup(source, file)
  } finally {
    source.close()
  }
}

/** Removes what copies into this file left behind whose processes are gone, as when the machine went down. */
function removeRemains(file: string): void {
  const directory = dirname(resolve(file))
  const beginning = `${basename(file)}.`
  for (const name of namesIn(directory)) {
    if (!name.startsWith(beginning)) continue
    const [, pid] = /^(\d+)\.part(-wal|-shm|-journal)?$/.exec(name.slice(beginning.length)) ?? []
    if (pid !== undefined && !isRunning(Number(pid))) remove(join(directory, name))
  }
}

/** The names in a directory; none if it cannot be read. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Another user's process runs too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // A file that could not be made cannot be removed either.
  }
}
