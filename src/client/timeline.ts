import type { ChatEvent, Reaction } from '../protocol/events.ts'

/** A message in a timeline, as it stands now: edits, reactions and deletion are folded in. */
export interface MessageEntry {
  readonly kind: 'message'
  readonly seq: number
  readonly ts: number
  readonly from: string
  /** The request's id: the identity that an outbox entry of ours had. */
  readonly id: string
  /** The text as it came; undefined where it was deleted. Never clean: see the screen's cleaner. */
  readonly text: string | undefined
  readonly replyTo: number | undefined
  /** The seq of the last edit. */
  readonly edited: number | undefined
  readonly reactions: Readonly<Record<string, Reaction>>
  readonly deleted: ChatEvent['deleted']
}

/** That somebody set the topic. */
export interface TopicEntry {
  readonly kind: 'topic'
  readonly seq: number
  readonly ts: number
  readonly from: string
  readonly topic: string
}

/** Events between `after` and `before` (both exclusive) are not here. */
export interface GapEntry {
  readonly kind: 'gap'
  readonly after: number
  readonly before: number
  /** `expired` can never be filled; `long` and `missed` are filled by history. */
  readonly reason: 'long' | 'expired' | 'missed'
  /** True while a page that fills it is being asked for. */
  readonly loading: boolean
}

/** The server's log began anew: what stands above is kept here alone. */
export interface RestartEntry {
  readonly kind: 'restart'
  /** Our clock when it was noticed. */
  readonly ts: number
}

/** One entry of a timeline, in the order in which the screen shows them. */
export type TimelineEntry = MessageEntry | TopicEntry | GapEntry | RestartEntry
