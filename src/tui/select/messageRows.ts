/** Messages as rows: a head with name, time and mark, and the text hanging beside it. */

import type { Reaction } from '../../protocol/events.ts'
import { foldName } from '../../protocol/names.ts'
import { type CleanText, clean, cleanLine, joinClean, sliceClean } from '../text/clean.ts'
import type { HueBook } from '../text/hues.ts'
import { textWidth, truncate } from '../text/width.ts'
import { wrapText } from '../text/wrap.ts'
import { type Body, bodyRows } from './bodyRows.ts'
import { type Columns, HANG, MARK } from './columns.ts'
import { blanks, cutRow, type Row, type Span, span } from './row.ts'
import type { Tone } from './theme.ts'

/** Stands before the name of a person without an account; no name begins so. */
const GUEST = clean`~`

/** The columns before the text, on the first row of a message. */
export type Head = {
  /** Empty: blank. */
  readonly time: CleanText
  /** Undefined: blank, since the row above shows the same name. */
  readonly name: Sender | undefined
  /** In the cell behind the time. */
  readonly mark: Span | undefined
  /** Whether the mark stands on all rows. */
  readonly isBarred?: boolean
}

/** The name of a sender. */
export type Sender = {
  /** Not cleaned yet. */
  readonly from: string
  readonly tone: Tone
  /** Whether the name has no account: see {@link GUEST}. */
  readonly isGuest: boolean
  /** Whether a name that is longer than its column is cut; otherwise it has a row of its own: see {@link longNameRow}. */
  readonly isCut: boolean
}

/** The rows of a message; at least one. @param quote a row above the text */
export function messageRows(
  head: Head,
  body: Body,
  hues: HueBook,
  columns: Columns,
  quote?: Row | undefined,
): Row[] {
  const rows = bodyRows(body, hues, columns.text)
  return hung(head, quote === undefined ? rows : [quote, ...rows], columns)
}

/** Rows of text behind a head. */
export function hung(head: Head, rows: readonly Row[], columns: Columns): Row[] {
  const { mark } = head
  const blank = span(blanks(columns.textStart))
  const indent: Row =
    head.isBarred === true && mark !== undefined
      ? [span(blanks(columns.textStart - MARK)), mark, span(blanks(MARK - textWidth(mark.text)))]
      : [blank]
  const first = [...nameSpans(head.name, columns), ...behindName(head, columns)]
  return rows.map((row, at) => (at === 0 ? [...first, ...row] : [...indent, ...row]))
}

/** The bar before the text of a selected message. */
export const BAR: Span = span(clean`▌`, 'here')

/** A row of `hung` with a bar in the cell before its text. */
export function barred(row: Row, { textStart }: Columns): Row {
  let cells = 0
  const at = row.findIndex(({ text }) => {
    cells += textWidth(text)
    return cells >= textStart
  })
  const last = row[at]
  if (last === undefined) return row
  // The cell is blank.
  const blank = span(sliceClean(last.text, 0, last.text.length - 1), last.tone)
  return [...row.slice(0, at), blank, BAR, ...row.slice(at + 1)]
}

/** A row of `hung` whose columns are blank, with the sender in the column of names. */
export function withSender(
  row: Row,
  { from, guest }: { readonly from: string; readonly guest?: boolean | undefined },
  columns: Columns,
): Row {
  const [blank, ...others] = row
  if (blank === undefined) return row
  const name = nameSpans({ from, tone: 'dim', isGuest: guest === true, isCut: true }, columns)
  return [...name, span(sliceClean(blank.text, columns.margin + columns.name)), ...others]
}

/** The message that a message answers, in one row: `╭ bob: shall we…`. */
export function quoteRow(answered: Quoted | undefined, hues: HueBook, width: number): Row {
  if (answered === undefined) return [span(truncate(clean`╭ an earlier message`, width), 'dim')]
  const text =
    answered.text === undefined
      ? clean`message deleted`
      : cleanLine(answered.text.slice(0, QUOTED_CHARACTERS).trim())
  const name = span(cleanLine(answered.from), `person.${hues.peek(answered.from)}`)
  return cutRow([span(clean`╭ `, 'dim'), name, span(clean`: ${text}`, 'dim')], width)
}

/** The sender and the text of a quoted message. */
type Quoted = { readonly from: string; readonly text: string | undefined }

/** More than the widest terminal shows in a row. */
const QUOTED_CHARACTERS = 1_000

/** Wrapped text of one tone behind a head, for the program's own remarks. */
export function remarkRows(head: Head, text: CleanText, tone: Tone, columns: Columns): Row[] {
  return hung(head, textRows(text, tone, columns), columns)
}

/** A text of one tone in rows, those after the first further right. */
export function textRows(text: CleanText, tone: Tone, { text: width }: Columns): Row[] {
  return wrapText(text, width, HANG).map((line, at) =>
    at === 0 ? [span(line, tone)] : [span(blanks(HANG)), span(line, tone)],
  )
}

/** The name in its column; blank where it has a row of its own. */
function nameSpans(sender: Sender | undefined, { margin, name: cells }: Columns): Row {
  const sign = sender?.isGuest === true ? GUEST : clean``
  const room = cells - textWidth(sign)
  const name = sender === undefined ? clean`` : cleanLine(sender.from)
  if (sender === undefined || (textWidth(name) > room && !sender.isCut)) return [span(blanks(margin + cells))]
  const shown = truncate(name, room)
  return [
    span(clean`${blanks(margin)}${sign}`, 'dim'),
    span(shown, sender.tone),
    span(blanks(room - textWidth(shown))),
  ]
}

/** The row above a message whose name is longer than its column; undefined where the column has room. */
export function longNameRow(
  { from, isGuest, tone }: Sender,
  { margin, name: cells, width }: Columns,
): Row | undefined {
  const sign = isGuest ? GUEST : clean``
  const name = cleanLine(from)
  if (textWidth(sign) + textWidth(name) <= cells) return undefined
  return cutRow([span(clean`${blanks(margin)}${sign}`, 'dim'), span(name, tone)], width)
}

/** The time, the mark and the blanks before the text. */
function behindName({ time, mark }: Head, columns: Columns): Row {
  const shown = mark === undefined ? 0 : textWidth(mark.text)
  return [
    ...(columns.time > 0 ? [span(clean` ${time === '' ? blanks(columns.time) : time}`, 'dim')] : []),
    ...(mark === undefined ? [] : [mark]),
    span(blanks(MARK - shown)),
  ]
}

/** Names that a reaction lists; with more of them only their number is shown. */
const REACTION_NAMES = 3

/** Reactions: `👀 carol, grace   👍 12`, in as many rows as they need. Those of ours stand out. */
export function reactionRows(
  reactions: Readonly<Record<string, Reaction>>,
  me: string,
  columns: Columns,
): Row[] {
  const width = columns.text - HANG
  const rows: Span[][] = []
  let used = width
  for (const [emoji, { names, count }] of Object.entries(reactions)) {
    const isOurs = names.some(name => foldName(name) === foldName(me))
    const people =
      count <= Math.min(REACTION_NAMES, names.length)
        ? joinClean(names.map(cleanLine), clean`, `)
        : clean`${count}`
    const chip = span(truncate(clean`${cleanLine(emoji)} ${people}`, width), isOurs ? 'here' : 'dim')
    const cells = textWidth(chip.text)
    if (used + BETWEEN_REACTIONS + cells > width) {
      rows.push([span(blanks(HANG))])
      used = 0
    } else {
      rows.at(-1)?.push(span(blanks(BETWEEN_REACTIONS)))
      used += BETWEEN_REACTIONS
    }
    rows.at(-1)?.push(chip)
    used += cells
  }
  return rows.length === 0 ? [] : hung(NO_HEAD, rows, columns)
}

const BETWEEN_REACTIONS = 3

/** The columns before the text, all blank. */
export const NO_HEAD: Head = { time: clean``, name: undefined, mark: undefined }
