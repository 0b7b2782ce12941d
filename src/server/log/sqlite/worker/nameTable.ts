import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { foldName } from '../../../../protocol/names.ts'
import { integer, text } from './rows.ts'

/** Names whose number is remembered. */
const CACHED = 10_000

/** The people whom the log knows, each by a number. Belongs to the writing connection. */
export class NameTable {
  readonly #find: StatementSync
  readonly #add: StatementSync
  readonly #rename: StatementSync
  readonly #all: StatementSync
  readonly #spell: StatementSync
  readonly #numbers = new Map<string, number>()

  constructor(database: DatabaseSync) {
    this.#find = database.prepare('SELECT number FROM names WHERE key = ?')
    this.#add = database.prepare('INSERT INTO names (key, name) VALUES (?, ?)')
    this.#rename = database.prepare('UPDATE names SET key = ?, name = ? WHERE number = ?')
    this.#spell = database.prepare('UPDATE names SET name = ? WHERE number = ? AND name <> ?')
    this.#all = database.prepare('SELECT name FROM names ORDER BY number')
  }

  /** The number of a person; a new person gets one, and is shown in this spelling. */
  numberOf(name: string): number {
    const key = foldName(name)
    return this.find(key) ?? this.#remember(key, Number(this.#add.run(key, name).lastInsertRowid))
  }

  /** The number of a person (a folded name); undefined where the log does not know the person. */
  find(key: string): number | undefined {
    const cached = this.#numbers.get(key)
    if (cached !== undefined) return cached
    const row = this.#find.get(key)
    return row === undefined ? undefined : this.#remember(key, integer(row, 'number'))
  }

  /** Shows a person in another spelling of the name. */
  spell(person: number, name: string): void {
    this.#spell.run(name, person, name)
  }

  /** Removes the name of a person; the number stays. No name folds to the key that replaces it. */
  erase(person: number): void {
    this.#rename.run(`erased ${person}`, 'erased', person)
    this.#numbers.clear()
  }

  /** Every name, as it is spelled. */
  all(): string[] {
    return this.#all.all().map(row => text(row, 'name'))
  }

  /** Forgets the remembered numbers: after a transaction that was rolled back. */
  forget(): void {
    this.#numbers.clear()
  }

  #remember(key: string, person: number): number {
    if (this.#numbers.size >= CACHED) this.#numbers.clear()
    this.#numbers.set(key, person)
    return person
  }
}
