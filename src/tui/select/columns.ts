/** How the width of the timeline is shared: time, name, a mark, and the text with the rest. */

/** Cells of each column. Between them stands one blank. */
export type Columns = {
  /** The whole pane. */
  readonly width: number
  /** Blanks at the left edge, and at least as many at the right. */
  readonly margin: number
  /** 5, or 0 on a pane too narrow for times. */
  readonly time: number
  /** Names are aligned right; longer ones are cut. */
  readonly name: number
  /** The width of the text. */
  readonly text: number
  /** The cell where the text begins, on every row. */
  readonly textStart: number
}

const kept = new Map<number, Columns>()

/** The columns of a pane. The same object for the same width, so it can be compared. */
export function columnsOf(width: number): Columns {
  const known = kept.get(width)
  if (known !== undefined) return known
  const margin = width >= 42 ? 1 : 0
  const time = width >= 32 ? 5 : 0
  const name = width >= 110 ? 16 : width >= 75 ? 12 : width >= 55 ? 10 : width >= 24 ? 7 : 4
  const textStart = margin + (time > 0 ? time + 1 : 0) + name + 3
  const columns = { width, margin, time, name, textStart, text: Math.max(1, width - textStart - margin) }
  kept.set(width, columns)
  return columns
}
