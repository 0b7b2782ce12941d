import type { Brokers } from '../../brokers.ts'

/** How a log is opened. `maxPages` and `seqStep` are for tests. */
export interface SqliteLogOptions {
  /** Told, in a sentence, what an operator should know: a full disk, a failed task. */
  readonly onTrouble?: (message: string) => void
  /** Storing works again after a trouble. */
  readonly onRecovered?: () => void
  /** A thread of the log died, by a bug: nothing is stored any more. */
  readonly onBroken?: (error: Error) => void
  /** Called with what a sender or a subscriber threw by a bug; the log goes on. */
  readonly onBug?: (error: unknown) => void
  /** The file never has more pages than this, as if the disk were full then. */
  readonly maxPages?: number
  /** The seqs of each batch begin at the next multiple of this, as in a log that numbers batches. */
  readonly seqStep?: number
  /** Where the log is ordered that this file follows; without it the file is the log. */
  readonly brokers?: Brokers | undefined
}
