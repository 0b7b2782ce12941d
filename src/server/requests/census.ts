import type { Client } from './client.ts'

/** A connection is slow with more than this waiting, or when it has taken nothing for so long; bytes, ms. */
const SLOW_BYTES = 64 * 1024
const SLOW_MS = 1_000
/** So many slow ones are named, those with the most first. */
const MOST_NAMED = 10

/** A connection that does not read what it is sent. */
interface SlowClient {
  readonly connection: number
  readonly name: string | undefined
  readonly address: string
  /** Bytes that wait for it. */
  readonly waiting: number
  /** For how long it has taken nothing. */
  readonly seconds: number
}

/** The connections of a daemon at one moment. */
export interface Census {
  readonly plain: number
  readonly full: number
  /** Bytes that wait to be read by all of them. */
  readonly waiting: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly slow: readonly SlowClient[]
  readonly slowInAll: number
}

/** Looks at all connections: some milliseconds for ten thousand, so only where it is asked for. */
export function takeCensus(clients: Iterable<Client>): Census {
  const now = performance.now()
  const slow: SlowClient[] = []
  const sums = { plain: 0, full: 0, waiting: 0, bytesIn: 0, bytesOut: 0 }
  for (const { connection, isFull, isPlain, hasConnected, shownName } of clients) {
    if (hasConnected && isPlain) sums.plain++
    if (isFull) sums.full++
    sums.bytesIn += connection.bytesRead
    sums.bytesOut += connection.bytesWritten
    const waiting = connection.outbound.leftOver
    if (waiting === 0) continue
    sums.waiting += waiting
    const stuck = connection.outbound.stuckFor(now)
    if (waiting < SLOW_BYTES && stuck < SLOW_MS) continue
    const { number, address } = connection
    slow.push({ connection: number, name: shownName, address, waiting, seconds: stuck / 1_000 })
  }
  slow.sort((a, b) => b.waiting - a.waiting)
  return { ...sums, slow: slow.slice(0, MOST_NAMED), slowInAll: slow.length }
}
