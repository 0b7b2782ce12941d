import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { failure, type Result, success } from '../../protocol/errors.ts'
import { Accounts } from '../auth/accounts.ts'
import { InviteAddress } from '../auth/inviteAddress.ts'
import { showBytes } from '../byteSize.ts'
import { backupDirectory, lockDirectory, logFile } from '../dataDirectory.ts'
import { checkLogFile } from '../log/sqlite/logFileReport.ts'
import { openSqliteLog, type SqliteLog } from '../log/sqlite/sqliteLog.ts'
import { findNoFile } from '../privateFiles.ts'
import type { KeyPair } from '../tls/keyPair.ts'
import { readOwnKeyPair } from '../tls/ownKeyPair.ts'
import type { AccountContext } from './accountTasks.ts'
import { jsonLine } from './answerLines.ts'
import { backUp } from './backup.ts'
import { backUpInto } from './backupDirectory.ts'
import { configuredBackups } from './backupTarget.ts'
import { thisCaller } from './caller.ts'
import { sendTask } from './control.ts'
import { isLiveTask } from './liveTasks.ts'
import { backUpBeforeMigration, describeMigrationBackup } from './migrationBackup.ts'
import { noteDeed } from './noteDeed.ts'
import { type Restore, restore } from './restore.ts'
import { type TaskFailure, taskFailed } from './taskFailure.ts'
import { printKeyPair, runTask, type Task } from './tasks.ts'
import type { WatchTask } from './watching.ts'

/** Copies the log, which needs no daemon. */
type Backup =
  | {
      readonly task: 'backup'
      readonly file: string
      /** `--replace`: an older file of this name may go. */
      readonly replaces: boolean
    }
  | {
      readonly task: 'backup'
      /** Undefined: the configured one. */
      readonly directory: string | undefined
      /** `--config`. */
      readonly config: string | undefined
      /** How many backups stay in the directory. */
      readonly keep: number
    }

/** Looks at a backup, or at any other file of a log. */
interface CheckFile {
  readonly task: 'checkFile'
  readonly file: string
}

/** What this process does by itself, whether a daemon runs or not. */
type OwnTask = Backup | CheckFile | Restore

const NO_KEY_PAIR =
  'chatd has made no certificate here yet; it does so when it first listens for other machines. Start it, or name its directory with --data'

/** What a command does beside looking at a running daemon. */
export type CommandTask = Exclude<Task, { task: 'status' }> | OwnTask

/** A command of the operator, as the command line gives it. */
export interface TaskFlags {
  readonly data: string | undefined
  readonly task: CommandTask | WatchTask
  /** `check --new-epoch`. */
  readonly newEpoch: boolean
  /** A question to ask first, for a task that removes messages, without `--yes`. */
  readonly question: string | undefined
}

/**
 * Runs a command of the operator in a data directory: by the daemon that runs there, or, where none does, by this
 * process, which then holds the directory meanwhile. A backup only reads, also beside a running daemon.
 * @param confirm asks the operator; for a command that has to look at something before it asks
 */
export async function runCommand(
  directory: string,
  task: CommandTask,
  newEpoch: boolean,
  confirm: (question: string) => Promise<boolean>,
): Promise<Result<undefined, TaskFailure>> {
  if (task.task === 'checkFile') return checkFile(task.file)
  const noFile = findNoFile(directory)
  if (noFile !== undefined) return taskFailed('storage', noFile)
  if (task.task === 'backup') return runBackup(directory, task)
  if (task.task === 'restore') return restore(directory, task, { print, confirm })
  if (!newEpoch) {
    const answered = await sendTask(directory, task, print)
    if (answered !== undefined) return answered
  }
  if (task.task === 'fingerprint') return printKeyPair(task.pem, keyPairIn(directory), print)
  if (isLiveTask(task))
    return taskFailed(
      'not_running',
      `no chatd runs in ${directory}; start it, or name its directory with --data`,
    )
  const lock = lockDirectory(directory)
  if (!lock.ok) return taskFailed('in_use', lock.error)
  try {
    const before = await backUpBeforeMigration(directory)
    if (before !== undefined) process.stderr.write(`chatd: ${describeMigrationBackup(before)}\n`)
    const opened = await openSqliteLog(logFile(directory))
    if (!opened.ok) return taskFailed('storage', opened.error)
    const result = await onOpenLog(directory, opened.value, task, newEpoch)
    await opened.value.close()
    return result
  } finally {
    lock.value.release()
  }
}

/** The accounts of a log that no daemon serves. */
function accountsOf(log: SqliteLog, directory: string): AccountContext {
  let { lastSession } = log
  const address = new InviteAddress(
    [],
    () => [],
    () => keyPairIn(directory),
  )
  return {
    accounts: new Accounts(log),
    reserveSession: () => ++lastSession,
    linkTo: code => address.linkTo(code),
  }
}

async function onOpenLog(
  directory: string,
  log: SqliteLog,
  task: Task,
  newEpoch: boolean,
): Promise<Result<undefined, TaskFailure>> {
  const by = thisCaller()
  if (newEpoch) {
    const renewed = await log.renewEpoch()
    if (!renewed.ok) return taskFailed('storage', renewed.error)
    const noted = await noteDeed(log, by, { deed: 'newEpoch', detail: 'every client starts afresh' })
    if (!noted.ok) return noted
    await print('new epoch: every client starts afresh with what this log holds')
  }
  const accounts = accountsOf(log, directory)
  return runTask(task, {
    log,
    print,
    keyPair: () => failure(NO_KEY_PAIR),
    accounts: () => accounts,
    config: undefined,
    status: undefined,
    live: () => undefined,
    by,
  })
}

/** The certificate that the next start of chatd will show. */
function keyPairIn(directory: string): Result<KeyPair, string> {
  const found = readOwnKeyPair(directory)
  if (!found.ok) return found
  return found.value === undefined ? failure(NO_KEY_PAIR) : success(found.value)
}

/** Not a task of the daemon: under systemd it cannot write where the operator can, and has a /tmp of its own. */
async function runBackup(directory: string, backup: Backup): Promise<Result<undefined, TaskFailure>> {
  const log = logFile(directory)
  if ('file' in backup) {
    const { file, replaces } = backup
    const made = await backUp(log, file, { replaces })
    if (!made.ok) return made
    await print(`${file}: ${showBytes(made.value.bytes)}`)
    return success(undefined)
  }
  const { keep, directory: named, config } = backup
  const target = named === undefined ? configuredBackups(directory, { config }) : success(resolve(named))
  if (!target.ok) return taskFailed('invalid', target.error)
  const isOurs = named === undefined || target.value === backupDirectory(directory)
  const made = await backUpInto(log, {
    directory: target.value,
    owner: isOurs ? directory : undefined,
    keep,
    kind: 'nightly',
    prefix: 'chatd-',
  })
  if (!made.ok) return made
  await print(`${made.value.file}: ${showBytes(made.value.bytes)}`)
  for (const old of made.value.removed) await print(`removed: ${old}`)
  return success(undefined)
}

async function checkFile(file: string): Promise<Result<undefined, TaskFailure>> {
  const checked = checkLogFile(file)
  if (!checked.ok) return taskFailed('unhealthy', checked.error)
  for (const line of checked.value.lines) await print(line)
  return checked.value.ok
    ? success(undefined)
    : taskFailed('unhealthy', `${file} is damaged, see the lines above; take another backup`)
}

/** Writes a line to standard output; false where no reader is left. */
function print(line: string): Promise<boolean> {
  return new Promise(resolvePrinted => {
    const { stdout } = process
    stdout.once('error', () => resolvePrinted(false))
    stdout.write(`${line}\n`, error => {
      stdout.removeAllListeners('error')
      // A failed write reports twice: here, and as an event.
      stdout.on('error', () => undefined)
      resolvePrinted(error === null || error === undefined)
    })
  })
}

/** What a command writes to standard error when it failed: a sentence, or after `--json` an object with the code too. */
export function failureLine(task: CommandTask, { code, message }: TaskFailure): string {
  return 'isJson' in task && task.isJson
    ? jsonLine({ failed: code, message })
    : message.replaceAll(/^/gm, 'chatd: ')
}

/**
 * Checks that a directory has a log, where the command needs one; a command creates none.
 * @param isNamed whether the operator named the directory
 */
export function findLog(
  directory: string,
  task: CommandTask,
  isNamed: boolean,
): Result<undefined, TaskFailure> {
  if (task.task === 'fingerprint' || task.task === 'checkFile') return success(undefined)
  if (existsSync(logFile(directory)) || (task.task === 'restore' && isNamed)) return success(undefined)
  if (task.task === 'restore')
    return taskFailed(
      'unknown',
      'there is no log to replace on this machine that you may see; name the data directory with --data, such as /var/lib/chatd',
    )
  const message = `there is no log in ${directory} that you may see; name its directory with --data, or be root`
  return taskFailed('unknown', message)
}
