import type { RoomHead } from '../log.ts'
import { integer, optionalInteger, optionalText, type Row, text } from './columns.ts'
import { NEWEST_IN_ROOM, ROOM_TAIL, STORED_ROOM_EVENTS } from './roomSeqs.ts'

/** Reads what {@link headOf} takes, of every room without an event in the tail; a condition on `rooms` can follow. */
export const SELECT_HEADS = selectHeads(STORED_ROOM_EVENTS, 'max(rooms.last, first_prev)')

/** Likewise of every room, of a connection with a tail. */
export const SELECT_HEADS_WITH_TAIL = selectHeads([...STORED_ROOM_EVENTS, ROOM_TAIL], NEWEST_IN_ROOM)

function selectHeads(places: readonly string[], newest: string): string {
  const oldest = places.map(place => `SELECT min(seq) AS oldest FROM ${place} WHERE room = number`)
  return `SELECT key, name, title, topic, first_prev, ${newest} AS newest,
    (SELECT min(oldest) FROM (${oldest.join(' UNION ALL ')})) AS first,
    (SELECT seq FROM ended_rooms WHERE ended_rooms.key = rooms.key) AS ended
  FROM rooms`
}

/** The head of a room as the file holds it. */
export function headOf(row: Row): RoomHead {
  const title = optionalText(row, 'title')
  return {
    key: text(row, 'key'),
    name: text(row, 'name'),
    ...(title === undefined ? {} : { title }),
    topic: text(row, 'topic'),
    first: row['first'] === null ? 0 : integer(row, 'first'),
    firstPrev: integer(row, 'first_prev'),
    last: integer(row, 'newest'),
    ...withEnd(optionalInteger(row, 'ended')),
  }
}

/** When an earlier room of the name was deleted, as a head has it. */
export function withEnd(endedAt: number | undefined): Pick<RoomHead, 'endedAt'> {
  return endedAt === undefined || endedAt === 0 ? {} : { endedAt }
}
