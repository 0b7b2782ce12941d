import { headers, type NatsConnection } from '@nats-io/transport-node'
import type { Brokers } from '../../brokers.ts'
import type { Keys, KeyValue } from '../bus.ts'
import {
  ApiError,
  apiAnswer,
  askApi,
  isNoMessage,
  type PublishAnswer,
  STREAM_NOT_FOUND,
  type StreamInfo,
} from './api.ts'

/** How long one change of a key waits for its answer, ms. */
const PUT_TIMEOUT = 1_000
const CREATE_TIMEOUT = 5_000
/** Keys of daemons that died go by themselves after this, ns. One that is alive is known to the others by then. */
const KEPT_FOR = 7 * 86_400_000_000_000
/** JetStream: the key has another revision than the one that was named. */
const WRONG_REVISIONS = [10_071, 10_164]

/** The stream that holds the names that guests have; no log can be called so. */
export function keyStreamOf({ stream }: Pick<Brokers, 'stream'>): string {
  return `${stream}+names`
}

/** Makes it, where it is not there: in the memory of as many brokers as keep the log. */
export async function makeKeyStream(
  connection: NatsConnection,
  brokers: Brokers,
  replicas: number,
): Promise<StreamInfo> {
  const name = keyStreamOf(brokers)
  return askApi<StreamInfo>(
    connection,
    `STREAM.CREATE.${name}`,
    {
      name,
      subjects: [`${brokers.stream}.name.*`],
      retention: 'limits',
      storage: 'memory',
      discard: 'old',
      num_replicas: replicas,
      max_msgs_per_subject: 1,
      max_age: KEPT_FOR,
    },
    CREATE_TIMEOUT,
  )
}

/** Keys in a stream in the memory of the brokers, which has one subject for each key and keeps its newest message. */
export class KeyStream implements Keys {
  readonly #connection: NatsConnection
  readonly #brokers: Brokers
  readonly #stream: string
  #made: string | undefined
  /** The highest revision that this daemon was given: brokers that lost the keys begin again below it. */
  #highest = 0

  constructor(connection: NatsConnection, brokers: Brokers) {
    this.#connection = connection
    this.#brokers = brokers
    this.#stream = keyStreamOf(brokers)
  }

  async get(key: string): Promise<KeyValue | undefined> {
    try {
      const { message } = await askApi<{
        readonly message: { readonly seq: number; readonly data?: string }
      }>(this.#connection, `STREAM.MSG.GET.${this.#stream}`, { last_by_subj: this.#subjectOf(key) })
      return { value: Buffer.from(message.data ?? '', 'base64').toString(), revision: message.seq }
    } catch (error) {
      if (isNoMessage(error)) return undefined
      throw error
    }
  }

  async put(key: string, value: string, revision: number): Promise<number | undefined> {
    const set = headers()
    set.set('Nats-Expected-Stream', this.#stream)
    set.set('Nats-Expected-Last-Subject-Sequence', String(revision))
    try {
      const answer = await this.#connection.request(this.#subjectOf(key), value, {
        timeout: PUT_TIMEOUT,
        headers: set,
      })
      const { seq } = apiAnswer<PublishAnswer>(answer)
      this.#highest = Math.max(this.#highest, seq)
      return seq
    } catch (error) {
      if (error instanceof ApiError && WRONG_REVISIONS.includes(error.code)) return undefined
      throw error
    }
  }

  async delete(_: string, revision: number): Promise<boolean> {
    // A message of the stream is one revision of one key.
    try {
      await askApi(this.#connection, `STREAM.MSG.DELETE.${this.#stream}`, { seq: revision, no_erase: true })
      return true
    } catch (error) {
      if (isNoMessage(error)) return false
      throw error
    }
  }

  async check(): Promise<boolean> {
    const { created, state } = (await this.#info()) ?? (await this.#make())
    const isLost = (this.#made ?? created) !== created || state.last_seq < this.#highest
    this.#made = created
    if (isLost) this.#highest = 0
    return isLost
  }

  async #info(): Promise<StreamInfo | undefined> {
    try {
      return await askApi<StreamInfo>(this.#connection, `STREAM.INFO.${this.#stream}`)
    } catch (error) {
      if (error instanceof ApiError && error.code === STREAM_NOT_FOUND) return undefined
      throw error
    }
  }

  async #make(): Promise<StreamInfo> {
    const log = await askApi<StreamInfo>(this.#connection, `STREAM.INFO.${this.#brokers.stream}`)
    return makeKeyStream(this.#connection, this.#brokers, log.config.num_replicas)
  }

  /** A name can have dots, which cut a subject. */
  #subjectOf(key: string): string {
    return `${this.#brokers.stream}.name.${Buffer.from(key).toString('base64url')}`
  }
}
