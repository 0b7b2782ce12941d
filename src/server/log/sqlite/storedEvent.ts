import type { EventEntry } from '../entries.ts'
import type { LoggedEvent } from '../log.ts'

/** Where and when an entry was stored. */
export interface Position {
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly ts: number
  /** The seq of the room's event before it. */
  readonly prev: number
}

/** The id of an event whose request had none: no other event of this log has its seq. */
export function givenId(epoch: string, seq: number): string {
  return `${epoch}.${seq}`
}

/** The event that an entry became. */
export function eventOf(
  { roomKey, from, id, body }: EventEntry,
  { seq, ts, prev }: Position,
  epoch: string,
  isGuest = false,
): LoggedEvent {
  const guest = isGuest ? { guest: true } : {}
  return { roomKey, seq, prev, ts, from, id: id ?? givenId(epoch, seq), ...guest, ...body } as LoggedEvent
}
