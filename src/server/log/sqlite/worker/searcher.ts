import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { foldText } from '../../../../protocol/foldedText.ts'
import { holdsTerms } from '../../../../protocol/searchTerms.ts'
import type { Found, Query } from '../../log.ts'
import { gramOfAuthor, gramOfRoom, gramsOfTerm } from './grams.ts'
import { integer, type Row, Rows, rowBytes, SELECT_EVENTS, text } from './rows.ts'

/** A search in more rooms than this does not name them to the index: it looks at each candidate instead. */
const MAX_ROOMS_IN_QUERY = 256
/** Events whose times are looked at before other calls have their turn; about 10 ms. */
const TIMES = 50_000
/** Candidates that are looked at before other calls have their turn; about 10 ms. */
const CANDIDATES = 1_000
const NOTHING: Found = { hits: [], more: false }
const BEYOND = Number.MAX_SAFE_INTEGER

/** The hits so far, and where to go on. */
interface Progress {
  readonly hits: readonly Row[]
  readonly before: number
}

/**
 * Searches. The index gives candidates, the newest first: messages with all grams of the query. A candidate is a hit if its
 * text holds the terms. Belongs to a reading connection.
 */
export class Searcher {
  readonly #rows: Rows
  readonly #room: StatementSync
  readonly #person: StatementSync
  readonly #one: StatementSync
  readonly #candidates: StatementSync
  readonly #slice: StatementSync
  readonly #saidBefore: StatementSync

  constructor(database: DatabaseSync) {
    this.#rows = new Rows(database)
    this.#room = database.prepare('SELECT number FROM rooms WHERE key = ?')
    this.#person = database.prepare('SELECT number FROM names WHERE key = ?')
    this.#one = database.prepare(`${SELECT_EVENTS} WHERE e.seq = ?`)
    this.#candidates = database.prepare(
      'SELECT rowid AS seq FROM words WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?',
    )
    this.#slice = database.prepare(
      'SELECT min(seq) AS first FROM (SELECT seq FROM events WHERE seq <= ? ORDER BY seq DESC LIMIT ?)',
    )
    this.#saidBefore = database.prepare(
      'SELECT max(seq) AS seq FROM events WHERE seq >= ? AND seq <= ? AND ts < ?',
    )
  }

  /** See `Log.search`; finds what is indexed. */
  async search(query: Query): Promise<Found> {
    const expression = this.#expression(query)
    if (expression === undefined) return NOTHING
    const before = query.until === undefined ? BEYOND : await this.#endOf(query.until)
    let progress: Progress = { hits: [], before: Math.min(before, query.before ?? BEYOND) }
    for (;;) {
      const found = this.#look(query, expression, progress)
      if ('more' in found) return found
      progress = found
      await turn()
    }
  }

  /**
   * The position after the last event that is older than a time, ms since 1970. Without it a search for old messages
   * would look at every newer message with a common word. The index has no times, and a clock can go back, so the searcher
   * looks at the events, from the newest on.
   */
  async #endOf(until: number): Promise<number> {
    for (let to = BEYOND; ; await turn()) {
      const first = this.#slice.get(to, TIMES)?.['first']
      if (typeof first !== 'number') return 0
      const found = this.#saidBefore.get(first, to, until)?.['seq']
      if (typeof found === 'number') return found + 1
      to = first - 1
    }
  }

  /** Looks at the next candidates. */
  #look(query: Query, expression: string, { hits: earlier, before }: Progress): Found | Progress {
    return this.#rows.atOneMoment(epoch => {
      const isHit = hitTest(query)
      // An answer is of one moment: earlier hits may have changed meanwhile.
      const hits = earlier.map(row => this.#read(integer(row, 'seq'))).filter(isHit)
      const answer = (more: boolean): Found => ({ hits: this.#rows.present(hits, epoch), more })
      let bytes = hits.reduce((sum, row) => sum + rowBytes(row), 0)
      let last = 0
      let count = 0
      for (const candidate of this.#candidates.iterate(expression, before, CANDIDATES)) {
        count++
        last = integer(candidate, 'seq')
        const row = this.#read(last)
        if (!isHit(row)) continue
        bytes += rowBytes(row)
        if (hits.length === query.limit || (bytes > query.maxBytes && hits.length > 0)) return answer(true)
        hits.push(row)
      }
      return count < CANDIDATES ? answer(false) : { hits, before: last }
    })
  }

  #read(seq: number): Row | undefined {
    return this.#one.get(seq)
  }

  /**
   * The query for the index. Grams stand in quotes, and the fold left no quote in them. Undefined where nothing can be
   * found: the log knows none of the rooms, or not the person, or nothing is asked for.
   */
  #expression({ terms, rooms, from }: Query): string | undefined {
    if (rooms.length === 0 || (terms.length === 0 && from === undefined)) return undefined
    const wanted = terms.flatMap(gramsOfTerm).map(quoted)
    if (from !== undefined) {
      const person = this.#person.get(from)
      if (person === undefined) return undefined
      wanted.push(quoted(gramOfAuthor(integer(person, 'number'))))
    }
    if (rooms.length <= MAX_ROOMS_IN_QUERY) {
      const known = rooms.flatMap(({ key }) => {
        const room = this.#room.get(key)
        return room === undefined ? [] : [quoted(gramOfRoom(integer(room, 'number')))]
      })
      if (known.length === 0) return undefined
      wanted.push(`(${known.join(' OR ')})`)
    }
    return wanted.join(' AND ')
  }
}

/** Whether a candidate is a hit of a query. */
function hitTest({ terms, rooms, until = BEYOND }: Query): (row: Row | undefined) => row is Row {
  const floors = new Map(rooms.map(({ key, floor }) => [key, floor]))
  return (row): row is Row => {
    if (row === undefined || row['text'] === null) return false
    const floor = floors.get(text(row, 'room_key'))
    if (floor === undefined || integer(row, 'seq') <= floor || integer(row, 'ts') >= until) return false
    return holdsTerms(foldText(text(row, 'text')), terms)
  }
}

function quoted(gram: string): string {
  return `"${gram}"`
}
