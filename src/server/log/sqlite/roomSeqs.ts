/**
 * Where the events of a room stand, as SQL. Three places hold them together: `room_events`; what was said before that table
 * was there; and the tail, a temporary table of each connection, see `worker/roomTail.ts`. An event can be in two of them.
 * See docs/decisions/rooms-behind-the-commit.md.
 */

/** The places that the file holds. */
export const STORED_ROOM_EVENTS = ['earlier_room_events', 'room_events'] as const

/** The place that a connection holds. */
export const ROOM_TAIL = 'temp.room_tail'

/**
 * Selects the seqs of the room ?1 after ?2 and up to ?3 in order, of a connection with a tail; a limit can follow. SQLite merges
 * the three places as they are read, and reads no more of them than is asked for.
 */
export function seqsOfRoom(order: 'ASC' | 'DESC'): string {
  const from = (place: string): string =>
    `SELECT seq FROM ${place} WHERE room = ?1 AND seq > ?2 AND seq <= ?3`
  // The tail of a reading connection does not hear of events that were removed.
  const tail = `${from(ROOM_TAIL)} AND EXISTS (SELECT 1 FROM events WHERE events.seq = room_tail.seq)`
  return `${[...STORED_ROOM_EVENTS.map(from), tail].join(' UNION ')} ORDER BY seq ${order}`
}

/**
 * Of `rooms`: the seq of the newest event, of a connection with a tail. `rooms.last` is moved when the events of the room leave
 * the tail.
 */
export const NEWEST_IN_ROOM = `max(rooms.last, first_prev,
  coalesce((SELECT max(seq) FROM ${ROOM_TAIL} WHERE room = number), 0))`
