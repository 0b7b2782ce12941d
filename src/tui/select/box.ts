/** A box with a border, which is drawn over the timeline. */

import { type CleanText, clean } from '../text/clean.ts'
import { textWidth, truncate } from '../text/width.ts'
import type { Layout } from './layout.ts'
import { blanks, cutRow, fillRow, type Row, repeated, span } from './row.ts'

/** Rows that are drawn over others. */
export type Box = {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly rows: readonly Row[]
  /** The cell of the screen where its content begins. */
  readonly inside: { readonly x: number; readonly y: number }
}

/** Cells of a border and the blanks inside it, at both sides. */
export const BOX_SIDES = 4
/** Rows of a border. */
export const BOX_ENDS = 2

/** A box of these rows in the middle of the timeline, or of the screen if it is too wide. Longer rows are cut. */
export function boxOf(
  layout: Layout,
  title: CleanText,
  content: readonly Row[],
  width: number,
  height: number,
): Box {
  const beside = layout.columns - layout.pane - (layout.people === 0 ? 0 : layout.people + 1)
  const left = width <= layout.pane ? beside + ((layout.pane - width) >> 1) : (layout.columns - width) >> 1
  const above = (layout.rows - height) >> 1
  // A blank at each side, if it fits, separates the box from the text beneath.
  const halo = left > beside && left + width < layout.columns ? 1 : 0
  return boxAt({ left, top: above }, title, content, width, height, halo)
}

/** A box of these rows at a cell of the screen, with blanks of `halo` cells at both sides. */
export function boxAt(
  { left, top: above }: { readonly left: number; readonly top: number },
  title: CleanText,
  content: readonly Row[],
  width: number,
  height: number,
  halo = 0,
): Box {
  const inner = width - BOX_SIDES
  const words = truncate(title, inner - 1)
  const side = (sign: CleanText) => span(sign, 'rule')
  const top: Row = [
    span(clean`╭─ `, 'rule'),
    span(words, 'strong'),
    span(clean` ${repeated(clean`─`, width - 5 - textWidth(words))}╮`, 'rule'),
  ]
  const bottom: Row = [span(clean`╰${repeated(clean`─`, width - 2)}╯`, 'rule')]
  const rows = Array.from(
    { length: Math.max(0, height - BOX_ENDS) },
    (_, at): Row => [side(clean`│ `), ...fillRow(cutRow(content[at] ?? [], inner), inner), side(clean` │`)],
  )
  const framed = [top, ...rows, bottom]
  const air = span(blanks(halo))
  return {
    left: left - halo,
    top: above,
    width: width + 2 * halo,
    rows: halo === 0 ? framed : framed.map(row => [air, ...row, air]),
    inside: { x: left + 2, y: above + 1 },
  }
}
