import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { foldText } from '../../../../protocol/foldedText.ts'
import { holdsTerms } from '../../../../protocol/searchTerms.ts'
import type { Query } from '../../log.ts'
import { integer, type Row, text } from '../columns.ts'
import type { ReaderMethods, SearchProgress, SearchStep } from '../messages.ts'
import { gramOfAuthor, gramOfRoom, gramsOfTerm } from './grams.ts'
import { Rows, rowBytes, SELECT_EVENTS } from './rows.ts'

/** A search in more rooms than this does not name them to the index: it looks at each candidate instead. */
const MAX_ROOMS_IN_QUERY = 256
/** How long one turn takes, ms: then other calls have theirs. */
const TURN_MS = 8
/** Events whose times are looked at together; some milliseconds. */
const TIMES = 20_000
/** Positions that the index is asked for together, at first. */
const FIRST_WINDOW = 50_000
const NOTHING: SearchStep = { found: { hits: [], more: false } }
const BEYOND = Number.MAX_SAFE_INTEGER

/**
 * Searches. The index gives candidates, the newest first: messages with all grams of the query. A candidate is a hit if its
 * text holds the terms. Belongs to a reading connection.
 */
export class Searcher implements Pick<ReaderMethods, 'search'> {
  readonly #rows: Rows
  readonly #room: StatementSync
  readonly #person: StatementSync
  readonly #one: StatementSync
  readonly #candidates: StatementSync
  readonly #last: StatementSync
  readonly #slice: StatementSync
  readonly #saidBefore: StatementSync

  constructor(database: DatabaseSync) {
    this.#rows = new Rows(database)
    this.#room = database.prepare('SELECT number FROM rooms WHERE key = ?')
    this.#person = database.prepare('SELECT number FROM names WHERE key = ?')
    this.#one = database.prepare(`${SELECT_EVENTS} WHERE e.seq = ?`)
    this.#candidates = database.prepare(
      'SELECT rowid AS seq FROM words WHERE words MATCH ? AND rowid < ? AND rowid >= ? ORDER BY rowid DESC',
    )
    this.#last = database.prepare('SELECT last FROM log')
    this.#slice = database.prepare(
      'SELECT min(seq) AS first FROM (SELECT seq FROM events WHERE seq <= ? ORDER BY seq DESC LIMIT ? + 0)',
    )
    this.#saidBefore = database.prepare(
      'SELECT max(seq) AS seq FROM events WHERE seq >= ? AND seq <= ? AND ts < ?',
    )
  }

  /** See `Log.search`; finds what is indexed. */
  search(query: Query, progress: SearchProgress | undefined, isLast: boolean): SearchStep {
    const expression = this.#expression(query)
    if (expression === undefined) return NOTHING
    const began = performance.now()
    const isOver = (): boolean => isLast || performance.now() - began >= TURN_MS
    return this.#rows.atOneMoment(epoch => {
      const from = progress ?? this.#beginning(query)
      const sought = from.seeksTime ? this.#seek(query.until ?? BEYOND, from, isOver) : from
      const end = sought.seeksTime ? sought : this.#look(query, expression, sought, isOver)
      if (!('isMore' in end) && !isLast) return { progress: end, ms: performance.now() - began }
      const rows = end.hits.map(seq => this.#read(seq)).filter(hitTest(query))
      const hits = this.#rows.present(rows, epoch)
      if ('isMore' in end) return { found: { hits, more: end.isMore } }
      return { found: { hits, more: true, stoppedAt: end.before } }
    })
  }

  #beginning({ before = BEYOND, until }: Query): SearchProgress {
    const last = integer(this.#last.get() ?? {}, 'last')
    return {
      hits: [],
      before: Math.min(before, last + 1),
      seeksTime: until !== undefined,
      window: FIRST_WINDOW,
    }
  }

  /**
   * Seeks the last event that is older than a time, ms since 1970. Without it a search for old messages would look at every
   * newer message with a common word. The index has no times, and a clock can go back, so the searcher looks at the events,
   * from the newest on.
   */
  #seek(until: number, from: SearchProgress, isOver: () => boolean): SearchProgress {
    let { before } = from
    do {
      const first = this.#slice.get(before - 1, TIMES)?.['first']
      if (typeof first !== 'number') return { ...from, before: 0, seeksTime: false }
      const found = this.#saidBefore.get(first, before - 1, until)?.['seq']
      if (typeof found === 'number') return { ...from, before: found + 1, seeksTime: false }
      before = first
    } while (!isOver())
    return { ...from, before }
  }

  /** Looks at the next candidates. With `isMore` the search is at its end. */
  #look(
    query: Query,
    expression: string,
    from: SearchProgress,
    isOver: () => boolean,
  ): SearchProgress | { readonly hits: readonly number[]; readonly isMore: boolean } {
    const isHit = hitTest(query)
    const hits = [...from.hits]
    let { before, window } = from
    let bytes = hits.reduce((sum, seq) => sum + rowBytes(this.#read(seq) ?? {}), 0)
    while (before > 0) {
      const began = performance.now()
      const lowest = Math.max(0, before - window)
      for (const candidate of this.#candidates.iterate(expression, before, lowest)) {
        const seq = integer(candidate, 'seq')
        const row = this.#read(seq)
        if (isHit(row)) {
          bytes += rowBytes(row)
          if (hits.length === query.limit || (bytes > query.maxBytes && hits.length > 0))
            return { hits, isMore: true }
          hits.push(seq)
        }
        if (isOver()) return { ...from, hits, before: seq, window: FIRST_WINDOW }
      }
      before = lowest
      // For rare words the index answers for a wide window as soon as for a narrow one.
      window = performance.now() - began < TURN_MS / 4 ? 2 * window : Math.max(FIRST_WINDOW, window / 8)
      if (before > 0 && isOver()) return { ...from, hits, before, window }
    }
    return { hits, isMore: false }
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
