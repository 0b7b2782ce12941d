import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { directNames } from '../../roomKeys.ts'
import { skeletonOf } from '../../skeleton.ts'
import { integer, text } from '../columns.ts'
import { endingKey, isEndingKey, SELECT_ENDING } from '../endingRooms.ts'
import { FurtherNames } from '../furtherNames.ts'
import { NEWEST_IN_ROOM, seqsOfRoom } from '../roomSeqs.ts'
import { type Statements, statements } from './statements.ts'

/** Rooms that are remembered. */
const CACHED = 10_000
/** A room as the fold knows it. */
export interface FoldedRoom {
  readonly number: number
  /** The seq of its newest event, which is the `prev` of the next. */
  last: number
  /** The newest seq of the log when an earlier room of this name was deleted; 0: none was. */
  readonly endedAt: number
}

/**
 * The rooms and conversations of the log; they are read when they are asked for. What changes with each of their events is
 * noted behind the commit, see {@link RoomFill}. Belongs to the writing connection.
 */
export class RoomTable {
  readonly further: FurtherNames
  readonly #sql: Statements
  readonly #find: StatementSync
  readonly #catchUp: () => void
  readonly #rooms = new Map<string, FoldedRoom>()
  readonly #ending = new Set<string>()

  /** @param catchUp brings the tail of the connection up to the newest event */
  constructor(database: DatabaseSync, catchUp: () => void) {
    this.#catchUp = catchUp
    this.further = new FurtherNames(database)
    this.#sql = statements(database)
    this.#find = database.prepare(`SELECT number, ${NEWEST_IN_ROOM} AS last FROM rooms WHERE key = ?`)
    this.#loadEnding()
  }

  /** The room of this key; undefined where it never had an event. */
  find(key: string): FoldedRoom | undefined {
    const known = this.#rooms.get(key)
    if (known !== undefined) return known
    this.#catchUp()
    const row = this.#find.get(key)
    if (row === undefined) return undefined
    const number = integer(row, 'number')
    // The filling notes no newest event of a room that ends.
    const last = isEndingKey(key) ? this.#newestOf(number) : integer(row, 'last')
    return this.#remember(key, { number, last, endedAt: this.#endedAt(key) })
  }

  /**
   * Whether an entry is for the room that has this key now, or may make it: not where a room of the name ends, or has ended since
   * the sender looked. @param endedAt what the sender knew: 0 where none had ended
   */
  isMeant(key: string, endedAt: number): boolean {
    return !this.isEnding(key) && (this.find(key)?.endedAt ?? this.#endedAt(key)) === endedAt
  }

  /** Makes a room that is not there. */
  make(key: string, name: string): FoldedRoom {
    const skeleton = directNames(key) === undefined ? skeletonOf(name) : null
    const insert = this.#sql('INSERT INTO rooms (key, name, skeleton) VALUES (?, ?, ?)')
    const number = Number(insert.run(key, name, skeleton).lastInsertRowid)
    for (const person of new Set(directNames(key)))
      this.#sql('INSERT INTO directs (name, room, last) VALUES (?, ?, 0)').run(person, number)
    return this.#remember(key, { number, last: 0, endedAt: this.#endedAt(key) })
  }

  /** Whether a room of this name was ended, and its rows are still there. */
  isEnding(key: string): boolean {
    return this.#ending.has(key)
  }

  /** The keys of such rooms. */
  get ending(): readonly string[] {
    return [...this.#ending]
  }

  /**
   * Gives a room, made where it is not there, the key of those that end. Undefined where one of the name ends already, or the name
   * is a further one of another room.
   */
  end(
    key: string,
  ):
    | { /** What it was called; undefined: it had no event. */ readonly name: string | undefined }
    | undefined {
    if (this.#ending.has(key) || this.further.roomOf(key) !== undefined) return undefined
    const known = this.find(key)
    const name =
      known && this.#sql('SELECT coalesce(title, name) AS name FROM rooms WHERE number = ?').get(known.number)
    const { number } = known ?? this.make(key, key)
    this.#sql(
      "UPDATE rooms SET key = ?, name = ?, title = NULL, topic = '', topic_seq = 0, skeleton = NULL, last = 0 WHERE number = ?",
    ).run(endingKey(key), key, number)
    this.#sql('UPDATE room_names SET skeleton = NULL WHERE room = ?').run(number)
    this.#sql('UPDATE directs SET last = 0 WHERE room = ?').run(number)
    this.#rooms.delete(key)
    this.#ending.add(key)
    return { name: name && text(name, 'name') }
  }

  /** Takes away a room that was ended, and has no events. */
  remove(key: string): void {
    for (const table of ['room_names', 'directs'])
      this.#sql(`DELETE FROM ${table} WHERE room = (SELECT number FROM rooms WHERE key = ?)`).run(
        endingKey(key),
      )
    this.#sql('DELETE FROM rooms WHERE key = ?').run(endingKey(key))
    this.#rooms.delete(endingKey(key))
    this.#ending.delete(key)
  }

  /** The events of a room up to this one were removed. It keeps its place in the order. */
  forgot(room: FoldedRoom, upTo: number): void {
    this.#sql('UPDATE rooms SET first_prev = ?1, last = max(last, ?1) WHERE number = ?2').run(
      upTo,
      room.number,
    )
    this.#sql('UPDATE directs SET last = max(last, ?) WHERE room = ?').run(upTo, room.number)
  }

  /** Forgets what is remembered: after a transaction that was rolled back. */
  forget(): void {
    this.#rooms.clear()
    this.#loadEnding()
  }

  /** The seq of the newest event that a room (a number) has, filled or not; 0: it has none. */
  #newestOf(room: number): number {
    const row = this.#sql(`${seqsOfRoom('DESC')} LIMIT 1`).get(room, 0, Number.MAX_SAFE_INTEGER)
    return row === undefined ? 0 : integer(row, 'seq')
  }

  /** The newest seq of the log when a room of this name was deleted; 0: none was. */
  #endedAt(key: string): number {
    const row = this.#sql('SELECT seq FROM ended_rooms WHERE key = ?').get(key)
    return row === undefined ? 0 : integer(row, 'seq')
  }

  #loadEnding(): void {
    this.#ending.clear()
    for (const row of this.#sql(SELECT_ENDING).iterate()) this.#ending.add(text(row, 'key'))
  }

  #remember(key: string, room: FoldedRoom): FoldedRoom {
    if (this.#rooms.size >= CACHED) this.#rooms.clear()
    this.#rooms.set(key, room)
    return room
  }
}
