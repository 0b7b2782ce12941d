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

/** Widths that the column of names grows to, in cells: few, so that a new name seldom moves the text. */
const NAME_STEPS = [16, 24, 32, 48, 64]
/** Names take at most this part of a pane. */
const NAMES_SHARE = 1 / 4

const kept = new Map<string, Columns>()

/**
 * The columns of a pane. The same object for the same arguments, so it can be compared.
 * @param longest the cells of the longest name
 */
export function columnsOf(width: number, longest = 0): Columns {
  const name = nameCells(width, longest)
  const key = `${width} ${name}`
  const known = kept.get(key)
  if (known !== undefined) return known
  const margin = width >= 42 ? 1 : 0
  const time = width >= 32 ? 5 : 0
  const textStart = margin + (time > 0 ? time + 1 : 0) + name + 3
  const columns = { width, margin, time, name, textStart, text: Math.max(1, width - textStart - margin) }
  if (kept.size > 1_000) kept.clear()
  kept.set(key, columns)
  return columns
}

/** The cells of the column of names: few in a narrow pane, and more for longer names where the text has room beside them. */
function nameCells(width: number, longest: number): number {
  const least = width >= 110 ? 16 : width >= 75 ? 12 : width >= 55 ? 10 : width >= 24 ? 7 : 4
  if (longest <= least) return least
  const step = NAME_STEPS.find(cells => cells >= longest) ?? longest
  return Math.max(least, Math.min(step, Math.floor(width * NAMES_SHARE)))
}
