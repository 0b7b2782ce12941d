import { DatabaseSync } from 'node:sqlite'
import type { NatsConnection } from '@nats-io/transport-node'
import { type Brokers, showBrokers } from '../brokers.ts'
import { seqOf } from '../log/envelope.ts'
import type { StreamInfo } from '../log/jetstream/api.ts'
import { type Base, newestBase, removeBase, removeStream, storedBases } from '../log/jetstream/base.ts'
import { createLogStream, findStream } from '../log/jetstream/cluster.ts'
import { keyStreamOf } from '../log/jetstream/keyStream.ts'
import { claimBase, storeBase } from '../log/jetstream/storeBase.ts'
import { integer } from '../log/sqlite/columns.ts'
import { follow, followingOf } from '../log/sqlite/projectionFile.ts'
import { UnusableStream } from '../log/stream.ts'

/** A seq is a safe integer; beyond this a file is no log that chatd wrote. */
const MOST_POSITIONS = 2 ** 42

/** A stream that begins with a base. */
export interface BegunStream {
  /** When it was made, as the brokers write it. */
  readonly made: string
  /** The position of what comes first after the base. */
  readonly first: number
}

/** What is there of the stream of a log: undefined where none is, or half of one, which may be made again. */
export async function finishedStream(
  connection: NatsConnection,
  stream: string,
): Promise<{ readonly info: StreamInfo; readonly base: Base | undefined } | undefined> {
  const info = await findStream(connection, stream)
  if (info === undefined || info.state.messages === 0) return undefined
  return { info, base: await newestBase(connection, stream) }
}

/** Refuses a stream that holds a log already. */
export async function refuseTaken(connection: NatsConnection, brokers: Brokers): Promise<void> {
  if ((await finishedStream(connection, brokers.stream)) === undefined) return
  const other = showBrokers({ ...brokers, stream: `${brokers.stream}2` })
  throw new UnusableStream(
    `the brokers have a log "${brokers.stream}" already, and nothing was changed: name another one (--log ${other}), or remove that one for ever with chatd cluster remove`,
  )
}

/**
 * Makes the stream of a log, and stores a file as its first base; the file follows the stream then. Seqs and numbers of
 * sessions go on above those of the file. What an interrupted beginning left is made again.
 * @param from what the file was before
 */
export async function beginStream(
  connection: NatsConnection,
  brokers: Brokers,
  file: string,
  { replicas, from }: { readonly replicas: number; readonly from: Base['from'] },
): Promise<BegunStream> {
  const { stream } = brokers
  await refuseTaken(connection, brokers)
  await removeStream(connection, stream)
  const database = new DatabaseSync(file)
  let begun: BegunStream
  try {
    const first = firstPosition(database)
    const { created } = await createLogStream(connection, stream, { replicas, first })
    follow(database, { name: stream, made: created, checkpoint: first - 1 })
    begun = { made: created, first }
  } finally {
    database.close()
  }
  const n = Math.max(0, ...(await storedBases(connection, stream)).map(base => base.n)) + 1
  const place = { stream, n, replicas }
  if (!(await claimBase(connection, place)))
    throw new UnusableStream(`another process makes the log "${stream}" now: wait for it`)
  try {
    const before = begun.first - 1
    await storeBase(connection, place, file, {
      position: before,
      trim: before,
      cut: before,
      from,
      previous: 0,
    })
  } catch (error) {
    await removeBase(connection, stream, n).catch(() => undefined)
    throw error
  }
  return begun
}

/** Removes the stream of a log, its bases and the names of its guests for ever. */
export async function removeLog(connection: NatsConnection, stream: string): Promise<void> {
  await removeStream(connection, stream)
  await removeStream(connection, keyStreamOf({ stream }))
  for (const { n } of await storedBases(connection, stream)) await removeBase(connection, stream, n)
}

function firstPosition(database: DatabaseSync): number {
  const row = database.prepare('SELECT last, session FROM log').get() ?? {}
  const highest = Math.max(integer(row, 'last'), integer(row, 'session'))
  // Never 1: so a stream that has no base yet is not taken for one that begins with nothing.
  const first = Math.max(Math.floor(highest / seqOf(1, 0)), followingOf(database)?.checkpoint ?? 0, 1) + 1
  if (first > MOST_POSITIONS)
    throw new UnusableStream(
      `the file has a seq or a session of the number ${highest}, which no chatd gave: take another backup`,
    )
  return first
}
