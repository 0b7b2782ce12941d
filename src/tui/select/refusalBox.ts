/** Why the server is refused, or refuses us, as a box. */

import type { Overlay } from '../model/overlay.ts'
import { clean } from '../text/clean.ts'
import { wrapText } from '../text/wrap.ts'
import { BOX_ENDS, BOX_SIDES, type Box, boxOf } from './box.ts'
import type { Layout } from './layout.ts'
import { EMPTY_ROW, type Row, span } from './row.ts'

const WIDEST = 84

type Refusal = Extract<Overlay, { kind: 'refusal' }>

/** The box, from its row `top` on. */
export function refusalBox(layout: Layout, refusal: Refusal): Box {
  const rows = rowsOf(layout, refusal)
  const page = pageOf(layout, rows)
  const first = Math.min(refusal.top, rows.length - page)
  const title =
    rows.length > page
      ? clean`Not connected  ${first + 1}–${first + page} of ${rows.length}`
      : clean`Not connected`
  return boxOf(layout, title, rows.slice(first, first + page), widthOf(layout), page + BOX_ENDS)
}

/** The largest `top` of a box: its last page. */
export function lastTop(layout: Layout, refusal: Refusal): number {
  const rows = rowsOf(layout, refusal)
  return rows.length - pageOf(layout, rows)
}

function rowsOf(layout: Layout, { lines }: Refusal): readonly Row[] {
  return lines.flatMap((line, at): Row[] => {
    const wrapped = wrapText(line, widthOf(layout) - BOX_SIDES)
    const gap = at === 1 ? [EMPTY_ROW] : []
    return [...gap, ...wrapped.map((row): Row => [span(row, at === 0 ? 'warning' : 'text')])]
  })
}

/** The rows that the box shows at once; the status line below it tells the keys. */
function pageOf(layout: Layout, rows: readonly Row[]): number {
  return Math.max(1, Math.min(rows.length, layout.rows - BOX_ENDS - 1))
}

const widthOf = ({ columns }: Layout): number => Math.min(WIDEST, columns)
