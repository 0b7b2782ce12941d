import type { OutboxEntry } from './outbox.ts'
import type { TimelineEntry } from './timeline.ts'

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
  /** True where `history` has events before the first of the timeline. */
  readonly moreBefore: boolean
  /** True while a page before the first is being asked for. */
  readonly loadingBefore: boolean
  /** What we said here that is not in the timeline yet, in order. */
  readonly outbox: readonly OutboxEntry[]
  /** The read position as the server knows it. */
  readonly read: number
  /** Others' messages after `read`; stops at 1,000. */
  readonly unread: number
  /** Those of them that mention us; in a direct conversation every one. */
  readonly mentions: number
}
