/** Turns rows into strings for Ink. Only this file puts escape sequences into text. */

import type { Row, Span } from '../select/row.ts'
import { type Ink, inkOf, showsOnBlanks } from '../select/theme.ts'
import { inAscii, isAmbiguousWide } from '../text/ambiguous.ts'
import type { Colors } from '../text/hues.ts'
import type { LinkTarget } from '../text/links.ts'

declare const painted: unique symbol

/** A row with its colours; only `paint` makes it. */
export type Painted = string & { readonly [painted]: true }

type Kept = Readonly<Record<Colors, WeakMap<Row, Painted>>>

const keeps = (): Kept => ({ 0: new WeakMap(), 16: new WeakMap(), 256: new WeakMap() })
const unicode = keeps()
const ascii = keeps()

const NO_INK: Ink = ['', '']

/** The row with escape sequences for its colours and its links. */
export function paint(row: Row, colors: Colors): Painted {
  const kept = (isAmbiguousWide() ? ascii : unicode)[colors]
  const known = kept.get(row)
  if (known !== undefined) return known
  const made = row.map(part => stretch(part, colors)).join('') as Painted
  kept.set(row, made)
  return made
}

function stretch({ text, tone, target }: Span, colors: Colors): Painted {
  // Blanks look alike in most tones, and each sequence costs Ink time.
  const isBlank = text === '' || (!showsOnBlanks(tone) && /^ +$/.test(text))
  const [before, behind] = isBlank ? NO_INK : inkOf(tone, colors)
  const shown = (text === '' ? '' : before + (isAmbiguousWide() ? inAscii(text) : text) + behind) as Painted
  return target === undefined ? shown : linked(shown, target)
}

/** A hyperlink by OSC 8. Each of its rows has the whole target, so that a terminal opens it from any of them. */
function linked(painted: Painted, target: LinkTarget): Painted {
  return `\x1b]8;;${target}\x07${painted}\x1b]8;;\x07` as Painted
}
