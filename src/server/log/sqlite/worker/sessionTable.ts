import type { DatabaseSync } from 'node:sqlite'
import type { KeptSession, Note } from '../../log.ts'
import type { NameTable } from './nameTable.ts'
import { number, string } from './rows.ts'
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
      const session = number(row, 'session')
      const ofSession = reads.get(session) ?? new Map<string, number>()
      reads.set(session, ofSession.set(string(row, 'room'), number(row, 'seq')))
    }
    const sessions = this.#sql(
      `SELECT sessions.number, hash, key, began FROM sessions JOIN names ON names.number = person
      ORDER BY sessions.number`,
    )
    return sessions.all().map(row => ({
      number: number(row, 'number'),
      hash: string(row, 'hash'),
      person: string(row, 'key'),
      began: number(row, 'began'),
      reads: reads.get(number(row, 'number')) ?? new Map<string, number>(),
    }))
  }

  /** Takes a note into the transaction of the caller. */
  remember(note: Note): void {
    switch (note.note) {
      case 'began': {
        const { number: session, hash, began } = note.session
        const person = this.#names.numberOf(note.name)
        this.#sql('INSERT INTO sessions (number, hash, person, began) VALUES (?, ?, ?, ?)').run(
          session,
          hash,
          person,
          began,
        )
        return
      }
      case 'forgotten':
        this.#sql('DELETE FROM reads WHERE session = ?').run(note.session)
        this.#sql('DELETE FROM sessions WHERE number = ?').run(note.session)
        return
      case 'read':
        if (note.seq === undefined) {
          this.#sql('DELETE FROM reads WHERE session = ? AND room = ?').run(note.session, note.roomKey)
        } else {
          // Nothing for a session that is gone: erased while its request was on its way.
          this.#sql(
            `INSERT INTO reads (session, room, seq) SELECT number, ?, ? FROM sessions WHERE number = ?
            ON CONFLICT (session, room) DO UPDATE SET seq = excluded.seq`,
          ).run(note.roomKey, note.seq, note.session)
        }
    }
  }

  /** Forgets all sessions of a person but for their numbers, which nobody else may get: events are marked with them. */
  forgetAll(person: number): void {
    this.#sql('DELETE FROM reads WHERE session IN (SELECT number FROM sessions WHERE person = ?)').run(person)
    this.#sql("UPDATE sessions SET hash = 'erased ' || number WHERE person = ?").run(person)
  }
}
