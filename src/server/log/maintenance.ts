import type { Refusal, Result } from '../../protocol/errors.ts'
import type { AuditLine } from './accounts.ts'

/** How long events are kept; an undefined field is no bound. */
export interface Retention {
  /** Events older than this many days go. */
  readonly days?: number | undefined
  /** Events older than this many newest messages of a room go. */
  readonly messages?: number | undefined
}

/** The retention of one room, or of all that have none of their own. */
export interface RoomRetention {
  /** Undefined: rooms that have none of their own. */
  readonly roomKey: string | undefined
  readonly retention: Retention
}

/** What an operator did, for the audit. */
export interface OperatorDeed {
  readonly deed: string
  /** The folded name of the person whom it was about. */
  readonly target?: string | undefined
  readonly detail: string
}

/** What a room is to be called. */
export interface RoomRename {
  readonly roomKey: string
  /** As it is shown. */
  readonly name: string
  /** The folded name. */
  readonly nameKey: string
}

/** What `check` found. */
export interface CheckReport {
  readonly ok: boolean
  /** For a person. */
  readonly lines: readonly string[]
}

/** What operators do with a log on a disk, while a daemon serves it or not. Errors are sentences. */
export interface LogMaintenance {
  /**
   * Deletes everything that a person (a folded name) said, by events, then takes the name away everywhere. The value is
   * undefined where the log does not know the person.
   */
  erase(name: string): Promise<Result<{ readonly messages: number } | undefined, string>>
  /** Sets how long events of a room are kept; of all rooms without a retention of their own where the key is undefined. */
  setRetention(roomKey: string | undefined, retention: Retention): Promise<Result<undefined, string>>
  /** Removes by the machine's clock from now on, after a jump that an operator says is right. */
  acceptClock(): Promise<Result<undefined, string>>
  /** Every retention that was set. */
  retentions(): Promise<readonly RoomRetention[]>
  /** Lines of the audit, the newest first, before a line where `before` is given. */
  audit(before: number | undefined, limit: number): Promise<readonly AuditLine[]>
  /**
   * Takes a room away from its name, and notes who did: it is not found any more. False where another call did so, and
   * removes it. {@link sweepRoom} does the rest.
   */
  endRoom(roomKey: string, deed: OperatorDeed): Promise<Result<boolean, string>>
  /** Removes what such a room holds, then frees its name; how many events. A start of the log goes on with it. */
  sweepRoom(roomKey: string): Promise<Result<number, string>>
  /** Gives a room another title, and notes who did. The value is why it may not have it; undefined: it has. */
  renameRoom(rename: RoomRename, deed: OperatorDeed): Promise<Result<Refusal | undefined, string>>
  /** Notes in the audit what an operator did. */
  noteDeed(deed: OperatorDeed): Promise<Result<undefined, string>>
  /** Looks at the file, its layout and its disk. */
  check(): Promise<CheckReport>
  /** Gives the log a new epoch, after its files were restored by hand. */
  renewEpoch(): Promise<Result<string, string>>
}
