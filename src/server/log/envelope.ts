import type { Entry } from './entries.ts'

/** The rules by which this program folds a shared log. A log that goes by newer ones is not folded. */
export const RULES = 2

/** Positions of a stream are so far apart in seq: an envelope has fewer entries. */
const SEQS_A_MESSAGE = 1_024

/** What a daemon queued in a tick: one message of a shared log. */
export interface Envelope {
  /** The rules that its sender goes by. */
  readonly v: number
  /** The sender: a daemon from its start to its end. */
  readonly d: string
  /** Counts the envelopes of the sender, from 1 on. */
  readonly n: number
  readonly w: readonly Entry[]
  /** Of an envelope that stands for an erased one: the time of that one. */
  readonly ts?: number | undefined
  /** Nothing after it counts: the log goes on at a single server. */
  readonly end?: true
}

/** The least seq of what an entry of a message makes. */
export function seqOf(position: number, index: number): number {
  return position * SEQS_A_MESSAGE + index
}

/** An envelope as it stands in a stream. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return Buffer.from(JSON.stringify(envelope))
}

/** Stands for a message that nothing is left of. */
export const NOTHING: Uint8Array = Buffer.from('null')

/** The envelope in a message; undefined where it holds none. */
export function decodeEnvelope(data: Uint8Array): Envelope | undefined {
  try {
    const read: unknown = JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString())
    return isEnvelope(read) ? read : undefined
  } catch {
    return undefined
  }
}

/** Only daemons write to the stream; what they write in an envelope is checked by the fold. */
function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null) return false
  const { v, d, n, w } = value as Readonly<Record<string, unknown>>
  return Number.isSafeInteger(v) && typeof d === 'string' && Number.isSafeInteger(n) && Array.isArray(w)
}
