import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { mentionedNames } from '../../../../protocol/names.ts'
import type { Found, LoggedEvent, Page, Query, Range } from '../../log.ts'
import { FRAME_BYTES, number, type Row, Rows, rowBytes, SELECT_EVENTS, string } from './rows.ts'
import { turn } from './turn.ts'

/** More rooms than this are not named to the index: its hits are looked at one by one instead. */
const MAX_ROOMS_IN_QUERY = 256
/** Events whose times are looked at before other readers have their turn; about 10 ms. */
const SLICE = 50_000
const NOTHING: Found = { hits: [], more: false }
const BEYOND = Number.MAX_SAFE_INTEGER

/** The one that reads: pages, counts, searches. Belongs to a reading connection. */
export class Reader {
  readonly #database: DatabaseSync
  readonly #rows: Rows
  readonly #room: StatementSync
  readonly #upTo: StatementSync
  readonly #after: StatementSync
  readonly #missed: StatementSync
  readonly #unread: StatementSync
  readonly #one: StatementSync
  readonly #hits: StatementSync
  readonly #last: StatementSync
  readonly #saidBefore: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    const epoch = string(database.prepare('SELECT epoch FROM log').get() ?? {}, 'epoch')
    this.#rows = new Rows(database, epoch)
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
    this.#last = database.prepare('SELECT max(seq) AS seq FROM events')
    this.#saidBefore = database.prepare(
      'SELECT max(seq) AS seq FROM events WHERE seq > ? AND seq <= ? AND ts < ?',
    )
  }

  /** See `Log.read`. */
  read(roomKey: string, range: Range): Page {
    return this.#atOneMoment(() => {
      const room = this.#room.get(roomKey)
      if (room === undefined) return { events: [], last: 0, moreBefore: false, moreAfter: false }
      return { ...this.#page(number(room, 'number'), range), last: number(room, 'last') }
    })
  }

  /** See `Log.missed`. */
  missed(
    roomKey: string,
    after: number,
    maxEvents: number,
    maxBytes: number,
  ): { events: number; bytes: number } {
    const room = this.#room.get(roomKey)
    if (room === undefined) return { events: 0, bytes: 0 }
    // A frame has at least its overhead, so that this many rows pass whichever bound is met first.
    const limit = Math.min(maxEvents, Math.ceil(maxBytes / FRAME_BYTES)) + 1
    const row = this.#missed.get(number(room, 'number'), after, limit) ?? {}
    return { events: number(row, 'events'), bytes: number(row, 'bytes') }
  }

  /** See `Log.unread`. */
  unread(roomKey: string, after: number, name: string, max: number): { unread: number; mentions: number } {
    const room = this.#room.get(roomKey)
    let unread = 0
    let mentions = 0
    if (room === undefined) return { unread, mentions }
    for (const row of this.#unread.iterate(number(room, 'number'), after, name, max)) {
      unread++
      if (mentionedNames(string(row, 'text')).has(name)) mentions++
    }
    return { unread, mentions }
  }

  /** See `Log.search`; finds what is indexed. */
  async search(query: Query): Promise<Found> {
    if (query.words.length === 0 || query.rooms.length === 0) return NOTHING
    const before = query.until === undefined ? BEYOND : await this.#endOf(query.until)
    try {
      return this.#look({ ...query, before: Math.min(before, query.before ?? BEYOND) })
    } catch (error) {
      // A character that is newer than SQLite's Unicode cuts what is one word for us in two: it stands in no message so.
      if (error instanceof Error && error.message.includes('phrase queries')) return NOTHING
      throw error
    }
  }

  /**
   * The position after the last event that is older than a time, ms since 1970. Without it a search for what was said
   * long ago would look at every newer message with a common word. The index has no times, and a clock can go back,
   * so that the events are asked, from the newest on.
   */
  async #endOf(until: number): Promise<number> {
    const last = this.#last.get()?.['seq']
    for (let to = typeof last === 'number' ? last : 0; to > 0; to -= SLICE) {
      const found = this.#saidBefore.get(to - SLICE, to, until)?.['seq']
      if (typeof found === 'number') return found + 1
      await turn()
    }
    return 0
  }

  #look(query: Query): Found {
    return this.#atOneMoment(() => {
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
          return { hits: this.#rows.present(hits), more: true }
        hits.push(row)
      }
      return { hits: this.#rows.present(hits), more: false }
    })
  }

  /** Events, reactions and counts of one answer come from the same state of the log. */
  #atOneMoment<T>(read: () => T): T {
    this.#database.exec('BEGIN')
    try {
      return read()
    } finally {
      this.#database.exec('COMMIT')
    }
  }

  /** Grows from where the range points until a bound is met, first backwards, in turns. */
  #page(room: number, range: Range): Omit<Page, 'last'> {
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
      events: this.#rows.present([...older.reverse(), ...newer]) as readonly LoggedEvent[],
      moreBefore: !nextBelow.done,
      moreAfter: !nextAbove.done,
    }
  }

  /**
   * What to ask the index. The words were cut by us and stand in quotes, so that none is syntax. Undefined where
   * a room or a person was never heard of.
   */
  #expression({ words, rooms, from }: Query): string | undefined {
    const terms = [`text : (${words.map(quoted).join(' AND ')})`]
    if (rooms.length <= MAX_ROOMS_IN_QUERY) {
      const known = rooms.flatMap(({ key }) => {
        const room = this.#room.get(key)
        return room === undefined ? [] : [quoted(`r${number(room, 'number')}`)]
      })
      if (known.length === 0) return undefined
      terms.push(`scope : (${known.join(' OR ')})`)
    }
    if (from !== undefined) {
      const person = this.#database.prepare('SELECT number FROM names WHERE key = ?').get(from)
      if (person === undefined) return undefined
      terms.push(`scope : ${quoted(`a${number(person, 'number')}`)}`)
    }
    return terms.join(' AND ')
  }
}

function isWanted(row: Row, floors: ReadonlyMap<string, number>, until: number | undefined): boolean {
  const floor = floors.get(string(row, 'room_key'))
  return (
    floor !== undefined && number(row, 'seq') > floor && (until === undefined || number(row, 'ts') < until)
  )
}

function quoted(word: string): string {
  return `"${word.replaceAll('"', '""')}"`
}
