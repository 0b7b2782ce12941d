/** Turns rows into strings for Ink. Only this file puts escape sequences into text. */

import type { Row } from '../select/row.ts'
import { inkOf, type Tone } from '../select/theme.ts'
import { inAscii, isAmbiguousWide } from '../text/ambiguous.ts'
import type { CleanText } from '../text/clean.ts'

declare const painted: unique symbol

/** A row with its colours; only `paint` makes it. */
export type Painted = string & { readonly [painted]: true }

const unicode = { color: new WeakMap<Row, Painted>(), monochrome: new WeakMap<Row, Painted>() }
const ascii = { color: new WeakMap<Row, Painted>(), monochrome: new WeakMap<Row, Painted>() }

/** The row with escape sequences for its colours. */
export function paint(row: Row, color: boolean): Painted {
  const kept = (isAmbiguousWide() ? ascii : unicode)[color ? 'color' : 'monochrome']
  const known = kept.get(row)
  if (known !== undefined) return known
  const made = row.map(({ text, tone }) => stretch(text, tone, color)).join('') as Painted
  kept.set(row, made)
  return made
}

function stretch(text: CleanText, tone: Tone, color: boolean): string {
  if (text === '') return ''
  const [before, behind] = inkOf(tone, color)
  return before + (isAmbiguousWide() ? inAscii(text) : text) + behind
}
