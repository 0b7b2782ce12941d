import type { DatabaseSync } from 'node:sqlite'
import type { SweepCursor } from '../../entries.ts'
import { integer } from '../columns.ts'
import { endingKey } from '../endingRooms.ts'
import type { Outcome } from '../messages.ts'
import { seqsOfRoom } from '../roomSeqs.ts'
import type { EventIds } from './eventIds.ts'
import type { MentionTable } from './mentionTable.ts'
import type { ReactionTable } from './reactionTable.ts'
import type { RoomFill } from './roomFill.ts'
import type { RoomTable } from './roomTable.ts'
import type { SessionTable } from './sessionTable.ts'
import { type Statements, statements } from './statements.ts'
import type { WordIndex } from './wordIndex.ts'

const BEYOND = Number.MAX_SAFE_INTEGER

/** The tables that hold something of a room. */
export interface RoomTables {
  readonly rooms: RoomTable
  readonly sessions: SessionTable
  readonly index: WordIndex
  readonly mentions: MentionTable
  readonly reactions: ReactionTable
  readonly fill: RoomFill
  readonly ids: EventIds
}

/** What a slice of the removal did. */
export interface Swept {
  /** How many events went. */
  readonly removed: number
  /** Where the next slice begins; undefined: nothing is left. */
  readonly next: SweepCursor | undefined
}

/** The part of the fold that removes events and whole rooms. Belongs into a transaction. */
export class RoomEnding {
  readonly #sql: Statements
  readonly #tables: RoomTables

  constructor(database: DatabaseSync, tables: RoomTables) {
    this.#sql = statements(database)
    this.#tables = tables
  }

  /**
   * Takes a room away from its name. What it holds goes in slices: see {@link sweep}.
   * @param last the newest seq of the log
   */
  end(roomKey: string, last: number): Outcome {
    const ended = this.#tables.rooms.end(roomKey)
    if (ended === undefined) return { kind: 'unchanged' }
    // Clients that joined it by another of its names hold it under that one. A name can end twice without an event between: the
    // epoch of its rooms follows from this number, which is therefore another one each time.
    this.#sql(
      `INSERT INTO ended_rooms (key, seq)
        SELECT ?1, ?2 UNION SELECT room_names.key, ?2 FROM room_names JOIN rooms ON rooms.number = room WHERE rooms.key = ?3
      ON CONFLICT (key) DO UPDATE SET seq = max(excluded.seq, seq + 1)`,
    ).run(roomKey, last, endingKey(roomKey))
    this.#sql('DELETE FROM retention WHERE room = ?').run(roomKey)
    return { kind: 'ended', name: ended.name }
  }

  /** Removes a slice of a room that was ended. */
  sweep(roomKey: string, from: SweepCursor, limit: number): Swept {
    const { rooms, sessions } = this.#tables
    const room = rooms.find(endingKey(roomKey))
    if (room === undefined) return { removed: 0, next: undefined }
    switch (from.part) {
      case 'events': {
        const { removed } = this.removeEvents(room.number, BEYOND, limit)
        return { removed, next: removed < limit ? { part: 'reads', after: 0 } : from }
      }
      case 'reads':
      case 'notify': {
        const after = sessions.unlist(from.part, roomKey, from.after)
        if (after !== undefined) return { removed: 0, next: { part: from.part, after } }
        return { removed: 0, next: { part: from.part === 'reads' ? 'notify' : 'room', after: 0 } }
      }
      case 'room':
        if (this.removeEvents(room.number, BEYOND, 1).removed > 0)
          return { removed: 1, next: { part: 'events', after: 0 } }
        rooms.remove(roomKey)
        return { removed: 0, next: undefined }
    }
  }

  /** Removes the oldest events of a room (a number), which the tail has; the seq of the last of them. */
  removeEvents(
    room: number,
    upTo: number,
    limit: number,
  ): { readonly removed: number; readonly last: number | undefined } {
    const { index, mentions, reactions, fill, ids } = this.#tables
    const rows = this.#sql(`${seqsOfRoom('ASC')} LIMIT ?4 + 0`).all(room, 0, upTo, limit)
    for (const row of rows) {
      const seq = integer(row, 'seq')
      const event = this.#sql('SELECT action FROM events WHERE seq = ?').get(seq)
      if (event?.['action'] === 'chat') {
        index.remove(seq)
        mentions.remove(seq)
        reactions.clear(seq)
      }
      ids.remove(seq)
      this.#sql('DELETE FROM events WHERE seq = ?').run(seq)
      fill.remove(room, seq)
    }
    const newest = rows.at(-1)
    return { removed: rows.length, last: newest === undefined ? undefined : integer(newest, 'seq') }
  }
}
