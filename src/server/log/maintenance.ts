import type { Result } from '../../protocol/errors.ts'

/** How long events are kept; what is undefined is no bound. */
export interface Retention {
  /** Events older than this many days go. */
  readonly days?: number | undefined
  /** What is older than this many newest messages of a room goes. */
  readonly messages?: number | undefined
}

/** The retention of one room, or of all that have none of their own. */
export interface RoomRetention {
  /** Undefined: rooms that have none of their own. */
  readonly roomKey: string | undefined
  readonly retention: Retention
}

/** What operators do with a log on a disk, while it is in use or not. */
export interface LogUpkeep {
  /** Deletes everything that a person (a folded name) said, by events, then takes the name away everywhere. */
  erase(name: string): Promise<Result<{ readonly messages: number }>>
  /** Sets what is kept of a room; of rooms without a retention of their own where the key is undefined. */
  setRetention(roomKey: string | undefined, retention: Retention): Promise<Result<undefined>>
  /** Every retention that was set. */
  retentions(): Promise<readonly RoomRetention[]>
  /** Looks at the file, its layout, its disk; lines for a person, and whether all is well. */
  check(): Promise<{ readonly ok: boolean; readonly lines: readonly string[] }>
  /** A new epoch, for files that were restored behind chatd's back; only where no daemon serves the log. */
  renewEpoch(): Promise<Result<string>>
}
