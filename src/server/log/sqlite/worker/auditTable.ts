import type { DatabaseSync } from 'node:sqlite'
import type { AuditLine } from '../../accounts.ts'
import { integer, optionalText, text } from '../columns.ts'
import { type Statements, statements } from './statements.ts'

/** Lines that are kept, the newest. */
const AUDIT_KEPT = 100_000

/** The audit: what operators and owners did. Belongs to the writing connection. */
export class AuditTable {
  readonly #sql: Statements

  constructor(database: DatabaseSync) {
    this.#sql = statements(database)
  }

  /** Adds a line; people by their numbers. */
  note(line: {
    readonly ts: number
    readonly by: number | undefined
    readonly deed: string
    readonly target: number | undefined
    readonly detail: string
  }): void {
    this.#sql('INSERT INTO audit (ts, by, deed, target, detail) VALUES (?, ?, ?, ?, ?)').run(
      line.ts,
      line.by ?? null,
      line.deed,
      line.target ?? null,
      line.detail,
    )
    this.#sql('DELETE FROM audit WHERE n <= (SELECT max(n) FROM audit) - ?').run(AUDIT_KEPT)
  }

  /** Takes what the audit says of a person away, but for the number. */
  forgetDetails(person: number): void {
    this.#sql("UPDATE audit SET detail = '' WHERE target = ? OR by = ?").run(person, person)
  }
}

/** The newest lines of the audit, the newest first, before line `before` where that is given. */
export function auditLines(database: DatabaseSync, before: number | undefined, limit: number): AuditLine[] {
  const rows = database
    .prepare(
      `SELECT n, ts, actors.name AS by, deed, targets.name AS target, detail FROM audit
      LEFT JOIN names actors ON actors.number = audit.by LEFT JOIN names targets ON targets.number = audit.target
      WHERE n < ? ORDER BY n DESC LIMIT ? + 0`,
    )
    .all(before ?? Number.MAX_SAFE_INTEGER, limit)
  return rows.map(row => ({
    n: integer(row, 'n'),
    ts: integer(row, 'ts'),
    by: optionalText(row, 'by'),
    deed: text(row, 'deed'),
    target: optionalText(row, 'target'),
    detail: text(row, 'detail'),
  }))
}
