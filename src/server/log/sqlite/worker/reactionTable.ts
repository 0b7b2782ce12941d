import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { ReactionFacts } from '../../changes.ts'
import { integer } from '../columns.ts'
import { type Statements, statements } from './statements.ts'

/** The reactions that stand, and how many there are of each kind. Belongs to the writing connection. */
export class ReactionTable {
  readonly #sql: Statements
  readonly #kind: StatementSync
  readonly #one: StatementSync

  constructor(database: DatabaseSync) {
    this.#sql = statements(database)
    this.#kind = database.prepare('SELECT since, count FROM reaction_kinds WHERE target = ? AND emoji = ?')
    this.#one = database.prepare(
      `SELECT 1 FROM reactions WHERE target = ? AND emoji = ?
      AND author = (SELECT number FROM names WHERE key = ?)`,
    )
  }

  /** What decides whether a message takes another reaction. */
  factsOf(target: number): ReactionFacts {
    const counted = this.#sql(
      'SELECT count(*) AS kinds, coalesce(sum(count), 0) AS inAll FROM reaction_kinds WHERE target = ?',
    ).get(target)
    return {
      kinds: integer(counted ?? {}, 'kinds'),
      inAll: integer(counted ?? {}, 'inAll'),
      hasKind: emoji => this.#kind.get(target, emoji) !== undefined,
      has: (emoji, person) => this.#one.get(target, emoji, person) !== undefined,
    }
  }

  /** Adds a reaction that is not there, by the event of this seq. */
  add(target: number, emoji: string, author: number, seq: number): void {
    const kind = this.#kind.get(target, emoji)
    const since = kind === undefined ? seq : integer(kind, 'since')
    this.#sql('INSERT INTO reactions (target, emoji, author, seq, since) VALUES (?, ?, ?, ?, ?)').run(
      target,
      emoji,
      author,
      seq,
      since,
    )
    this.#sql(
      `INSERT INTO reaction_kinds (target, emoji, since, count) VALUES (?, ?, ?, 1)
      ON CONFLICT (target, emoji) DO UPDATE SET count = count + 1`,
    ).run(target, emoji, since)
  }

  /** Takes a reaction away; nothing where it is not there. */
  remove(target: number, emoji: string, author: number): void {
    const { changes } = this.#sql('DELETE FROM reactions WHERE target = ? AND emoji = ? AND author = ?').run(
      target,
      emoji,
      author,
    )
    if (changes === 0) return
    this.#sql('UPDATE reaction_kinds SET count = count - 1 WHERE target = ? AND emoji = ?').run(target, emoji)
    this.#sql('DELETE FROM reaction_kinds WHERE target = ? AND emoji = ? AND count = 0').run(target, emoji)
  }

  /** Takes all reactions of a message away. */
  clear(target: number): void {
    this.#sql('DELETE FROM reactions WHERE target = ?').run(target)
    this.#sql('DELETE FROM reaction_kinds WHERE target = ?').run(target)
  }
}
