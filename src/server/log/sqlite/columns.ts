/** A row as `node:sqlite` gives it. */
export type Row = Readonly<Record<string, unknown>>

/** A column that is an integer; anything else is a bug. */
export function integer(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw new TypeError(`${column} is ${typeof value}, not a number`)
  return value
}

/** A column that is text; anything else is a bug. */
export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new TypeError(`${column} is ${typeof value}, not text`)
  return value
}

/** A column that is an integer or null. */
export function optionalInteger(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : integer(row, column)
}

/** A column that is text or null. */
export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column)
}
