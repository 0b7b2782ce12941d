import { join } from 'node:path'
import { inject, onTestFinished } from 'vitest'
import type { Result } from '../../src/protocol/errors.ts'
import { type ControlOptions, openControl, sendTask } from '../../src/server/admin/control.ts'
import type { TaskFailure } from '../../src/server/admin/taskFailure.ts'
import type { Task } from '../../src/server/admin/tasks.ts'
import { openSqliteLog, SqliteLog } from '../../src/server/log/sqlite/sqliteLog.ts'
import type { SqliteLogOptions } from '../../src/server/log/sqlite/sqliteLogOptions.ts'
import type { Settings } from '../../src/server/settings.ts'
import { temporaryDirectory } from './directory.ts'
import { keepLines, type LogLine } from './logLines.ts'
import { type Server, startServer, waitOf } from './peer.ts'

/** What a task printed, and how it ended. */
export interface Answered {
  readonly lines: readonly string[]
  readonly result: Result<undefined, TaskFailure> | undefined
}

/** A daemon on a log in a file, with the socket of its operator. */
export interface OperatedServer extends Server {
  readonly log: SqliteLog
  readonly directory: string
  /** What the socket of the operator logged. */
  readonly logged: readonly LogLine[]
  /** Sends a task through the socket. @param takes how many lines are read */
  run(task: Task, takes?: number): Promise<Answered>
}

/** Starts one; it ends with the test. */
export async function startOperated(
  settings: Partial<Settings> = {},
  options: ControlOptions = {},
  logOptions: SqliteLogOptions = {},
): Promise<OperatedServer> {
  const directory = temporaryDirectory()
  // Several daemons have the log that they share; the operator is at the first of them.
  const server = await startServer(
    settings,
    inject('brokers') === undefined ? await openIn(directory, logOptions) : undefined,
  )
  const { daemon, log } = server
  if (!(log instanceof SqliteLog)) throw new Error('the log is not in a file')
  const kept = keepLines()
  const control = await openControl(
    directory,
    {
      log,
      keyPair: () => ({ ok: false, error: 'none' }),
      accounts: () => daemon.accounts,
      live: () => daemon.live,
      config: undefined,
      status: undefined,
    },
    kept.logger,
    options,
  )
  onTestFinished(() => control?.close())
  return {
    ...server,
    log,
    directory,
    logged: kept.lines,
    async run(task, takes = Number.POSITIVE_INFINITY) {
      const lines: string[] = []
      await waitOf(server.port)?.()
      const result = await sendTask(directory, task, async line => lines.push(line) < takes)
      return { lines, result }
    },
  }
}

async function openIn(directory: string, options?: SqliteLogOptions): Promise<SqliteLog> {
  const opened = await openSqliteLog(join(directory, 'log.db'), options)
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

/** The objects of an answer with `--json`. */
export function objects({ lines }: Answered): readonly Readonly<Record<string, unknown>>[] {
  return lines.map(line => JSON.parse(line) as Record<string, unknown>)
}
