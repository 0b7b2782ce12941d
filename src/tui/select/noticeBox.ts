/** A notice that is too long for the status line, as a box above the composer. The view beneath stays where it is. */

import type { ScreenState } from '../model/state.ts'
import { clean } from '../text/clean.ts'
import { textWidth } from '../text/width.ts'
import { wrapText } from '../text/wrap.ts'
import { BOX_ENDS, BOX_SIDES, type Box, boxOf } from './box.ts'
import type { Layout } from './layout.ts'
import { type Row, span } from './row.ts'

const WIDEST = 80
const MOST_ROWS = 6
/** The sign of the connection before a notice, with blanks. */
const BEFORE = 4

/** Whether the status line has room for the notice. */
export function fitsStatus({ notice }: ScreenState, { columns }: Layout): boolean {
  return notice === undefined || textWidth(notice.text) + BEFORE <= columns
}

/** The box; undefined where the notice fits into the status line, or there is none. */
export function noticeBox(state: ScreenState, layout: Layout): Box | undefined {
  const { notice } = state
  if (notice === undefined || fitsStatus(state, layout)) return undefined
  const width = Math.min(WIDEST, layout.pane)
  const most = Math.max(1, Math.min(MOST_ROWS, layout.timeline - BOX_ENDS))
  const lines = wrapText(notice.text, width - BOX_SIDES).slice(0, most)
  const rows = lines.map((line): Row => [span(line, notice.tone)])
  const height = rows.length + BOX_ENDS
  const title = notice.tone === 'error' ? clean`Error` : clean`Note`
  const box = boxOf(layout, title, rows, width, height)
  const top = Math.max(0, layout.rows - 1 - layout.composer - (layout.ruled ? 1 : 0) - height)
  return { ...box, top, inside: { x: box.inside.x, y: top + 1 } }
}
