/** A row of the screen: clean text with tones. Rows are immutable, so they can be kept and compared. */

import { type CleanText, clean, joinClean } from '../text/clean.ts'
import type { LinkTarget } from '../text/links.ts'
import { textWidth, truncate } from '../text/width.ts'
import type { Tone } from './theme.ts'

/** A stretch of text of one tone. */
export type Span = {
  readonly text: CleanText
  readonly tone: Tone
  /** The address that it opens. */
  readonly target?: LinkTarget
}

/** One row of cells, from left to right; cells behind the last span are empty. */
export type Row = readonly Span[]

/** A row without text. */
export const EMPTY_ROW: Row = []

/** A span; its tone is plain by default. */
export function span(text: CleanText, tone: Tone = 'text'): Span {
  return { text, tone }
}

/** The cells of a row. */
export function rowWidth(row: Row): number {
  return row.reduce((width, { text }) => width + textWidth(text), 0)
}

/** `count` empty cells; none where it is negative. */
export function blanks(count: number): CleanText {
  return repeated(clean` `, count)
}

const REPEATED = new Map<string, CleanText>()

/** A one-cell sign repeated. Results are kept, since every frame needs rules and blanks. */
export function repeated(sign: CleanText, count: number): CleanText {
  const times = Math.max(0, count)
  const key = `${sign}${times}`
  const known = REPEATED.get(key)
  if (known !== undefined) return known
  const text = joinClean(Array.from({ length: times }, () => sign))
  if (REPEATED.size > 2_000) REPEATED.clear()
  REPEATED.set(key, text)
  return text
}

/** The row cut to `width` cells, with an ellipsis if text is missing. */
export function cutRow(row: Row, width: number): Row {
  if (rowWidth(row) <= width) return row
  const kept: Span[] = []
  let left = width
  for (const part of row) {
    if (left <= 0) break
    const cells = textWidth(part.text)
    // If the next span does not fit at all, the ellipsis stands at the end of this one.
    const shown = cells < left ? part.text : truncate(joinClean([part.text, clean` `]), left)
    kept.push({ ...part, text: shown })
    left -= textWidth(shown)
  }
  return kept
}

/** `left` and `right` at the two ends of `width` cells. `left` is cut first; `right` only if it is too wide alone. */
export function spread(left: Row, right: Row, width: number): Row {
  const end = cutRow(right, width)
  const endWidth = rowWidth(end)
  const start = cutRow(left, Math.max(0, width - endWidth - (endWidth > 0 ? 1 : 0)))
  return [...start, span(blanks(width - rowWidth(start) - endWidth)), ...end]
}

/** The row with blanks behind it up to `width` cells. */
export function fillRow(row: Row, width: number): Row {
  const missing = width - rowWidth(row)
  return missing > 0 ? [...row, span(blanks(missing))] : row
}

const dim = new WeakMap<Row, Row>()

/** The row without its colours and links, as it stands behind a box. */
export function dimmed(row: Row): Row {
  const known = dim.get(row)
  if (known !== undefined) return known
  const made: Row = row.map(({ text }) => span(text, 'dim'))
  dim.set(row, made)
  return made
}
