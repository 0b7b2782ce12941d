import { isRetryable } from '../protocol/errors.ts'
import type { EventRequest } from '../protocol/requests.ts'
import { backoff } from './backoff.ts'

/** The state of a request of ours. A `sent` entry leaves the outbox when its event is in the timeline. */
export type OutboxState =
  | { readonly status: 'waiting' }
  | { readonly status: 'sending' }
  | { readonly status: 'sent'; readonly seq: number; readonly ts: number }
  /** Code `stale`: it is too old to be sent unasked, and holds back the entries behind it in its room. */
  | { readonly status: 'failed'; readonly code: string; readonly message: string }

/** A request that makes an event, from the moment it is typed until its event is in the timeline. */
export interface OutboxEntry {
  /** The identity of the request, and of its event. */
  readonly id: string
  /** The key of its room. */
  readonly roomKey: string
  readonly request: EventRequest
  /** Our clock when it was typed, or tried again. */
  readonly ts: number
  readonly state: OutboxState
}

/** An entry older than this, ms, is not sent unasked. */
const STALE_AFTER_MS = 10 * 60_000
/** An entry further in the future than this, ms, is not sent either: the clock was set back, so its age is unknown. */
const CLOCK_SLACK_MS = 5_000
const STALE: OutboxState = {
  status: 'failed',
  code: 'stale',
  message: 'not sent for ten minutes; send it again or discard it',
}

const FROM_THE_FUTURE: OutboxState = {
  status: 'failed',
  code: 'stale',
  message: 'the clock went back since it was said; send it again or discard it',
}

const LOST: OutboxState = {
  status: 'failed',
  code: 'lost',
  message: 'it was stored, but the server has a new log since; send it again or discard it',
}

/** Keeps the entries of an {@link Outbox} from one start of the program to the next. */
export interface OutboxStore {
  /** Takes over the kept entries of processes that have ended, in order. */
  adopt(): OutboxEntry[]
  /** Keeps an entry or its new state; later, if that is not possible now. The same holds for each change below. */
  put(entry: OutboxEntry): void
  /** Replaces an entry by one with another id. */
  replace(oldId: string, entry: OutboxEntry): void
  /** Forgets an entry. */
  remove(id: string): void
}

/** What an {@link Outbox} asks of its owner, and tells it. */
export interface OutboxWatcher {
  /** Sends a request; false if that is not possible now. */
  send(request: EventRequest): boolean
  /** Something changed in a room's entries. */
  changed(roomKey: string): void
}

/**
 * The requests of ours that are not in the timeline yet. In each room they are sent in order, one unacknowledged at a
 * time, each with the same id at every attempt.
 */
export class Outbox {
  readonly #watcher: OutboxWatcher
  readonly #now: () => number
  readonly #store: OutboxStore | undefined
  /** By room, in the order in which they were typed. */
  readonly #rooms = new Map<string, OutboxEntry[]>()
  /** Rooms that wait before the next attempt, with the number of attempts. */
  readonly #holds = new Map<string, { timer: NodeJS.Timeout | undefined; attempt: number }>()

  constructor(watcher: OutboxWatcher, store?: OutboxStore, now: () => number = Date.now) {
    this.#watcher = watcher
    this.#store = store
    this.#now = now
  }

  /** Takes over the entries of earlier starts; gives the names of their rooms. */
  takeUp(): string[] {
    const entries = this.#store?.adopt() ?? []
    for (const entry of entries) this.#rooms.set(entry.roomKey, [...this.of(entry.roomKey), entry])
    return [...new Set(entries.map(({ request }) => request.room))]
  }

  /** The entries of a room belong to another one, behind those of its own. What is kept of them names the first one. */
  move(from: string, to: { readonly key: string; readonly name: string }): void {
    const moved = this.of(from).map(entry => ({
      ...entry,
      roomKey: to.key,
      request: { ...entry.request, room: to.name },
    }))
    if (moved.length === 0) return
    this.#rooms.delete(from)
    this.#rooms.set(to.key, [...this.of(to.key), ...moved])
    this.#watcher.changed(from)
    this.#watcher.changed(to.key)
    this.pump(to.key)
  }

  /** The key of the room of an entry. */
  roomOf(id: string): string | undefined {
    return this.#find(id)?.roomKey
  }

  /** Whether an entry has this id. */
  has(id: string): boolean {
    return this.#find(id) !== undefined
  }

  /** The entries of a room, in order. */
  of(roomKey: string): readonly OutboxEntry[] {
    return this.#rooms.get(roomKey) ?? []
  }

  /** Whether an entry is neither acknowledged nor failed. */
  get hasUnsent(): boolean {
    return [...this.#rooms.values()]
      .flat()
      .some(({ state }) => state.status === 'waiting' || state.status === 'sending')
  }

  /** The rooms that have entries. */
  get roomKeys(): readonly string[] {
    return [...this.#rooms.keys()]
  }

  /** Adds a request with an id, and sends it when its turn comes. */
  add(roomKey: string, request: EventRequest & { readonly id: string }): void {
    const entry: OutboxEntry = {
      id: request.id,
      roomKey,
      request,
      ts: this.#now(),
      state: { status: 'waiting' },
    }
    // The entry is on disk before the screen shows it: a message that the user sees is not lost.
    this.#store?.put(entry)
    this.#rooms.set(roomKey, [...this.of(roomKey), entry])
    this.#watcher.changed(roomKey)
    this.pump(roomKey)
  }

  /** Sends the next entry of a room, unless one is unacknowledged or the room waits. */
  pump(roomKey: string): void {
    if (this.#holds.get(roomKey)?.timer !== undefined) return
    for (const entry of this.of(roomKey)) {
      const { state } = entry
      if (state.status === 'sending' || (state.status === 'failed' && state.code === 'stale')) return
      if (state.status !== 'waiting') continue
      const stale = this.#staleness(entry)
      if (stale !== undefined) this.#become(entry, stale)
      else if (this.#watcher.send(entry.request)) this.#become(entry, { status: 'sending' })
      return
    }
  }

  /** The request was stored. */
  acknowledge(id: string, seq: number, ts: number): void {
    const entry = this.#find(id)
    if (entry === undefined) return
    this.#holds.delete(entry.roomKey)
    this.#become(entry, { status: 'sent', seq, ts })
    this.pump(entry.roomKey)
  }

  /** The request was refused: it is tried again later if that can help, else it has failed. */
  refuse(id: string, code: string, message: string, retryAfter: number | undefined): void {
    const entry = this.#find(id)
    if (entry === undefined) return
    if (isRetryable(code)) {
      this.#become(entry, { status: 'waiting' })
      this.#hold(entry.roomKey, retryAfter)
    } else {
      this.#become(entry, { status: 'failed', code, message })
      this.pump(entry.roomKey)
    }
  }

  /** The event of an entry is in the timeline; true if it was ours. */
  settle(id: string): boolean {
    const entry = this.#find(id)
    if (entry === undefined) return false
    this.#remove(entry)
    this.pump(entry.roomKey)
    return true
  }

  /** The connection was lost: unacknowledged entries have to be sent again. */
  interrupt(): void {
    for (const hold of this.#holds.values()) clearTimeout(hold.timer)
    this.#holds.clear()
    for (const entry of [...this.#rooms.values()].flat()) {
      if (entry.state.status === 'sending') this.#become(entry, { status: 'waiting' })
    }
  }

  /** The server has another log: entries that the old log acknowledged, and whose events never came, are not in it. */
  failSent(): void {
    for (const entry of [...this.#rooms.values()].flat())
      if (entry.state.status === 'sent') this.#become(entry, LOST)
  }

  /** Tries a failed entry again, at its position; `newId` replaces an id that the server knows with other content. */
  retry(id: string, newId: string): void {
    const entry = this.#find(id)
    if (entry?.state.status !== 'failed') return
    const isReused = entry.state.code === 'id_reused'
    const request = isReused ? { ...entry.request, id: newId } : entry.request
    // The user asked to send it now, so its age counts from now.
    const ts = this.#now()
    const next: OutboxEntry = {
      ...entry,
      id: isReused ? newId : id,
      request,
      ts,
      state: { status: 'waiting' },
    }
    this.#store?.replace(id, next)
    this.#replace(entry, next)
    this.pump(entry.roomKey)
  }

  /** Forgets an entry that is neither unacknowledged nor stored. */
  discard(id: string): void {
    const entry = this.#find(id)
    if (entry?.state.status !== 'failed' && entry?.state.status !== 'waiting') return
    this.#remove(entry)
    this.pump(entry.roomKey)
  }

  /** Stops all timers. */
  close(): void {
    for (const hold of this.#holds.values()) clearTimeout(hold.timer)
  }

  /** The state of an entry that is too old to be sent unasked; undefined for others. */
  #staleness({ ts }: OutboxEntry): OutboxState | undefined {
    const age = this.#now() - ts
    if (age < -CLOCK_SLACK_MS) return FROM_THE_FUTURE
    return age > STALE_AFTER_MS ? STALE : undefined
  }

  #hold(roomKey: string, retryAfter: number | undefined): void {
    const attempt = (this.#holds.get(roomKey)?.attempt ?? 0) + 1
    const wait = Math.max(retryAfter ?? 0, backoff(attempt, Math.random()))
    const timer = setTimeout(() => {
      this.#holds.set(roomKey, { timer: undefined, attempt })
      this.pump(roomKey)
    }, wait)
    this.#holds.set(roomKey, { timer, attempt })
  }

  #find(id: string): OutboxEntry | undefined {
    for (const entries of this.#rooms.values()) {
      const entry = entries.find(candidate => candidate.id === id)
      if (entry !== undefined) return entry
    }
    return undefined
  }

  #become(entry: OutboxEntry, state: OutboxState): void {
    const next = { ...entry, state }
    // `sending` is not kept: after a crash the entry is sent again, with the same id.
    if (state.status === 'failed') this.#store?.put(next)
    this.#replace(entry, next)
  }

  #replace(entry: OutboxEntry, next: OutboxEntry): void {
    this.#rooms.set(
      entry.roomKey,
      this.of(entry.roomKey).map(candidate => (candidate.id === entry.id ? next : candidate)),
    )
    this.#watcher.changed(entry.roomKey)
  }

  #remove(entry: OutboxEntry): void {
    const rest = this.of(entry.roomKey).filter(candidate => candidate.id !== entry.id)
    if (rest.length > 0) this.#rooms.set(entry.roomKey, rest)
    else this.#rooms.delete(entry.roomKey)
    this.#store?.remove(entry.id)
    this.#watcher.changed(entry.roomKey)
  }
}
