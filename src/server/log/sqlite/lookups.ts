import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { KeptSession } from '../entries.ts'
import type { RoomHead } from '../log.ts'
import { integer, optionalInteger, type Row, text } from './columns.ts'
import { endingKey } from './endingRooms.ts'
import { FurtherNames } from './furtherNames.ts'
import { headOf, SELECT_HEADS } from './headRows.ts'
import { Lookalikes } from './lookalikes.ts'
import { notifyOf, SELECT_NOTIFY } from './notifyRows.ts'
import { OPEN } from './openSessions.ts'

const SELECT_SESSIONS = `SELECT sessions.number, hash, key, began FROM sessions
  JOIN names ON names.number = person`

/**
 * Looks up rooms, sessions and names by their keys, on the main thread: each takes some microseconds, so that none has to be
 * held in memory for a request that may ask for it. It sees what was committed when the tick began to look, or at the last
 * {@link Lookups.refresh}: all lookups of a tick are one transaction of SQLite, which drops the pages that it holds at the
 * first transaction after each commit. With one for each lookup, the return of 1,000 clients took a tenth more CPU.
 */
export class Lookups {
  readonly lookalikes: Lookalikes
  readonly #further: FurtherNames
  readonly #database: DatabaseSync
  readonly #head: StatementSync
  readonly #endedAt: StatementSync
  readonly #openSession: StatementSync
  readonly #session: StatementSync
  readonly #oldestSession: StatementSync
  readonly #reads: StatementSync
  readonly #notify: StatementSync
  readonly #spelling: StatementSync
  readonly #directs: StatementSync
  readonly #begin: StatementSync
  readonly #end: StatementSync

  /** @param database a log that has its layout; it is closed with this object */
  constructor(database: DatabaseSync) {
    this.#database = database
    this.#begin = database.prepare('BEGIN')
    this.#end = database.prepare('COMMIT')
    this.lookalikes = new Lookalikes(database)
    this.#further = new FurtherNames(database)
    this.#head = this.#database.prepare(`${SELECT_HEADS} WHERE key = ?`)
    this.#openSession = this.#database.prepare(`${SELECT_SESSIONS} WHERE hash = ? AND ${OPEN}`)
    this.#oldestSession = this.#database.prepare(
      `SELECT min(sessions.number) AS number FROM names JOIN sessions ON person = names.number WHERE key = ? AND ${OPEN}`,
    )
    this.#session = this.#database.prepare(`${SELECT_SESSIONS} WHERE sessions.number = ?`)
    this.#reads = this.#database.prepare('SELECT room, seq FROM reads WHERE session = ?')
    this.#notify = this.#database.prepare(SELECT_NOTIFY)
    this.#endedAt = this.#database.prepare('SELECT seq FROM ended_rooms WHERE key = ?')
    this.#spelling = this.#database.prepare('SELECT name FROM names WHERE key = ?')
    this.#directs = this.#database.prepare(
      `SELECT rooms.key FROM directs JOIN rooms ON rooms.number = room WHERE directs.name = ?
      ORDER BY directs.last DESC LIMIT ? + 0`,
    )
  }

  head(roomKey: string): RoomHead | undefined {
    this.#look()
    const row = this.#head.get(roomKey)
    return row === undefined ? undefined : headOf(row)
  }

  /** See `RoomDirectory.isEnding`. */
  isEnding(roomKey: string): boolean {
    this.#look()
    return this.#head.get(endingKey(roomKey)) !== undefined
  }

  /** See `RoomDirectory.leadsTo`; undefined where the name is no further one. */
  leadsTo(nameKey: string): string | undefined {
    this.#look()
    return this.#further.roomOf(nameKey)
  }

  /** See `RoomDirectory.endedAt`. */
  endedAt(roomKey: string): number {
    this.#look()
    const row = this.#endedAt.get(roomKey)
    return row === undefined ? 0 : integer(row, 'seq')
  }

  /** The open session with this hash. */
  openSession(hash: string): KeptSession | undefined {
    this.#look()
    return this.#sessionOf(this.#openSession.get(hash))
  }

  /** The session of this number. */
  session(number: number): KeptSession | undefined {
    this.#look()
    return this.#sessionOf(this.#session.get(number))
  }

  /** See `SessionStore.oldestSession`. */
  oldestSession(person: string): number | undefined {
    this.#look()
    return optionalInteger(this.#oldestSession.get(person) ?? {}, 'number')
  }

  /** The spelling of a name (folded). */
  spelling(name: string): string | undefined {
    this.#look()
    const row = this.#spelling.get(name)
    return row === undefined ? undefined : text(row, 'name')
  }

  /** See `RoomDirectory.directsOf`; the order may be some moments old. */
  directsOf(name: string, limit: number): readonly string[] {
    this.#look()
    return this.#directs.all(name, limit).map(row => text(row, 'key'))
  }

  /** The next lookup sees what is committed by then. */
  refresh(): void {
    if (this.#database.isOpen && this.#database.isTransaction) this.#end.run()
  }

  close(): void {
    this.#database.close()
  }

  #look(): void {
    if (this.#database.isTransaction) return
    this.#begin.run()
    setImmediate(() => this.refresh())
  }

  #sessionOf(row: Row | undefined): KeptSession | undefined {
    if (row === undefined) return undefined
    const number = integer(row, 'number')
    const reads = this.#reads.all(number).map(read => [text(read, 'room'), integer(read, 'seq')] as const)
    return {
      number,
      hash: text(row, 'hash'),
      person: text(row, 'key'),
      began: integer(row, 'began'),
      reads: new Map(reads),
      notify: new Map(this.#notify.all(number).map(notifyOf)),
    }
  }
}
