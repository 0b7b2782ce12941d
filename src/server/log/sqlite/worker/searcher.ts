import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { foldText } from '../../../../protocol/foldedText.ts'
import { holdsTerms } from '../../../../protocol/searchTerms.ts'
import type { Query } from '../../log.ts'
import { integer, type Row, text } from '../columns.ts'
import type { ReaderMethods, SearchProgress, SearchStep } from '../messages.ts'
import { gramOfAuthor, gramOfRoom, gramsOfTerm } from './grams.ts'
import { RoomScan } from './roomScan.ts'
import type { RoomTail } from './roomTail.ts'
import { Rows, rowBytes, SELECT_EVENTS } from './rows.ts'

/** A search in more rooms than this does not name them to the index: it looks at each candidate instead. */
const MAX_ROOMS_IN_QUERY = 256
/** How long one turn takes, ms: then other calls have theirs. */
const TURN_MS = 8
/** Events whose times are looked at together; some milliseconds. */
const TIMES = 20_000
const NOTHING: SearchStep = { found: { hits: [], more: false } }
const BEYOND = Number.MAX_SAFE_INTEGER

/** A search at its end. */
interface Ended {
  readonly hits: readonly number[]
  readonly isMore: boolean
}

/**
 * Searches. First it looks at the newest messages of the rooms; where that would take long, the index gives candidates, the newest
 * first: messages with all grams of the query. A candidate is a hit if its
 * text holds the terms. Belongs to a reading connection.
 */
export class Searcher implements Pick<ReaderMethods, 'search'> {
  readonly #rows: Rows
  readonly #tail: RoomTail
  readonly #scan: RoomScan
  readonly #room: StatementSync
  readonly #person: StatementSync
  readonly #one: StatementSync
  readonly #candidates: StatementSync
  readonly #last: StatementSync
  readonly #slice: StatementSync
  readonly #saidBefore: StatementSync

  /** @param tail the one of this connection */
  constructor(database: DatabaseSync, tail: RoomTail) {
    this.#rows = new Rows(database)
    this.#tail = tail
    this.#scan = new RoomScan(database)
    this.#room = database.prepare('SELECT number FROM rooms WHERE key = ?')
    this.#person = database.prepare('SELECT number FROM names WHERE key = ?')
    this.#one = database.prepare(`${SELECT_EVENTS} WHERE e.seq = ?`)
    this.#candidates = database.prepare(
      // With a lower bound too, FTS5 takes 40 ms longer in a million events.
      'SELECT rowid AS seq FROM words WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC',
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
      this.#tail.catchUp()
      const from = progress ?? this.#beginning(query)
      const sought = from.phase === 'seek' ? this.#seek(query.until ?? BEYOND, from, isOver) : from
      const scanned = sought.phase === 'scan' ? this.#scanRooms(query, sought, isOver) : sought
      const isDone = 'isMore' in scanned || scanned.phase !== 'index'
      const end = isDone ? scanned : this.#look(query, expression, scanned, isLast)
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
      phase: until === undefined ? 'scan' : 'seek',
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
      if (typeof first !== 'number') return { ...from, before: 0, phase: 'scan' }
      const found = this.#saidBefore.get(first, before - 1, until)?.['seq']
      if (typeof found === 'number') return { ...from, before: found + 1, phase: 'scan' }
      before = first
    } while (!isOver())
    return { ...from, before }
  }

  /** Looks at the newest messages of the rooms, until that is slower than the index. */
  #scanRooms(query: Query, from: SearchProgress, isOver: () => boolean): SearchProgress | Ended {
    if (query.rooms.length > MAX_ROOMS_IN_QUERY) return { ...from, phase: 'index' }
    const rooms = this.#numbers(query)
    const author = query.from === undefined ? undefined : this.#personOf(query.from)
    const found = this.#hitsOf(query, from)
    let { before } = from
    let scan = from.scan ?? RoomScan.begin(before)
    while (before > 0) {
      const { seqs, lowest } = this.#scan.slice(rooms, before, scan)
      for (const [at, seq] of seqs.entries()) {
        if (this.#scan.holds(seq, { terms: query.terms, author }) && found.isFullAt(seq))
          return { hits: found.seqs, isMore: true }
        if (isOver()) {
          scan = { ...scan, looked: scan.looked + at + 1 }
          return { ...from, hits: found.seqs, before: seq, scan }
        }
      }
      before = lowest
      const next = this.#scan.next(scan, lowest, seqs.length, found.seqs.length, query.limit + 1)
      if (next === undefined) return { ...from, phase: 'index', hits: found.seqs, before, scan: undefined }
      scan = next
      if (before > 0 && isOver()) return { ...from, hits: found.seqs, before, scan }
    }
    return { hits: found.seqs, isMore: false }
  }

  /** The hits until now, and what adds one. */
  #hitsOf(query: Query, { hits }: SearchProgress): Hits {
    return new Hits(query, hits, seq => this.#read(seq))
  }

  /** Looks at the next candidates of the index. */
  #look(query: Query, expression: string, from: SearchProgress, isLast: boolean): SearchProgress | Ended {
    const found = this.#hitsOf(query, from)
    // Opening the lists of the grams at a position far back takes longer than a turn: a turn begins with what they give.
    let began: number | undefined
    for (const candidate of this.#candidates.iterate(expression, from.before)) {
      began ??= performance.now()
      const seq = integer(candidate, 'seq')
      if (found.isFullAt(seq)) return { hits: found.seqs, isMore: true }
      if (isLast || performance.now() - began >= TURN_MS) return { ...from, hits: found.seqs, before: seq }
    }
    return { hits: found.seqs, isMore: false }
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
      const person = this.#personOf(from)
      if (person === undefined) return undefined
      wanted.push(quoted(gramOfAuthor(person)))
    }
    if (rooms.length <= MAX_ROOMS_IN_QUERY) {
      const known = this.#numbers({ rooms }).map(room => quoted(gramOfRoom(room)))
      if (known.length === 0) return undefined
      wanted.push(`(${known.join(' OR ')})`)
    }
    return wanted.join(' AND ')
  }

  /** The numbers of those rooms that the log knows. */
  #numbers({ rooms }: Pick<Query, 'rooms'>): readonly number[] {
    return rooms.flatMap(({ key }) => {
      const room = this.#room.get(key)
      return room === undefined ? [] : [integer(room, 'number')]
    })
  }

  #personOf(name: string): number | undefined {
    const person = this.#person.get(name)
    return person === undefined ? undefined : integer(person, 'number')
  }
}

/** The hits of a search, the newest first. */
class Hits {
  readonly seqs: number[]
  readonly #query: Query
  readonly #read: (seq: number) => Row | undefined
  readonly #isHit: (row: Row | undefined) => row is Row
  #bytes = 0

  constructor(query: Query, seqs: readonly number[], read: (seq: number) => Row | undefined) {
    this.seqs = [...seqs]
    this.#query = query
    this.#read = read
    this.#isHit = hitTest(query)
    for (const seq of seqs) this.#bytes += rowBytes(read(seq) ?? {})
  }

  /** Adds a candidate that is a hit; true where it is one and there is no room for it. */
  isFullAt(seq: number): boolean {
    const row = this.#read(seq)
    if (!this.#isHit(row)) return false
    this.#bytes += rowBytes(row)
    const { limit, maxBytes } = this.#query
    if (this.seqs.length === limit || (this.#bytes > maxBytes && this.seqs.length > 0)) return true
    this.seqs.push(seq)
    return false
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
