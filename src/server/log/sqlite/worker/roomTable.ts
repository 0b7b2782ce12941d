import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { directNames } from '../../roomKeys.ts'
import { skeletonOf } from '../../skeleton.ts'
import { integer, text } from '../columns.ts'
import { endingKey, NOT_ENDING, SELECT_ENDING } from '../endingRooms.ts'
import { FurtherNames } from '../furtherNames.ts'
import { type Statements, statements } from './statements.ts'

/** Rooms that are remembered. */
const CACHED = 10_000
/** Rooms whose newest events are noted in one transaction; some milliseconds. */
const ORDERED = 512
/** With more rooms than this to note, every commit notes some. */
const MAX_LAG = 4_096
/** Likewise after so many events: a start looks at those that came after all was noted. */
const MAX_EVENTS = 50_000

/** A room as the fold knows it. */
export interface FoldedRoom {
  readonly number: number
  /** The seq of its newest event, which is the `prev` of the next. */
  last: number
}

/**
 * The rooms and conversations of the log; they are read when they are asked for. The newest event of each is noted behind
 * the commit, for lists of the newest rooms: noting it in each commit would cost each message two more pages. Belongs to
 * the writing connection.
 */
export class RoomTable {
  readonly further: FurtherNames
  readonly #sql: Statements
  readonly #find: StatementSync
  readonly #rooms = new Map<string, FoldedRoom>()
  readonly #ending = new Set<string>()
  /** Rooms whose newest event is not noted. One more of them does no harm. */
  readonly #touched = new Set<number>()
  /** Those that the last transaction noted: it may be rolled back. */
  #noted: readonly number[] = []
  /** Events since all was noted. */
  #events = 0

  constructor(database: DatabaseSync) {
    this.further = new FurtherNames(database)
    this.#sql = statements(database)
    this.#find = database.prepare(
      `SELECT number, coalesce((SELECT max(seq) FROM events WHERE room = number), first_prev) AS last
      FROM rooms WHERE key = ?`,
    )
    this.#loadEnding()
    // By position: SQLite would walk the whole index of rooms for the different ones, half a second in five million events.
    const behind = this.#sql(
      'SELECT DISTINCT room FROM events NOT INDEXED WHERE seq > (SELECT ordered FROM log)',
    )
    for (const row of behind.iterate()) this.#touched.add(integer(row, 'room'))
  }

  /** The room of this key; undefined where it never had an event. */
  find(key: string): FoldedRoom | undefined {
    const known = this.#rooms.get(key)
    if (known !== undefined) return known
    const row = this.#find.get(key)
    return row === undefined
      ? undefined
      : this.#remember(key, { number: integer(row, 'number'), last: integer(row, 'last') })
  }

  /** Makes a room that is not there. */
  make(key: string, name: string): FoldedRoom {
    const skeleton = directNames(key) === undefined ? skeletonOf(name) : null
    const insert = this.#sql('INSERT INTO rooms (key, name, skeleton) VALUES (?, ?, ?)')
    const number = Number(insert.run(key, name, skeleton).lastInsertRowid)
    for (const person of new Set(directNames(key)))
      this.#sql('INSERT INTO directs (name, room, last) VALUES (?, ?, 0)').run(person, number)
    return this.#remember(key, { number, last: 0 })
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
   * Gives a room, made where it is not there, the key of those that end. False where one of the name ends already, or the name is
   * a further one of another room.
   */
  end(key: string): boolean {
    if (this.#ending.has(key) || this.further.roomOf(key) !== undefined) return false
    const { number } = this.find(key) ?? this.make(key, key)
    this.#sql(
      "UPDATE rooms SET key = ?, name = ?, title = NULL, topic = '', skeleton = NULL, last = 0 WHERE number = ?",
    ).run(endingKey(key), key, number)
    this.#sql('UPDATE room_names SET skeleton = NULL WHERE room = ?').run(number)
    this.#sql('UPDATE directs SET last = 0 WHERE room = ?').run(number)
    this.#rooms.delete(key)
    this.#ending.add(key)
    return true
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

  /** The room has a new event. */
  stored(room: FoldedRoom, seq: number): void {
    room.last = seq
    this.#touched.add(room.number)
    this.#events++
  }

  /** Notes the newest event of some rooms, in the transaction of the caller; false where nothing is left. */
  order(): boolean {
    const some: number[] = []
    for (const number of this.#touched) if (some.push(number) === ORDERED) break
    this.#noted = some
    for (const number of some) {
      this.#sql(
        // A room that ends has no place in the order, whenever its events go.
        `UPDATE rooms SET last = coalesce((SELECT max(seq) FROM events WHERE room = number), first_prev)
        WHERE number = ? AND ${NOT_ENDING}`,
      ).run(number)
      this.#sql('UPDATE directs SET last = (SELECT last FROM rooms WHERE number = room) WHERE room = ?').run(
        number,
      )
      this.#touched.delete(number)
    }
    if (this.#touched.size === 0) {
      this.#sql('UPDATE log SET ordered = last WHERE ordered <> last').run()
      this.#events = 0
    }
    return this.#touched.size > 0
  }

  /** Does not let the noting fall too far behind; for calling with every commit. */
  keepUp(): void {
    if (this.#touched.size > MAX_LAG || this.#events > MAX_EVENTS) this.order()
  }

  /** Whether there is something to note. */
  get isBehind(): boolean {
    return this.#touched.size > 0
  }

  /** Forgets what is remembered: after a transaction that was rolled back. */
  forget(): void {
    this.#rooms.clear()
    this.#loadEnding()
    for (const number of this.#noted) this.#touched.add(number)
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
