import type { DatabaseSync } from 'node:sqlite'
import { SERVER_NAME } from '../../../../protocol/names.ts'
import type { Entry, EntryBody } from '../../log.ts'
import { number, type Row, string } from './rows.ts'
import { type Statements, statements } from './statements.ts'

/** Events that are looked at for one slice; about 10 ms. */
const LOOKED_AT = 20_000

/** Some of what is to be erased. */
interface ErasureSlice {
  /** What is to be stored for it; nobody has to be allowed. */
  readonly entries: readonly Entry[]
  /** Nothing is left. */
  readonly done: boolean
}

/**
 * Takes away what a person said, a slice at a time: messages, topics and reactions by entries that everybody folds, and
 * at once what remains of topics and edits in older events. Each slice belongs into a transaction.
 */
export class Erasure {
  /** The number of the person. */
  readonly author: number
  readonly #sql: Statements
  readonly #name: string
  /** Everything up to this seq is done; undefined: all events are, reactions are next. */
  #upTo: number | undefined = 0
  #reactedTo = 0

  /** @param author the number of the person, whose folded name is `name` */
  constructor(database: DatabaseSync, author: number, name: string) {
    this.#sql = statements(database)
    this.author = author
    this.#name = name
  }

  /** At most `limit` of what is left in a log whose newest event is `last`. */
  slice(last: number, limit: number): ErasureSlice {
    return this.#upTo === undefined ? this.#reactions(limit) : this.#said(this.#upTo, last, limit)
  }

  #said(upTo: number, last: number, limit: number): ErasureSlice {
    const end = Math.min(last, upTo + LOOKED_AT)
    const rows = this.#sql(
      `SELECT e.seq, e.action, e.text, rooms.key, rooms.topic FROM events e JOIN rooms ON rooms.number = e.room
      WHERE e.seq > ? AND e.seq <= ? AND e.author = ?
        AND (e.action = 'chat' AND e.deleted IS NULL OR e.action IN ('edit', 'topic') AND e.text <> '')
      ORDER BY e.seq LIMIT ?`,
    ).all(upTo, end, this.author, limit)
    const newest = rows.length < limit ? end : number(rows.at(-1) ?? {}, 'seq')
    this.#upTo = newest < last ? newest : undefined
    return { entries: rows.flatMap(row => this.#insteadOf(row)), done: false }
  }

  #insteadOf(row: Row): Entry[] {
    const seq = number(row, 'seq')
    const key = string(row, 'key')
    if (row['action'] === 'chat') return [entryIn(key, SERVER_NAME, { action: 'delete', target: seq })]
    // An edit is empty like one that was overtaken, a topic like one that was taken away.
    this.#sql("UPDATE events SET text = iif(action = 'edit', NULL, '') WHERE seq = ?").run(seq)
    const isShown = row['action'] === 'topic' && row['topic'] === row['text']
    return isShown ? [entryIn(key, SERVER_NAME, { action: 'topic', topic: '' })] : []
  }

  #reactions(limit: number): ErasureSlice {
    const rows = this.#sql(
      `SELECT reactions.target, reactions.emoji, rooms.key FROM reactions
      JOIN events e ON e.seq = reactions.target JOIN rooms ON rooms.number = e.room
      WHERE reactions.target >= ? AND reactions.author = ? ORDER BY reactions.target LIMIT ?`,
    ).all(this.#reactedTo, this.author, limit)
    this.#reactedTo = number(rows.at(-1) ?? { target: 0 }, 'target')
    const entries = rows.map(row =>
      entryIn(string(row, 'key'), this.#name, {
        action: 'react',
        target: number(row, 'target'),
        emoji: string(row, 'emoji'),
        on: false,
      }),
    )
    return { entries, done: rows.length === 0 }
  }
}

function entryIn(roomKey: string, from: string, body: EntryBody): Entry {
  return { roomKey, roomName: roomKey, from, body }
}
