import type { Result } from '../../protocol/errors.ts'
import type { RoomEvent } from '../../protocol/events.ts'

/** What an entry says: the part of an event that its author made. */
export type EntryBody =
  | { readonly action: 'chat'; readonly message: string; readonly replyTo?: number | undefined }
  | { readonly action: 'edit'; readonly target: number; readonly message: string }
  | { readonly action: 'delete'; readonly target: number }
  | { readonly action: 'react'; readonly target: number; readonly emoji: string; readonly on: boolean }
  | { readonly action: 'topic'; readonly topic: string }

/** Something to be stored. */
export interface Entry {
  /** The identity of the room; see {@link RoomHead}. */
  readonly roomKey: string
  /** The spelling that the room gets if this is its first event. */
  readonly roomName: string
  /** Who says it, as everybody is shown; the folded name is the scope of `id`. */
  readonly from: string
  /** The session that says it, by its number; who has none says nothing that could be edited or deleted later. */
  readonly session?: number | undefined
  /** The request's id; without one the event gets one that nobody else has. */
  readonly id?: string | undefined
  readonly body: EntryBody
}

/** Where an entry ended up. A repeat of an id gets the place of the first. */
export interface Stored {
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly ts: number
}

/** What the search index takes for a word (its tokenizer, unicode61, has letters, digits and private use). */
const WORD = /[\p{L}\p{N}\p{M}\p{Co}]+/gu

type WithoutRoom<E> = E extends unknown ? Omit<E, 'room'> : never

/** An event as the log holds it: which name its room has depends on who is shown it. */
export type LoggedEvent = WithoutRoom<RoomEvent> & { readonly roomKey: string }

/** An event as a frame, for people who know its room under this name. */
export function presentEvent(event: LoggedEvent, room: string): RoomEvent {
  const { roomKey: _, action, ...rest } = event
  // Spreading a union loses which member it was; nothing is added but the room.
  return { action, room, ...rest } as RoomEvent
}

/** What the log knows of a room without reading it. */
export interface RoomHead {
  /** The folded name, or {@link directKey}. */
  readonly key: string
  /** The spelling of who made it; a direct conversation has none of its own. */
  readonly name: string
  readonly topic: string
  /** The seq of the oldest event kept. */
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
  /** Nothing at or before this position is shown to who asks. */
  readonly floor?: number
  /** The most events. */
  readonly limit: number
  /** About the most bytes of their frames; at least one event is read. */
  readonly maxBytes: number
}

/** What to look for: messages that hold all the words. */
export interface Query {
  /** As {@link searchWords} gives them. */
  readonly words: readonly string[]
  /** Where to look: only in what is after the floor of each room. */
  readonly rooms: readonly { readonly key: string; readonly floor: number }[]
  /** Only what this person said: a folded name. */
  readonly from?: string | undefined
  /** Only what was said before, ms since 1970. */
  readonly until?: number | undefined
  /** Only what is before this position of the whole log. */
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

/** A session as the log keeps it. */
export interface KeptSession {
  /** Its number; grows with each new one and is never used again. */
  readonly number: number
  /** The hash of its secret. */
  readonly hash: string
  /** The folded name that it belongs to. */
  readonly person: string
  /** The position of the log when it began. */
  readonly began: number
  /** The rooms that it joined and did not leave, and direct conversations that it read, each with its read position. */
  readonly reads: ReadonlyMap<string, number>
}

/** Something to be remembered beside the events. */
export type Note =
  | {
      readonly note: 'began'
      readonly session: Omit<KeptSession, 'reads'>
      /** The spelling of the person's name. */
      readonly name: string
    }
  | { readonly note: 'forgotten'; readonly session: number }
  | {
      readonly note: 'read'
      readonly session: number
      readonly roomKey: string
      /** The read position; undefined: the room was left. */
      readonly seq: number | undefined
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

/**
 * The one owner of order. Events of all rooms have their seq from one count, so a seq is also a position
 * in the whole log, and within a room seqs increase without being dense.
 *
 * A commit settles its entries first and tells the subscribers after: whoever is told of an event can rely
 * on its being stored, and its author has the answer before everybody has the event.
 */
export interface Log {
  /** A random name for this log: a client that knew another one starts afresh. */
  readonly epoch: string
  /** The newest seq of all rooms; 0: nothing was ever stored. */
  readonly last: number
  /** True while more waits to be committed than the log wants: read senders later. */
  readonly isBusy: boolean
  /** How many entries are being committed now. */
  readonly committing: number
  /** The room, if it has ever had an event. */
  head(roomKey: string): RoomHead | undefined
  /** Every room that has ever had an event, direct conversations too. */
  heads(): Iterable<RoomHead>
  /** The keys of the direct conversations of a person (a folded name) that have events. */
  directsOf(name: string): Iterable<string>
  /** Stores an entry; `settled` is called once, when it is durable or refused. */
  append(entry: Entry, settled: (result: Result<Stored>) => void): void
  /** Remembers something, in order with the entries; `settled` is called once it is durable or refused. */
  note(note: Note, settled?: (result: Result<undefined>) => void): void
  /** Every session that was kept when the log was opened, in the order of their beginning. */
  keptSessions(): Iterable<KeptSession>
  /** The spelling of every name that the log knew when it was opened. */
  keptNames(): Iterable<string>
  /** Tells of every commit, in order; returns the function that ends it. */
  subscribe(listener: (events: readonly LoggedEvent[]) => void): () => void
  /** Reads a part of a room, empty where the room has no events. */
  read(roomKey: string, range: Range): Promise<Page>
  /** How much follows a position: stops counting beyond `maxEvents` and `maxBytes`. */
  missed(
    roomKey: string,
    after: number,
    maxEvents: number,
    maxBytes: number,
  ): Promise<{ events: number; bytes: number }>
  /** Others' messages after a position, and those that mention `name` (folded); both stop at `max`. */
  unread(
    roomKey: string,
    after: number,
    name: string,
    max: number,
  ): Promise<{ unread: number; mentions: number }>
  /** Looks for words in messages as they stand now. */
  search(query: Query): Promise<Found>
  /** Commits what is queued and closes. */
  close(): Promise<void>
}

/** The words of what a user typed to look for: no syntax, only runs of letters, marks and digits, each once. */
export function searchWords(text: string): readonly string[] {
  return [...new Set(text.normalize('NFC').toLowerCase().match(WORD) ?? [])]
}

/** The key of the direct conversation of two people, by their folded names. No room has such a key. */
export function directKey(a: string, b: string): string {
  return a < b ? `@${a} @${b}` : `@${b} @${a}`
}

/** The two folded names of a direct conversation's key; undefined for the key of a room. */
export function directNames(key: string): readonly [string, string] | undefined {
  if (!key.startsWith('@')) return undefined
  const [a, b] = key.split(' ')
  return a === undefined || b === undefined ? undefined : [a.slice(1), b.slice(1)]
}
