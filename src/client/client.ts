import type { ChatEvent } from '../protocol/events.ts'
import type { Member, Request, RequestResult, RoomSummary } from '../protocol/requests.ts'
import type { Limits } from '../protocol/responses.ts'
import type { RoomCache } from './cacheFile.ts'
import type { LinkState } from './link.ts'
import type { OutboxStore } from './outbox.ts'
import type { Answer } from './pendingRequests.ts'
import type { RoomView } from './room.ts'

/** What a client needs to start. */
export interface ClientOptions {
  readonly host: string
  readonly port: number
  readonly username: string
  /** Program name and version for the server's logs. */
  readonly clientName: string
  /** Rooms to join at once, in the order of the sidebar. */
  readonly rooms: readonly string[]
  /** Where what is said survives the program; in memory alone unless given. */
  readonly keep?: OutboxStore
  /** Where rooms are kept between programs; nowhere unless given. */
  readonly cache?: RoomCache
  /** The room that is shown first, by name: the first of `rooms` unless given. */
  readonly shownFirst?: string
  /** From an earlier `welcome` of this server and name. */
  readonly session?: string | undefined
  /** Asked before each attempt without a session: another program of ours may have been given one since. */
  readonly findSession?: (username: string) => string | undefined
  /** How long a server may take from the start of an attempt to its `welcome`, ms; 10 s unless given. */
  readonly welcomeTimeout?: number
  /** Makes the next connection possible (a client that hosts starts the daemon again); awaited before each attempt. Must not throw. */
  readonly beforeConnect?: (attempt: number) => Promise<void>
}

/** What is looked for: `query` is words; all of our rooms unless `room` (a name) is given. */
export type SearchQuery = Omit<Request<'search'>, 'action' | 'id'>

/** What the client tells. `changed` says that the state below changed; ask it for what. */
export type ClientEvent =
  | { readonly type: 'changed' }
  /** A new session secret: keep it. */
  | { readonly type: 'session'; readonly session: string }
  /** A live message of somebody else (not replay, not history). */
  | {
      readonly type: 'message'
      readonly room: RoomView
      readonly event: ChatEvent
      readonly mention: boolean
    }
  /** The server says something to people (`notice`, `bye`). */
  | { readonly type: 'notice'; readonly message: string }
  /** A request that nobody waits for was refused. */
  | {
      readonly type: 'error'
      readonly code: string
      readonly message: string
      readonly room: string | undefined
    }

/**
 * A client without a screen: one connection that is kept, the rooms on it, and what is still to be said.
 * Events out by `subscribe`, commands in by the methods. No method throws for what users or servers do.
 */
export interface ChatClient {
  /** Starts connecting; returns at once. */
  start(): void
  /** Says goodbye, closes the socket and stops all timers. Resolves when the socket is gone. */
  close(): Promise<void>
  /** Returns the function that ends the subscription. Listeners run in the order of subscription, synchronously. */
  subscribe(listener: (event: ClientEvent) => void): () => void

  readonly link: LinkState
  /** The spelling that the server shows; before the first `welcome` what was asked for. */
  readonly username: string
  /** The server's name and version and bounds; undefined before the first `welcome`. */
  readonly server:
    | { readonly name: string; readonly version: string; readonly features: readonly string[] }
    | undefined
  readonly limits: Limits
  /** Server time minus our clock, ms. */
  readonly clockOffset: number
  /** In the order in which they were joined; by key. */
  readonly rooms: ReadonlyMap<string, RoomView>
  /** True where something of ours is not acknowledged (`waiting` or `sending`). */
  readonly hasUnsent: boolean

  /** Joins and keeps joined over reconnects; opens `@name` likewise. The value is the key of the room. */
  join(room: string): Answer<string>
  /** Leaves and forgets the room; what is unsent in it stays in the outbox until it is sent or discarded. */
  leave(roomKey: string): void
  /** Puts a message into the outbox; the answer is its id, or why it can never be sent (too long, blank). */
  say(roomKey: string, text: string, replyTo?: number): Answer<string>
  /** Likewise for the topic. */
  setTopic(roomKey: string, topic: string): Answer<string>
  /** Likewise for a new text of one of our messages, its deletion and a reaction. */
  edit(roomKey: string, target: number, text: string): Answer<string>
  delete(roomKey: string, target: number): Answer<string>
  react(roomKey: string, target: number, emoji: string, on: boolean): Answer<string>
  /** Tries a failed entry again, in its place. */
  retry(entryId: string): void
  /** Forgets a failed or waiting entry. */
  discard(entryId: string): void

  /** Moves the read position; coalesced, sent when the line is up. */
  markRead(roomKey: string, seq: number): void
  /** Says that we are typing; throttled, and taken back by itself. */
  typing(roomKey: string, on: boolean): void
  /** Away with a message, or back with undefined; said again after a reconnect. */
  away(message: string | undefined): void
  /** Asks for the page before the first entry; nothing where one is on its way. */
  loadBefore(roomKey: string): void
  /** Asks for a page of a gap: its newest events or its oldest. */
  fillGap(roomKey: string, gapBefore: number, end?: 'newest' | 'oldest'): void
  /** Loads what stands around a seq (0: the oldest there is) into the timeline, with gaps where it ends; done when it is held. */
  reach(roomKey: string, seq: number): Promise<Answer<undefined>>
  /** Everybody in the room, all pages. */
  members(roomKey: string): Promise<Answer<readonly Member[]>>
  /** The rooms of this session, and public ones. */
  listRooms(all: boolean): Promise<Answer<readonly RoomSummary[]>>
  /** A page of history, not put into the timeline; the room by key or name. */
  history(
    room: string,
    at: { before?: number; after?: number; around?: number },
    limit: number,
  ): Promise<Answer<RequestResult<'history'>>>
  /** Messages that hold all the words, the newest first. */
  search(query: SearchQuery): Promise<Answer<RequestResult<'search'>>>
  /** Takes another name after `refused`, and connects. */
  rename(username: string): void
  /** Connects now instead of at `retryAt`. */
  reconnectNow(): void
}
