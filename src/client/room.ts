import { MAX_UNREAD, TYPING_FORGET_MS } from '../protocol/limits.ts'
import { foldName, mentions } from '../protocol/names.ts'
import type { OutboxEntry } from './outbox.ts'
import { Timeline } from './timeline.ts'
import type { MessageEntry, TimelineEntry } from './timelineEntry.ts'

/** A person in a room. */
export interface RoomMember {
  readonly name: string
  readonly away: string | undefined
}

/**
 * What the client knows of one room. Read it, do not change it. It is one live object for as long as the
 * room is known: `version` grows with every change, so a screen compares that.
 */
export interface RoomView {
  /** Identity: the folded name, `@` and the folded name for a direct conversation. */
  readonly key: string
  /** The spelling to show, without `#`; `@alice` for a direct conversation. Never clean. */
  readonly name: string
  readonly kind: 'room' | 'direct'
  readonly version: number
  /** `joining` until the replay is over, also after a reconnect; `failed` with the reason in `error`. */
  readonly status: 'joining' | 'joined' | 'failed'
  readonly error: string | undefined
  readonly topic: string
  readonly people: number
  /** By folded name; undefined in rooms of more than 200 people. */
  readonly members: ReadonlyMap<string, RoomMember> | undefined
  /** Names of the others who are typing now, longest first. */
  readonly typing: readonly string[]
  /** In order; the newest last. The same array object may be changed in place: compare `version`. */
  readonly timeline: readonly TimelineEntry[]
  /** The message of a seq; undefined where it is not held, or no message. */
  messageAt(seq: number): MessageEntry | undefined
  /** True where `history` has events before the first of the timeline. */
  readonly moreBefore: boolean
  /** True while a page before the first is being asked for. */
  readonly loadingBefore: boolean
  /** What we said here that is not in the timeline yet, in order. */
  readonly outbox: readonly OutboxEntry[]
  /** The newest position when we were let in last: what is later came while we were here. */
  readonly replayUntil: number
  /** The read position as the server knows it. */
  readonly read: number
  /** Others' messages after `read`; stops at 1,000. */
  readonly unread: number
  /** Those of them that mention us; in a direct conversation every one. */
  readonly mentions: number
}

/** A room as its owner changes it. Every change goes through {@link touch}. */
export class Room implements RoomView {
  readonly key: string
  readonly kind: RoomView['kind']
  readonly log = new Timeline()
  name: string
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
  /** The epoch of the log that the timeline belongs to; undefined before it was joined. */
  epoch: string | undefined
  /** The newest page of what was there before us is here. */
  isOpened = false
  /** What was kept of it has been looked for. */
  isRestored = false
  /** The version that was kept last. */
  keptVersion = 0
  replayUntil = 0
  /** Messages up to here are in `unread` and `mentions` already. */
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

  /** Says that something changed. */
  touch(): void {
    this.version++
    this.#changed()
  }

  /** Somebody is typing, or no longer; forgotten by itself. */
  setTyping(name: string, on: boolean): void {
    const key = foldName(name)
    const known = this.#typing.get(key)
    clearTimeout(known?.timer)
    if (on)
      this.#typing.set(key, { name, timer: setTimeout(() => this.setTyping(name, false), TYPING_FORGET_MS) })
    else if (!this.#typing.delete(key)) return
    this.touch()
  }

  /** Forgets who is typing. */
  clearTyping(): void {
    for (const { timer } of this.#typing.values()) clearTimeout(timer)
    this.#typing.clear()
  }

  /** Counts one message of somebody else as unread, unless it is counted already. */
  count(seq: number, isMention: boolean): void {
    if (seq <= this.countedTo || seq <= this.read) return
    this.countedTo = seq
    this.unread = Math.min(MAX_UNREAD, this.unread + 1)
    if (isMention || this.kind === 'direct') this.mentions = Math.min(MAX_UNREAD, this.mentions + 1)
  }

  /** Moves the read position and counts what is unread after it, as far as it is held. */
  moveRead(seq: number, me: string): void {
    this.read = seq
    this.unread = 0
    this.mentions = 0
    for (let i = this.timeline.length - 1; i >= 0; i--) {
      const entry = this.timeline[i]
      if (entry?.kind === 'restart' || (entry?.kind === 'message' && entry.seq <= seq)) break
      if (entry?.kind !== 'message' || entry.deleted !== undefined || foldName(entry.from) === foldName(me))
        continue
      this.unread = Math.min(MAX_UNREAD, this.unread + 1)
      if (this.kind === 'direct' || mentions(entry.text ?? '', me)) this.mentions++
    }
    this.countedTo = Math.max(this.countedTo, this.log.last ?? 0)
  }
}
