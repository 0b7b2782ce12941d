import { existsSync, lstatSync, rmSync, statfsSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { isDamage } from '../../files/sqliteErrors.ts'
import { type Result, success } from '../../protocol/errors.ts'
import { showBytes } from '../byteSize.ts'
import { lockDirectory, lockHolder, logFile, prepareDirectory } from '../dataDirectory.ts'
import { checkLogFile, contentOf, describeContent, type LogFileReport } from '../log/sqlite/logFileReport.ts'
import { followingIn } from '../log/sqlite/projectionFile.ts'
import { openUntouched } from '../log/sqlite/untouchedLog.ts'
import { giveToOwner } from '../privateFiles.ts'
import { keptName, removeRestoreRemains, replaceLog, stagingFile } from './replaceLog.ts'
import { type TaskFailure, taskFailed } from './taskFailure.ts'
import { copyWhole, DamagedLog, hasNoRoom } from './wholeCopy.ts'

/** What a restore is asked to do. */
export interface Restore {
  readonly task: 'restore'
  readonly file: string
  /** Only says what would be done. */
  readonly isDryRun: boolean
  /** Asks before it replaces the log. */
  readonly asks: boolean
}

/** The terminal of a restore. */
export interface RestoreTerminal {
  readonly print: (line: string) => Promise<unknown>
  /** Whether the operator says yes. */
  readonly confirm: (question: string) => Promise<boolean>
}

/** Puts a backup in the place of the log of a data directory in which no daemon runs. */
export async function restore(
  directory: string,
  { file, isDryRun, asks }: Restore,
  { print, confirm }: RestoreTerminal,
): Promise<Result<undefined, TaskFailure>> {
  const holder = lockHolder(directory)
  if (holder !== undefined && !isDryRun) return inUse(directory, holder)
  const problem = problemOfPlace(directory, file)
  if (problem !== undefined) return taskFailed('invalid', problem)
  const checked = checkLogFile(file)
  if (!checked.ok) return taskFailed('unhealthy', `${checked.error}; nothing was changed`)
  const report = checked.value
  for (const line of report.lines) await print(line)
  if (!report.ok || report.content === undefined)
    return taskFailed(
      'unhealthy',
      `${file} is damaged, see the lines above; nothing was changed: take another backup`,
    )
  for (const line of [...plan(directory, report), ...planOfShared(file)]) await print(line)
  if (isDryRun) {
    if (holder !== undefined) await print(`a daemon uses ${directory}${holder}: stop it before you restore`)
    await print('nothing was changed (--dry-run)')
    return success(undefined)
  }
  const question = `Put ${describeContent(report.content)} in the place of the log in ${directory}?`
  if (asks && !(await confirm(question))) return taskFailed('invalid', 'nothing was changed')
  const kept = await carryOut(directory, file)
  if (!kept.ok) return kept
  await print(`${logFile(directory)} holds ${describeContent(report.content)}`)
  for (const old of kept.value) await print(`kept: ${old}; remove it once you need it no more`)
  if (!existsSync(join(directory, 'tls.pem')))
    await print(
      `there is no tls.pem in ${directory}: if clients know the key of the old host, copy its tls.pem before you start chatd`,
    )
  await print('start chatd now; every client begins afresh with what this log holds')
  return success(undefined)
}

function inUse(directory: string, holder: string): ReturnType<typeof taskFailed> {
  return taskFailed(
    'in_use',
    `${directory} is in use by a chatd${holder}; stop it, then restore; nothing was changed`,
  )
}

/** A sentence about a file and a directory that cannot go together. */
function problemOfPlace(directory: string, file: string): string | undefined {
  const log = logFile(directory)
  const there = lstatSync(log, { throwIfNoEntry: false })
  if (there?.isSymbolicLink() === true)
    return `${log} is a link, and a restore writes through none; name the directory of its target with --data`
  const given = statOf(file)
  if (there !== undefined && given !== undefined && there.ino === given.ino && there.dev === given.dev)
    return `${file} is the log of ${directory} itself; name a backup`
  if (resolve(file) === stagingFile(log)) return `${file} is what an interrupted restore left; name a backup`
  return undefined
}

function statOf(file: string): { readonly ino: number; readonly dev: number } | undefined {
  try {
    return statSync(file)
  } catch {
    // The check of the file tells why.
    return undefined
  }
}

/** What a restore will do, in lines. */
function plan(directory: string, { bytes }: LogFileReport): readonly string[] {
  const log = logFile(directory)
  const parent = existing(directory)
  const { bavail, bsize } = statfsSync(parent)
  const free = bavail * bsize
  const lines = [`room: ${showBytes(bytes)} are needed in ${directory}, ${showBytes(free)} are free`]
  if (free < bytes) lines.push('room: that is too little; make room first')
  if (parent !== directory) {
    const { uid } = statSync(parent)
    const owner = process.getuid?.() === 0 ? uid : userInfo().uid
    lines.push(
      `directory: ${directory} does not exist and is made, for the user with the number ${owner} alone`,
    )
  }
  if (!existsSync(log)) return [...lines, `log: there is none in ${directory} now`]
  const content = contentOf(log)
  const present = content === undefined ? 'cannot be read' : `holds ${describeContent(content)}`
  return [
    ...lines,
    `log: the one that is there ${present}; it stays beside, as chatd.db.before-restore-<time>`,
  ]
}

/** What becomes of a file that is from a shared log. */
function planOfShared(file: string): readonly string[] {
  const following = followingIn(file)
  return following === undefined
    ? []
    : [
        `shared: ${file} is from the shared log "${following.name}"; here it goes on alone, without --log, so stop the daemons of that log: what is said there is not here`,
      ]
}

/** The nearest directory on the way to a path that exists. */
function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path))
}

/** The paths of the files that were there before. */
async function carryOut(directory: string, file: string): Promise<Result<readonly string[], TaskFailure>> {
  const made = makeDataDirectory(directory)
  if (made !== undefined) return taskFailed('storage', made)
  const lock = lockDirectory(directory)
  if (!lock.ok) return taskFailed('in_use', `${lock.error}; nothing was changed`)
  const log = logFile(directory)
  const staging = stagingFile(log)
  try {
    removeRestoreRemains(directory)
    await copyWhole(() => openUntouched(file), staging, {
      made: part => giveToOwner(part),
      // Here it goes on without its brokers.
      stopsFollowing: true,
    })
    return replaceLog(log, staging, keptName(log))
  } catch (error) {
    return taskFailed('storage', sentenceOf(error, file, log))
  } finally {
    // The log has its place by now, or nothing of it stays.
    rmSync(staging, { force: true })
    lock.value.release()
  }
}

/** Makes a data directory for the owner of the directory that it lies in. A sentence where it cannot be used. */
function makeDataDirectory(directory: string): string | undefined {
  const parent = existing(directory)
  const problem = prepareDirectory(directory)
  if (problem !== undefined) return problem
  for (let made = directory; made !== parent; made = dirname(made)) giveToOwner(made, parent)
  return undefined
}

function sentenceOf(error: unknown, file: string, log: string): string {
  const reason = error instanceof Error ? error.message : String(error)
  if (hasNoRoom(error))
    return `${file} could not be copied to ${dirname(log)}: the disk is full; make room; nothing was changed`
  if (error instanceof DamagedLog || isDamage(error))
    return `${file} could not be copied whole (${reason}); take another backup; nothing was changed`
  return `${file} could not be restored (${reason}); nothing was changed`
}
