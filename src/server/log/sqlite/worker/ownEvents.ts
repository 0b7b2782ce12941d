import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { integer } from '../columns.ts'
import type { OwnEvents } from '../messages.ts'
import { Rows, rowBytes, SELECT_EVENTS } from './rows.ts'

/** Events that one page looks at; about 10 ms, so that nobody's history waits long behind it. */
const LOOKED_AT = 20_000
const MAX_BYTES = 512 * 1024

/** Reads what one person said. Belongs to a reading connection. */
export class OwnEventsReader {
  readonly #rows: Rows
  readonly #end: StatementSync
  readonly #own: StatementSync

  constructor(database: DatabaseSync) {
    this.#rows = new Rows(database)
    this.#end = database.prepare(
      'SELECT max(seq) AS last, count(*) AS looked FROM (SELECT seq FROM events WHERE seq > ? ORDER BY seq LIMIT ? + 0)',
    )
    this.#own = database.prepare(
      `${SELECT_EVENTS} WHERE e.seq > ? AND e.seq <= ? AND e.author = (SELECT number FROM names WHERE key = ?)
      AND (? IS NULL OR coalesce(sessions.into_session, e.session) = ?) ORDER BY e.seq LIMIT ? + 0`,
    )
  }

  /** See `Log.ownEvents`. */
  ownEvents(person: string, session: number | undefined, after: number, limit: number): OwnEvents {
    return this.#rows.atOneMoment(epoch => {
      const end = this.#end.get(after, LOOKED_AT) ?? {}
      if (integer(end, 'looked') === 0) return { events: [], next: undefined }
      const last = integer(end, 'last')
      const rows = this.#own.all(after, last, person, session ?? null, session ?? null, limit)
      const page = rows.slice(0, countWithin(rows))
      const isWhole = page.length === rows.length && rows.length < limit
      const next = isWhole ? last : integer(page.at(-1) ?? {}, 'seq')
      const isEnd = isWhole && integer(end, 'looked') < LOOKED_AT
      return { events: this.#rows.present(page, epoch), next: isEnd ? undefined : next }
    })
  }
}

/** How many rows fit into a page; at least one. */
function countWithin(rows: readonly Readonly<Record<string, unknown>>[]): number {
  let bytes = 0
  for (const [at, row] of rows.entries()) {
    bytes += rowBytes(row)
    if (bytes > MAX_BYTES && at > 0) return at
  }
  return rows.length
}
