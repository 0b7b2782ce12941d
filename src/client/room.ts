import { TYPING_FORGET_MS } from '../protocol/limits.ts'
import { foldName } from '../protocol/names.ts'
import { NOTHING_SET, type Notify } from './notify.ts'
import type { OutboxEntry } from './outbox.ts'
import { Timeline } from './timeline.ts'
import type { MessageEntry, TimelineEntry } from './timelineEntry.ts'

/** A person in a room. */
export interface RoomMember {
  readonly name: string
  readonly away: string | undefined
}

/**
 * A room as the client knows it, to read only. It is one live object as long as the room is known: `version` grows with
 * every change, so a screen compares that.
 */
export interface RoomView {
  /** Identity: the folded name, `@` and the folded name for a direct conversation. */
  readonly key: string
  /** Its name on the server, which stays when it is renamed; `@alice` for a direct conversation. Not cleaned. */
  readonly name: string
  /** What it is called, to be shown, without `#`: the name, where it was not renamed. Not cleaned. */
  readonly title: string
  readonly kind: 'room' | 'direct'
  readonly version: number
  /** `joining` until the replay is over, also after a reconnect; `failed` with the reason in `error`. */
  readonly status: 'joining' | 'joined' | 'failed'
  readonly error: string | undefined
  readonly topic: string
  readonly people: number
  /** By folded name; undefined in rooms of more than 200 people. */
  readonly members: ReadonlyMap<string, RoomMember> | undefined
  /** Names of the others that are typing, longest first. */
  readonly typing: readonly string[]
  /** In order; the newest last. The same array object may be changed in place: compare `version`. */
  readonly timeline: readonly TimelineEntry[]
  /** The message of a seq; undefined if the timeline does not hold it, or it is not a message. */
  messageAt(seq: number): MessageEntry | undefined
  /** Whether `history` has events before the first of the timeline. */
  readonly moreBefore: boolean
  /** Whether a page before the first entry is requested. */
  readonly loadingBefore: boolean
  /** Our requests in this room that are not in the timeline yet, in order. */
  readonly outbox: readonly OutboxEntry[]
  /** The newest seq at our last join: later events came while we were in the room. */
  readonly replayUntil: number
  /** The read position as the server knows it. */
  readonly read: number
  /** Others' messages after `read`; at most 1,000. */
  readonly unread: number
  /** The unread messages that mention us; in a direct conversation all of them. */
  readonly mentions: number
  /** Which messages of it call the user. */
  readonly notify: Notify
}

/** A room as {@link Rooms} changes it. Every change ends with {@link touch}. */
export class Room implements RoomView {
  readonly key: string
  readonly kind: RoomView['kind']
  log = new Timeline()
  name: string
  /** What it is called since it was renamed. */
  renamedTo: string | undefined
  version = 0
  status: RoomView['status'] = 'joining'
  error: string | undefined
  topic = ''
  people = 0
  members: Map<string, RoomMember> | undefined
  loadingBefore = false
  outbox: readonly OutboxEntry[] = []
  read = 0
  unread = 0
  mentions = 0
  notify = NOTHING_SET
  /** The epoch of the timeline's log; undefined before the first join. */
  epoch: string | undefined
  /** Whether the newest page from before our join is loaded. */
  isOpened = false
  /** Whether the cache was asked for this room. */
  isRestored = false
  /** The operator deleted it: it is not joined again by itself. */
  isEnded = false
  /** The version that was saved last. */
  keptVersion = 0
  replayUntil = 0
  /** Messages up to this seq are counted in `unread` and `mentions`. */
  countedTo = 0
  readonly #typing = new Map<string, { readonly name: string; readonly timer: NodeJS.Timeout }>()
  readonly #changed: () => void

  /** @param changed is called after every change */
  constructor(key: string, name: string, changed: () => void) {
    this.key = key
    this.name = name
    this.kind = key.startsWith('@') ? 'direct' : 'room'
    this.#changed = changed
  }

  get title(): string {
    return this.renamedTo ?? this.name
  }

  get timeline(): readonly TimelineEntry[] {
    return this.log.entries
  }

  messageAt(seq: number): MessageEntry | undefined {
    return this.log.messageAt(seq)
  }

  get moreBefore(): boolean {
    return this.log.moreBefore
  }

  get typing(): readonly string[] {
    return [...this.#typing.values()].map(({ name }) => name)
  }

  /** Counts and announces a change. */
  touch(): void {
    this.version++
    this.#changed()
  }

  /** A person types, or stopped. Typing that is not renewed ends by itself. */
  setTyping(name: string, on: boolean): void {
    const key = foldName(name)
    const known = this.#typing.get(key)
    clearTimeout(known?.timer)
    if (on)
      this.#typing.set(key, { name, timer: setTimeout(() => this.setTyping(name, false), TYPING_FORGET_MS) })
    else if (!this.#typing.delete(key)) return
    this.touch()
  }

  /** Forgets what it holds: the operator deleted it. */
  end(): void {
    this.clearTyping()
    this.log = new Timeline()
    this.isEnded = true
    this.status = 'failed'
    this.error = `the operator deleted this room; /join ${this.name} begins another`
    this.renamedTo = undefined
    this.topic = ''
    this.people = 0
    this.members = undefined
    this.epoch = undefined
    this.isOpened = false
    this.read = 0
    this.unread = 0
    this.mentions = 0
    this.countedTo = 0
    this.replayUntil = 0
    this.notify = NOTHING_SET
    this.touch()
  }

  /** Removes all typing people. */
  clearTyping(): void {
    for (const { timer } of this.#typing.values()) clearTimeout(timer)
    this.#typing.clear()
  }
}
