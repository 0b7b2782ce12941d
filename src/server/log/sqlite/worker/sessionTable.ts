import type { DatabaseSync } from 'node:sqlite'
import type { AccountSession } from '../../accounts.ts'
import type { KeptSession, SessionChange } from '../../entries.ts'
import type { NameTable } from './nameTable.ts'
import { integer, optionalInteger, text } from './rows.ts'
import { type Statements, statements } from './statements.ts'

const DAY = 86_400_000

/** The sessions, and the rooms and read positions of each. Belongs to the writing connection. */
export class SessionTable {
  readonly #sql: Statements
  readonly #names: NameTable

  constructor(database: DatabaseSync, names: NameTable) {
    this.#sql = statements(database)
    this.#names = names
  }

  /** Every session, in the order of their beginning. */
  all(): KeptSession[] {
    const reads = new Map<number, Map<string, number>>()
    for (const row of this.#sql('SELECT session, room, seq FROM reads').iterate()) {
      const session = integer(row, 'session')
      const ofSession = reads.get(session) ?? new Map<string, number>()
      reads.set(session, ofSession.set(text(row, 'room'), integer(row, 'seq')))
    }
    const sessions = this.#sql(
      `SELECT sessions.number, hash, key, began FROM sessions JOIN names ON names.number = person
      ORDER BY sessions.number`,
    )
    return sessions.all().map(row => ({
      number: integer(row, 'number'),
      hash: text(row, 'hash'),
      person: text(row, 'key'),
      began: integer(row, 'began'),
      reads: reads.get(integer(row, 'number')) ?? new Map<string, number>(),
    }))
  }

  /** The session of an account as it stands; none where it is gone. */
  kept(number: number): AccountSession[] {
    const row = this.#sql(
      `SELECT key, began FROM sessions JOIN names ON names.number = person WHERE sessions.number = ?`,
    ).get(number)
    if (row === undefined) return []
    const reads = this.#sql('SELECT room, seq FROM reads WHERE session = ?').all(number)
    return [
      {
        number,
        person: text(row, 'key'),
        began: integer(row, 'began'),
        reads: reads.map(read => [text(read, 'room'), integer(read, 'seq')] as const),
      },
    ]
  }

  /** The person of a session (a number), the hash of its secret, and the session that it became part of. */
  find(
    number: number,
  ): { readonly person: number; readonly hash: string; readonly into: number | undefined } | undefined {
    const row = this.#sql('SELECT person, hash, into_session FROM sessions WHERE number = ?').get(number)
    if (row === undefined) return undefined
    return {
      person: integer(row, 'person'),
      hash: text(row, 'hash'),
      into: optionalInteger(row, 'into_session'),
    }
  }

  /** Whether an open session of a person was used on a day or later, but for one. */
  wasUsedSince(person: number, day: number, but: number | undefined): boolean {
    const row = this.#sql(
      `SELECT 1 FROM sessions WHERE person = ? AND used >= ? AND number IS NOT ? AND into_session IS NULL
      AND hash NOT LIKE 'erased %' AND hash NOT LIKE 'account %' LIMIT 1`,
    ).get(person, day, but ?? null)
    return row !== undefined
  }

  /** Begins the session of an account, which no secret of its own opens. */
  beginAccount(
    number: number,
    person: number,
    { ts, last }: { readonly ts: number; readonly last: number },
  ): void {
    this.#sql('INSERT INTO sessions (number, hash, person, began, used) VALUES (?, ?, ?, ?, ?)').run(
      number,
      `account ${number}`,
      person,
      last,
      Math.floor(ts / DAY),
    )
  }

  /** Makes an open session that of an account. */
  becomeAccount(number: number): void {
    this.#sql("UPDATE sessions SET hash = 'account ' || number WHERE number = ?").run(number)
  }

  /** Ends a session; its number stays, since events carry it. */
  close(number: number): void {
    this.#sql('DELETE FROM reads WHERE session = ?').run(number)
    this.#sql("UPDATE sessions SET hash = 'erased ' || number WHERE number = ?").run(number)
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
    // The holder of this secret saw the direct conversations from its beginning on.
    this.#sql('UPDATE sessions SET began = min(began, ?) WHERE number = ?').run(integer(row, 'began'), into)
    this.close(number)
    this.#sql('UPDATE sessions SET into_session = ? WHERE number = ?').run(into, number)
    return number
  }

  /** Applies a change in the transaction of the caller. */
  apply(change: SessionChange, ts: number): void {
    switch (change.kind) {
      case 'began': {
        const { number: session, hash, began } = change.session
        const person = this.#names.numberOf(change.name)
        this.#sql('INSERT INTO sessions (number, hash, person, began, used) VALUES (?, ?, ?, ?, ?)').run(
          session,
          hash,
          person,
          began,
          Math.floor(ts / DAY),
        )
        return
      }
      case 'forgotten':
        this.#sql('DELETE FROM reads WHERE session = ?').run(change.session)
        this.#sql('DELETE FROM sessions WHERE number = ?').run(change.session)
        return
      case 'read':
        if (change.seq === undefined) {
          this.#sql('DELETE FROM reads WHERE session = ? AND room = ?').run(change.session, change.roomKey)
        } else {
          // Nothing for a session that is gone: erased while its request was on its way.
          this.#sql(
            `INSERT INTO reads (session, room, seq) SELECT number, ?, ? FROM sessions WHERE number = ?
            ON CONFLICT (session, room) DO UPDATE SET seq = excluded.seq`,
          ).run(change.roomKey, change.seq, change.session)
        }
    }
  }

  /** Forgets all sessions of a person but for their numbers, which no other session may get: events carry them. */
  forgetAll(person: number): void {
    this.#sql('DELETE FROM reads WHERE session IN (SELECT number FROM sessions WHERE person = ?)').run(person)
    this.#sql("UPDATE sessions SET hash = 'erased ' || number WHERE person = ?").run(person)
  }
}
