import type { Durations } from '../durations.ts'

/** How a daemon follows a log that several daemons share. */
export interface SharedFigures {
  /** The broker that it is connected to, `host:port`; undefined: none. */
  readonly broker: string | undefined
  /** How often the connection was made again. */
  readonly reconnects: number
  /** Messages of the stream that this daemon has not applied, by the last look at its end. */
  readonly lag: number
  /** Milliseconds since it applied a message, or was seen to have all of them. */
  readonly sinceProgress: number
  /** Messages that a broker lacked, those that no broker has included. */
  readonly holes: number
  /** Why it applies nothing any more; undefined: it does. */
  readonly halted: string | undefined
  /** Entries that were handed to the brokers, or wait for it, and are not applied yet. */
  readonly inFlight: number
  /** The replicas of the stream, and how many of them have everything. */
  readonly replicas: number
  readonly currentReplicas: number
}

/** What an operator watches of a log. */
export interface WatchedLog {
  /** How long commits took, their sync to the disk included. */
  readonly commits: Durations
  /** Entries that wait to be committed, or are being committed. */
  readonly waiting: number
  /** Whether the last commit was stored. */
  readonly isWritable: boolean
  /** Of a shared log, as of a second ago. */
  readonly shared?: SharedFigures | undefined
  /** Resolves once the thread that writes has its turn; rejects where it has ended. */
  turns(): Promise<void>
}
