/** The help: every key and every command, from their definitions. */

import { accountCommandHelp, commandHelp } from '../commands/definitions.ts'
import { helpSections } from '../input/bindings.ts'
import { clean, cleanLine } from '../text/clean.ts'
import { padEnd } from '../text/width.ts'
import { wrapText } from '../text/wrap.ts'
import { BOX_ENDS, BOX_SIDES, type Box, boxOf } from './box.ts'
import type { Layout } from './layout.ts'
import { blanks, EMPTY_ROW, type Row, span } from './row.ts'

const WIDEST = 84
/** The width of the keys, in cells, on a screen wide enough for two columns. */
const KEY_COLUMN = 26
const LEAST_FOR_COLUMNS = 60

const kept = new Map<number, readonly Row[]>()

/** The help from its row `top` on. */
export function helpBox(layout: Layout, top: number): Box {
  const rows = contentOf(layout)
  const page = helpHeight(layout)
  const shown = rows.slice(top, top + page)
  const title =
    rows.length > page
      ? clean`Keys and commands  ${top + 1}–${top + shown.length} of ${rows.length}`
      : clean`Keys and commands`
  return boxOf(layout, title, shown, widthOf(layout), page + BOX_ENDS)
}

/** The rows that the help shows at once. */
export function helpHeight(layout: Layout): number {
  return Math.max(1, Math.min(contentOf(layout).length, layout.rows - BOX_ENDS - (layout.rows >= 16 ? 5 : 1)))
}

/** The rows of the whole help. */
export function helpRowCount(layout: Layout): number {
  return contentOf(layout).length
}

const widthOf = ({ columns }: Layout): number => Math.min(WIDEST, columns - (columns >= 60 ? 4 : 0))

function contentOf(layout: Layout): readonly Row[] {
  const width = widthOf(layout) - BOX_SIDES
  const known = kept.get(width)
  if (known !== undefined) return known
  const sections: { readonly title: string; readonly rows: readonly (readonly [string, string])[] }[] = [
    ...helpSections(),
    { title: 'Your account', rows: accountCommandHelp() },
    { title: 'Commands', rows: commandHelp() },
  ]
  const rows = sections.flatMap(({ title, rows }, at): Row[] => [
    ...(at === 0 ? [] : [EMPTY_ROW]),
    [span(cleanLine(title), 'here')],
    ...rows.flatMap(([keys, help]) => helpRows(keys, help, width)),
  ])
  kept.set(width, rows)
  return rows
}

function helpRows(keys: string, help: string, width: number): Row[] {
  const isNarrow = width < LEAST_FOR_COLUMNS - BOX_SIDES
  const indent = isNarrow ? 2 : KEY_COLUMN
  const lines = wrapText(cleanLine(help), width - indent).map(
    (line): Row => [span(blanks(indent)), span(line)],
  )
  const name = cleanLine(keys)
  const [first = EMPTY_ROW, ...others] = lines
  // Keys that are too long for their column take rows of their own.
  const names = wrapText(name, isNarrow ? width : KEY_COLUMN - 2)
  if (isNarrow) return [...names.map((line): Row => [span(line, 'key')]), ...lines]
  const named = names.map((line, at): Row => {
    const text = lines[at]?.slice(1) ?? []
    return [span(padEnd(line, KEY_COLUMN), 'key'), ...text]
  })
  return lines.length > names.length ? [...named, ...[first, ...others].slice(names.length)] : named
}
