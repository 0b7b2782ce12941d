import { createHash, randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import type { NatsConnection } from '@nats-io/transport-node'
import {
  type Base,
  baseStream,
  CHUNK_BYTES,
  chunkSubject,
  describeBase,
  removeBase,
  removeBasesBefore,
  storeChunk,
  storedBase,
} from './base.ts'
import { createStream, StreamExists } from './cluster.ts'

/** The maker of a base that stored nothing for this long is gone, ms. */
const GONE_AFTER = 10 * 60_000

/** Where a base goes. */
export interface BasePlace {
  readonly stream: string
  readonly n: number
  readonly replicas: number
}

/**
 * Makes the stream of a base. The daemon that succeeds is the one that makes this base: false where another one does. What a
 * maker left that is gone is removed.
 */
export async function claimBase(
  connection: NatsConnection,
  { stream, n, replicas }: BasePlace,
): Promise<boolean> {
  const name = baseStream(stream, n)
  const config = {
    subjects: [chunkSubject(stream, n, '*')],
    num_replicas: replicas,
    metadata: { n: String(n), maker: randomUUID() },
  }
  try {
    await createStream(connection, name, config)
    return true
  } catch (error) {
    if (!(error instanceof StreamExists)) throw error
  }
  const there = await storedBase(connection, stream, n)
  const isAtWork = there !== undefined && there.n >= n && Date.now() - there.heardAt < GONE_AFTER
  if (isAtWork) return false
  await removeBase(connection, stream, n)
  await createStream(connection, name, config)
  return true
}

/**
 * Stores a file as a base that was claimed, describes it in the log's stream, and removes the bases before it.
 * @param previous the position of the description before; 0: there is none
 * @returns the base, and the position of its description
 */
export async function storeBase(
  connection: NatsConnection,
  { stream, n }: BasePlace,
  file: string,
  { previous, ...about }: Pick<Base, 'position' | 'trim' | 'cut' | 'from'> & { readonly previous: number },
): Promise<{ readonly base: Base; readonly described: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  const descriptor = openSync(file, 'r')
  try {
    for (let chunk = 0; ; chunk++) {
      const buffer = Buffer.alloc(CHUNK_BYTES)
      const data = buffer.subarray(0, readSync(descriptor, buffer, 0, CHUNK_BYTES, bytes))
      if (data.byteLength === 0) break
      hash.update(data)
      bytes += data.byteLength
      await storeChunk(connection, stream, { n, chunk, data })
    }
  } finally {
    closeSync(descriptor)
  }
  const base: Base = { n, ...about, bytes, sha256: hash.digest('hex'), at: Date.now() }
  const described = await describeBase(connection, stream, base, previous)
  await removeBasesBefore(connection, stream, n)
  return { base, described }
}
