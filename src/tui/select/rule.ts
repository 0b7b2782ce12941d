/** Lines between the panes, and across a pane with words in them. */

import { type CleanText, clean } from '../text/clean.ts'
import { textWidth, truncate } from '../text/width.ts'
import type { Columns } from './columns.ts'
import { blanks, type Row, repeated, rowWidth, span } from './row.ts'
import type { Tone } from './theme.ts'

const LINE = clean`─`
const STROKE: Row = [span(clean`│`, 'rule')]

/** A line with a label in the middle: `──── Monday 23 November 2026 ────`. */
export function labelledRule(label: CleanText, tone: Tone, { width: pane, margin }: Columns): Row {
  const width = pane - 2 * margin
  const words = truncate(label, width - 4)
  const rest = width - textWidth(words) - 2
  if (rest < 2) return [span(truncate(label, width), tone)]
  const before = rest >> 1
  return [
    span(clean`${blanks(margin)}${repeated(LINE, before)} `, 'rule'),
    span(words, tone),
    span(clean` ${repeated(LINE, rest - before)}`, 'rule'),
  ]
}

/** The line between the sidebar and the timeline, as high as both. */
export function columnRule(height: number): readonly Row[] {
  return Array.from({ length: height }, () => STROKE)
}

/** A line across the screen with a joint in it, and words near its right end. */
export function paneRule(width: number, joint: { at: number; sign: CleanText } | undefined, label: Row): Row {
  const words: Row = label.length === 0 ? [] : [span(clean` `), ...label, span(clean` `), span(LINE, 'rule')]
  const cells = rowWidth(words)
  const left = joint === undefined ? width - cells : joint.at
  if (cells > 0 && width - cells < (joint?.at ?? 0) + 3) return paneRule(width, joint, [])
  const line: Row =
    joint === undefined
      ? [span(repeated(LINE, left), 'rule')]
      : [
          span(repeated(LINE, left), 'rule'),
          span(joint.sign, 'rule'),
          span(repeated(LINE, width - left - 1 - cells), 'rule'),
        ]
  return [...line, ...words]
}
