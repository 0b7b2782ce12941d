/** Messages as rows: a head with time and name, and the text hanging beside it. */

import { foldName, mentions } from '../../protocol/names.ts'
import { type CleanText, clean, cleanLine, cleanText, joinClean, sliceClean } from '../text/clean.ts'
import { nameColor } from '../text/nameColor.ts'
import { textWidth, truncate } from '../text/width.ts'
import { wrapText } from '../text/wrap.ts'
import type { Columns } from './columns.ts'
import { blanks, cutRow, type Row, type Span, span } from './row.ts'
import type { Tone } from './theme.ts'

/** Stands before the name of a person without an account; no name begins so. */
const GUEST = clean`~`

/** The columns before the text, on the first row of a message. */
export type Head = {
  /** Empty: blank. */
  readonly time: CleanText
  /** Not cleaned yet; undefined: blank, since the row above shows the same name. */
  readonly from: string | undefined
  readonly mark: Span | undefined
  /** Whether the name belongs to nobody: see {@link GUEST}. */
  readonly isGuest?: boolean
}

/** The text of a message, and how it is shown. */
export type Body = {
  /** Not cleaned yet. */
  readonly text: string
  readonly tone: Tone
  /** Our name: mentions of it stand out. */
  readonly me: string
  /** In dim letters behind the text; empty: nothing. */
  readonly suffix: CleanText
  /** A row above the text. */
  readonly quote?: Row | undefined
}

/** The rows of a message; at least one. */
export function messageRows(head: Head, body: Body, columns: Columns): Row[] {
  const rows = bodyRows(body, columns.text)
  return hung(head, body.quote === undefined ? rows : [body.quote, ...rows], columns)
}

/** Rows of text behind a head, the second and later ones under the first. */
export function hung(head: Head, rows: readonly Row[], columns: Columns): Row[] {
  const indent = span(blanks(columns.textStart))
  return rows.map((row, at) => (at === 0 ? [...headSpans(head, columns), ...row] : [indent, ...row]))
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

/** The message that a message answers, in one row: `╭ bob: shall we…`. */
export function quoteRow(answered: Quoted | undefined, width: number): Row {
  if (answered === undefined) return [span(truncate(clean`╭ an earlier message`, width), 'dim')]
  const text =
    answered.text === undefined
      ? clean`message deleted`
      : cleanLine(answered.text.slice(0, QUOTED_CHARACTERS).trim())
  const name = span(cleanLine(answered.from), `name.${nameColor(answered.from)}`)
  return cutRow([span(clean`╭ `, 'dim'), name, span(clean`: ${text}`, 'dim')], width)
}

/** The sender and the text of a quoted message. */
type Quoted = { readonly from: string; readonly text: string | undefined }

/** More than the widest terminal shows in a row. */
const QUOTED_CHARACTERS = 1_000

/** Wrapped text of one tone behind a head, for the program's own remarks. */
export function remarkRows(head: Head, text: CleanText, tone: Tone, columns: Columns): Row[] {
  return hung(
    head,
    wrapText(text, columns.text).map(line => [span(line, tone)]),
    columns,
  )
}

function headSpans({ time, from, mark, isGuest }: Head, columns: Columns): Span[] {
  const spans: Span[] = []
  if (columns.margin > 0) spans.push(span(blanks(columns.margin)))
  if (columns.time > 0) spans.push(span(time === '' ? blanks(columns.time + 1) : clean`${time} `, 'dim'))
  const sign = from !== undefined && isGuest === true ? GUEST : clean``
  const name = from === undefined ? clean`` : truncate(cleanLine(from), columns.name - textWidth(sign))
  const missing = columns.name - textWidth(sign) - textWidth(name)
  if (missing > 0) spans.push(span(blanks(missing)))
  if (sign !== '') spans.push(span(sign, 'dim'))
  if (from !== undefined) spans.push(span(name, `name.${nameColor(from)}`))
  spans.push(span(clean` `), mark ?? span(clean` `), span(clean` `))
  return spans
}

function bodyRows({ text, tone, me, suffix }: Body, width: number): Row[] {
  const isMention = mentions(text, me)
  const rows = wrapText(cleanText(text), width).map(
    (line): Row => (isMention ? withMentions(line, me, tone) : [span(line, tone)]),
  )
  const last = rows.at(-1)
  if (suffix === '' || last === undefined) return rows
  const used = last.reduce((cells, part) => cells + textWidth(part.text), 0)
  if (used + 1 + textWidth(suffix) <= width) rows[rows.length - 1] = [...last, span(clean` ${suffix}`, 'dim')]
  else rows.push([span(truncate(suffix, width), 'dim')])
  return rows
}

/** A row with each `@me` set apart; the sign and the name, between characters that no name has. */
function withMentions(line: CleanText, me: string, tone: Tone): Row {
  const wanted = `@${foldName(me)}`
  const folded = foldName(line)
  // Folding can change the length of a text beyond ASCII; then the indices would be wrong.
  if (folded.length !== line.length) return [span(line, tone)]
  const parts: Span[] = []
  let from = 0
  for (let at = folded.indexOf(wanted); at !== -1; at = folded.indexOf(wanted, at + 1)) {
    const end = at + wanted.length
    if (/[a-z0-9_.-]/.test(folded.charAt(at - 1)) || /^[.-]*[a-z0-9_]/.test(folded.slice(end))) continue
    if (at > from) parts.push(span(sliceClean(line, from, at), tone))
    parts.push(span(sliceClean(line, at, end), 'mention'))
    from = end
  }
  if (from < line.length) parts.push(span(sliceClean(line, from), tone))
  return parts
}

/** Reactions in one line: `👍 3  🎉 1`. */
export function reactionText(reactions: Readonly<Record<string, { readonly count: number }>>): CleanText {
  const shown = Object.entries(reactions).map(([emoji, { count }]) => clean`${cleanLine(emoji)} ${count}`)
  return joinClean(shown, clean`  `)
}
