import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { integer, optionalText } from '../columns.ts'

/** Authors whose gaps are remembered. */
const CACHED = 10_000

/** A stretch of ids, without its ends, in which an author has none of the earlier ones. Undefined: there is no such end. */
interface Gap {
  readonly after: string | undefined
  readonly before: string | undefined
}

/**
 * The ids of events: an author uses each once. The table is in the order of ids, which begin with the time where clients make them so:
 * the new ones stand together. Belongs to the writing connection.
 */
export class EventIds {
  readonly #insert: StatementSync
  readonly #around: StatementSync
  readonly #find: StatementSync
  readonly #remove: StatementSync
  /** Where the new ids of an author were last: the earlier ones become no more, so that a gap never closes. */
  readonly #gaps = new Map<number, Gap>()

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(
      'INSERT INTO event_ids (id, author, seq) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    )
    this.#around = database.prepare(
      `SELECT (SELECT max(id) FROM earlier_event_ids WHERE author = ?1 AND id <= ?2) AS below,
        (SELECT min(id) FROM earlier_event_ids WHERE author = ?1 AND id > ?2) AS above`,
    )
    this.#find = database.prepare(
      `SELECT seq FROM event_ids WHERE id = ?1 AND author = ?2
      UNION ALL SELECT seq FROM earlier_event_ids WHERE author = ?2 AND id = ?1`,
    )
    this.#remove = database.prepare(
      'DELETE FROM event_ids WHERE (id, author) = (SELECT id, author FROM events WHERE seq = ?1) AND seq = ?1',
    )
  }

  /** Notes the id of an event; false where the author (a number) has used it before. */
  take(id: string, author: number, seq: number): boolean {
    return !this.#isEarlier(id, author) && this.#insert.run(id, author, seq).changes === 1
  }

  /** The event for which the author used the id. */
  find(id: string, author: number): number | undefined {
    const row = this.#find.get(id, author)
    return row === undefined ? undefined : integer(row, 'seq')
  }

  /** Frees the id of an event that is about to be removed. */
  remove(seq: number): void {
    this.#remove.run(seq)
  }

  /** Whether the author used it before this table was. New ids are mostly near the last one: one look serves many. */
  #isEarlier(id: string, author: number): boolean {
    const gap = this.#gaps.get(author)
    if (gap !== undefined && isIn(gap, id)) return false
    const row = this.#around.get(author, id) ?? {}
    const after = optionalText(row, 'below')
    if (after === id) return true
    if (this.#gaps.size >= CACHED) this.#gaps.clear()
    this.#gaps.set(author, { after, before: optionalText(row, 'above') })
    return false
  }
}

/** Ids are letters and signs of ASCII, which SQLite and strings order alike. */
function isIn({ after, before }: Gap, id: string): boolean {
  return (after === undefined || id > after) && (before === undefined || id < before)
}
