import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { foldName } from '../../../../protocol/names.ts'
import { integer, text } from '../columns.ts'

/** Names whose number is remembered. */
const CACHED = 10_000

/** The people whom the log knows, each by a number. Belongs to the writing connection. */
export class NameTable {
  readonly #find: StatementSync
  readonly #drop: StatementSync
  readonly #dropMentions: StatementSync
  readonly #add: StatementSync
  readonly #rename: StatementSync
  readonly #spoke: StatementSync
  readonly #spell: StatementSync
  readonly #name: StatementSync
  readonly #numbers = new Map<string, number>()
  /** People of whom the table notes that they spoke. */
  readonly #speakers = new Set<number>()

  constructor(database: DatabaseSync) {
    this.#find = database.prepare('SELECT number FROM names WHERE key = ?')
    this.#drop = database.prepare(
      `DELETE FROM names WHERE number = ?1 AND spoke = 0
      AND NOT EXISTS (SELECT 1 FROM sessions WHERE person = ?1)
      AND NOT EXISTS (SELECT 1 FROM accounts WHERE person = ?1)
      AND NOT EXISTS (SELECT 1 FROM audit WHERE by = ?1 OR target = ?1)`,
    )
    this.#dropMentions = database.prepare('DELETE FROM mentions WHERE person = ?')
    this.#add = database.prepare('INSERT INTO names (key, name) VALUES (?, ?)')
    this.#rename = database.prepare('UPDATE names SET key = ?, name = ? WHERE number = ?')
    this.#spell = database.prepare('UPDATE names SET name = ? WHERE number = ? AND name <> ?')
    this.#name = database.prepare('SELECT name FROM names WHERE number = ?')
    this.#spoke = database.prepare('UPDATE names SET spoke = 1 WHERE number = ? AND spoke = 0')
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

  /** The name of a person as it is shown. */
  nameOf(person: number): string {
    return text(this.#name.get(person) ?? {}, 'name')
  }

  /** The number of a person, who is shown in this spelling from now on. */
  spelled(name: string): number {
    const person = this.numberOf(name)
    this.#spell.run(name, person, name)
    return person
  }

  /** Removes the name of a person; the number stays. No name folds to the key that replaces it. */
  erase(person: number): void {
    this.#rename.run(`erased ${person}`, 'erased', person)
    this.#numbers.clear()
    this.#speakers.clear()
  }

  /** A person said something: the name stays. */
  spoke(person: number): void {
    if (this.#speakers.has(person)) return
    if (this.#speakers.size >= CACHED) this.#speakers.clear()
    this.#speakers.add(person)
    this.#spoke.run(person)
  }

  /** Takes a name away of which nothing is left: no word, no session, no account. */
  dropUnused(person: number): void {
    const { changes } = this.#drop.run(person)
    if (changes === 0) return
    this.#dropMentions.run(person)
    this.#numbers.clear()
  }

  /** Forgets what is remembered: after a transaction that was rolled back. */
  forget(): void {
    this.#numbers.clear()
    this.#speakers.clear()
  }

  #remember(key: string, person: number): number {
    if (this.#numbers.size >= CACHED) this.#numbers.clear()
    this.#numbers.set(key, person)
    return person
  }
}
