import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { integer, type Row } from './columns.ts'
import { NOT_ENDING } from './endingRooms.ts'
import { STORED_ROOM_EVENTS } from './roomSeqs.ts'

/**
 * Walks through the events of each room in their order, and counts what is wrong. One event after the other: to sort all events of a
 * large log would take gigabytes.
 */
export class RoomWalk {
  /** Events that are there and in their rooms. */
  placed = 0
  /** Events in rooms that are not there, or are of another room. */
  strays = 0
  /** Events that do not name the one before them. */
  broken = 0
  /** Rooms that do not know their newest event. */
  behind = 0
  readonly #room: StatementSync

  constructor(database: DatabaseSync) {
    const isFilled = hasTable(database, 'room_events')
    this.#room = database.prepare(
      isFilled
        ? `SELECT first_prev, max(rooms.last, first_prev) AS newest, filled, ${NOT_ENDING} AS is_listed
          FROM rooms, log WHERE number = ?`
        : 'SELECT first_prev, 0 AS newest, 0 AS filled, 0 AS is_listed FROM rooms WHERE number = ?',
    )
    const walk = database.prepare(isFilled ? FILLED : BEFORE_ROOM_EVENTS)
    walk.setReturnArrays(true)
    let room: number | undefined
    let before = 0
    for (const row of walk.iterate() as Iterable<unknown>) {
      const [number = 0, seq = 0, of, prev] = row as readonly number[]
      if (number !== room) {
        if (room !== undefined) this.#leave(room, before)
        room = number
        before = -1
      }
      if (of !== number) {
        this.strays++
        continue
      }
      this.placed++
      const expected = before === -1 ? this.#firstPrev(number) : before
      if (expected !== undefined && prev !== expected) this.broken++
      before = seq
    }
    if (room !== undefined) this.#leave(room, before)
  }

  /** Undefined where the room is not there, which is another problem. */
  #firstPrev(room: number): number | undefined {
    const row = this.#room.get(room)
    return row === undefined ? undefined : integer(row, 'first_prev')
  }

  #leave(room: number, newest: number): void {
    const row: Row | undefined = this.#room.get(room)
    if (row === undefined || row['is_listed'] === 0 || newest > integer(row, 'filled')) return
    if (newest > 0 && integer(row, 'newest') !== newest) this.behind++
  }
}

const FILLED = `SELECT of_room.room, of_room.seq, events.room, events.prev FROM (
    ${STORED_ROOM_EVENTS.map(place => `SELECT room, seq FROM ${place}`).join(' UNION ')}
    UNION SELECT room, seq FROM events NOT INDEXED WHERE seq > (SELECT filled FROM log) ORDER BY room, seq
  ) AS of_room LEFT JOIN events ON events.seq = of_room.seq`

/** Logs of earlier layouts have an index for this order. */
const BEFORE_ROOM_EVENTS = 'SELECT room, seq, room, prev FROM events ORDER BY room, seq'

/** Whether the log has a table, which those of earlier layouts may not have. */
export function hasTable(database: DatabaseSync, name: string): boolean {
  const found = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?")
  return found.get(name) !== undefined
}
