import { isRetryable } from '../protocol/errors.ts'
import type { EventRequest } from '../protocol/requests.ts'
import { backoff } from './backoff.ts'

/** What became of something that we said. `sent` entries leave the outbox when their event is in the timeline. */
export type OutboxState =
  | { readonly status: 'waiting' }
  | { readonly status: 'sending' }
  | { readonly status: 'sent'; readonly seq: number; readonly ts: number }
  /** Code `stale`: it is too old to go out unasked, and holds what is behind it in its room. */
  | { readonly status: 'failed'; readonly code: string; readonly message: string }

/** A request that makes an event, from when it was typed until its event is in the timeline. */
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

/** An entry older than this does not go out unasked. */
const STALE_AFTER_MS = 10 * 60_000
/** Nor does one from the future: the clock went back, and nobody knows how old it is. Small corrections are no matter. */
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
  message: 'stored, but the server has begun its log anew since; send it again or discard it',
}

/** Where the entries of an {@link Outbox} survive the program. */
export interface OutboxStore {
  /** The entries that were kept, in order, of programs that are gone. */
  adopt(): OutboxEntry[]
  /** Keeps an entry, also in a new state; false where it cannot be kept. */
  put(entry: OutboxEntry): boolean
  /** An entry goes on under another id. */
  replace(oldId: string, entry: OutboxEntry): boolean
  /** Forgets an entry. */
  remove(id: string): void
}

/** What an {@link Outbox} needs of its surroundings. */
export interface OutboxWatcher {
  /** Sends a request; false where that cannot be now. */
  send(request: EventRequest): boolean
  /** Something changed in a room's entries. */
  changed(roomKey: string): void
}

/**
 * What was said and is not in the timeline yet. In each room the entries go out in order, one unacknowledged at
 * a time, each with the same id however often it is tried.
 */
export class Outbox {
  readonly #watcher: OutboxWatcher
  readonly #now: () => number
  readonly #keep: OutboxStore | undefined
  /** By room, in the order in which they were said. */
  readonly #rooms = new Map<string, OutboxEntry[]>()
  /** Rooms that wait before the next attempt, and how often they have waited. */
  readonly #holds = new Map<string, { timer: NodeJS.Timeout | undefined; attempt: number }>()
  /** Entries that could not be kept, in order. */
  readonly #unkept = new Set<string>()

  constructor(watcher: OutboxWatcher, keep?: OutboxStore, now: () => number = Date.now) {
    this.#watcher = watcher
    this.#keep = keep
    this.#now = now
  }

  /** Takes up what was said before this program was started; the names of the rooms that it was said in. */
  takeUp(): string[] {
    const entries = this.#keep?.adopt() ?? []
    for (const entry of entries) this.#rooms.set(entry.roomKey, [...this.of(entry.roomKey), entry])
    return [...new Set(entries.map(({ request }) => request.room))]
  }

  /** The room in which an entry was said. */
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

  /** Whether anything is not acknowledged and has not failed. */
  get hasUnsent(): boolean {
    return [...this.#rooms.values()]
      .flat()
      .some(({ state }) => state.status === 'waiting' || state.status === 'sending')
  }

  /** The rooms that have entries. */
  get roomKeys(): readonly string[] {
    return [...this.#rooms.keys()]
  }

  /** Adds a request that has an id, and sends it when its turn has come. */
  add(roomKey: string, request: EventRequest & { readonly id: string }): void {
    const entry: OutboxEntry = {
      id: request.id,
      roomKey,
      request,
      ts: this.#now(),
      state: { status: 'waiting' },
    }
    // On the disk before its row shows: what is seen to be said is not lost.
    this.#keepUnkept()
    if (this.#keep?.put(entry) === false) this.#unkept.add(entry.id)
    this.#rooms.set(roomKey, [...this.of(roomKey), entry])
    this.#watcher.changed(roomKey)
    this.pump(roomKey)
  }

  /** Sends what is next in a room, unless something is on its way or it has to wait. */
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

  /** The request was refused: tried again where that can help, failed otherwise. */
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

  /** The event of an entry is in the timeline. True where it was ours. */
  settle(id: string): boolean {
    const entry = this.#find(id)
    if (entry === undefined) return false
    this.#remove(entry)
    this.pump(entry.roomKey)
    return true
  }

  /** The line broke: what was on its way has to go again. */
  interrupt(): void {
    for (const hold of this.#holds.values()) clearTimeout(hold.timer)
    this.#holds.clear()
    for (const entry of [...this.#rooms.values()].flat()) {
      if (entry.state.status === 'sending') this.#become(entry, { status: 'waiting' })
    }
  }

  /** The server has another log: what the old one acknowledged and we never saw is not in the new one. */
  failSent(): void {
    for (const entry of [...this.#rooms.values()].flat())
      if (entry.state.status === 'sent') this.#become(entry, LOST)
  }

  /** Tries a failed entry again, in its place; `newId` replaces an id that the server took for something else. */
  retry(id: string, newId: string): void {
    const entry = this.#find(id)
    if (entry?.state.status !== 'failed') return
    const isReused = entry.state.code === 'id_reused'
    const request = isReused ? { ...entry.request, id: newId } : entry.request
    // The user wants it out now: it is as old as that.
    const ts = this.#now()
    const next: OutboxEntry = {
      ...entry,
      id: isReused ? newId : id,
      request,
      ts,
      state: { status: 'waiting' },
    }
    const isKept = this.#keep?.replace(id, next) !== false && !this.#unkept.has(id)
    this.#unkept.delete(id)
    if (!isKept) this.#unkept.add(next.id)
    this.#replace(entry, next)
    this.pump(entry.roomKey)
  }

  /** Forgets an entry that is neither on its way nor stored. */
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

  /** The state of an entry that does not go out unasked. */
  #staleness({ ts }: OutboxEntry): OutboxState | undefined {
    const age = this.#now() - ts
    if (age < -CLOCK_SLACK_MS) return FROM_THE_FUTURE
    return age > STALE_AFTER_MS ? STALE : undefined
  }

  /** Where there is room again: what could not be kept is, before what comes behind it. */
  #keepUnkept(): void {
    for (const id of this.#unkept) {
      const entry = this.#find(id)
      if (entry !== undefined && this.#keep?.put(entry) === false) return
      this.#unkept.delete(id)
    }
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
    // Whether it is on its way is not kept: after a crash it goes again, under the same id.
    if (state.status === 'failed') this.#keep?.put(next)
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
    this.#unkept.delete(entry.id)
    this.#keep?.remove(entry.id)
    this.#watcher.changed(entry.roomKey)
  }
}
