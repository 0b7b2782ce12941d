import { hostname } from 'node:os'
import type { DatabaseSync } from 'node:sqlite'
import type { Brokers } from '../../../brokers.ts'
import { openJetStream } from '../../jetstream/jetStream.ts'
import { Projection } from './projection.ts'
import { SharedLog, type SharedLogListener } from './sharedLog.ts'
import type { Writer } from './writer.ts'

/** What a shared log is opened with. */
export interface SharedStart {
  readonly brokers: Brokers
  readonly database: DatabaseSync
  readonly writer: Writer
}

/**
 * Opens the log that the brokers order, and applies what this daemon does not have of it. `position` is that of a message of
 * this daemon. Rejects with `UnusableStream` where it cannot be used.
 */
export async function openShared(
  { brokers, database, writer }: SharedStart,
  listener: SharedLogListener,
): Promise<{ readonly log: SharedLog; readonly position: number }> {
  const projection = new Projection(database, writer, brokers.stream)
  const stream = await openJetStream(brokers, `chatd ${hostname()} ${process.pid}`, listener.alarm)
  const log = new SharedLog(stream, projection, listener)
  try {
    return { log, position: await log.open() }
  } catch (error) {
    await log.close()
    throw error
  }
}
