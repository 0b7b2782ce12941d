import type { Durations } from '../durations.ts'

/** What an operator watches of a log. */
export interface WatchedLog {
  /** How long commits took, their sync to the disk included. */
  readonly commits: Durations
  /** Entries that wait to be committed, or are being committed. */
  readonly waiting: number
  /** Whether the last commit was stored. */
  readonly isWritable: boolean
  /** Resolves once the thread that writes has its turn; rejects where it has ended. */
  turns(): Promise<void>
}
