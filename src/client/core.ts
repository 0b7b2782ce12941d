import { refuse } from '../protocol/errors.ts'
import { isEvent, type RoomEvent } from '../protocol/events.ts'
import { CONNECT_TIMEOUT_MS } from '../protocol/limits.ts'
import { foldName, mentions, parseConversation } from '../protocol/names.ts'
import type { EventRequest, Member, RequestResult, RoomSummary } from '../protocol/requests.ts'
import type { ServerFrame, Welcome } from '../protocol/responses.ts'
import { DEFAULT_LIMITS, type Limits } from '../protocol/serverLimits.ts'
import { Account } from './account.ts'
import { Addresses } from './addresses.ts'
import { CacheTimer } from './cacheTimer.ts'
import type { ChatClient, ClientEvent, ClientOptions, SearchQuery } from './client.ts'
import { Leaves } from './leaves.ts'
import { Link, type LinkState } from './link.ts'
import { allMembers } from './members.ts'
import { messageId } from './messageId.ts'
import { type NotifyChange, setNotify } from './notify.ts'
import { Outbox } from './outbox.ts'
import { type Answer, PendingRequests } from './pendingRequests.ts'
import { learnRooms, roomList } from './roomList.ts'
import { Rooms } from './rooms.ts'
import { searchOn } from './searching.ts'
import { Signals } from './signals.ts'
import type { Credential } from './signIn.ts'
import { Speech } from './speech.ts'

/** A client that has not started yet. */
export function createClient(options: ClientOptions): ChatClient {
  return new Core(options)
}

/** Connects the link, the rooms, the outbox and the pending requests. */
class Core implements ChatClient {
  readonly rooms: Rooms
  limits: Limits = DEFAULT_LIMITS
  server: ChatClient['server']
  clockOffset = 0
  username: string
  readonly account: Account
  role: string | undefined
  #session: string | undefined
  /** What the user signs in by, until it was sent. */
  #credential: Credential | undefined
  readonly #findSession: (username: string) => string | undefined
  #epoch: string | undefined
  readonly #link: Link
  readonly #requests: PendingRequests
  readonly #outbox: Outbox
  readonly #listeners = new Set<(event: ClientEvent) => void>()
  readonly #leaves: Leaves
  readonly #signals: Signals
  readonly #speech: Speech
  readonly #cacheTimer: CacheTimer
  #tellScheduled = false
  /** The key of the room that is shown first. */
  readonly #shownFirst: string | undefined
  #closed = false

  constructor(options: ClientOptions) {
    this.username = options.username
    this.#session = options.session
    this.#findSession = options.findSession ?? (() => undefined)
    const { host, port, welcomeTimeout = CONNECT_TIMEOUT_MS } = options
    const { addresses = new Addresses({ given: [{ host, port, isExact: true }] }) } = options
    this.#link = new Link(
      { ...options, addresses, welcomeTimeout },
      {
        credentials: () => {
          this.#session ??= this.#findSession(this.username)
          return { username: this.username, session: this.#session, credential: this.#credential }
        },
        spent: () => {
          this.#credential = undefined
        },
        opened: welcome => this.#opened(welcome),
        received: frame => this.#received(frame),
        changed: state => this.#lineChanged(state),
      },
    )
    this.#requests = new PendingRequests(request => this.#link.send(request))
    this.account = new Account(this.#requests, this.#link, role => {
      this.role = role
    })
    this.#leaves = new Leaves(this.#requests, options.store)
    this.#signals = new Signals({
      send: request => this.#link.send(request),
      nameOf: key => this.#nameOf(key),
    })
    this.#outbox = new Outbox(
      {
        send: request => this.#sendFor(request),
        changed: key => {
          const room = this.rooms.get(key)
          if (room === undefined) return this.#changed()
          room.outbox = this.#outbox.of(key)
          room.touch()
        },
      },
      options.store,
    )
    this.rooms = new Rooms({
      requests: this.#requests,
      me: () => this.username,
      changed: () => this.#changed(),
      joined: room => this.#outbox.pump(room.key),
      renamed: (room, before) => this.#tell({ type: 'renamed', room, before }),
      moved: (from, to) => {
        this.#signals.forget(from.key)
        this.#outbox.move(from.key, to)
        to.outbox = this.#outbox.of(to.key)
        this.#tell({ type: 'moved', from: from.key, to: to.key })
      },
      cache: options.cache,
      restarted: () => this.#outbox.failSent(),
    })
    this.#cacheTimer = new CacheTimer(this.rooms, options.cache !== undefined)
    this.#speech = new Speech({
      outbox: this.#outbox,
      room: key => this.rooms.get(key),
      limits: () => this.limits,
      isUnserved: action => this.server?.features.includes(action) === false,
      said: key => this.#signals.typed(key),
    })
    const { shownFirst = options.rooms[0] } = options
    this.#shownFirst = shownFirst === undefined ? undefined : this.rooms.names.keyMeant(shownFirst)
    for (const room of [...options.rooms, ...this.#outbox.takeUp()]) this.join(room)
  }

  get link(): LinkState {
    return this.#link.state
  }

  get hasUnsent(): boolean {
    return this.#outbox.hasUnsent
  }

  start(): void {
    this.#link.start()
    this.#cacheTimer.started()
  }

  async close(): Promise<void> {
    this.#signals.flush()
    this.#closed = true
    this.#cacheTimer.close()
    this.#outbox.close()
    this.#requests.interrupt()
    for (const room of this.rooms.values()) room.clearTyping()
    await this.#link.close()
    this.#listeners.clear()
  }

  subscribe(listener: (event: ClientEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  join(name: string): Answer<string> {
    const parsed = parseConversation(name)
    if (!parsed.ok) return parsed
    const { names } = this.rooms
    const key = names.keyMeant(name)
    const isName = names.keyOf(name) === key
    if (!isName) this.#outbox.move(names.keyOf(name), { key, name: key })
    this.#open(key, isName ? name : key)
    return { ok: true, value: key }
  }

  #open(key: string, name: string): void {
    this.#leaves.remove(key)
    const known = this.rooms.get(key)
    if (known === undefined || known.status === 'failed') {
      const room = this.rooms.add(key, name)
      room.outbox = this.#outbox.of(key)
      // Only the room that is shown first is restored at once: the first frame does not wait for the others.
      if (key === this.#shownFirst) this.rooms.restore(room)
      if (this.#isOnline) this.rooms.join(room)
    }
  }

  leave(key: string): void {
    const room = this.rooms.get(key)
    if (room === undefined) return
    this.rooms.remove(key)
    this.#signals.forget(key)
    if (room.kind === 'room') this.#leaves.add(key, room.name)
    this.#changed()
  }

  say(key: string, text: string, replyTo?: number): Answer<string> {
    return this.#speech.say(key, text, replyTo)
  }

  setTopic(key: string, topic: string): Answer<string> {
    return this.#speech.setTopic(key, topic)
  }

  edit(key: string, target: number, text: string): Answer<string> {
    return this.#speech.edit(key, target, text)
  }

  delete(key: string, target: number): Answer<string> {
    return this.#speech.delete(key, target)
  }

  react(key: string, target: number, emoji: string, on: boolean): Answer<string> {
    return this.#speech.react(key, target, emoji, on)
  }

  retry(id: string): void {
    this.#outbox.retry(id, messageId())
  }

  discard(id: string): void {
    this.#outbox.discard(id)
  }

  markRead(key: string, seq: number): void {
    const room = this.rooms.get(key)
    if (room === undefined || room.read === seq) return
    this.rooms.unread.moveRead(room, seq)
    this.#signals.read(key, seq)
  }

  async setNotify(key: string, change: NotifyChange): Promise<Answer<undefined>> {
    const room = this.rooms.get(key)
    if (room !== undefined) return setNotify(this.#requests, room, change)
    return refuse('not_in_room', 'that room is not open')
  }

  mentions(cursor?: string): Promise<Answer<RequestResult<'mentions'>>> {
    return this.#requests.ask({ action: 'mentions', ...(cursor === undefined ? {} : { cursor }) })
  }

  typing(key: string, on: boolean): void {
    if (this.rooms.has(key)) this.#signals.typing(key, on)
  }

  away(message: string | undefined): void {
    this.#signals.away(message)
  }

  loadBefore(key: string): void {
    const room = this.rooms.get(key)
    if (room !== undefined) void this.rooms.paging.loadBefore(room)
  }

  fillGap(key: string, gapBefore: number, end?: 'newest' | 'oldest'): void {
    const room = this.rooms.get(key)
    if (room !== undefined) void this.rooms.paging.fill(room, gapBefore, end)
  }

  async reach(key: string, seq: number): Promise<Answer<undefined>> {
    const room = this.rooms.get(key)
    if (room !== undefined) return this.rooms.paging.reach(room, seq)
    return refuse('not_in_room', 'that room is not open')
  }

  members(key: string): Promise<Answer<readonly Member[]>> {
    return allMembers(this.#requests, this.#nameOf(key))
  }

  listRooms(all: boolean): Promise<Answer<readonly RoomSummary[]>> {
    return roomList(this.#requests, all)
  }

  history(
    key: string,
    at: { before?: number; after?: number; around?: number },
    limit: number,
  ): Promise<Answer<RequestResult<'history'>>> {
    return this.#requests.ask({ action: 'history', room: this.#nameOf(key), limit, ...at })
  }

  search(query: SearchQuery): Promise<Answer<RequestResult<'search'>>> {
    return searchOn(this.#requests, query)
  }

  rename(username: string): void {
    this.username = username
    this.#session = undefined
    this.#credential = undefined
    this.#link.start()
  }

  signIn(credential: Credential): void {
    this.#credential = credential
    this.#link.start()
  }

  acceptKey(fingerprint: string): void {
    this.#link.acceptKey(fingerprint)
  }

  reconnectNow(): void {
    this.#link.start()
  }

  get #isOnline(): boolean {
    return this.#link.state.status === 'online'
  }

  #nameOf(key: string): string {
    return this.rooms.get(key)?.name ?? key
  }

  /** A room's own messages wait until it is joined; a direct conversation needs no joining. */
  #sendFor(request: EventRequest): boolean {
    const room = this.rooms.find(request.room)
    return (
      (room === undefined || room.kind === 'direct' || this.rooms.isEntered(room)) && this.#link.send(request)
    )
  }

  #opened(welcome: Welcome): void {
    const { server, features, limits, epoch } = welcome
    this.username = welcome.username
    this.role = welcome.account?.role
    this.server = { name: server.name, version: server.version, features }
    this.limits = limits
    this.clockOffset = welcome.ts - Date.now()
    if (this.#session !== welcome.session) {
      this.#session = welcome.session
      this.#tell({ type: 'session', session: welcome.session })
    }
    if (this.#epoch !== undefined && this.#epoch !== epoch) this.#signals.forgetReads()
    this.#epoch = epoch
    this.#leaves.send()
    learnRooms(this.#requests, this.rooms, this.#leaves, (key, name) => this.#open(key, name))
    for (const room of this.rooms.values()) if (!room.isEnded) this.rooms.join(room)
    this.#signals.resume()
    for (const key of this.#outbox.roomKeys) this.#outbox.pump(key)
  }

  #lineChanged(state: LinkState): void {
    if (state.status !== 'online' && state.status !== 'connecting') {
      this.#requests.interrupt()
      this.#outbox.interrupt()
      this.#signals.interrupt()
      this.rooms.interrupt()
    }
    this.#changed()
  }

  #received(frame: Exclude<ServerFrame, Welcome>): void {
    if (isEvent(frame)) return this.#happened(frame)
    switch (frame.action) {
      case 'ok':
        if (!this.#requests.take(frame)) this.#acknowledged(frame.id, frame['seq'], frame['ts'])
        return
      case 'error':
        if (this.#requests.take(frame)) return
        if (frame.id !== undefined && this.#outbox.has(frame.id)) {
          this.#outbox.refuse(frame.id, frame.code, frame.message, frame.retryAfter)
        } else this.#tell({ type: 'error', code: frame.code, message: frame.message, room: undefined })
        return
      case 'notice':
      case 'bye':
        return this.#tell({ type: 'notice', message: frame.message })
      default:
        this.rooms.signal(frame)
    }
  }

  #acknowledged(id: string, seq: unknown, ts: unknown): void {
    if (typeof seq !== 'number' || typeof ts !== 'number') return
    const last = this.rooms.get(this.#outbox.roomOf(id) ?? '')?.log.last
    this.#outbox.acknowledge(id, seq, ts)
    // An earlier start of this client sent it, and it was stored before this join: its event will not follow.
    if (last !== undefined && seq <= last) this.#outbox.settle(id)
  }

  #happened(event: RoomEvent): void {
    const taken = this.rooms.take(event)
    if (taken === undefined) return
    const isMine = foldName(event.from) === foldName(this.username)
    if (isMine) this.#outbox.settle(event.id)
    if (event.action !== 'chat' || isMine || !taken.isLive) return
    const mention = taken.room.kind === 'direct' || mentions(event.message ?? '', this.username)
    this.#tell({ type: 'message', room: taken.room, event, mention })
  }

  /** Emits one `changed` for all changes of one turn, and saves changed rooms a little later. */
  #changed(): void {
    this.#cacheTimer.changed()
    if (this.#tellScheduled || this.#closed) return
    this.#tellScheduled = true
    queueMicrotask(() => {
      this.#tellScheduled = false
      this.#tell({ type: 'changed' })
    })
  }

  #tell(event: ClientEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
