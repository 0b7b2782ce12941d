import type {
  ChatEvent,
  DeleteEvent,
  EditEvent,
  ReactEvent,
  Reaction,
  RoomEvent,
} from '../protocol/events.ts'
import { foldName } from '../protocol/names.ts'
import { foldReaction } from './reactions.ts'

/** A message in a timeline in its present state: edits, reactions and deletion are folded in. */
export interface MessageEntry {
  readonly kind: 'message'
  readonly seq: number
  readonly ts: number
  readonly from: string
  /** Whether its author had no account; missing where that is not said. */
  readonly guest?: true
  /** The request's id: the identity that an outbox entry of ours had. */
  readonly id: string
  /** The text as sent, not cleaned; undefined after deletion. */
  readonly text: string | undefined
  readonly replyTo: number | undefined
  /** The seq of the last edit. */
  readonly edited: number | undefined
  readonly reactions: Readonly<Record<string, Reaction>>
  readonly deleted: ChatEvent['deleted']
}

/** A change of the topic. */
export interface TopicEntry {
  readonly kind: 'topic'
  readonly seq: number
  readonly ts: number
  readonly from: string
  readonly topic: string
}

/** Events between `after` and `before` (both exclusive) are not loaded. */
export interface GapEntry {
  readonly kind: 'gap'
  readonly after: number
  readonly before: number
  /** `expired` can never be filled; `long` and `missed` are filled by history. */
  readonly reason: 'long' | 'expired' | 'missed'
  /** True while a page of it is requested. */
  readonly loading: boolean
}

/** The server has another log: only this client still has the entries above. */
interface RestartEntry {
  readonly kind: 'restart'
  /** Our clock when the new log was noticed. */
  readonly ts: number
}

/** One entry of a timeline, in the order in which the screen shows them. */
export type TimelineEntry = MessageEntry | TopicEntry | GapEntry | RestartEntry

/** An event that changes a message. */
export type Change = EditEvent | DeleteEvent | ReactEvent

/** What folding a change into a message needs beside the message. */
export interface Held {
  /** The seq as of which the message was current when it came. */
  readonly asOf: number
  /** The seq of the newest reaction folded in since, by person and emoji: pages arrive in any order. Usually undefined. */
  reacted?: Map<string, number>
}

/** The last seq that an entry covers. */
export function endOf(entry: TimelineEntry): number {
  if (entry.kind === 'gap') return entry.before - 1
  return entry.kind === 'restart' ? 0 : entry.seq
}

/** Whether an event changes a message. */
export function isChange(event: RoomEvent): event is Change {
  return event.action === 'edit' || event.action === 'delete' || event.action === 'react'
}

/** The entry of an event; undefined for a change, which has no entry. */
export function entryOf(event: RoomEvent): MessageEntry | TopicEntry | undefined {
  if (event.action === 'topic') {
    return { kind: 'topic', seq: event.seq, ts: event.ts, from: event.from, topic: event.topic }
  }
  if (event.action !== 'chat') return undefined
  return {
    kind: 'message',
    seq: event.seq,
    ts: event.ts,
    from: event.from,
    ...(event.guest === undefined ? {} : { guest: event.guest }),
    id: event.id,
    text: event.message,
    replyTo: event.replyTo,
    edited: event.edited,
    reactions: event.reactions ?? {},
    deleted: event.deleted,
  }
}

/** The message with a change folded in; undefined if a newer event covers the change. */
export function foldChange(entry: MessageEntry, change: Change, held: Held): MessageEntry | undefined {
  if (entry.deleted !== undefined) return undefined
  switch (change.action) {
    case 'delete':
      return {
        ...entry,
        text: undefined,
        reactions: {},
        deleted: { seq: change.seq, by: change.from, ts: change.ts },
      }
    case 'edit':
      if (change.message === undefined || (entry.edited ?? 0) >= change.seq) return undefined
      return { ...entry, text: change.message, edited: change.seq }
    case 'react': {
      const key = `${foldName(change.from)} ${change.emoji}`
      held.reacted ??= new Map()
      const { reacted } = held
      if ((reacted.get(key) ?? 0) >= change.seq) return undefined
      reacted.set(key, change.seq)
      return { ...entry, reactions: foldReaction(entry.reactions, change) }
    }
  }
}
