import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { mentionedNames } from '../../../../protocol/names.ts'
import type { Found, Missed, Page, Query, Range, Unread } from '../../log.ts'
import type { ReaderMethods } from '../messages.ts'
import { FRAME_BYTES, integer, type Row, Rows, rowBytes, SELECT_EVENTS, text } from './rows.ts'

/** A search in more rooms than this does not name them to the index: the reader looks at each hit instead. */
const MAX_ROOMS_IN_QUERY = 256
/** Events whose times the reader looks at before other calls have their turn; about 10 ms. */
const SLICE = 50_000
const NOTHING: Found = { hits: [], more: false }
const BEYOND = Number.MAX_SAFE_INTEGER

/** Reads pages, counts, and searches. Belongs to a reading connection. */
export class Reader implements Omit<ReaderMethods, 'check' | 'close'> {
  readonly #database: DatabaseSync
  readonly #rows: Rows
  readonly #epoch: StatementSync
  readonly #room: StatementSync
  readonly #upTo: StatementSync
  readonly #after: StatementSync
  readonly #missed: StatementSync
  readonly #unread: StatementSync
  readonly #one: StatementSync
  readonly #hits: StatementSync
  readonly #slice: StatementSync
  readonly #saidBefore: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#rows = new Rows(database)
    this.#epoch = database.prepare('SELECT epoch FROM log')
    this.#room = database.prepare(
      `SELECT number, coalesce((SELECT max(seq) FROM events WHERE room = number), first_prev) AS last
      FROM rooms WHERE key = ?`,
    )
    const inRoom = `${SELECT_EVENTS} WHERE e.room = ? AND e.seq > ? AND e.seq <= ? ORDER BY e.seq`
    this.#upTo = database.prepare(`${inRoom} DESC`)
    this.#after = database.prepare(inRoom)
    this.#missed = database.prepare(
      `SELECT count(*) AS events, coalesce(sum(${FRAME_BYTES} + coalesce(octet_length(text), 0)), 0) AS bytes
      FROM (SELECT text FROM events WHERE room = ? AND seq > ? ORDER BY seq LIMIT ?)`,
    )
    this.#unread = database.prepare(
      `SELECT text FROM events WHERE room = ? AND seq > ? AND action = 'chat' AND deleted IS NULL
      AND author IS NOT (SELECT number FROM names WHERE key = ?) ORDER BY seq LIMIT ?`,
    )
    this.#one = database.prepare(`${SELECT_EVENTS} WHERE e.seq = ?`)
    this.#hits = database.prepare(
      'SELECT rowid AS seq FROM words WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC',
    )
    this.#slice = database.prepare(
      'SELECT min(seq) AS first FROM (SELECT seq FROM events WHERE seq <= ? ORDER BY seq DESC LIMIT ?)',
    )
    this.#saidBefore = database.prepare(
      'SELECT max(seq) AS seq FROM events WHERE seq >= ? AND seq <= ? AND ts < ?',
    )
  }

  /** See `Log.read`. */
  read(roomKey: string, range: Range): Page {
    return this.#atOneMoment(epoch => {
      const room = this.#room.get(roomKey)
      if (room === undefined) return { events: [], last: 0, moreBefore: false, moreAfter: false }
      return { ...this.#page(integer(room, 'number'), range, epoch), last: integer(room, 'last') }
    })
  }

  /** See `Log.missed`. */
  missed(roomKey: string, after: number, maxEvents: number, maxBytes: number): Missed {
    const room = this.#room.get(roomKey)
    if (room === undefined) return { events: 0, bytes: 0 }
    // A frame has at least its overhead, so that this many rows pass whichever bound is met first.
    const limit = Math.min(maxEvents, Math.ceil(maxBytes / FRAME_BYTES)) + 1
    const row = this.#missed.get(integer(room, 'number'), after, limit) ?? {}
    return { events: integer(row, 'events'), bytes: integer(row, 'bytes') }
  }

  /** See `Log.unread`. */
  unread(roomKey: string, after: number, name: string, max: number): Unread {
    const room = this.#room.get(roomKey)
    let unread = 0
    let mentions = 0
    if (room === undefined) return { unread, mentions }
    for (const row of this.#unread.iterate(integer(room, 'number'), after, name, max)) {
      unread++
      if (mentionedNames(text(row, 'text')).has(name)) mentions++
    }
    return { unread, mentions }
  }

  /** See `Log.search`; finds what is indexed. */
  async search(query: Query): Promise<Found> {
    if (query.words.length === 0 || query.rooms.length === 0) return NOTHING
    const before = query.until === undefined ? BEYOND : await this.#endOf(query.until)
    try {
      return this.#find({ ...query, before: Math.min(before, query.before ?? BEYOND) })
    } catch (error) {
      // SQLite splits at characters newer than its Unicode tables, so our one word becomes a phrase, which this index
      // rejects; no message can match.
      if (error instanceof Error && error.message.includes('phrase queries')) return NOTHING
      throw error
    }
  }

  /**
   * The position after the last event that is older than a time, ms since 1970. Without it a search for old messages
   * would look at every newer message with a common word. The index has no times, and a clock can go back, so the reader
   * looks at the events, from the newest on.
   */
  async #endOf(until: number): Promise<number> {
    for (let to = BEYOND; ; await turn()) {
      const first = this.#slice.get(to, SLICE)?.['first']
      if (typeof first !== 'number') return 0
      const found = this.#saidBefore.get(first, to, until)?.['seq']
      if (typeof found === 'number') return found + 1
      to = first - 1
    }
  }

  #find(query: Query): Found {
    return this.#atOneMoment(epoch => {
      const floors = new Map(query.rooms.map(({ key, floor }) => [key, floor]))
      const expression = this.#expression(query)
      if (expression === undefined) return NOTHING
      const hits: Row[] = []
      let bytes = 0
      for (const { seq } of this.#hits.iterate(expression, query.before ?? BEYOND)) {
        const row = this.#one.get(seq as SQLInputValue)
        if (row === undefined || !isWanted(row, floors, query.until)) continue
        bytes += rowBytes(row)
        if (hits.length === query.limit || (bytes > query.maxBytes && hits.length > 0))
          return { hits: this.#rows.present(hits, epoch), more: true }
        hits.push(row)
      }
      return { hits: this.#rows.present(hits, epoch), more: false }
    })
  }

  /** Events, reactions and counts of one answer come from the same state of the log, which also has an epoch. */
  #atOneMoment<T>(read: (epoch: string) => T): T {
    this.#database.exec('BEGIN')
    try {
      return read(text(this.#epoch.get() ?? {}, 'epoch'))
    } finally {
      this.#database.exec('COMMIT')
    }
  }

  /** Grows from where the range points until a bound is met, first backwards, in turns. */
  #page(room: number, range: Range, epoch: string): Omit<Page, 'last'> {
    const floor = range.floor ?? 0
    const { before, after, around, limit, maxBytes } = range
    const pivot = Math.max(floor, after ?? (before === undefined ? (around ?? BEYOND) : before - 1))
    const below = this.#upTo.iterate(room, floor, pivot)
    const above = this.#after.iterate(room, pivot, BEYOND)
    const backward = after === undefined
    const forward = after !== undefined || around !== undefined
    const older: Row[] = []
    const newer: Row[] = []
    let nextBelow = below.next()
    let nextAbove = above.next()
    let bytes = 0
    const fits = (row: Row): boolean => {
      bytes += rowBytes(row)
      const count = older.length + newer.length
      return count < limit && (bytes <= maxBytes || count === 0)
    }
    for (let grown = true; grown; ) {
      grown = false
      if (backward && !nextBelow.done && fits(nextBelow.value)) {
        older.push(nextBelow.value)
        nextBelow = below.next()
        grown = true
      }
      if (forward && !nextAbove.done && fits(nextAbove.value)) {
        newer.push(nextAbove.value)
        nextAbove = above.next()
        grown = true
      }
    }
    below.return?.()
    above.return?.()
    return {
      events: this.#rows.present([...older.reverse(), ...newer], epoch),
      moreBefore: !nextBelow.done,
      moreAfter: !nextAbove.done,
    }
  }

  /**
   * The query for the index. `searchWords` cut the words and they stand in quotes, so that none is syntax. Undefined where
   * the log knows none of the rooms, or not the person.
   */
  #expression({ words, rooms, from }: Query): string | undefined {
    const terms = [`text : (${words.map(quoted).join(' AND ')})`]
    if (rooms.length <= MAX_ROOMS_IN_QUERY) {
      const known = rooms.flatMap(({ key }) => {
        const room = this.#room.get(key)
        return room === undefined ? [] : [quoted(`r${integer(room, 'number')}`)]
      })
      if (known.length === 0) return undefined
      terms.push(`scope : (${known.join(' OR ')})`)
    }
    if (from !== undefined) {
      const person = this.#database.prepare('SELECT number FROM names WHERE key = ?').get(from)
      if (person === undefined) return undefined
      terms.push(`scope : ${quoted(`a${integer(person, 'number')}`)}`)
    }
    return terms.join(' AND ')
  }
}

function isWanted(row: Row, floors: ReadonlyMap<string, number>, until: number | undefined): boolean {
  const floor = floors.get(text(row, 'room_key'))
  return (
    floor !== undefined && integer(row, 'seq') > floor && (until === undefined || integer(row, 'ts') < until)
  )
}

function quoted(word: string): string {
  return `"${word.replaceAll('"', '""')}"`
}
