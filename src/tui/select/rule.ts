/** Lines between the panes, and across a pane with words in them. */

import { type CleanText, clean } from '../text/clean.ts'
import { textWidth, truncate } from '../text/width.ts'
import type { Columns } from './columns.ts'
import { blanks, type Row, repeated, rowWidth, span } from './row.ts'
import type { Tone } from './theme.ts'

const LINE = clean`─`
/** The ends of the line and the blanks beside a label. */
const LEAST_BESIDE = 4
const STROKE: Row = [span(clean`│`, 'rule')]

/** The cells that a label can have. */
export function labelRoom({ width, margin }: Columns): number {
  return width - 2 * margin - LEAST_BESIDE
}

/** A line with a label in the middle: `──── Monday 23 November 2026 ────`. @param line the tone of the line */
export function labelledRule(label: CleanText, tone: Tone, columns: Columns, line: Tone = 'rule'): Row {
  const { margin } = columns
  const width = columns.width - 2 * margin
  const words = truncate(label, labelRoom(columns))
  const rest = width - textWidth(words) - 2
  if (rest < 2) return [span(truncate(label, width), tone)]
  const before = rest >> 1
  return [
    span(clean`${blanks(margin)}${repeated(LINE, before)} `, line),
    span(words, tone),
    span(clean` ${repeated(LINE, rest - before)}`, line),
  ]
}

/** The line between the sidebar and the timeline, as high as both. */
export function columnRule(height: number): readonly Row[] {
  return Array.from({ length: height }, () => STROKE)
}

/** Words in a line across the screen. */
export type RuleWords = {
  /** Behind the joint: the first of these that fits. */
  readonly left: readonly Row[]
  /** Near the right end; they stand before those to the left where both do not fit. */
  readonly right: Row
}

/** Where the line meets those between the columns. */
export type Joints = {
  readonly sign: CleanText
  /** The cell of the line behind the sidebar, and of the one before the people; undefined: there is none. */
  readonly left: number | undefined
  readonly right: number | undefined
}

/** A line across the screen, with words at both ends of the part over or under the timeline. */
export function paneRule(width: number, { sign, left: from, right: to }: Joints, words: RuleWords): Row {
  const before: Row = from === undefined ? [] : [span(repeated(LINE, from), 'rule'), span(sign, 'rule')]
  const behind: Row =
    to === undefined ? [] : [span(sign, 'rule'), span(repeated(LINE, width - to - 1), 'rule')]
  const room = width - rowWidth(before) - rowWidth(behind)
  const end = fitting(words.right, room - LEAST_LINE)
  const free = room - LEAST_LINE - rowWidth(end)
  const start = words.left.map(left => fitting(left, free)).find(left => left.length > 0) ?? []
  const line = span(repeated(LINE, room - rowWidth(start) - rowWidth(end)), 'rule')
  return [...before, ...start, line, ...end, ...behind]
}

/** Cells of a line that remain beside its words. */
const LEAST_LINE = 2

/** Words with a blank at each side and a piece of the line before or behind them; nothing where they do not fit. */
function fitting(words: Row, room: number): Row {
  if (words.length === 0 || rowWidth(words) + 4 > room) return []
  return [span(clean`${LINE} `, 'rule'), ...words, span(clean` ${LINE}`, 'rule')]
}
