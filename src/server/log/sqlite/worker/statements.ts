import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Gives the prepared statement of a text. */
export type Statements = (sql: string) => StatementSync

/** Prepares each statement of a connection once. For texts that are constants: none is ever forgotten. */
export function statements(database: DatabaseSync): Statements {
  const prepared = new Map<string, StatementSync>()
  return sql => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    prepared.set(sql, statement)
    return statement
  }
}
