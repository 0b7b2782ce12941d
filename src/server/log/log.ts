import type { Result } from '../../protocol/errors.ts'
import type { RoomEvent } from '../../protocol/events.ts'
import type { SearchTerm } from '../../protocol/searchTerms.ts'
import type { Share } from '../shares.ts'
import type { AccountStore } from './accounts.ts'
import type { AppliedChange } from './applied.ts'
import type { EventEntry, KeptSession, SessionChange } from './entries.ts'

/** The position of a stored entry. A repeat of an id gets the position of the first. */
export interface Stored {
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly ts: number
}

type WithoutRoom<E> = E extends unknown ? Omit<E, 'room'> : never

/** An event as the log holds it: the name of its room depends on the reader. */
export type LoggedEvent = WithoutRoom<RoomEvent> & { readonly roomKey: string }

/** An event that was committed, with the origin that its entry was appended with. */
export interface Committed {
  readonly event: LoggedEvent
  readonly origin: object | undefined
}

/** An event as a frame, for a client that knows its room under this name. */
export function presentEvent(event: LoggedEvent, room: string, floor = 0): RoomEvent {
  const { roomKey: _, action, ...rest } = event
  if (event.action === 'edit' && event.target <= floor && 'message' in rest) delete rest.message
  // Spreading a union loses which member it was; nothing is added but the room.
  return { action, room, ...rest } as RoomEvent
}

/** What the log knows of a room without reading it. */
export interface RoomHead {
  /** The folded name, or `directKey`. */
  readonly key: string
  /** The spelling of the member who made it, which frames have for ever; a direct conversation has none of its own. */
  readonly name: string
  /** What it is called since it was renamed; undefined: its name. */
  readonly title?: string | undefined
  readonly topic: string
  /** The seq of the oldest event kept; 0: none is. */
  readonly first: number
  /** The seq of the event before it, which is no longer kept; 0: there was none. */
  readonly firstPrev: number
  /** The seq of the newest event. */
  readonly last: number
  /** The newest seq of the log when an earlier room of this name was deleted; undefined: none was. */
  readonly endedAt?: number | undefined
}

/** Which events of a room to read. All bounds are exclusive positions; without one the newest. */
export interface Range {
  readonly before?: number | undefined
  readonly after?: number | undefined
  readonly around?: number | undefined
  /** The reader sees nothing at or before this position. */
  readonly floor?: number
  /** The most events. */
  readonly limit: number
  /** About the most bytes of their frames; at least one event is read. */
  readonly maxBytes: number
}

/** What to look for: messages that hold all the terms. */
export interface Query {
  /** None finds every message of `from`; without `from`, nothing. */
  readonly terms: readonly SearchTerm[]
  /** Where to look: only after the floor of each room. */
  readonly rooms: readonly { readonly key: string; readonly floor: number }[]
  /** Only messages of this person: a folded name. */
  readonly from?: string | undefined
  /** Only messages older than this, ms since 1970. */
  readonly until?: number | undefined
  /** Only messages before this position of the whole log. */
  readonly before?: number | undefined
  /** The most hits. */
  readonly limit: number
  /** About the most bytes of their frames; at least one hit is given. */
  readonly maxBytes: number
}

/** What a search found. */
export interface Found {
  /** The newest first. */
  readonly hits: readonly LoggedEvent[]
  /** Whether there may be older ones. */
  readonly more: boolean
  /** The search stopped at its budget: it looked at everything from this position on. */
  readonly stoppedAt?: number | undefined
}

/** A part of a room's log. */
export interface Page {
  /** In order of seq. */
  readonly events: readonly LoggedEvent[]
  /** The newest seq of the room when this was read: messages stand as they did then. */
  readonly last: number
  readonly moreBefore: boolean
  readonly moreAfter: boolean
}

/** Where the counting of what follows a position stops. */
export interface MissedBounds {
  readonly events: number
  readonly bytes: number
}

/** How much follows a position. */
export interface Missed {
  readonly events: number
  /** About the bytes of their frames. */
  readonly bytes: number
}

/** Which mentions are wanted. */
export interface MentionRange {
  /** Exclusive. */
  readonly before: number
  readonly limit: number
  /** About the bytes of the frames of all of them; the first is given in any case. */
  readonly maxBytes: number
}

/** The newest messages that mention a person, the newest first. */
export interface Mentions {
  readonly events: readonly LoggedEvent[]
  /** There are older ones. */
  readonly more: boolean
}

/** How many messages a person has not read. */
export interface Unread {
  readonly unread: number
  /** Those of them that mention the person. */
  readonly mentions: number
}

/**
 * The one owner of order. Events of all rooms have their seq from one count, so a seq is also a position in the whole
 * log. Seqs increase and are not dense.
 *
 * A commit settles its entries first and tells the subscribers after: a subscriber can rely on an event's being stored,
 * and its author has the answer before any member has the event.
 */
export interface Log {
  /** A random name for this log: a client that knew another one starts afresh. */
  readonly epoch: string
  /** The newest seq of all rooms; 0: nothing was ever stored. */
  readonly last: number
  /** True while more waits to be committed than the log wants, and much of it is of this share: read it later. */
  isBusy(share?: Share): boolean
  /** How many events are being committed now, and will be soon. */
  readonly committing: number
  /**
   * Stores an event. `settled` is called once, when it is durable or refused.
   * @param origin comes back with the event to the subscribers; the log does not look at it
   * @param share whose work it is: entries of one share are stored in their order, those of several in turns
   */
  append(entry: EventEntry, settled: (result: Result<Stored>) => void, origin?: object, share?: Share): void
  /** Tells of every commit, in order; returns the function that ends it. */
  subscribe(listener: (events: readonly Committed[]) => void): () => void
  /** Resolves once this daemon has what others store up to a seq; false: it did not come in time. A log of its own is never behind. */
  reach(seq: number): Promise<boolean>
  /** Resolves once this daemon has all that was stored when it was called; or after a second, where brokers do not answer. */
  reachAll(): Promise<void>
  /** Tells of what entries did beside events, in the order of the log; returns the function that ends it. */
  onApplied(listener: (applied: AppliedChange) => void): () => void
  /** Reads a part of a room, empty where the room has no events. */
  read(roomKey: string, range: Range, share?: Share): Promise<Page>
  /** Counts what follows a position; stops beyond the bounds. */
  missed(roomKey: string, after: number, bounds: MissedBounds, share?: Share): Promise<Missed>
  /**
   * Counts, for each room, others' messages after its position, and those that mention `name` (folded); both stop at `max`.
   * @param positions by room key; the counts have their order
   */
  unread(
    positions: ReadonlyMap<string, number>,
    name: string,
    max: number,
    share?: Share,
  ): Promise<readonly Unread[]>
  /** The newest messages in these rooms, before a position, that mention a person (a folded name). */
  mentions(person: string, roomKeys: readonly string[], range: MentionRange, share?: Share): Promise<Mentions>
  /**
   * A page of the events of a person (a folded name), oldest first: of one session where that is given. `next` is the
   * position after which it goes on.
   */
  ownEvents(
    person: string,
    session: number | undefined,
    after: number,
    limit: number,
    share?: Share,
  ): Promise<{ readonly events: readonly LoggedEvent[]; readonly next: number | undefined }>
  /** Looks for terms in messages as they stand now. */
  search(query: Query, share?: Share): Promise<Found>
  /** Commits what is queued and closes. */
  close(): Promise<void>
}

/** A room in the list of those with the newest events. */
export interface NewestRoom {
  readonly key: string
  /** The seq of its newest event, which no other room has. */
  readonly last: number
}

/** What a log knows of its rooms and people by their names; each look-up costs the same, however many there are. */
export interface RoomDirectory {
  /** The room, if it has ever had an event. */
  head(roomKey: string): RoomHead | undefined
  /**
   * Rooms with events, those with the newest events first: the direct conversations of a person (a folded name), or the
   * rooms that are no direct conversations. Only those whose newest event is before a position.
   */
  newestRooms(
    of: string | undefined,
    before: number,
    limit: number,
    share?: Share,
  ): Promise<readonly NewestRoom[]>
  /** Whether a room of this name is being deleted: another one can be made when that is done. */
  isEnding(roomKey: string): boolean
  /** The key of the room that a (folded) name leads to: a room that was renamed has several. By default the name itself. */
  leadsTo(nameKey: string): string
  /** The newest seq of the log when a room of this name was deleted; 0: none was. */
  endedAt(roomKey: string): number
  /** The keys of a person's newest direct conversations; those of the last moments may stand where they stood before. */
  directsOf(name: string, limit: number): readonly string[]
  /** The name of a room that looks like one of this name, and is another one: see `skeletonOf`. */
  roomLike(key: string, name: string): string | undefined
  /** The spelling of a name (folded) that the log knows. */
  spelling(name: string): string | undefined
}

/** How a change to the sessions is told to its sender. Without any, it is tried again until it is durable. */
export interface SessionChangeOptions {
  /** Called once the change is durable or refused. */
  readonly settled?: (result: Result<undefined>) => void
  /** Called when a change that is tried again is durable. */
  readonly kept?: () => void
  /** Comes back with the change, see `AppliedChange`; the log does not look at it. */
  readonly origin?: object | undefined
  readonly share?: Share
}

/** The sessions in a log. */
export interface SessionStore {
  /** The open session with this hash of a secret. */
  openSession(hash: string): KeptSession | undefined
  /** The session of an account. */
  sessionOf(number: number): KeptSession | undefined
  /** The number of the oldest open session of a person (a folded name). */
  oldestSession(person: string): number | undefined
  /** A number for a session: no other one has it or had it. */
  reserveSession(): number
  /**
   * Likewise, and higher than that of every session that was stored before the call, through whichever daemon. Undefined: the
   * brokers of a shared log do not answer.
   */
  freshSession(): Promise<number | undefined>
  /** Changes the sessions, in order with the events. */
  changeSession(change: SessionChange, options?: SessionChangeOptions): void
  /** Tells of open sessions that were forgotten because there were too many; returns the function that ends it. */
  onForgotten(listener: (numbers: readonly number[]) => void): () => void
}

/** Everything that a maker of the log serves to a daemon. */
export interface WholeLog extends Log, RoomDirectory, SessionStore, AccountStore {}
