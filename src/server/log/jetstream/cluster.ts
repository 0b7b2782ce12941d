import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import { failure, type Result, success } from '../../../protocol/errors.ts'
import { type Brokers, showBrokers } from '../../brokers.ts'
import { encodeEnvelope, RULES } from '../envelope.ts'
import { UnusableStream } from '../stream.ts'
import { ApiError, askApi, STREAM_NOT_FOUND, type StreamInfo } from './api.ts'
import { connectToBrokers } from './brokers.ts'
import { JetStream } from './jetStream.ts'
import { makeKeyStream } from './keyStream.ts'

/** Repeats within this time are not stored twice; later ones are skipped by the fold. */
const DUPLICATE_WINDOW = 120_000_000_000
const CREATE_TIMEOUT = 5_000
const CREATE_WITHIN = 20_000
const TRY_AGAIN = 1_000
/** JetStream: no broker can take the stream yet, or not so many. */
const NO_SUITABLE_PEERS = 10_005
const INSUFFICIENT_RESOURCES = 10_023

/** What is known of a stream. */
export interface ClusterStatus {
  readonly servers: readonly string[]
  readonly stream: string
  readonly replicas: number
  readonly leader: string | undefined
  /** Of each other replica: whether it has everything, and how many messages it lacks. */
  readonly others: readonly { readonly name: string; readonly isCurrent: boolean; readonly lag: number }[]
  readonly first: number
  readonly last: number
  readonly messages: number
  readonly bytes: number
  readonly made: string
}

/** Makes the stream of a cluster, with its first message: the epoch of the log. The error is a sentence. */
export function initCluster(brokers: Brokers, replicas: number): Promise<Result<ClusterStatus, string>> {
  return withBrokers(brokers, async connection => {
    const { stream } = brokers
    await create(connection, stream, {
      subjects: [`${stream}.log`, `${stream}.redo.*`],
      retention: 'limits',
      storage: 'file',
      discard: 'new',
      num_replicas: replicas,
      max_msgs: -1,
      max_bytes: -1,
      max_age: 0,
      max_msg_size: -1,
      duplicate_window: DUPLICATE_WINDOW,
      allow_direct: true,
    })
    await patiently(() => makeKeyStream(connection, brokers, replicas))
    const w = [{ kind: 'epoch' as const, epoch: randomUUID() }]
    const first = encodeEnvelope({ v: RULES, d: `init-${randomUUID()}`, n: 1, w })
    const log = new JetStream(connection, brokers)
    const id = `init ${stream}`
    try {
      await patiently(() => log.publish(first, id))
      return await statusOf(connection, brokers)
    } finally {
      await log.close()
    }
  })
}

/** How the stream of a cluster is. The error is a sentence. */
export function clusterStatus(brokers: Brokers): Promise<Result<ClusterStatus, string>> {
  return withBrokers(brokers, connection => statusOf(connection, brokers))
}

async function create(connection: NatsConnection, name: string, config: object): Promise<void> {
  if (await patiently(() => exists(connection, name)))
    throw new UnusableStream(`the brokers have a stream "${name}" already: see chatd cluster status`)
  // To make it twice with the same configuration is no error: an answer that was lost does no harm.
  await patiently(() => askApi(connection, `STREAM.CREATE.${name}`, { name, ...config }, CREATE_TIMEOUT))
}

async function exists(connection: NatsConnection, name: string): Promise<boolean> {
  try {
    await askApi<StreamInfo>(connection, `STREAM.INFO.${name}`)
    return true
  } catch (error) {
    if (error instanceof ApiError && error.code === STREAM_NOT_FOUND) return false
    throw error
  }
}

/** Until it succeeds, for a while: brokers that have just begun elect a leader first. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const until = performance.now() + CREATE_WITHIN
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (error instanceof UnusableStream || performance.now() >= until) throw error
      await delay(TRY_AGAIN)
    }
  }
}

async function statusOf(connection: NatsConnection, brokers: Brokers): Promise<ClusterStatus> {
  const { servers, stream } = brokers
  const info = await patiently(() => askStatus(connection, brokers))
  return {
    servers,
    stream,
    replicas: info.config.num_replicas,
    leader: info.cluster?.leader,
    others: (info.cluster?.replicas ?? []).map(({ name, current, lag = 0 }) => ({
      name,
      isCurrent: current,
      lag,
    })),
    first: info.state.first_seq,
    last: info.state.last_seq,
    messages: info.state.messages,
    bytes: info.state.bytes,
    made: info.created,
  }
}

async function askStatus(connection: NatsConnection, brokers: Brokers): Promise<StreamInfo> {
  const { stream } = brokers
  try {
    return await askApi<StreamInfo>(connection, `STREAM.INFO.${stream}`)
  } catch (error) {
    if (error instanceof ApiError && error.code === STREAM_NOT_FOUND)
      throw new UnusableStream(
        `the brokers have no stream "${stream}": make it with chatd cluster init --log ${showBrokers(brokers)}`,
      )
    throw error
  }
}

async function withBrokers<T>(
  brokers: Brokers,
  work: (connection: NatsConnection) => Promise<T>,
): Promise<Result<T, string>> {
  let connection: NatsConnection | undefined
  try {
    connection = await connectToBrokers(brokers, 'chatd cluster')
    return success(await work(connection))
  } catch (error) {
    return failure(sentenceOf(error))
  } finally {
    await connection?.close()
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof UnusableStream) return error.message
  const reason = error instanceof Error ? error.message : String(error)
  if (error instanceof ApiError && [NO_SUITABLE_PEERS, INSUFFICIENT_RESOURCES].includes(error.code))
    return `the brokers cannot take so many replicas (${reason}): start more of them, or give fewer --replicas`
  return `the brokers did not do it (${reason}): start more than half of them`
}
