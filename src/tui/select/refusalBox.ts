/** Why the server is refused, or refuses us, as a box. */

import type { Overlay } from '../model/state.ts'
import { clean } from '../text/clean.ts'
import { wrapText } from '../text/wrap.ts'
import { BOX_ENDS, BOX_SIDES, type Box, boxOf } from './box.ts'
import type { Layout } from './layout.ts'
import { EMPTY_ROW, type Row, span } from './row.ts'

const WIDEST = 84

/** The box, from its row `top` on; the last page where `top` is beyond it. */
export function refusalBox(layout: Layout, { lines, top }: Extract<Overlay, { kind: 'refusal' }>): Box {
  const width = Math.min(WIDEST, layout.columns)
  const rows = lines.flatMap((line, at): Row[] => {
    const wrapped = wrapText(line, width - BOX_SIDES)
    const tone = at === 0 ? 'warning' : 'text'
    const gap = at === 1 ? [EMPTY_ROW] : []
    return [...gap, ...wrapped.map((row): Row => [span(row, tone)])]
  })
  // The status line below tells the keys.
  const page = Math.max(1, Math.min(rows.length, layout.rows - BOX_ENDS - 1))
  const first = Math.min(top, rows.length - page)
  const title =
    rows.length > page
      ? clean`Not connected  ${first + 1}–${first + page} of ${rows.length}`
      : clean`Not connected`
  return boxOf(layout, title, rows.slice(first, first + page), width, page + BOX_ENDS)
}
