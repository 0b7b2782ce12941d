import type { DeleteEvent, EditEvent, RoomEvent } from '../protocol/events.ts'
import { MAX_PAGE, MAX_ROOMS } from '../protocol/limits.ts'
import { conversationKey, foldName, parseConversation } from '../protocol/names.ts'
import type { RequestResult } from '../protocol/requests.ts'
import type { Gap, Signal } from '../protocol/responses.ts'
import type { KeptRoom, RoomCache } from './cacheFile.ts'
import { notifyIn } from './notify.ts'
import type { Answer, PendingRequests } from './pendingRequests.ts'
import { Room } from './room.ts'
import { Unread } from './unread.ts'

/** Events of a page of history. */
const PAGE = 100
/** Entries of a timeline that are kept in the cache: several screens. */
const ENTRIES_CACHED = 500
/** Characters of a timeline that are kept in the cache: each save writes them all. */
const LENGTH_CACHED = 256 * 1024
/** Names whose room key is remembered; a server could send any number. */
const KEYS_KEPT = 10_000

/** With more rooms than this none is opened unasked: twice as many as a connection may join. */
const ROOMS_KEPT = 2 * MAX_ROOMS

/** The bounds of a page of history. */
type Where = { readonly before?: number; readonly after?: number; readonly around?: number }

const at = (seq: number): Where => (seq === 0 ? { after: 0 } : { around: seq })

const DONE = { ok: true, value: undefined } as const

/** What {@link Rooms} ask of the client, and tell it. */
export interface RoomsOptions {
  readonly requests: PendingRequests
  /** Our own name. */
  readonly me: () => string
  readonly changed: () => void
  /** The server has accepted our join. */
  readonly joined: (room: Room) => void
  /** Keeps rooms from one start of the program to the next. */
  readonly cache: RoomCache | undefined
  /** The server has another log than the one of a room's timeline. */
  readonly restarted: () => void
}

/** The rooms of a client, in the order in which they were joined. Handles the frames of the server that concern rooms. */
export class Rooms extends Map<string, Room> {
  readonly unread: Unread
  readonly #options: RoomsOptions
  readonly #keys = new Map<string, string>()
  /** The rooms that are joined on this connection. */
  readonly #entered = new Set<Room>()
  /** The last request for a page before the first entry, of each room. */
  readonly #paging = new WeakMap<Room, Promise<unknown>>()

  constructor(options: RoomsOptions) {
    super()
    this.#options = options
    const { requests, me } = options
    this.unread = new Unread({ requests, me, find: name => this.find(name) })
  }

  /** The room with this name on the server. */
  find(name: string): Room | undefined {
    return this.get(this.#keyOf(name))
  }

  /** The room with this key; adds it if it is not known. */
  add(key: string, name: string): Room {
    const room = this.get(key) ?? new Room(key, name, this.#options.changed)
    room.status = 'joining'
    room.error = undefined
    room.isEnded = false
    this.set(key, room)
    this.#options.changed()
    return room
  }

  /** Restores a room from the cache, once. */
  restore(room: Room): void {
    if (room.isRestored) return
    room.isRestored = true
    const kept = this.#options.cache?.load(room.key)
    if (kept === undefined || room.log.last !== undefined) return
    room.log.restore(kept.timeline)
    room.epoch = kept.epoch
    room.topic = kept.topic
    room.read = kept.read
    room.isOpened = true
    room.replayUntil = kept.timeline.last
    room.touch()
  }

  /** Saves the rooms that changed since the last save. */
  keep(): void {
    const { cache } = this.#options
    if (cache === undefined) return
    const changed = new Map<string, KeptRoom>()
    for (const room of this.values()) {
      // Before its first page is loaded, a room would be saved without its past.
      const isWhole = room.isOpened || !room.log.moreBefore
      if (room.keptVersion === room.version || room.epoch === undefined || !isWhole) continue
      room.keptVersion = room.version
      const timeline = room.log.snapshot(ENTRIES_CACHED, LENGTH_CACHED)
      const { name, epoch, topic, read } = room
      if (timeline !== undefined) changed.set(room.key, { name, epoch, topic, read, timeline })
    }
    if (changed.size > 0) cache.save(changed)
  }

  /** Forgets a room. */
  remove(key: string): void {
    const room = this.get(key)
    if (room === undefined) return
    this.#options.cache?.forget(key)
    room.clearTyping()
    this.#entered.delete(room)
    this.delete(key)
  }

  /** Whether a room is joined on this connection. */
  isEntered(room: Room): boolean {
    return this.#entered.has(room)
  }

  /** The connection is lost. */
  interrupt(): void {
    this.#entered.clear()
    for (const room of this.values()) {
      if (room.status === 'joined') room.status = 'joining'
      // We learn no more of the other's presence.
      if (room.kind === 'direct') room.members = undefined
      room.loadingBefore = false
      room.clearTyping()
      room.touch()
    }
  }

  /** Joins a room, resuming where its timeline ends. */
  join(room: Room): void {
    this.restore(room)
    if (room.status === 'failed') {
      room.status = 'joining'
      room.error = undefined
    }
    const since = room.log.last
    const { epoch } = room
    const resume = since === undefined || epoch === undefined ? {} : { since, epoch }
    this.#options.requests.askInOrder({ action: 'joinroom', room: room.name, ...resume }, answer => {
      if (this.get(room.key) !== room) return
      if (answer.ok) this.#enter(room, answer.value, since)
      else if (answer.error.code !== 'offline') {
        room.status = 'failed'
        room.error = answer.error.message
        room.touch()
      }
    })
  }

  /** Adds an event to its room's timeline. Undefined if the room is not known, or the event is held already. */
  take(event: RoomEvent): { readonly room: Room; readonly isLive: boolean } | undefined {
    const room = this.find(event.room) ?? this.#unasked(event.room)
    if (room === undefined) return undefined
    // A user who did not exist when we opened the conversation writes to us.
    if (room.status === 'failed') this.join(room)
    const isLive = event.seq > room.replayUntil
    const before = isTextChange(event) ? room.messageAt(event.target) : undefined
    if (!room.log.append(event, isLive ? event.seq : room.replayUntil)) return undefined
    if (event.action === 'topic') room.topic = event.topic
    if (event.action === 'edit') room.setTyping(event.from, false)
    if (isTextChange(event)) this.unread.changed(room, event, before)
    if (event.action === 'chat') {
      room.setTyping(event.from, false)
      this.unread.arrived(room, event)
    }
    this.#settle(room)
    void this.#fillMissed(room)
    return { room, isLive }
  }

  /** Applies a signal, or a gap in a replay. */
  signal(frame: Signal | Gap): void {
    if (frame.action === 'presence') return this.#presence(frame)
    if (!('room' in frame)) return
    const room = this.find(frame.room)
    if (room === undefined) return
    switch (frame.action) {
      case 'gap':
        room.log.leaveOut(frame)
        this.#settle(room)
        break
      case 'typing':
        return room.setTyping(frame.from, frame.on)
      case 'read':
        this.unread.moveRead(room, frame.seq)
        break
      case 'notify':
        room.notify = notifyIn(frame)
        break
      case 'joined':
        room.people = frame.people
        room.members?.set(foldName(frame.from), { name: frame.from, away: frame.away })
        break
      case 'left':
        room.people = frame.people
        room.members?.delete(foldName(frame.from))
        room.setTyping(frame.from, false)
        break
      case 'ended':
        return this.#end(room)
      case 'people':
        room.people = frame.people
        room.members = undefined
        break
    }
    room.touch()
  }

  /** The operator deleted a room: what we hold of it goes too. Unsent messages stay, until the user acts. */
  #end(room: Room): void {
    this.#options.cache?.forget(room.key)
    this.#entered.delete(room)
    room.end()
  }

  /** Loads the page before the first entry, unless one is requested. */
  async loadBefore(room: Room): Promise<void> {
    if (room.loadingBefore || !room.log.moreBefore || !this.#entered.has(room)) return
    // The newest page is requested without a bound: a seq beyond the end is not a position.
    const paging = this.#page(room, room.isOpened ? { before: room.log.before } : {}, 'close')
    this.#paging.set(room, paging)
    await paging
  }

  async #page(room: Room, where: Where, fit: 'close' | 'loose'): Promise<Answer<undefined>> {
    room.loadingBefore = true
    room.touch()
    const { epoch } = room
    const page = await this.#options.requests.ask({
      action: 'history',
      room: room.name,
      ...where,
      limit: PAGE,
    })
    room.loadingBefore = false
    // The server may have a new log since the request: then the page belongs to no timeline.
    if (page.ok && room.epoch === epoch) {
      room.log.prepend(page.value, fit)
      room.isOpened = true
    }
    this.#settle(room)
    room.touch()
    return page.ok ? DONE : page
  }

  /** Loads the page around a seq (0: the oldest), unless the timeline holds it. */
  reach(room: Room, seq: number): Promise<Answer<undefined>> {
    // Pages before the first entry are loaded one after the other: each ends where the last one began.
    const reached = (this.#paging.get(room) ?? Promise.resolve()).then(() => this.#reach(room, seq))
    this.#paging.set(room, reached)
    return reached
  }

  async #reach(room: Room, seq: number): Promise<Answer<undefined>> {
    const gap = room.log.gapAround(seq)
    const isBefore = room.log.moreBefore && seq < room.log.before
    if (gap === undefined && !isBefore) return DONE
    if (gap === undefined) return this.#page(room, at(seq), 'loose')
    return this.#fill(room, gap.before, at(seq), 'loose')
  }

  /** Loads the newest page of a gap, or the oldest. */
  async fill(room: Room, gapBefore: number, end: 'newest' | 'oldest' = 'newest'): Promise<void> {
    const gap = room.log.gapBefore(gapBefore)
    if (gap === undefined || gap.loading || gap.reason === 'expired') return
    await (end === 'newest'
      ? this.#fill(room, gapBefore, { before: gapBefore }, 'close')
      : this.#fill(room, gapBefore, { after: gap.after }, 'loose'))
  }

  async #fill(
    room: Room,
    gapBefore: number,
    where: Where,
    fit: 'close' | 'loose',
  ): Promise<Answer<undefined>> {
    room.log.setLoading(gapBefore, true)
    room.touch()
    const { epoch } = room
    const page = await this.#options.requests.ask({
      action: 'history',
      room: room.name,
      ...where,
      limit: MAX_PAGE,
    })
    if (room.epoch !== epoch) return DONE
    if (page.ok) room.log.fill(gapBefore, page.value, fit)
    else room.log.setLoading(gapBefore, false)
    room.touch()
    return page.ok ? DONE : page
  }

  /** Fills gaps of missed events at once. Gaps that the server left in a replay wait until the user reaches them. */
  async #fillMissed(room: Room): Promise<void> {
    if (!this.#entered.has(room)) return
    for (let gap = room.log.nextGap(); gap !== undefined; gap = room.log.nextGap()) {
      const { before } = gap
      await this.fill(room, before)
      // After a refusal or a loss, the next event or the next join tries again.
      if (room.log.gapBefore(before) !== undefined) return
    }
  }

  #enter(room: Room, joined: RequestResult<'joinroom'>, since: number | undefined): void {
    const isSameLog = room.epoch === undefined || (room.epoch === joined.epoch && (since ?? 0) <= joined.last)
    if (!isSameLog) {
      room.log.restart(Date.now())
      room.unread = 0
      room.mentions = 0
      room.countedTo = 0
      room.isOpened = false
      this.#options.restarted()
    }
    const isFresh = room.log.last === undefined
    room.name = joined.room
    room.epoch = joined.epoch
    room.topic = joined.topic
    room.people = joined.people
    const away = new Map(joined.away?.map(({ name, message }) => [name, message]))
    room.members =
      joined.members && new Map(joined.members.map(name => [foldName(name), { name, away: away.get(name) }]))
    room.read = joined.read
    room.notify = notifyIn(joined)
    room.replayUntil = joined.last
    if (isFresh) room.log.begin(joined.last, joined.first > 0)
    this.#entered.add(room)
    // Also after a connection that was lost before the first page arrived.
    if (!room.isOpened) void this.loadBefore(room)
    this.#settle(room)
    this.#options.joined(room)
    void this.#fillMissed(room)
  }

  /** Marks a room as joined once its replay and its first page are here. */
  #settle(room: Room): void {
    const isComplete = (room.log.last ?? -1) >= room.replayUntil && !room.loadingBefore
    if (room.status === 'joining' && this.#entered.has(room) && isComplete) room.status = 'joined'
    room.touch()
  }

  /** The room of a direct conversation that another user began, or that we began on another connection. */
  #unasked(name: string): Room | undefined {
    if (!name.startsWith('@') || this.size >= ROOMS_KEPT) return undefined
    const key = this.#keyOf(name)
    if (key === '') return undefined
    const room = this.add(key, name)
    this.join(room)
    return room
  }

  #presence(frame: Signal<'presence'>): void {
    const key = foldName(frame.from)
    const away = frame.state === 'away' ? (frame.message ?? '') : undefined
    for (const room of this.values()) {
      const isPartner = room.key === `@${key}`
      const known = room.members?.get(key)
      if (isPartner && frame.state === 'offline') room.members?.delete(key)
      else if (known !== undefined || isPartner) room.members?.set(key, { name: frame.from, away })
      else continue
      if (room.kind === 'direct') room.people = room.members?.size ?? room.people
      room.touch()
    }
  }

  /** The key of a room, from its name on the server; empty for an invalid name. */
  #keyOf(name: string): string {
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    const conversation = parseConversation(name)
    const key = conversation.ok ? conversationKey(conversation.value) : ''
    if (this.#keys.size >= KEYS_KEPT) this.#keys.clear()
    this.#keys.set(name, key)
    return key
  }
}

function isTextChange(event: RoomEvent): event is EditEvent | DeleteEvent {
  return event.action === 'edit' || event.action === 'delete'
}
