import { existsSync, lstatSync, rmSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorReason } from '../../files/errorCode.ts'
import { makeDirectory } from '../../files/makeDirectory.ts'
import { type Result, success } from '../../protocol/errors.ts'
import { showBytes } from '../byteSize.ts'
import { giveToOwner } from '../privateFiles.ts'
import { backUp, namesIn, removeParts, underSystemd } from './backup.ts'
import { type TaskFailure, taskFailed } from './taskFailure.ts'

/** For the owner alone. */
const MODE = 0o700
const BACKUP = /^chatd-(\d{8}T\d{6}Z)\.db$/
const BEFORE_MIGRATION = /^chatd-before-layout-\d+-(\d{8}T\d{6}Z)\.db$/

/** The kinds of backups that chatd names by itself; each keeps its own number of them. */
const KINDS = { nightly: BACKUP, beforeMigration: BEFORE_MIGRATION } as const

/** Where a backup goes, and what it replaces. */
export interface BackupPlace {
  readonly directory: string
  /** A directory whose owner gets what root makes; undefined: it stays root's. */
  readonly owner: string | undefined
  /** How many of its kind are kept, itself included. */
  readonly keep: number
  readonly kind: keyof typeof KINDS
  /** Its name before the time. */
  readonly prefix: string
}

/** A backup that was made. */
export interface MadeBackup {
  readonly file: string
  readonly bytes: number
  /** Older ones that went. */
  readonly removed: readonly string[]
}

/** A time as it stands in the names of files. */
export function stamp(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

/**
 * When the last backup in a directory was made that `chatd backup` named, ms since 1970; undefined: there is none. One whose time
 * is to come does not count: the clock was wrong then.
 */
export function lastBackup(directory: string): number | undefined {
  const now = Date.now()
  return backupsIn(directory, 'nightly').find(({ time }) => time <= now)?.time
}

/** The bytes of a log, with those of its write-ahead log. */
export function bytesOf(log: string): number {
  return statSync(log).size + (statSync(`${log}-wal`, { throwIfNoEntry: false })?.size ?? 0)
}

/** How much room is missing in a directory, or where it is to be made, in words; undefined: so many bytes have room. */
export function missingRoom(directory: string, bytes: number): string | undefined {
  const { bavail, bsize } = statfsSync(existsSync(directory) ? directory : dirname(directory))
  const free = bavail * bsize
  return free >= bytes ? undefined : `${showBytes(bytes)} are needed for it, and ${showBytes(free)} are free`
}

/** Backups of a kind in a directory, the newest first. */
export function backupsIn(
  directory: string,
  kind: keyof typeof KINDS,
): readonly { readonly name: string; readonly time: number }[] {
  return namesIn(directory)
    .map(name => ({ name, time: timeOf(KINDS[kind].exec(name)?.[1]) }))
    .filter(({ time }) => Number.isFinite(time))
    .sort((a, b) => b.time - a.time)
}

/** Makes a backup under a name with the time, then removes the oldest ones of its kind. */
export async function backUpInto(log: string, place: BackupPlace): Promise<Result<MadeBackup, TaskFailure>> {
  const { directory, owner, keep, kind, prefix } = place
  const problem = prepare(directory, owner)
  if (problem !== undefined) return taskFailed('storage', problem)
  removeParts(directory, name => Object.values(KINDS).some(names => names.test(name)))
  // The daemon writes to this disk too, and a backup that fills it would cost messages.
  const missing = missingRoom(directory, bytesOf(log))
  if (missing !== undefined)
    return taskFailed(
      'storage',
      `${directory} has no room for a backup: ${missing}; make room, or choose another disk; older backups are as they were`,
    )
  const file = await freeName(directory, prefix)
  const made = await backUp(
    log,
    file,
    owner === undefined ? {} : { made: part => giveToOwner(part, directory) },
  )
  if (!made.ok) return made
  const removed: string[] = []
  const older = backupsIn(directory, kind).filter(({ name }) => join(directory, name) !== file)
  for (const { name } of older.slice(keep - 1)) {
    const old = join(directory, name)
    try {
      if (!lstatSync(old).isFile()) continue
      rmSync(old, { force: true })
      removed.push(old)
    } catch (error) {
      return taskFailed(
        'storage',
        `${file} is whole, and the older backup ${old} could not be removed (${errorReason(error)}); remove it, or change its owner`,
      )
    }
  }
  return success({ file, bytes: made.value.bytes, removed })
}

/** A sentence where the directory cannot be used. */
function prepare(directory: string, owner: string | undefined): string | undefined {
  try {
    for (const made of makeDirectory(directory, MODE)) if (owner !== undefined) giveToOwner(made, owner)
    return undefined
  } catch (error) {
    return `no backup can be made in ${directory} (${errorReason(error)}); choose another directory with --directory, or change its owner${underSystemd(error)}`
  }
}

/** Names have seconds: a second backup of one second waits for the next. */
async function freeName(directory: string, prefix: string): Promise<string> {
  for (;;) {
    const file = join(directory, `${prefix}${stamp(Date.now())}.db`)
    if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return file
    await sleep(1_000 - (Date.now() % 1_000))
  }
}

function timeOf(name: string | undefined): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(name ?? '')
  if (parts === null) return Number.NaN
  const [, year, month, day, hour, minute, second] = parts
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}
