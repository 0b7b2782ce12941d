import type { DeleteEvent, EditEvent, RoomEvent } from '../protocol/events.ts'
import { MAX_ROOMS } from '../protocol/limits.ts'
import { foldName } from '../protocol/names.ts'
import type { RequestResult } from '../protocol/requests.ts'
import type { Gap, Signal } from '../protocol/responses.ts'
import type { KeptRoom, RoomCache } from './cacheFile.ts'
import { notifyIn } from './notify.ts'
import { Paging } from './paging.ts'
import type { PendingRequests } from './pendingRequests.ts'
import { Room } from './room.ts'
import { RoomNames } from './roomNames.ts'
import { Unread } from './unread.ts'

/** Entries of a timeline that are kept in the cache: several screens. */
const ENTRIES_CACHED = 500
/** Characters of a timeline that are kept in the cache: each save writes them all. */
const LENGTH_CACHED = 256 * 1024
/** With more rooms than this none is opened unasked: twice as many as a connection may join. */
const ROOMS_KEPT = 2 * MAX_ROOMS

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
  /** A room has another title than before. */
  readonly renamed: (room: Room, before: string) => void
  /** What was joined by the name of one room is another one. The first is forgotten then. */
  readonly moved: (from: Room, to: Room) => void
  /** The server has another log than the one of a room's timeline. */
  readonly restarted: () => void
}

/** The rooms of a client, in the order in which they were joined. Handles the frames of the server that concern rooms. */
export class Rooms extends Map<string, Room> {
  readonly unread: Unread
  readonly names: RoomNames
  readonly paging: Paging
  readonly #options: RoomsOptions
  /** The rooms that are joined on this connection. */
  readonly #entered = new Set<Room>()

  constructor(options: RoomsOptions) {
    super()
    this.#options = options
    const { requests, me, cache } = options
    this.names = new RoomNames(cache?.titles())
    this.paging = new Paging({
      requests,
      isEntered: room => this.#entered.has(room),
      settled: room => this.#settle(room),
    })
    this.unread = new Unread({
      requests,
      me,
      find: name => this.find(name),
      retitle: (room, title) => this.retitle(room, title),
    })
  }

  /** The room with this name on the server. */
  find(name: string): Room | undefined {
    return this.get(this.names.keyOf(name))
  }

  /** The room with this key; adds it if it is not known. */
  add(key: string, name: string): Room {
    const room = this.get(key) ?? new Room(key, name, this.#options.changed)
    room.renamedTo = this.names.titleOf(key)
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
      const { name, renamedTo: title, epoch, topic, read } = room
      if (timeline !== undefined) changed.set(room.key, { name, title, epoch, topic, read, timeline })
    }
    if (changed.size > 0) cache.save(changed)
  }

  /** Forgets a room. */
  remove(key: string): void {
    const room = this.get(key)
    if (room === undefined) return
    this.#options.cache?.forget(key)
    this.names.setTitle(key, undefined)
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
    void this.paging.fillMissed(room)
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
      case 'renamed':
        this.retitle(room, frame.title)
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

  /** Takes what a room is called; undefined: its name. */
  retitle(room: Room, title: string | undefined): void {
    const before = room.title
    room.renamedTo = title === room.name ? undefined : title
    this.names.setTitle(room.key, room.renamedTo)
    if (room.title === before) return
    room.touch()
    // A room that was not known before has no earlier title.
    if (room.epoch !== undefined) this.#options.renamed(room, before)
  }

  /** The operator deleted a room: what we hold of it goes too. Unsent messages stay, until the user acts. */
  #end(room: Room): void {
    this.#options.cache?.forget(room.key)
    this.names.setTitle(room.key, undefined)
    this.#entered.delete(room)
    room.end()
  }

  #enter(room: Room, joined: RequestResult<'joinroom'>, since: number | undefined): void {
    const key = this.names.keyOf(joined.room)
    if (key !== room.key) return key === '' ? undefined : this.#move(room, key, joined, since)
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
    this.retitle(room, joined.title)
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
    if (!room.isOpened) void this.paging.loadBefore(room)
    this.#settle(room)
    this.#options.joined(room)
    void this.paging.fillMissed(room)
  }

  /** The name by which a room was joined leads to another one: what it held is of a room that is no longer there. */
  #move(from: Room, key: string, joined: RequestResult<'joinroom'>, since: number | undefined): void {
    const to = this.get(key) ?? this.add(key, joined.room)
    this.restore(to)
    this.#options.moved(from, to)
    this.remove(from.key)
    // The answer is for a join that resumes nothing: a room of which something is held is joined once more.
    const isNew = since === undefined && to.log.last === undefined
    if (isNew) this.#enter(to, joined, undefined)
    else this.join(to)
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
    const key = this.names.keyOf(name)
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
}

function isTextChange(event: RoomEvent): event is EditEvent | DeleteEvent {
  return event.action === 'edit' || event.action === 'delete'
}
