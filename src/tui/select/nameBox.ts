/** The dialog that asks for another name, as a box. */

import { editorView } from '../composer/editorRows.ts'
import type { Overlay } from '../model/overlay.ts'
import { clean } from '../text/clean.ts'
import { wrapText } from '../text/wrap.ts'
import { BOX_ENDS, BOX_SIDES, type Box, boxOf } from './box.ts'
import type { Layout } from './layout.ts'
import { type Row, span } from './row.ts'

const WIDEST = 56

/** The box, and where the cursor is on the screen. */
export function nameBox(
  layout: Layout,
  dialog: Extract<Overlay, { kind: 'name' }>,
): { readonly box: Box; readonly cursor: { readonly x: number; readonly y: number } } {
  const width = Math.min(WIDEST, layout.columns)
  const inner = width - BOX_SIDES
  const most = Math.max(1, layout.rows - BOX_ENDS - 3)
  const reason = wrapText(dialog.reason, inner)
    .slice(0, most)
    .map((line): Row => [span(line, 'warning')])
  const { rows, cursor } = editorView(dialog.editor, inner - 2, 1)
  const typed: Row = [span(clean`› `, 'here'), span(rows[0] ?? clean``)]
  const content: Row[] = [...reason, [], typed]
  const box = boxOf(
    layout,
    clean`Another name`,
    content,
    width,
    Math.min(layout.rows, BOX_ENDS + content.length),
  )
  return { box, cursor: { x: box.inside.x + 2 + cursor.column, y: box.inside.y + reason.length + 1 } }
}
