import { setTimeout as delay } from 'node:timers/promises'
import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { type Brokers, showBrokers } from '../../brokers.ts'
import { NOTHING } from '../envelope.ts'
import {
  type Stream,
  type StreamConnection,
  type StreamEnd,
  StreamGone,
  type StreamMessage,
  type Tail,
  type TailListener,
  UnusableStream,
} from '../stream.ts'
import {
  ApiError,
  apiAnswer,
  askApi,
  isNoMessage,
  type PublishAnswer,
  STREAM_NOT_FOUND,
  type StreamInfo,
} from './api.ts'
import { newestBase } from './base.ts'
import { BrokerLink } from './brokerLink.ts'
import { connectToBrokers, deniedSentence } from './brokers.ts'
import { replacedBy, replacementSubject } from './delivered.ts'
import { Publisher } from './publisher.ts'
import { StreamTail } from './streamTail.ts'

const GET_TIMEOUT = 1_000
/** How often the replicas are asked for a message that one of them does not have: the broker picks one by chance. */
const GET_TRIES = 8
const REPLACE_TRIES = 10
const TRY_AGAIN = 500
const NOT_FOUND = 404
/** How long an opening waits for the leader of the stream, ms. */
const OPEN_WITHIN = 12_000

/** JetStream of nats-server as the engine of a shared log. */
export class JetStream implements Stream {
  readonly #link: BrokerLink
  readonly #connection: NatsConnection
  readonly #publisher: Publisher
  readonly #stream: string
  /** Where the stream begins, as far as is known. */
  #first = 1

  constructor(connection: NatsConnection, { servers, stream }: Brokers, denied?: (sentence: string) => void) {
    this.#connection = connection
    this.#publisher = new Publisher(connection)
    this.#link = new BrokerLink(connection, servers, denied)
    this.#stream = stream
  }

  async publish(data: Uint8Array, id: string): Promise<number> {
    return this.#publish(`${this.#stream}.log`, data, id)
  }

  tail(from: number, listener: TailListener): Tail {
    return new StreamTail(this.#link, this.#stream, from, listener)
  }

  async get(position: number): Promise<StreamMessage | undefined> {
    const found = position < this.#first ? undefined : await this.#getDirect(position)
    if (found !== undefined) return found
    const replacement = await this.#replacementOf(position)
    if (replacement !== undefined) return replacement
    if (position >= this.#first) await this.end()
    // Trimmed: no replica has it.
    if (position < this.#first) return undefined
    for (let tries = 1; tries < GET_TRIES; tries++) {
      const found = await this.#getDirect(position)
      if (found !== undefined) return found
    }
    return this.#getFromLeader({ seq: position })
  }

  async replace(position: number, data: Uint8Array): Promise<void> {
    const earlier = await this.#replacementOf(position)
    await this.#persist(replacementSubject(this.#stream, position), data)
    await this.#erase(position)
    if (earlier === undefined) return
    // It holds what the new one no longer does.
    await this.#persist(replacementSubject(this.#stream, earlier.position), NOTHING)
    await this.#erase(earlier.position)
  }

  async end(): Promise<StreamEnd> {
    const { created, state, config, cluster } = await this.#info()
    const others = (cluster?.replicas ?? []).filter(({ current }) => current).length
    // Of a stream that never had a message it is 0.
    this.#first = Math.max(state.first_seq, 1)
    return {
      first: this.#first,
      last: state.last_seq,
      made: created,
      replicas: config.num_replicas,
      // It has answered: the leader is there.
      currentReplicas: others + 1,
    }
  }

  get connection(): StreamConnection {
    const { isUp, connection, reconnects } = this.#link
    return { broker: isUp ? connection.getServer() : undefined, reconnects }
  }

  async trimmed(): Promise<number> {
    return (await newestBase(this.#connection, this.#stream))?.trim ?? 0
  }

  async close(): Promise<void> {
    await this.#link.close()
  }

  async #info(): Promise<StreamInfo> {
    try {
      return await askApi<StreamInfo>(this.#connection, `STREAM.INFO.${this.#stream}`)
    } catch (error) {
      if (error instanceof ApiError && error.code === STREAM_NOT_FOUND) throw new StreamGone(error.message)
      throw error
    }
  }

  async #publish(subject: string, data: Uint8Array, id?: string): Promise<number> {
    if (!this.#link.isUp) throw new Error('no broker answers')
    const set = headers()
    set.set('Nats-Expected-Stream', this.#stream)
    if (id !== undefined) set.set('Nats-Msg-Id', id)
    this.#link.waits('acknowledgement')
    const answer = await this.#publisher.publish(subject, data, set)
    const { seq } = apiAnswer<PublishAnswer>(answer)
    this.#link.progress('acknowledgement')
    return seq
  }

  async #getDirect(position: number): Promise<StreamMessage | undefined> {
    const request = JSON.stringify({ seq: position })
    const answer = await this.#connection.request(`$JS.API.DIRECT.GET.${this.#stream}`, request, {
      timeout: GET_TIMEOUT,
    })
    return answer.headers?.code === NOT_FOUND ? undefined : directMessage(answer)
  }

  #replacementOf(position: number): Promise<StreamMessage | undefined> {
    return this.#getFromLeader({ last_by_subj: replacementSubject(this.#stream, position) })
  }

  async #getFromLeader(
    request: { readonly seq: number } | { readonly last_by_subj: string },
  ): Promise<StreamMessage | undefined> {
    try {
      const { message } = await askApi<{ readonly message: LeaderMessage }>(
        this.#connection,
        `STREAM.MSG.GET.${this.#stream}`,
        request,
      )
      return {
        position: message.seq,
        ts: Date.parse(message.time),
        replaces: replacedBy(message.subject),
        data: Buffer.from(message.data ?? '', 'base64'),
      }
    } catch (error) {
      if (isNoMessage(error)) return undefined
      throw error
    }
  }

  /** Publishes until it is acknowledged, within bounds. */
  #persist(subject: string, data: Uint8Array): Promise<number> {
    return persistently(() => this.#publish(subject, data))
  }

  async #erase(position: number): Promise<void> {
    await persistently(async () => {
      try {
        await askApi(this.#connection, `STREAM.MSG.DELETE.${this.#stream}`, {
          seq: position,
          no_erase: false,
        })
      } catch (error) {
        if (!isNoMessage(error)) throw error
      }
    })
  }
}

/** A message as the leader gives it. */
interface LeaderMessage {
  readonly subject: string
  readonly seq: number
  readonly data?: string
  readonly time: string
}

function directMessage({ headers, data }: Msg): StreamMessage {
  return {
    position: Number(headers?.get('Nats-Sequence')),
    ts: Date.parse(headers?.get('Nats-Time-Stamp') ?? ''),
    replaces: replacedBy(headers?.get('Nats-Subject') ?? ''),
    data,
  }
}

async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries === REPLACE_TRIES) throw error
      await delay(TRY_AGAIN)
    }
  }
}

/**
 * Opens the stream at its brokers. Throws {@link UnusableStream} with a sentence that says what to do.
 * @param denied called with each thing that the brokers do not let this daemon do; a sentence
 */
export async function openJetStream(
  brokers: Brokers,
  name: string,
  denied?: (sentence: string) => void,
): Promise<JetStream> {
  const connection = await connectToBrokers(brokers, name)
  const stream = new JetStream(connection, brokers, denied)
  const until = performance.now() + OPEN_WITHIN
  for (;;) {
    try {
      await stream.end()
      return stream
    } catch (error) {
      const isMissing = error instanceof StreamGone
      // A leader may be being elected; a broker that has just begun loses requests.
      const refused = deniedSentence(error)
      if (!isMissing && refused === undefined && performance.now() < until) {
        await delay(TRY_AGAIN)
        continue
      }
      await stream.close()
      if (refused !== undefined) throw new UnusableStream(refused)
      throw new UnusableStream(
        isMissing
          ? `the brokers have no stream "${brokers.stream}": make it with chatd cluster init --log ${showBrokers(brokers)}`
          : `the brokers at ${brokers.servers.join(', ')} have no leader for the stream "${brokers.stream}": start more of them, until more than half of its replicas run`,
      )
    }
  }
}
