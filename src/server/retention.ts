import type { DatabaseSync } from 'node:sqlite'
import { number, type Row, string } from './rows.ts'
import type { Retention, RoomRetention } from './upkeep.ts'

/** The key under which the retention of all other rooms is stored: no room has an empty key. */
const OTHER_ROOMS = ''
const DAY = 86_400_000

/** What is kept of which room, as operators set it. Belongs to the writing connection. */
export class Retentions {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Sets what is kept of a room, or of all rooms without a retention of their own. No bound at all: keeps all. */
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

  /** Up to which seq each room is to be forgotten at this time; only rooms that have something to forget. */
  due(now: number): { readonly roomKey: string; readonly upTo: number }[] {
    const set = new Map(this.all().map(({ roomKey, retention }) => [roomKey ?? OTHER_ROOMS, retention]))
    if (set.size === 0) return []
    const due: { roomKey: string; upTo: number }[] = []
    for (const row of this.#database.prepare('SELECT number, key FROM rooms').all()) {
      const retention = set.get(string(row, 'key')) ?? set.get(OTHER_ROOMS)
      if (retention === undefined) continue
      const upTo = this.#dueIn(number(row, 'number'), retention, now)
      if (upTo > 0) due.push({ roomKey: string(row, 'key'), upTo })
    }
    return due
  }

  #dueIn(room: number, { days, messages }: Retention, now: number): number {
    let upTo = 0
    if (messages !== undefined) {
      const row = this.#database
        .prepare('SELECT seq FROM events WHERE room = ? ORDER BY seq DESC LIMIT 1 OFFSET ?')
        .get(room, messages)
      if (row !== undefined) upTo = number(row, 'seq')
    }
    if (days !== undefined) {
      // Oldest first, up to the first that is young enough: a clock that was set back keeps too much, never too little.
      const oldest = this.#database.prepare('SELECT seq, ts FROM events WHERE room = ? ORDER BY seq')
      for (const row of oldest.iterate(room)) {
        if (number(row, 'ts') >= now - days * DAY) break
        upTo = Math.max(upTo, number(row, 'seq'))
      }
    }
    return upTo
  }
}

function roomKeyOf(row: Row): string | undefined {
  const key = string(row, 'room')
  return key === OTHER_ROOMS ? undefined : key
}

function retentionOf(row: Row): Retention {
  return {
    ...(row['days'] === null ? {} : { days: number(row, 'days') }),
    ...(row['messages'] === null ? {} : { messages: number(row, 'messages') }),
  }
}
