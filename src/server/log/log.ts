import type { Result } from '../../protocol/errors.ts'
import type { RoomEvent } from '../../protocol/events.ts'
import type { SearchTerm } from '../../protocol/searchTerms.ts'
import type { AccountStore } from './accounts.ts'
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
export function presentEvent(event: LoggedEvent, room: string): RoomEvent {
  const { roomKey: _, action, ...rest } = event
  // Spreading a union loses which member it was; nothing is added but the room.
  return { action, room, ...rest } as RoomEvent
}

/** What the log knows of a room without reading it. */
export interface RoomHead {
  /** The folded name, or `directKey`. */
  readonly key: string
  /** The spelling of the member who made it; a direct conversation has none of its own. */
  readonly name: string
  readonly topic: string
  /** The seq of the oldest event kept; 0: none is. */
  readonly first: number
  /** The seq of the event before it, which is no longer kept; 0: there was none. */
  readonly firstPrev: number
  /** The seq of the newest event. */
  readonly last: number
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
  /** Whether there are older ones. */
  readonly more: boolean
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

/** How much follows a position. */
export interface Missed {
  readonly events: number
  /** About the bytes of their frames. */
  readonly bytes: number
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
  /** True while more waits to be committed than the log wants: read senders later. */
  readonly isBusy: boolean
  /** How many events are being committed now. */
  readonly committing: number
  /**
   * Stores an event. `settled` is called once, when it is durable or refused.
   * @param origin comes back with the event to the subscribers; the log does not look at it
   */
  append(entry: EventEntry, settled: (result: Result<Stored>) => void, origin?: object): void
  /** Tells of every commit, in order; returns the function that ends it. */
  subscribe(listener: (events: readonly Committed[]) => void): () => void
  /** Reads a part of a room, empty where the room has no events. */
  read(roomKey: string, range: Range): Promise<Page>
  /** Counts what follows a position; stops beyond `maxEvents` and `maxBytes`. */
  missed(roomKey: string, after: number, maxEvents: number, maxBytes: number): Promise<Missed>
  /** Counts others' messages after a position, and those that mention `name` (folded); both stop at `max`. */
  unread(roomKey: string, after: number, name: string, max: number): Promise<Unread>
  /**
   * A page of the events of a person (a folded name), oldest first: of one session where that is given. `next` is the
   * position after which it goes on.
   */
  ownEvents(
    person: string,
    session: number | undefined,
    after: number,
    limit: number,
  ): Promise<{ readonly events: readonly LoggedEvent[]; readonly next: number | undefined }>
  /** Looks for terms in messages as they stand now. */
  search(query: Query): Promise<Found>
  /** Commits what is queued and closes. */
  close(): Promise<void>
}

/** What a log knows of its rooms without reading. */
export interface RoomDirectory {
  /** The room, if it has ever had an event. */
  head(roomKey: string): RoomHead | undefined
  /** Every room that has ever had an event, direct conversations too. */
  heads(): Iterable<RoomHead>
  /** The keys of the direct conversations of a person (a folded name) that have events. */
  directsOf(name: string): Iterable<string>
}

/** The sessions in a log. */
export interface SessionStore {
  /** Every session that the log held when it was opened, in the order of their beginning. */
  keptSessions(): Iterable<KeptSession>
  /** The spelling of every name that the log held when it was opened. */
  keptNames(): Iterable<string>
  /**
   * Changes the sessions, in order with the events. `settled` is called once the change is durable or refused; a change
   * without it is tried again until it is durable.
   */
  changeSession(change: SessionChange, settled?: (result: Result<undefined>) => void): void
}

/** Everything that a maker of the log serves to a daemon. */
export interface WholeLog extends Log, RoomDirectory, SessionStore, AccountStore {}
