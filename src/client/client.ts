import type { ChatEvent } from '../protocol/events.ts'
import type { Member, Request, RequestResult, RoomSummary } from '../protocol/requests.ts'
import type { Limits } from '../protocol/serverLimits.ts'
import type { Account } from './account.ts'
import type { Addresses } from './addresses.ts'
import type { RoomCache } from './cacheFile.ts'
import type { LeaveStore } from './leaves.ts'
import type { LinkState } from './link.ts'
import type { NotifyChange } from './notify.ts'
import type { OutboxStore } from './outbox.ts'
import type { Answer } from './pendingRequests.ts'
import type { RoomView } from './room.ts'
import type { Credential } from './signIn.ts'
import type { TrustIn } from './trust.ts'

/** What a client works with. */
export interface ClientOptions {
  readonly host: string
  readonly port: number
  /** All addresses of the server; by default `host` and `port`. */
  readonly addresses?: Addresses
  readonly username: string
  /** What the list of devices calls this one. */
  readonly device?: string
  /** Program name and version for the server's logs. */
  readonly clientName: string
  /** Every room is called by the name by which it was joined, as scripts expect; by default the client follows renames. */
  readonly keepsNames?: boolean
  /** Rooms to join at once, in the order of the sidebar. */
  readonly rooms: readonly string[]
  /** Keeps unsent messages and leaves from one start of the program to the next; by default they are only in memory. */
  readonly store?: OutboxStore & LeaveStore
  /** Keeps rooms from one start of the program to the next; by default they are not kept. */
  readonly cache?: RoomCache
  /** The room that is shown first, by name; by default the first of `rooms`. */
  readonly shownFirst?: string
  /** From an earlier `welcome` of this server and name. */
  readonly session?: string | undefined
  /** Called before each attempt without a session: another client of this user may have saved one since. */
  readonly findSession?: (username: string) => string | undefined
  /** How long a server may take from the start of an attempt to its `welcome`, ms; by default 10 s. */
  readonly welcomeTimeout?: number
  /** Prepares the next attempt, which waits for it: a client that hosts starts its daemon again. Must not throw. */
  readonly beforeConnect?: (attempt: number) => Promise<void>
  /** Decides at each address whether the server is the right one; without it the client speaks plain text. */
  readonly trust?: TrustIn | undefined
}

/** A search: `query` has the words, `room` is the name of a room; by default it covers all rooms of the session. */
export type SearchQuery = Omit<Request<'search'>, 'action' | 'id'>

/** An event of a client. `changed`: the state that the client shows changed. */
export type ClientEvent =
  | { readonly type: 'changed' }
  /** A new session secret, to be saved. */
  | { readonly type: 'session'; readonly session: string }
  /** A live message of another user, neither replay nor history. */
  | {
      readonly type: 'message'
      readonly room: RoomView
      readonly event: ChatEvent
      readonly mention: boolean
    }
  /** A room has another title than before. */
  | { readonly type: 'renamed'; readonly room: RoomView; readonly before: string }
  /** What was joined by a name is a room that has another key: what belongs to the first key goes there. */
  | { readonly type: 'moved'; readonly from: string; readonly to: string }
  /** A sentence of the server for the user (`notice`, `bye`). */
  | { readonly type: 'notice'; readonly message: string }
  /** The server refused a request whose answer no caller awaits. */
  | {
      readonly type: 'error'
      readonly code: string
      readonly message: string
      readonly room: string | undefined
    }

/**
 * A client without a screen: a connection that it restores after a loss, the rooms, and the unsent messages.
 * `subscribe` gives events, methods take commands. No method throws for anything that a user or a server does.
 */
export interface ChatClient {
  /** Starts connecting; returns at once. */
  start(): void
  /** Sends what is pending, closes the socket and stops all timers. Resolves when the socket is closed. */
  close(): Promise<void>
  /** Returns the function that ends the subscription. Listeners run in the order of subscription, synchronously. */
  subscribe(listener: (event: ClientEvent) => void): () => void

  readonly link: LinkState
  /** The spelling that the server shows; before the first `welcome` the requested name. */
  readonly username: string
  /** The role of the account that this client opened; undefined: a guest. */
  readonly role: string | undefined
  /** The requests about the own account. */
  readonly account: Account
  /** The server's name, version, limits and features; undefined before the first `welcome`. */
  readonly server:
    | { readonly name: string; readonly version: string; readonly features: readonly string[] }
    | undefined
  readonly limits: Limits
  /** Server time minus our clock, ms. */
  readonly clockOffset: number
  /** By key, in the order in which they were joined. */
  readonly rooms: ReadonlyMap<string, RoomView>
  /** Whether a request of ours is not acknowledged (`waiting` or `sending`). */
  readonly hasUnsent: boolean

  /**
   * Joins and keeps joined over reconnects; opens `@name` likewise. The value is the key of the room, as far as it is known: a name
   * can lead to a room with another key, which `moved` tells.
   */
  join(room: string): Answer<string>
  /** Leaves and forgets the room. Its unsent messages stay in the outbox until they are sent or discarded. */
  leave(roomKey: string): void
  /** Puts a message into the outbox; the answer is its id, or why it can never be sent (too long, blank). */
  say(roomKey: string, text: string, replyTo?: number): Answer<string>
  /** Likewise for the topic. */
  setTopic(roomKey: string, topic: string): Answer<string>
  /** Likewise for a new text of one of our messages, its deletion and a reaction. */
  edit(roomKey: string, target: number, text: string): Answer<string>
  delete(roomKey: string, target: number): Answer<string>
  react(roomKey: string, target: number, emoji: string, on: boolean): Answer<string>
  /** Tries a failed entry again, at its position. */
  retry(entryId: string): void
  /** Forgets a failed or waiting entry. */
  discard(entryId: string): void

  /** Moves the read position. Moves within a short time are sent as one, when the connection is up. */
  markRead(roomKey: string, seq: number): void
  /** Sets which messages of a room call the user, on all devices. */
  setNotify(roomKey: string, change: NotifyChange): Promise<Answer<undefined>>
  /** Messages in the rooms of the user that mention the user, the newest first. @param cursor from the page before */
  mentions(cursor?: string): Promise<Answer<RequestResult<'mentions'>>>
  /** Tells the room that the user types, no more often than the protocol allows. */
  typing(roomKey: string, on: boolean): void
  /** Sets the away message, or clears it with undefined; repeated after a reconnect. */
  away(message: string | undefined): void
  /** Requests the page before the first entry, unless one is already requested. */
  loadBefore(roomKey: string): void
  /** Requests a page of a gap: its newest events or its oldest. */
  fillGap(roomKey: string, gapBefore: number, end?: 'newest' | 'oldest'): void
  /** Loads the page around a seq (0: the oldest) into the timeline, with gaps at its ends. Resolves when the timeline holds it. */
  reach(roomKey: string, seq: number): Promise<Answer<undefined>>
  /** All people in the room. */
  members(roomKey: string): Promise<Answer<readonly Member[]>>
  /** The rooms of this session, and public ones. */
  listRooms(all: boolean): Promise<Answer<readonly RoomSummary[]>>
  /** A page of history, which is not put into the timeline; the room by key or name. */
  history(
    room: string,
    at: { before?: number; after?: number; around?: number },
    limit: number,
  ): Promise<Answer<RequestResult<'history'>>>
  /** Messages that hold all the words, the newest first. */
  search(query: SearchQuery): Promise<Answer<RequestResult<'search'>>>
  /** Takes another name after `refused`, and connects. */
  rename(username: string): void
  /** Signs in after `refused`, and connects. The credential is used once. */
  signIn(credential: Credential): void
  /** Accepts the key of the server that `link.accepts` names after `refused`, and connects. */
  acceptKey(fingerprint: string): void
  /** Connects now instead of at `retryAt`. */
  reconnectNow(): void
}
