import { onTestFinished } from 'vitest'
import { logFile } from '../../../../src/server/dataDirectory.ts'
import type { EventEntry } from '../../../../src/server/log/entries.ts'
import type { LoggedEvent } from '../../../../src/server/log/log.ts'
import { openSqliteLog, type SqliteLog } from '../../../../src/server/log/sqlite/sqliteLog.ts'
import type { BrokerCluster } from '../../../cluster/brokerCluster.ts'
import { temporaryDirectory } from '../../directory.ts'
import { append } from '../logContract.ts'

/** The log of one daemon, with what it was told. */
export interface SharedDaemon {
  readonly log: SqliteLog
  readonly directory: string
  readonly file: string
  readonly told: readonly LoggedEvent[]
  readonly troubles: readonly string[]
  /** Why the log ended by itself. */
  readonly broken: readonly string[]
}

/** Opens the log of a daemon in a directory; it goes with the test. */
export async function openDaemon(
  cluster: BrokerCluster,
  stream: string,
  directory = temporaryDirectory(),
): Promise<SharedDaemon> {
  const file = logFile(directory)
  const [troubles, broken]: [string[], string[]] = [[], []]
  const opened = await openSqliteLog(file, {
    brokers: cluster.brokersOf(stream),
    onTrouble: trouble => troubles.push(trouble),
    onBroken: error => broken.push(error.message),
  })
  if (!opened.ok) throw new Error(opened.error)
  const log = opened.value
  onTestFinished(() => log.abandon())
  const told: LoggedEvent[] = []
  log.subscribe(events => told.push(...events.map(({ event }) => event)))
  return { log, directory, file, told, troubles, broken }
}

/** Why a log cannot be opened. */
export async function problemOfOpening(
  cluster: BrokerCluster,
  stream: string,
  directory = temporaryDirectory(),
): Promise<string> {
  const opened = await openSqliteLog(logFile(directory), { brokers: cluster.brokersOf(stream) })
  if (!opened.ok) return opened.error
  await opened.value.abandon()
  throw new Error('it was opened')
}

/** Stores an entry; its seq. */
export async function storeIn(
  { log }: { readonly log: SqliteLog },
  entry: Partial<EventEntry> & { readonly text?: string } = {},
): Promise<number> {
  const stored = await append(log, entry)
  if (!stored.ok) throw new Error(stored.error.message)
  return stored.value.seq
}
