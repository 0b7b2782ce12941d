import type { LoggedEvent, RoomHead } from '../log.ts'
import type { Retention } from '../maintenance.ts'
import type { Packed } from './packed.ts'
import type { Contents, Outcome, Work } from './worker/writer.ts'

/** What a worker is started with. */
export interface WorkerStart {
  readonly role: 'writer' | 'reader'
  readonly file: string
  /** The epoch of a log that is made now. */
  readonly epoch: string
  /** For tests: the file never has more pages than this. */
  readonly maxPages?: number | undefined
}

/** Calls that a worker answers, each once; their arguments and answers are plain data. */
type Call = { readonly method: string; readonly args: readonly unknown[] }

/** What a worker is sent. */
export type ToWorker =
  | { readonly kind: 'commit'; readonly batch: Packed<readonly Work[]> }
  | ({ readonly kind: 'call'; readonly number: number } & Call)

/** What a worker says. */
export type FromWorker =
  /** The log is open; a reader says so without contents. */
  | { readonly kind: 'opened'; readonly contents?: Contents }
  /** The log cannot be used; a sentence. */
  | { readonly kind: 'unusable'; readonly message: string }
  | { readonly kind: 'committed'; readonly outcomes: Packed<readonly Outcome[]> }
  /** Nothing of the batch was stored. */
  | { readonly kind: 'failed'; readonly message: string; readonly diskFull: boolean }
  /** Events that nobody sent an entry for. */
  | { readonly kind: 'happened'; readonly events: readonly LoggedEvent[] }
  /** A room begins later than it did. */
  | { readonly kind: 'forgot'; readonly head: RoomHead }
  | { readonly kind: 'answer'; readonly number: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly number: number; readonly message: string }
  /** Something that an operator should know; a sentence. */
  | { readonly kind: 'trouble'; readonly message: string }

/** A retention as it is asked of the writer. */
export interface RetentionOrder {
  readonly roomKey: string | undefined
  readonly retention: Retention
}
