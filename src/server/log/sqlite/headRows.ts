import type { RoomHead } from '../log.ts'
import { integer, optionalText, type Row, text } from './columns.ts'

/** Reads what {@link headOf} takes, of every room; a condition on `rooms` can follow. */
export const SELECT_HEADS = `SELECT key, name, title, topic, first_prev,
  (SELECT min(seq) FROM events WHERE room = number) AS first,
  (SELECT max(seq) FROM events WHERE room = number) AS last
FROM rooms`

/** The head of a room as the file holds it. */
export function headOf(row: Row): RoomHead {
  const firstPrev = integer(row, 'first_prev')
  const title = optionalText(row, 'title')
  return {
    key: text(row, 'key'),
    name: text(row, 'name'),
    ...(title === undefined ? {} : { title }),
    topic: text(row, 'topic'),
    first: row['first'] === null ? 0 : integer(row, 'first'),
    firstPrev,
    last: row['last'] === null ? firstPrev : integer(row, 'last'),
  }
}
