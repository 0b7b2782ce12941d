/** The value below which this percentage of the sorted values lies; NaN without values. */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN
}

/** The median of some values; NaN without values. */
export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    50,
  )
}

/** One row of a bench's table: the thing measured, and its figures by the name of their column. */
export interface Row {
  readonly what: string
  readonly figures: Readonly<Record<string, number>>
}

/** The rows as a text table; figures below 1,000 have three significant digits. */
export function table(title: string, rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap(row => Object.keys(row.figures)))]
  const cells = [
    [title, ...columns],
    ...rows.map(row => [row.what, ...columns.map(column => show(row.figures[column]))]),
  ]
  const widths = (cells[0] ?? []).map((_, i) => Math.max(...cells.map(line => line[i]?.length ?? 0)))
  return cells
    .map(line =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    )
    .join('\n')
}

function show(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-'
  if (value >= 1_000) return Math.round(value).toLocaleString('en-US')
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 })
}
