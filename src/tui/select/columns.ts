/** How the width of the timeline is shared: name, time, a mark, and the text with the rest. */

/** Cells of each column. */
export type Columns = {
  /** The whole pane. */
  readonly width: number
  /** Blanks at the left edge, and at least as many at the right. */
  readonly margin: number
  /** Names are aligned left; a longer one has a row of its own. */
  readonly name: number
  /** 5, or 0 on a pane too narrow for times. */
  readonly time: number
  /** The width of the text. */
  readonly text: number
  /** The cell where the text begins, on every row. Two cells before it are those of {@link MARK} and of the selection. */
  readonly textStart: number
}

/** Where the mark of a row stands, counted back from the text. */
export const MARK = 2
/** Cells by which the second and further rows of a message stand further right than a new message. */
export const HANG = 2
/** The column of names: more would take too much from the text. */
const MOST_FOR_NAMES = 8
const LEAST_FOR_NAMES = 4
/** Longer lines are hard to read: the eye loses the next one. (Bringhurst, The Elements of Typographic Style, 2.1.2) */
const WIDEST_TEXT = 100
const LEAST_FOR_MARGIN = 42
const LEAST_FOR_TIME = 40

const kept = new Map<string, Columns>()

/**
 * The columns of a pane. The same object for the same arguments, so it can be compared.
 * @param longest the cells of the longest name that fits into the column
 */
export function columnsOf(width: number, longest = 0): Columns {
  const name = Math.max(LEAST_FOR_NAMES, Math.min(longest, mostForNames(width)))
  const key = `${width} ${name}`
  const known = kept.get(key)
  if (known !== undefined) return known
  const margin = width >= LEAST_FOR_MARGIN ? 1 : 0
  const time = width >= LEAST_FOR_TIME ? 5 : 0
  const textStart = margin + name + (time > 0 ? time + 1 : 0) + MARK
  const text = Math.max(1, Math.min(WIDEST_TEXT, width - textStart - margin))
  const columns = { width, margin, name, time, textStart, text }
  if (kept.size > 1_000) kept.clear()
  kept.set(key, columns)
  return columns
}

/** The cells that names take at most in a pane. */
export function mostForNames(width: number): number {
  return width >= LEAST_FOR_MARGIN
    ? MOST_FOR_NAMES
    : Math.max(LEAST_FOR_NAMES, Math.min(MOST_FOR_NAMES, width >> 2))
}
