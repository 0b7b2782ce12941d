import type { Refusal } from '../../../protocol/errors.ts'
import type { Brokers } from '../../brokers.ts'
import type { AccountChange, AccountContents, AuditLine } from '../accounts.ts'
import type { Entry, ErasureCursor, SweepCursor } from '../entries.ts'
import type {
  Found,
  LoggedEvent,
  Missed,
  MissedBounds,
  NewestRoom,
  Page,
  Query,
  Range,
  RoomHead,
  Stored,
  Unread,
} from '../log.ts'
import type { CheckReport, OperatorDeed, Retention, RoomRename, RoomRetention } from '../maintenance.ts'
import type { SharedFigures } from '../watched.ts'

declare const content: unique symbol

/** Plain data as it goes between threads: as JSON, which costs half of what the copying of objects does. */
export type Packed<T> = string & { readonly [content]: T }

/** Packs plain data; a property that is undefined is left out. */
export function pack<T>(value: T): Packed<T> {
  return JSON.stringify(value) as Packed<T>
}

/** Unpacks what {@link pack} gave. */
export function unpack<T>(packed: Packed<T>): T {
  return JSON.parse(packed) as T
}

/** Entries that are applied in one transaction, with the time that they get. The writing thread asks no clock for them. */
export interface Batch {
  /** Milliseconds since 1970. */
  readonly ts: number
  /** No event of the batch gets a seq below this one. Without it each follows the one before. */
  readonly firstSeq?: number | undefined
  readonly entries: readonly Entry[]
}

/** Entries that no batch of the main thread waits for, with what became of each. */
export interface Others {
  readonly entries: readonly Entry[]
  readonly outcomes: readonly Outcome[]
}

/** What became of an entry. */
export type Outcome =
  | { readonly kind: 'stored'; readonly seq: number; readonly ts: number; readonly prev: number }
  /** The id was used before for the same: the position of the first. */
  | { readonly kind: 'repeat'; readonly first: Stored }
  | { readonly kind: 'refused'; readonly error: Refusal }
  /** A session began; the numbers of those that were forgotten for it. */
  | { readonly kind: 'began'; readonly forgotten: readonly number[] }
  /** A change that makes no event. */
  | { readonly kind: 'applied' }
  /** Nothing changed: what it was about is gone. */
  | { readonly kind: 'unchanged' }
  /** A room was taken away from its name; what it was called, undefined where it had no event. */
  | { readonly kind: 'ended'; readonly name: string | undefined }
  /** Accounts changed. */
  | { readonly kind: 'account'; readonly change: AccountChange }
  /** A room begins later than it did; undefined where nothing was left to remove. */
  | { readonly kind: 'forgot'; readonly head: RoomHead | undefined }
  /** A slice of a deleted room went; `next` is undefined when the room is gone too. */
  | { readonly kind: 'swept'; readonly removed: number; readonly next: SweepCursor | undefined }
  /** The events that erased a slice; `next` is undefined when the name is gone too. */
  | {
      readonly kind: 'erased'
      readonly events: readonly LoggedEvent[]
      readonly next: ErasureCursor | undefined
    }

/** What the opening side has to know of the log at once; see `Lookups` for the rest. */
export interface Contents {
  readonly epoch: string
  readonly last: number
  /** The highest number of a session. */
  readonly lastSession: number
  readonly accounts: AccountContents
  /** The heads of rooms whose newest events are not filled, in the order of these events: only the writer has them. */
  readonly unfilled: readonly RoomHead[]
}

/** What a thread is started with. */
export interface ThreadStart {
  readonly role: 'writer' | 'reader'
  readonly file: string
  /** The epoch of a log that is made now. */
  readonly epoch: string
  /** The stream that orders the log; undefined: this thread orders it. */
  readonly brokers?: Brokers | undefined
  /** For tests: the file never has more pages than this. */
  readonly maxPages?: number | undefined
}

/** The calls that the writing thread answers. Arguments and answers are plain data. */
export interface WriterMethods {
  /** Indexes everything that was said before the call. */
  catchUp(): Promise<void>
  /** Fills what is noted of rooms behind the commit, for {@link ReaderMethods.newestRooms}. */
  order(): Promise<void>
  /** Erases a person (a folded name); the number of messages deleted. */
  erase(person: string): Promise<number | undefined>
  /** Sets a retention and removes what is due by it. */
  setRetention(roomKey: string | undefined, retention: Retention): Promise<void>
  /** Believes the machine's clock, and removes what is due by it. */
  acceptClock(): Promise<void>
  retentions(): readonly RoomRetention[]
  setEpoch(epoch: string): Promise<void>
  /** The log is being closed: without progress senders are refused soon. */
  hurry(): void
  /** Does nothing: the answer says that the thread turns. */
  turns(): void
  noteDeed(deed: OperatorDeed): Promise<void>
  /** Gives a room another title, and notes who did; a refusal where it may not have it. */
  renameRoom(rename: RoomRename, deed: OperatorDeed): Promise<Refusal | undefined>
  /** Takes a room away from its name, and notes who did; false where that is done. */
  endRoom(roomKey: string, deed: OperatorDeed): Promise<boolean>
  /** Removes what a room that was ended holds, and frees its name; how many events. */
  sweepRoom(roomKey: string): Promise<number>
  /** Takes removed text out of the index and the write-ahead log; false where a reader is in the way. */
  purge(): Promise<boolean>
  /** Applies what a shared log has at the time of the call; rejects where its brokers do not answer. */
  reachAll(): Promise<void>
  /** Stores an empty message in a shared log; its position. */
  mark(): Promise<number | undefined>
  /** Ends a shared log: its daemons stop applying, and the file has everything. */
  leave(): Promise<void>
  close(): Promise<void>
}

/** A page of what one person said. */
export interface OwnEvents {
  readonly events: readonly LoggedEvent[]
  /** Where it goes on; undefined: it is the last page. */
  readonly next: number | undefined
}

/** How far a list of mentions has come. */
export interface MentionSearch {
  /** Exclusive. */
  readonly before: number
  readonly limit: number
  /** The seqs of those that it has, the newest first. */
  readonly newest: readonly number[]
}

/** How far a scan of rooms has come: see `worker/roomScan.ts`. */
export interface ScanProgress {
  /** Where it began. */
  readonly from: number
  /** Events it looked at. */
  readonly looked: number
  /** How many positions its next slice has. */
  readonly window: number
}

/** How far a search has come. */
export interface SearchProgress {
  /** The seqs of its hits. */
  readonly hits: readonly number[]
  /** It goes on before this position. */
  readonly before: number
  /** It looks for the first event that is old enough; then at the newest of the rooms; then at what the index gives. */
  readonly phase: 'seek' | 'scan' | 'index'
  readonly scan?: ScanProgress | undefined
}

/** What one turn of a search gives: the answer, or how far it has come in how many ms. */
export type SearchStep =
  | { readonly found: Found }
  | { readonly progress: SearchProgress; readonly ms: number }

/** The calls that a reading thread answers. */
export interface ReaderMethods {
  read(roomKey: string, range: Range): Page
  missed(roomKey: string, after: number, bounds: MissedBounds): Missed
  unread(positions: ReadonlyMap<string, number>, name: string, max: number): readonly Unread[]
  /** One turn of a list of mentions: with what it has, the newest of these rooms too. */
  mentionSeqs(person: string, roomKeys: readonly string[], search: MentionSearch): readonly number[]
  /** The messages at these seqs that are not deleted, in their order, up to about so many bytes of frames. */
  messages(seqs: readonly number[], maxBytes: number): readonly LoggedEvent[]
  /** One turn of a search, of some milliseconds. `isLast`: it gives what it has found until now. */
  search(query: Query, progress: SearchProgress | undefined, isLast: boolean): SearchStep
  ownEvents(person: string, session: number | undefined, after: number, limit: number): OwnEvents
  audit(before: number | undefined, limit: number): readonly AuditLine[]
  newestRooms(of: string | undefined, before: number, limit: number): readonly NewestRoom[]
  check(): CheckReport
  close(): void
}

/** A call of a method of a thread. */
export interface ThreadCall {
  readonly number: number
  readonly method: string
  readonly args: readonly unknown[]
}

/** What a thread is sent. A message between threads costs as much as a brief call: the calls of a tick go together. */
export type ToThread =
  | { readonly kind: 'commit'; readonly batch: Packed<Batch> }
  | { readonly kind: 'calls'; readonly calls: readonly ThreadCall[] }

/** An answer to a call: what it gave, or a sentence why it failed. */
export type CallAnswer =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly message: string }

/** The answers that are ready together. */
export interface ThreadAnswers {
  readonly kind: 'answers'
  readonly answers: readonly CallAnswer[]
}

/** What a thread says by itself. */
export type ThreadNews =
  /** The log is open; a reading thread says so without contents. */
  | { readonly kind: 'opened'; readonly contents?: Contents; readonly position?: number | undefined }
  /** The log cannot be used; a sentence. */
  | { readonly kind: 'unusable'; readonly message: string }
  /** `position`: of the message of a shared log that held the batch. */
  | {
      readonly kind: 'committed'
      readonly outcomes: Packed<readonly Outcome[]>
      readonly position?: number | undefined
    }
  /** Entries were stored that no batch waits for: those of maintenance, and of other daemons. */
  | { readonly kind: 'others'; readonly others: Packed<Others> }
  /** Nothing of the batch was stored. */
  | { readonly kind: 'failed'; readonly message: string; readonly diskFull: boolean }
  /** The files are no longer there: nothing can be stored any more. A sentence. */
  | { readonly kind: 'lost'; readonly message: string }
  /** The file has the heads of rooms that have no event after this one. */
  | { readonly kind: 'filled'; readonly upTo: number }
  /** How a shared log follows its stream. */
  | { readonly kind: 'shared'; readonly figures: SharedFigures }
  /** A sentence for the operator. */
  | { readonly kind: 'trouble'; readonly message: string }
