import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import type { Retention, RoomRetention } from '../../maintenance.ts'
import { integer, type Row, text } from '../columns.ts'
import { seqsOfRoom } from '../roomSeqs.ts'
import { type Statements, statements } from './statements.ts'

/** The key under which the retention of all other rooms is stored: no room has an empty key. */
const OTHER_ROOMS = ''
const DAY = 86_400_000
const BEYOND = Number.MAX_SAFE_INTEGER
/** Events that are looked at before other tasks have their turn; some milliseconds. */
const SLICE = 10_000
/** How long one look at rooms lasts before other tasks have their turn, ms. */
const TURN_MS = 2
const ROOMS_AT_ONCE = 256

/** How long the events of each room are kept, as operators set it. Belongs to the writing connection, which has a tail. */
export class RetentionTable {
  readonly #database: DatabaseSync
  readonly #sql: Statements

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#sql = statements(database)
  }

  /** Sets the retention of a room, or of all rooms without one of their own. Without a bound everything is kept. */
  set(roomKey: string | undefined, { days, messages }: Retention): void {
    this.#database
      .prepare(
        `INSERT INTO retention (room, days, messages) VALUES (?, ?, ?)
        ON CONFLICT (room) DO UPDATE SET days = excluded.days, messages = excluded.messages`,
      )
      .run(roomKey ?? OTHER_ROOMS, days ?? null, messages ?? null)
  }

  /** Every retention that was set. */
  all(): RoomRetention[] {
    return this.#database
      .prepare('SELECT room, days, messages FROM retention ORDER BY room')
      .all()
      .map(row => ({ roomKey: roomKeyOf(row), retention: retentionOf(row) }))
  }

  /** Up to which seq each room is to be forgotten at this time. Other tasks have their turn between slices. */
  async *due(now: number): AsyncIterable<{ readonly roomKey: string; readonly upTo: number }> {
    const set = new Map(this.all().map(({ roomKey, retention }) => [roomKey ?? OTHER_ROOMS, retention]))
    if (set.size === 0) return
    let began = performance.now()
    for (const { number, key } of this.#rooms()) {
      const retention = set.get(key) ?? set.get(OTHER_ROOMS)
      if (retention === undefined) continue
      const upTo = await this.#dueIn(number, retention, now)
      if (upTo > 0) yield { roomKey: key, upTo }
      if (performance.now() - began < TURN_MS) continue
      await turn()
      began = performance.now()
    }
  }

  /** Every room, some in memory at a time. */
  *#rooms(): Iterable<{ readonly number: number; readonly key: string }> {
    for (let after = 0; ; ) {
      const some = this.#sql('SELECT number, key FROM rooms WHERE number > ? ORDER BY number LIMIT ? + 0')
      const rows = some.all(after, ROOMS_AT_ONCE)
      for (const row of rows) {
        after = integer(row, 'number')
        yield { number: after, key: text(row, 'key') }
      }
      if (rows.length < ROOMS_AT_ONCE) return
    }
  }

  async #dueIn(room: number, { days, messages }: Retention, now: number): Promise<number> {
    return Math.max(
      messages === undefined ? 0 : await this.#beforeNewest(room, messages),
      days === undefined ? 0 : await this.#before(room, now - days * DAY),
    )
  }

  /** The position before the newest so many messages of a room; other events do not count. */
  async #beforeNewest(room: number, messages: number): Promise<number> {
    let left = messages
    for (let upTo = BEYOND; ; await turn()) {
      const counted =
        this.#sql(
          `SELECT min(events.seq) AS oldest, total(action = 'chat') AS chats
          FROM (${seqsOfRoom('DESC')} LIMIT ?4 + 0) AS of_room CROSS JOIN events ON events.seq = of_room.seq`,
        ).get(room, 0, upTo, SLICE) ?? {}
      if (counted['oldest'] === null) return 0
      if (integer(counted, 'chats') >= left) return left === 0 ? upTo : this.#beforeNth(room, upTo, left)
      left -= integer(counted, 'chats')
      upTo = integer(counted, 'oldest') - 1
    }
  }

  #beforeNth(room: number, upTo: number, messages: number): number {
    const nth = this.#sql(
      `SELECT events.seq FROM (${seqsOfRoom('DESC')} LIMIT ?4 + 0) AS of_room
        CROSS JOIN events ON events.seq = of_room.seq
      WHERE action = 'chat' ORDER BY events.seq DESC LIMIT 1 OFFSET ?5`,
    ).get(room, 0, upTo, SLICE, messages - 1)
    return integer(nth ?? {}, 'seq') - 1
  }

  /**
   * The position after the events of a room that are older than a time, from the oldest up to the first that is young
   * enough: a clock that was set back keeps too much, never too little.
   */
  async #before(room: number, time: number): Promise<number> {
    const after = this.#sql(`${seqsOfRoom('ASC')} LIMIT ?4 + 0`)
    const saidAt = this.#sql('SELECT ts FROM events WHERE seq = ?')
    for (let upTo = 0; ; await turn()) {
      const from = upTo
      for (const row of after.iterate(room, from, BEYOND, SLICE)) {
        const seq = integer(row, 'seq')
        if (integer(saidAt.get(seq) ?? {}, 'ts') >= time) return upTo
        upTo = seq
      }
      if (upTo === from) return upTo
    }
  }
}

function roomKeyOf(row: Row): string | undefined {
  const key = text(row, 'room')
  return key === OTHER_ROOMS ? undefined : key
}

function retentionOf(row: Row): Retention {
  return {
    ...(row['days'] === null ? {} : { days: integer(row, 'days') }),
    ...(row['messages'] === null ? {} : { messages: integer(row, 'messages') }),
  }
}
