import type { DatabaseSync } from 'node:sqlite'
import type { RoomHead } from '../../log.ts'
import { integer } from '../columns.ts'
import { NOT_ENDING } from '../endingRooms.ts'
import { headOf, SELECT_HEADS_WITH_TAIL } from '../headRows.ts'
import { ROOM_TAIL } from '../roomSeqs.ts'
import { ADD_TO_TAIL, makeRoomTail } from './roomTail.ts'
import { type Statements, statements } from './statements.ts'

/** With more events than this in the tail, every commit fills some. A start after a crash reads a few times as many. */
const MAX_TAIL = 65_536
/** Such a commit fills this many times the events that it adds, so that the tail shrinks. */
const CATCHING_UP = 2
/** Events that one transaction fills while nothing is committed; some milliseconds. */
const SLICE = 2_048
const BEYOND = Number.MAX_SAFE_INTEGER

/** How far the filling has come, as memory holds it. */
interface Progress {
  /** The tail has all events up to here that were not filled. */
  readonly position: number
  /** Events in the tail. */
  readonly size: number
  /** Those that were added since a commit filled some. */
  readonly added: number
  /** Whether commits fill some until the round through the rooms is over. */
  readonly isOwed: boolean
  /** Where the round stands: up to this event of this room. */
  readonly room: number
  readonly seq: number
  /** When the round ends, all events up to here are filled. */
  readonly until: number
  /** All events up to here are filled, as the log notes it. */
  readonly filled: number
}

/**
 * Fills `room_events`, which says which events a room has, behind the commit: in rounds through the rooms, in the order of
 * their numbers. A commit to many rooms would change a page of the table for each of its events; a slice of a round changes a
 * page for many. The newest event of each room is noted with them. Belongs to the writing connection and into its transactions.
 */
export class RoomFill {
  readonly #sql: Statements
  #now: Progress
  #committed: Progress

  constructor(database: DatabaseSync) {
    makeRoomTail(database)
    this.#sql = statements(database)
    const filled = integer(this.#sql('SELECT filled FROM log').get() ?? {}, 'filled')
    this.#now = { position: filled, size: 0, added: 0, isOwed: false, room: 0, seq: 0, until: 0, filled }
    this.#committed = this.#now
  }

  /** All events up to here are filled. */
  get filled(): number {
    return this.#now.filled
  }

  /** Whether there is something to fill. */
  get isBehind(): boolean {
    return this.#now.filled < this.#now.position
  }

  /** The heads of rooms with events in the tail, in the order of their newest events. */
  heads(): readonly RoomHead[] {
    return this.#sql(
      `${SELECT_HEADS_WITH_TAIL} WHERE number IN (SELECT room FROM ${ROOM_TAIL}) AND ${NOT_ENDING} ORDER BY newest`,
    )
      .all()
      .map(headOf)
  }

  /** Adds the newest events to the tail. @param last the seq of the newest */
  catchUp(last: number): void {
    const { position, size, added } = this.#now
    if (last <= position) return
    const more = Number(this.#sql(ADD_TO_TAIL).run(position).changes)
    this.#now = { ...this.#now, position: last, size: size + more, added: added + more }
  }

  /** Does not let the tail grow too long; for calling at the end of every commit. */
  keepUp(last: number): void {
    this.catchUp(last)
    const { added, size } = this.#now
    const isOwed = this.#now.isOwed || size > MAX_TAIL
    this.#now = { ...this.#now, added: 0, isOwed }
    if (isOwed && added > 0) this.fill(CATCHING_UP * added)
  }

  /** Takes out an event that is removed. */
  remove(room: number, seq: number): void {
    this.#sql('DELETE FROM room_events WHERE room = ? AND seq = ?').run(room, seq)
    const { changes } = this.#sql(`DELETE FROM ${ROOM_TAIL} WHERE room = ? AND seq = ?`).run(room, seq)
    if (changes > 0) this.#now = { ...this.#now, size: this.#now.size - 1 }
  }

  /** Fills the next events of the round; false where nothing is left to fill. */
  fill(limit = SLICE): boolean {
    if (!this.isBehind) return false
    if (this.#now.room === 0) this.#now = { ...this.#now, until: this.#now.position }
    const { room, seq } = this.#now
    const end = this.#sql(
      `SELECT room, seq FROM ${ROOM_TAIL} WHERE (room, seq) > (?, ?) ORDER BY room, seq LIMIT 1 OFFSET ?`,
    ).get(room, seq, limit - 1)
    if (end === undefined) {
      this.#move(BEYOND, BEYOND)
      this.#endRound()
    } else this.#move(integer(end, 'room'), integer(end, 'seq'))
    return this.isBehind
  }

  /** Takes over what the transaction did, after its commit. */
  saved(): void {
    this.#committed = this.#now
  }

  /** Forgets what the transaction did, after it was rolled back. */
  load(): void {
    this.#now = this.#committed
  }

  /** Moves the events from where the round stands up to another one out of the tail. */
  #move(room: number, seq: number): void {
    const bounds = [this.#now.room, this.#now.seq, room, seq]
    const slice = `FROM ${ROOM_TAIL} WHERE (room, seq) > (?1, ?2) AND (room, seq) <= (?3, ?4)`
    this.#sql(`INSERT OR IGNORE INTO room_events SELECT room, seq ${slice} ORDER BY room, seq`).run(...bounds)
    // A room that ends has no place in the order, whenever its events go.
    this.#sql(
      `UPDATE rooms SET last = max(last, (SELECT max(seq) FROM ${ROOM_TAIL} WHERE room = number))
      WHERE number IN (SELECT room ${slice}) AND ${NOT_ENDING}`,
    ).run(...bounds)
    this.#sql(
      `UPDATE directs SET last = (SELECT last FROM rooms WHERE number = room) WHERE room IN (SELECT room ${slice})`,
    ).run(...bounds)
    const { changes } = this.#sql(`DELETE ${slice}`).run(...bounds)
    this.#now = { ...this.#now, size: this.#now.size - Number(changes), room, seq }
  }

  #endRound(): void {
    const filled = this.#now.size === 0 ? this.#now.position : this.#now.until
    this.#sql('UPDATE log SET filled = ?').run(filled)
    this.#now = { ...this.#now, filled, isOwed: false, room: 0, seq: 0 }
  }
}
