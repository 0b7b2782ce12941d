import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import { failure, type Result, success } from '../../../protocol/errors.ts'
import { type Brokers, showBrokers } from '../../brokers.ts'
import { encodeEnvelope, RULES } from '../envelope.ts'
import { UnusableStream } from '../stream.ts'
import { ApiError, askApi, STREAM_NOT_FOUND, type StreamInfo } from './api.ts'
import { type Base, newestBase } from './base.ts'
import { connectToBrokers, deniedSentence } from './brokers.ts'
import { JetStream } from './jetStream.ts'
import { makeKeyStream } from './keyStream.ts'
import { readersOf, type StreamReader } from './readers.ts'
import { KEPT, streamConfig } from './streamConfig.ts'

const CREATE_TIMEOUT = 5_000
const CREATE_WITHIN = 20_000
const TRY_AGAIN = 1_000
/** JetStream: no broker can take the stream yet, or not so many. */
const NO_SUITABLE_PEERS = 10_005
const INSUFFICIENT_RESOURCES = 10_023
const STREAM_NAME_IN_USE = 10_058

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
  /** The newest base; undefined: there is none. */
  readonly base: Base | undefined
  /** The daemons that follow it. */
  readonly readers: readonly StreamReader[]
}

/** Makes the stream of a cluster, with its first message: the epoch of the log. The error is a sentence. */
export function initCluster(brokers: Brokers, replicas: number): Promise<Result<ClusterStatus, string>> {
  return withBrokers(brokers, async connection => {
    const { stream } = brokers
    const there = await findStream(connection, stream)
    // One that was interrupted is run again.
    const isHalf = there?.state.messages === 0 && there.state.first_seq <= 1
    if (there !== undefined && !isHalf)
      throw new UnusableStream(`the brokers have a stream "${stream}" already: see chatd cluster status`)
    await createLogStream(connection, stream, { replicas, first: 1 })
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

/** Makes the stream of a log, whose first message gets a position; its description. */
export function createLogStream(
  connection: NatsConnection,
  stream: string,
  { replicas, first }: { readonly replicas: number; readonly first: number },
): Promise<StreamInfo> {
  return createStream(connection, stream, {
    ...streamConfig(stream, replicas),
    ...(first > 1 ? { first_seq: first } : {}),
  })
}

/** Makes a stream; one that is there with the same configuration is that one. */
export function createStream(
  connection: NatsConnection,
  name: string,
  config: {
    readonly subjects: readonly string[]
    readonly num_replicas: number
    readonly first_seq?: number
    readonly metadata?: Readonly<Record<string, string>>
  },
): Promise<StreamInfo> {
  const request = { name, ...KEPT, ...config }
  // To make it twice with the same configuration is no error: an answer that was lost does no harm.
  return patiently(async () => {
    try {
      return await askApi<StreamInfo>(connection, `STREAM.CREATE.${name}`, request, CREATE_TIMEOUT)
    } catch (error) {
      if (error instanceof ApiError && error.code === STREAM_NAME_IN_USE) throw new StreamExists(name)
      throw error
    }
  })
}

/** A stream of this name, with another configuration, is there. */
export class StreamExists extends UnusableStream {
  constructor(name: string) {
    super(`the brokers have a stream "${name}" already`)
  }
}

/** What the brokers say of a stream; undefined: there is none. */
export function findStream(connection: NatsConnection, name: string): Promise<StreamInfo | undefined> {
  return patiently(async () => {
    try {
      return await askApi<StreamInfo>(connection, `STREAM.INFO.${name}`)
    } catch (error) {
      if (error instanceof ApiError && error.code === STREAM_NOT_FOUND) return undefined
      throw error
    }
  })
}

/** Until it succeeds, for a while: brokers that have just begun elect a leader first. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const until = performance.now() + CREATE_WITHIN
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const isFinal = error instanceof UnusableStream || deniedSentence(error) !== undefined
      if (isFinal || performance.now() >= until) throw error
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
    base: await patiently(() => newestBase(connection, stream)),
    readers: await patiently(() => readersOf(connection, stream)),
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

/** Does something at the brokers. The error is a sentence. */
export async function withBrokers<T>(
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
  const denied = deniedSentence(error)
  if (denied !== undefined) return denied
  const reason = error instanceof Error ? error.message : String(error)
  if (error instanceof ApiError && [NO_SUITABLE_PEERS, INSUFFICIENT_RESOURCES].includes(error.code))
    return `the brokers cannot take so many replicas (${reason}): start more of them, or give fewer --replicas`
  return `the brokers did not do it (${reason}): start more than half of them`
}
