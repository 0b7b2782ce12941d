import type { AccountEntry } from './accounts.ts'
import type { OperatorDeed, Retention, RoomRename } from './maintenance.ts'
import type { Notify, NotifyChange } from './notify.ts'

/** What the author of an event says: the part of the event that comes from the request. */
export type EventBody =
  | { readonly action: 'chat'; readonly message: string; readonly replyTo?: number | undefined }
  | { readonly action: 'edit'; readonly target: number; readonly message: string }
  | { readonly action: 'delete'; readonly target: number }
  | { readonly action: 'react'; readonly target: number; readonly emoji: string; readonly on: boolean }
  | { readonly action: 'topic'; readonly topic: string }

/** An event to be stored. */
export interface EventEntry {
  readonly kind: 'event'
  /** The identity of the room; see `RoomHead`. */
  readonly roomKey: string
  /** The spelling that the room gets if this is its first event. */
  readonly roomName: string
  /** The author's name as clients show it; the folded name is the scope of `id`. */
  readonly from: string
  /** When a room of this name was deleted last, as the sender knew: see `RoomDirectory.endedAt`. Refused where one was since. */
  readonly endedAt?: number | undefined
  /** The number of the author's session. A message without one can be edited and deleted by no session. */
  readonly session?: number | undefined
  /** The request's id; an event without one gets an id that no other event has. */
  readonly id?: string | undefined
  readonly body: EventBody
}

/** A session as the log keeps it. */
export interface KeptSession {
  /** Grows with each new session; no number is used twice. */
  readonly number: number
  /** The hash of its secret. */
  readonly hash: string
  /** The folded name that it belongs to. */
  readonly person: string
  /** The position of the log when it began. */
  readonly began: number
  /** The rooms that it joined and did not leave, and direct conversations that it read, each with its read position. */
  readonly reads: ReadonlyMap<string, number>
  /** What it has set for rooms and direct conversations. */
  readonly notify: ReadonlyMap<string, Notify>
}

/** How many open sessions stay beside one that begins; those of accounts do not count, and stay. */
interface SessionBounds {
  readonly ofPerson: number
  readonly inAll: number
  /** Numbers of sessions of the person that are connected: they stay. */
  readonly connected: readonly number[]
}

/** A session begins. Where there are too many, others are forgotten: see `SessionTable`. */
export interface SessionBeginning {
  readonly kind: 'began'
  readonly session: Omit<KeptSession, 'reads' | 'notify'>
  /** The spelling of the person's name. */
  readonly name: string
  /** Without it none is forgotten. */
  readonly bounds?: SessionBounds | undefined
}

/** A change to the sessions. */
export type SessionChange =
  | SessionBeginning
  | { readonly kind: 'forgotten'; readonly session: number }
  /** From now on a session sees nothing of direct conversations up to a position. */
  | { readonly kind: 'floor'; readonly session: number; readonly began: number }
  | {
      readonly kind: 'read'
      readonly session: number
      readonly roomKey: string
      /** The read position. */
      readonly seq: number
      /** As that of an {@link EventEntry}: nothing changes where the room was deleted since. */
      readonly endedAt?: number | undefined
    }
  /** A session left a room: its read position, and what it has set for it, go. */
  | { readonly kind: 'left'; readonly session: number; readonly roomKey: string }
  | {
      readonly kind: 'notify'
      readonly session: number
      readonly roomKey: string
      readonly change: NotifyChange
      readonly endedAt?: number | undefined
    }

/** Where the erasing of a person goes on: the person's events first, then the reactions. */
export interface ErasureCursor {
  readonly part: 'events' | 'reactions'
  /** Everything of this part up to this seq is done. */
  readonly after: number
  /** Of the second part: up to this seq the first one is done. What came later is looked at in the end. */
  readonly upTo?: number | undefined
}

/** Where the removal of a room goes on: its events, then what sessions have of it, then the room. */
export interface SweepCursor {
  readonly part: 'events' | 'reads' | 'notify' | 'room'
  /** Every session up to this number is done. */
  readonly after: number
}

/** What operators and clocks change. Each entry is a slice of about a millisecond, so that no commit waits long behind it. */
export type MaintenanceEntry =
  /** Sets how long events of a room are kept; of all rooms without a retention of their own where the key is undefined. */
  | { readonly kind: 'retain'; readonly roomKey: string | undefined; readonly retention: Retention }
  /** Removes at most `limit` of a room's oldest events, up to a position. */
  | { readonly kind: 'forget'; readonly roomKey: string; readonly upTo: number; readonly limit: number }
  /** Erases at most `limit` of what a person (a folded name) said, and takes the name away after the last. */
  | { readonly kind: 'erase'; readonly person: string; readonly from: ErasureCursor; readonly limit: number }
  /** Notes the time that retention goes by, ms since 1970. */
  | { readonly kind: 'clock'; readonly time: number }
  /** Gives the log another epoch: every client starts its rooms afresh. */
  | { readonly kind: 'epoch'; readonly epoch: string }
  /** Takes a room away from its name: none finds it any more, and no room has the name until `sweep` is done. */
  | { readonly kind: 'endRoom'; readonly roomKey: string }
  /** Removes at most `limit` events of a room that was ended, or a slice of the rest. */
  | { readonly kind: 'sweep'; readonly roomKey: string; readonly from: SweepCursor; readonly limit: number }
  /** Gives a room another title, to which the name leads from then on, and notes who did. Refused where the name is not free. */
  | ({ readonly kind: 'renameRoom'; readonly deed: OperatorDeed } & RoomRename)
  /** Notes in the audit what an operator did. */
  | ({ readonly kind: 'deed' } & OperatorDeed)

/** One change of durable state. The log applies entries in order, and decides there what becomes of each. */
export type Entry = EventEntry | SessionChange | AccountEntry | MaintenanceEntry
