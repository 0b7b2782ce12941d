import type { DatabaseSync } from 'node:sqlite'
import type { KeptSession, SessionChange } from '../../entries.ts'
import type { NameTable } from './nameTable.ts'
import { integer, text } from './rows.ts'
import { type Statements, statements } from './statements.ts'

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

  /** Applies a change in the transaction of the caller. */
  apply(change: SessionChange): void {
    switch (change.kind) {
      case 'began': {
        const { number: session, hash, began } = change.session
        const person = this.#names.numberOf(change.name)
        this.#sql('INSERT INTO sessions (number, hash, person, began) VALUES (?, ?, ?, ?)').run(
          session,
          hash,
          person,
          began,
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
