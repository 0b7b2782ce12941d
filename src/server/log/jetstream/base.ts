import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import * as z from 'zod'
import { UnusableStream } from '../stream.ts'
import {
  ApiError,
  apiAnswer,
  askApi,
  isNoMessage,
  type PublishAnswer,
  STREAM_NOT_FOUND,
  type StreamInfo,
} from './api.ts'
import { replacementSubject } from './delivered.ts'

/** Brokers take messages of 1 MiB. */
export const CHUNK_BYTES = 512 * 1024
const CHUNK_TIMEOUT = 5_000
const TRIES = 20
const TRY_AGAIN = 500
const NOT_FOUND = 404
const API_TIMEOUT = 5_000

/** What a block of JetStream's files holds at most. */
const BLOCK_BYTES = 8 * 1024 * 1024

const MAX_BASE_BYTES = 2 ** 46

const base = z.object({
  n: z.int().min(1),
  position: z.int().min(0),
  trim: z.int().min(0),
  cut: z.int().min(0),
  bytes: z.int().min(1).max(MAX_BASE_BYTES),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.number(),
  from: z.object({ made: z.string(), checkpoint: z.int().min(0) }).optional(),
})

/**
 * A file of a projection that the brokers keep, from which a daemon begins: it has everything up to `position`. It lies in a
 * stream of its own, so that nothing is left of it once it is removed. This description of it is a message of the log's stream,
 * and says up to where messages of that stream may be gone (`trim`), and up to where they may go with a later base (`cut`).
 */
export type Base = z.infer<typeof base>

/** The stream that holds the chunks of a base. Two names take turns: brokers can give daemons rights to these alone. */
export function baseStream(stream: string, n: number): string {
  return `${stream}+base${n % 2}`
}

/** The subject of a chunk. */
export function chunkSubject(stream: string, n: number, chunk: number | '*'): string {
  return `${stream}.base.${n}.${chunk}`
}

/** The subject of the descriptions of bases. */
function baseSubject(stream: string): string {
  return `${stream}.base`
}

/** The newest base of a log, with the position of its description; undefined: there is none. */
export async function newestBase(
  connection: NatsConnection,
  stream: string,
): Promise<(Base & { readonly described: number }) | undefined> {
  try {
    const { message } = await askApi<{ readonly message: { readonly seq: number; readonly data?: string } }>(
      connection,
      `STREAM.MSG.GET.${stream}`,
      { last_by_subj: baseSubject(stream) },
      API_TIMEOUT,
    )
    return { ...parseBase(message.data ?? ''), described: message.seq }
  } catch (error) {
    if (isNoMessage(error)) return undefined
    throw error
  }
}

function parseBase(data: string): Base {
  try {
    return base.parse(JSON.parse(Buffer.from(data, 'base64').toString()))
  } catch {
    throw new UnusableStream(
      'what the brokers say of their base cannot be read: use the chatd of the other daemons; if it is that, report it as a bug',
    )
  }
}

/**
 * Stores the description of a base whose chunks are stored; its position. Rejects where another base was described since.
 * @param previous the position of the description before; 0: there is none
 */
export async function describeBase(
  connection: NatsConnection,
  stream: string,
  described: Base,
  previous: number,
): Promise<number> {
  const set = headers()
  set.set('Nats-Expected-Stream', stream)
  set.set('Nats-Msg-Id', `base ${described.n} ${described.trim} ${described.sha256}`)
  set.set('Nats-Expected-Last-Subject-Sequence', String(previous))
  return publish(connection, baseSubject(stream), Buffer.from(JSON.stringify(described)), set)
}

/** Stores the next chunk of a base; chunks count from 0. Rejects where another one stands in its place. */
export async function storeChunk(
  connection: NatsConnection,
  stream: string,
  { n, chunk, data }: { readonly n: number; readonly chunk: number; readonly data: Uint8Array },
): Promise<void> {
  const set = headers()
  set.set('Nats-Expected-Stream', baseStream(stream, n))
  set.set('Nats-Msg-Id', String(chunk))
  const position = await publish(connection, chunkSubject(stream, n, chunk), data, set)
  if (position !== chunk + 1) throw new Error(`another process wrote to base ${n}`)
}

/** Publishes until it is acknowledged; its id keeps it from being stored twice. */
function publish(
  connection: NatsConnection,
  subject: string,
  data: Uint8Array,
  set: ReturnType<typeof headers>,
): Promise<number> {
  return again(async () => {
    const answer = await connection.request(subject, data, { timeout: CHUNK_TIMEOUT, headers: set })
    return apiAnswer<PublishAnswer>(answer).seq
  })
}

/**
 * Reads a base chunk by chunk; `write` gets them in their order. Rejects with {@link UnusableStream} where it is not whole.
 */
export async function readBase(
  connection: NatsConnection,
  stream: string,
  { n, bytes, sha256 }: Base,
  write: (chunk: Uint8Array) => void,
): Promise<void> {
  const hash = createHash('sha256')
  let read = 0
  for (let position = 1; read < bytes; position++) {
    const data = await readChunk(connection, stream, n, position)
    read += data.byteLength
    if (data.byteLength === 0 || read > bytes) break
    hash.update(data)
    write(data)
  }
  if (read !== bytes || hash.digest('hex') !== sha256)
    throw new UnusableStream(
      `base ${n} of the log is not what was stored: a broker is damaged; have a running daemon make another one: chatd cluster base`,
    )
}

async function readChunk(
  connection: NatsConnection,
  stream: string,
  n: number,
  position: number,
): Promise<Uint8Array> {
  const subject = `$JS.API.DIRECT.GET.${baseStream(stream, n)}`
  try {
    return await again(async () => {
      const answer = await connection.request(subject, JSON.stringify({ seq: position }), {
        timeout: CHUNK_TIMEOUT,
      })
      // Another replica may have it: the broker picks one by chance.
      const isIt = answer.headers?.get('Nats-Subject') === chunkSubject(stream, n, position - 1)
      if (answer.headers?.code === NOT_FOUND || !isIt) throw new Error('not found')
      return answer.data
    })
  } catch (error) {
    throw new UnusableStream(
      `a part of base ${n} of the log cannot be read (${sentence(error)}): try again, since a newer one may have taken its place; if that fails, have a running daemon make another one: chatd cluster base`,
    )
  }
}

/** The bases that are stored, whole or not. */
export async function storedBases(
  connection: NatsConnection,
  stream: string,
): Promise<readonly StoredBase[]> {
  const found = await Promise.all([0, 1].map(n => storedBase(connection, stream, n)))
  return found.flatMap(one => one ?? [])
}

/** A base, perhaps not whole. */
export interface StoredBase {
  readonly n: number
  /** When its maker was heard of last, ms since 1970. */
  readonly heardAt: number
}

/** The base that is stored where one of this number belongs; undefined: none is. */
export async function storedBase(
  connection: NatsConnection,
  stream: string,
  n: number,
): Promise<StoredBase | undefined> {
  try {
    const { config, created, state } = await again(() =>
      askApi<StreamInfo>(connection, `STREAM.INFO.${baseStream(stream, n)}`, {}, API_TIMEOUT),
    )
    const heard = state.messages === 0 ? created : (state.last_ts ?? created)
    return { n: Number(config.metadata?.['n'] ?? 0), heardAt: Date.parse(heard) }
  } catch (error) {
    if (error instanceof ApiError && error.code === STREAM_NOT_FOUND) return undefined
    throw error
  }
}

/** Removes what is stored where a base of this number belongs. */
export async function removeBase(connection: NatsConnection, stream: string, n: number): Promise<void> {
  await removeStream(connection, baseStream(stream, n))
}

/** Removes the bases before one. */
export async function removeBasesBefore(
  connection: NatsConnection,
  stream: string,
  n: number,
): Promise<void> {
  for (const stored of await storedBases(connection, stream))
    if (stored.n < n) await removeBase(connection, stream, stored.n)
}

/** Removes a stream with all that it holds; one that is not there is none. */
export async function removeStream(connection: NatsConnection, name: string): Promise<void> {
  await again(async () => {
    try {
      await askApi(connection, `STREAM.DELETE.${name}`, {}, API_TIMEOUT)
    } catch (error) {
      if (!(error instanceof ApiError && error.code === STREAM_NOT_FOUND)) throw error
    }
  })
}

/**
 * Stores messages that say nothing, more than a block of JetStream's files holds; the position of the last. Messages that go up
 * to there go with whole files. JetStream leaves what it removes in the first block that stays: a text that was trimmed, and
 * deleted later, would stay at the brokers.
 */
export async function storeCut(connection: NatsConnection, stream: string): Promise<number> {
  const set = headers()
  set.set('Nats-Expected-Stream', stream)
  const nothing = Buffer.alloc(CHUNK_BYTES)
  let position = 0
  for (let bytes = 0; bytes <= BLOCK_BYTES; bytes += CHUNK_BYTES)
    // Daemons skip what stands for another message.
    position = await publish(connection, replacementSubject(stream, 0), nothing, set)
  return position
}

/** Removes the messages of a stream up to a position, which a base says may go. */
export async function trim(connection: NatsConnection, stream: string, upTo: number): Promise<void> {
  await again(() => askApi(connection, `STREAM.PURGE.${stream}`, { seq: upTo + 1 }, API_TIMEOUT))
}

/** JetStream elects, or a replica is not there yet. */
const TEMPORARY: readonly number[] = [10_008, 10_009, 10_118]

/** Tries again where no broker answers, or none leads; what JetStream refuses otherwise is refused. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      const isFinal = error instanceof ApiError && !TEMPORARY.includes(error.code)
      if (isFinal || tries === TRIES) throw error
      await delay(TRY_AGAIN)
    }
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
