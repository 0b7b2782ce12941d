import type { DatabaseSync } from 'node:sqlite'
import { mentionedNames } from '../../../../protocol/names.ts'
import type { NameTable } from './nameTable.ts'
import { type Statements, statements } from './statements.ts'

/** Whom each message mentions, for counting what a person has not read. Belongs to the writing connection. */
export class MentionTable {
  readonly #sql: Statements
  readonly #names: NameTable

  constructor(database: DatabaseSync, names: NameTable) {
    this.#sql = statements(database)
    this.#names = names
  }

  /** Notes whom a new message of an author (a number) mentions, of the people whom the log knows. */
  add(seq: number, room: number, author: number, message: string): void {
    if (!message.includes('@')) return
    for (const name of mentionedNames(message)) {
      const person = this.#names.find(name)
      if (person !== undefined && person !== author)
        this.#sql('INSERT INTO mentions (seq, person, room) VALUES (?, ?, ?)').run(seq, person, room)
    }
  }

  /** Forgets whom a message mentions: its text changes or goes. */
  remove(seq: number): void {
    this.#sql('DELETE FROM mentions WHERE seq = ?').run(seq)
  }
}
