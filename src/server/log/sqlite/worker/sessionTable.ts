import type { DatabaseSync } from 'node:sqlite'
import type { Refusal } from '../../../../protocol/errors.ts'
import type { AccountSession } from '../../accounts.ts'
import type { KeptSessionChange } from '../../applied.ts'
import type { KeptSession, SessionBeginning } from '../../entries.ts'
import { changedNotify, type NotifyChange } from '../../notify.ts'
import { integer, optionalInteger, text } from '../columns.ts'
import { notifyOf, SELECT_NOTIFY } from '../notifyRows.ts'
import { OPEN } from '../openSessions.ts'
import type { NameTable } from './nameTable.ts'
import { type Statements, statements } from './statements.ts'

const DAY = 86_400_000
/** How the hash of a session begins that is closed, and the key of a name that is erased. */
const CLOSED = 'erased '
/** What a session has of rooms. */
const OF_ROOMS = ['reads', 'notify'] as const
/** Rows that one slice of a removal looks at; some ms. Part of the rule: every fold of an entry looks at as many. */
const LOOKED_AT = 10_000
/** Unused sessions that go with each that begins: they go faster than they come. */
const UNUSED_AT_ONCE = 4

/** Sessions of a person that go at once where there are far too many. */
const FORGOTTEN_AT_ONCE = 64
/** Sessions that are remembered as holding something. */
const CACHED = 10_000

/**
 * The sessions, and the rooms and read positions of each. Belongs to the writing connection.
 *
 * Where there are too many open sessions, those that hold nothing go first, and then those that were unused for longest: of
 * the same person where one person has too many, else of all. One that holds something never goes for others on the day of
 * its use.
 */
export class SessionTable {
  readonly #sql: Statements
  readonly #names: NameTable
  /** How many open sessions there are; undefined: to be counted. */
  #open: number | undefined
  /** Sessions of which the table notes that they hold something. */
  readonly #holding = new Set<number>()

  constructor(database: DatabaseSync, names: NameTable) {
    this.#sql = statements(database)
    this.#names = names
  }

  /** Forgets what is remembered: after a transaction that was rolled back. */
  load(): void {
    this.#holding.clear()
    this.#open = undefined
  }

  /** The highest number of a session; 0: there was none. */
  get last(): number {
    return integer(this.#sql('SELECT session FROM log').get() ?? {}, 'session')
  }

  /** Begins a session; the numbers of those that were forgotten for it. */
  begin({ session, name, bounds }: SessionBeginning, ts: number): readonly number[] {
    // Sent again after a refusal: a shared log may store what it was late with.
    if (this.find(session.number) !== undefined) return []
    const person = this.#names.numberOf(name)
    const day = Math.floor(ts / DAY)
    this.#insert(session, person, day)
    const open = this.#open === undefined ? this.#countOpen() : this.#open + 1
    this.#open = open
    if (bounds === undefined) return []
    const { ofPerson, inAll, connected } = bounds
    const spared = new Set([session.number, ...connected])
    const unused = this.#unused(day).filter(isNot(spared))
    const forgotten = new Set([...this.#beyond(person, ofPerson, spared), ...unused])
    if (open - forgotten.size > inAll) {
      const missedLeast = this.#missedLeast(day, spared.size + forgotten.size + 1)
      const one = missedLeast.filter(isNot(spared)).find(isNot(forgotten))
      if (one !== undefined) forgotten.add(one)
    }
    for (const number of forgotten) this.#forget(number)
    this.#open = open - forgotten.size
    return [...forgotten]
  }

  #insert(
    { number, hash, began }: Pick<KeptSession, 'number' | 'hash' | 'began'>,
    person: number,
    day: number,
  ): void {
    this.#sql('INSERT INTO sessions (number, hash, person, began, used) VALUES (?, ?, ?, ?, ?)').run(
      number,
      hash,
      person,
      began,
      day,
    )
    this.#sql('UPDATE log SET session = max(session, ?)').run(number)
  }

  #countOpen(): number {
    return integer(this.#sql(`SELECT count(*) AS open FROM sessions WHERE ${OPEN}`).get() ?? {}, 'open')
  }

  /** The sessions of a person beyond a count, some at a time. */
  #beyond(person: number, most: number, spared: ReadonlySet<number>): number[] {
    const ofPerson = `FROM sessions WHERE person = ? AND ${OPEN}`
    const count = integer(this.#sql(`SELECT count(*) AS count ${ofPerson}`).get(person) ?? {}, 'count')
    if (count <= most) return []
    const rows = this.#sql(`SELECT number ${ofPerson} ORDER BY holds, used, number LIMIT ? + 0`)
    const numbers = rows.all(person, FORGOTTEN_AT_ONCE + spared.size).map(row => integer(row, 'number'))
    return numbers.filter(isNot(spared)).slice(0, count - most)
  }

  /** Some that hold nothing and were not used since the day before: they go by themselves. */
  #unused(day: number): number[] {
    const rows = this.#sql(
      `SELECT number FROM sessions WHERE ${OPEN} AND holds = 0 AND used < ? ORDER BY used, number LIMIT ? + 0`,
    ).all(day - 1, UNUSED_AT_ONCE)
    return rows.map(row => integer(row, 'number'))
  }

  /** The first sessions that may go for others, of all people. */
  #missedLeast(day: number, limit: number): number[] {
    const some = `SELECT number FROM sessions WHERE ${OPEN} AND holds = ? AND used < ? ORDER BY used, number LIMIT ? + 0`
    const rows = [...this.#sql(some).all(0, day + 1, limit), ...this.#sql(some).all(1, day, limit)]
    return rows.map(row => integer(row, 'number'))
  }

  /** Notes that a session said something, or lists a room: it goes later than others. */
  holds(number: number): void {
    if (this.#holding.has(number)) return
    const { changes } = this.#sql('UPDATE sessions SET holds = 1 WHERE number = ?').run(number)
    // Events name sessions that the table does not have, or does not have yet.
    if (changes === 0) return
    if (this.#holding.size >= CACHED) this.#holding.clear()
    this.#holding.add(number)
  }

  /** The session of an account as it stands; none where it is gone. */
  kept(number: number): AccountSession[] {
    const row = this.#sql(
      `SELECT key, began FROM sessions JOIN names ON names.number = person WHERE sessions.number = ?`,
    ).get(number)
    if (row === undefined) return []
    const reads = this.#sql('SELECT room, seq FROM reads WHERE session = ?').all(number)
    const notify = this.#sql(SELECT_NOTIFY).all(number)
    return [
      {
        number,
        person: text(row, 'key'),
        began: integer(row, 'began'),
        reads: reads.map(read => [text(read, 'room'), integer(read, 'seq')] as const),
        notify: notify.map(notifyOf),
      },
    ]
  }

  /** The person of a session (a number), and the hash of its secret. `isClosed`: it ended, or became part of another one. */
  find(
    number: number,
  ): { readonly person: number; readonly hash: string; readonly isClosed: boolean } | undefined {
    const row = this.#sql('SELECT person, hash FROM sessions WHERE number = ?').get(number)
    if (row === undefined) return undefined
    const hash = text(row, 'hash')
    return { person: integer(row, 'person'), hash, isClosed: hash.startsWith(CLOSED) }
  }

  /** The refusal of what was on its way when the person of its session was erased; undefined where none was. */
  refuseErased(number: number | undefined): Refusal | undefined {
    if (number === undefined || this.#holding.has(number)) return undefined
    const row = this.#sql(
      'SELECT key FROM sessions JOIN names ON names.number = person WHERE sessions.number = ?',
    ).get(number)
    if (row === undefined || !text(row, 'key').startsWith(CLOSED)) return undefined
    return { code: 'forbidden', message: 'everything said under this name is erased' }
  }

  /** Whether an open session of a person was used on a day or later, but for one. */
  wasUsedSince(person: number, day: number, but: number | undefined): boolean {
    const row = this.#sql(
      `SELECT 1 FROM sessions WHERE person = ? AND used >= ? AND number IS NOT ? AND ${OPEN} LIMIT 1`,
    ).get(person, day, but ?? null)
    return row !== undefined
  }

  /** Begins the session of an account, which no secret of its own opens. */
  beginAccount(
    number: number,
    person: number,
    { ts, last }: { readonly ts: number; readonly last: number },
  ): void {
    this.#insert({ number, hash: `account ${number}`, began: last }, person, Math.floor(ts / DAY))
  }

  /** Makes an open session that of an account. */
  becomeAccount(number: number): void {
    this.#sql("UPDATE sessions SET hash = 'account ' || number WHERE number = ?").run(number)
    this.#open = undefined
  }

  /** Ends a session; its number stays, since events carry it. */
  close(number: number): void {
    this.#dropRooms(number)
    this.#sql("UPDATE sessions SET hash = 'erased ' || number WHERE number = ?").run(number)
    this.#open = undefined
  }

  setUsed(number: number, day: number): void {
    this.#sql('UPDATE sessions SET used = ? WHERE number = ?').run(day, number)
  }

  /**
   * Makes an open session of a person, by the hash of its secret, part of the account's: messages, rooms and read
   * positions come along, the further of two. Its number; undefined where there is none such.
   */
  merge(hash: string, person: number, into: number): number | undefined {
    const row = this.#sql(
      'SELECT number, began FROM sessions WHERE hash = ? AND person = ? AND number <> ? AND into_session IS NULL',
    ).get(hash, person, into)
    if (row === undefined) return undefined
    const number = integer(row, 'number')
    this.#sql(
      `INSERT INTO reads (session, room, seq) SELECT ?, room, seq FROM reads WHERE session = ?
      ON CONFLICT (session, room) DO UPDATE SET seq = max(seq, excluded.seq)`,
    ).run(into, number)
    this.#sql(
      `INSERT INTO notify (session, room, level, muted) SELECT ?, room, level, muted FROM notify WHERE session = ?
      ON CONFLICT (session, room) DO NOTHING`,
    ).run(into, number)
    // The holder of this secret saw the direct conversations from its beginning on.
    this.#sql('UPDATE sessions SET began = min(began, ?) WHERE number = ?').run(integer(row, 'began'), into)
    this.close(number)
    this.#sql('UPDATE sessions SET into_session = ? WHERE number = ?').run(into, number)
    return number
  }

  /** Applies a change in the transaction of the caller; false where the session is gone. */
  apply(change: KeptSessionChange): boolean {
    switch (change.kind) {
      case 'forgotten':
        this.#open = undefined
        this.#forget(change.session)
        return true
      case 'floor':
        this.#sql('UPDATE sessions SET began = max(began, ?) WHERE number = ?').run(
          change.began,
          change.session,
        )
        return true
      case 'left':
        for (const table of OF_ROOMS) this.#deleteRow(table, change.session, change.roomKey)
        return true
      case 'read':
      case 'notify': {
        // Nothing for a session that is gone: erased while its request was on its way.
        if (this.find(change.session)?.isClosed !== false) return false
        if (change.kind === 'read') this.#setRead(change.session, change.roomKey, change.seq)
        else this.#setNotify(change.session, change.roomKey, change.change)
        return true
      }
    }
  }

  #setRead(session: number, roomKey: string, seq: number): void {
    this.#sql(
      `INSERT INTO reads (session, room, seq) VALUES (?, ?, ?)
      ON CONFLICT (session, room) DO UPDATE SET seq = excluded.seq`,
    ).run(session, roomKey, seq)
    this.holds(session)
  }

  #setNotify(session: number, roomKey: string, change: NotifyChange): void {
    const row = this.#sql('SELECT room, level, muted FROM notify WHERE session = ? AND room = ?').get(
      session,
      roomKey,
    )
    const notify = changedNotify(row === undefined ? undefined : notifyOf(row)[1], change)
    if (notify === undefined) return this.#deleteRow('notify', session, roomKey)
    this.#sql(
      `INSERT INTO notify (session, room, level, muted) VALUES (?, ?, ?, ?)
      ON CONFLICT (session, room) DO UPDATE SET level = excluded.level, muted = excluded.muted`,
    ).run(session, roomKey, notify.level ?? null, notify.muted ? 1 : 0)
    this.holds(session)
  }

  #deleteRow(table: (typeof OF_ROOMS)[number], session: number, roomKey: string): void {
    this.#sql(`DELETE FROM ${table} WHERE session = ? AND room = ?`).run(session, roomKey)
  }

  /** Forgets an open session, and the name of which nothing else is left. */
  #forget(number: number): void {
    const row = this.#sql('SELECT person FROM sessions WHERE number = ?').get(number)
    if (row === undefined) return
    this.#dropRooms(number)
    this.#sql('DELETE FROM sessions WHERE number = ?').run(number)
    this.#holding.delete(number)
    this.#names.dropUnused(integer(row, 'person'))
  }

  #dropRooms(number: number): void {
    for (const table of OF_ROOMS) this.#sql(`DELETE FROM ${table} WHERE session = ?`).run(number)
  }

  /**
   * Removes what some sessions have of a room, from the one after `after` on; the last that was looked at, undefined: none is
   * left.
   */
  unlist(table: (typeof OF_ROOMS)[number], roomKey: string, after: number): number | undefined {
    const looked = this.#sql(
      `SELECT max(session) AS last FROM (SELECT session FROM ${table} WHERE session > ? ORDER BY session LIMIT ? + 0)`,
    ).get(after, LOOKED_AT)
    const last = optionalInteger(looked ?? {}, 'last')
    if (last === undefined) return undefined
    this.#sql(`DELETE FROM ${table} WHERE session > ? AND session <= ? AND room = ?`).run(
      after,
      last,
      roomKey,
    )
    return last
  }

  /** Forgets all sessions of a person but for their numbers, which no other session may get: events carry them. */
  forgetAll(person: number): void {
    for (const table of OF_ROOMS)
      this.#sql(`DELETE FROM ${table} WHERE session IN (SELECT number FROM sessions WHERE person = ?)`).run(
        person,
      )
    this.#sql("UPDATE sessions SET hash = 'erased ' || number WHERE person = ?").run(person)
    this.#holding.clear()
    this.#open = undefined
  }
}

function isNot(numbers: ReadonlySet<number>): (number: number) => boolean {
  return number => !numbers.has(number)
}
