/** The text of a message as rows, with the looks of its markup. */

import { foldName, mentions, withoutTail } from '../../protocol/names.ts'
import { type CleanText, clean, cleanText, sliceClean } from '../text/clean.ts'
import type { HueBook } from '../text/hues.ts'
import { type Line, parseMarkup, type Stretch } from '../text/markup.ts'
import { textWidth, truncate } from '../text/width.ts'
import { wrapText } from '../text/wrap.ts'
import { HANG } from './columns.ts'
import { blanks, type Row, rowWidth, type Span, span } from './row.ts'
import type { Tone } from './theme.ts'

/** The text of a message, and how it is shown. */
export type Body = {
  /** Not cleaned yet. */
  readonly text: string
  readonly tone: Tone
  /** Our name: mentions of it stand out; empty in messages of our own. */
  readonly me: string
  /** In dim letters behind the text; empty: nothing. */
  readonly suffix: CleanText
  /** At the right end of the last row: what becomes of the message. */
  readonly state?: Span | undefined
}

const PROGRAM_BAR = span(clean`┃ `, 'code')
const QUOTE_BAR = span(clean`▎ `, 'dim')
const BAR_CELLS = 2

/** The rows of a text; at least one. Those after the first stand {@link HANG} cells further right, or have a bar. */
export function bodyRows(body: Body, hues: HueBook, width: number): Row[] {
  const isMention = body.me !== '' && mentions(body.text, body.me)
  const me = isMention ? foldName(body.me) : undefined
  const lines = parseMarkup(cleanText(body.text))
  const rows = lines.flatMap((line, at) => lineRows(line, { tone: body.tone, me, hues }, at === 0, width))
  return withState(withSuffix(rows.length === 0 ? [[]] : rows, body.suffix, width), body.state, width)
}

type Looks = { readonly tone: Tone; readonly me: string | undefined; readonly hues: HueBook }

/** The rows of one line; those of a quote are dim. @param isFirst whether its first row is the first of the message */
function lineRows(line: Line, body: Looks, isFirst: boolean, width: number): Row[] {
  const looks: Looks = line.kind === 'quote' ? { ...body, tone: 'dim' } : body
  const bar = line.kind === 'text' ? undefined : line.kind === 'quote' ? QUOTE_BAR : PROGRAM_BAR
  const room = width - (bar === undefined ? 0 : BAR_CELLS)
  // A row of another message begins where the first row does, without a bar.
  const further = line.kind === 'program' ? 0 : HANG
  const hang = Math.min(line.hang, room >> 1)
  // The bar of a quote stands over the words below it, which are not a part of it.
  const indent = isFirst && line.kind === 'text' ? 0 : further
  const wrapped = wrapText(line.text, room - indent, hang + further - indent)
  const indices = placesOf(line.text, wrapped)
  const rows = wrapped.map((text, at): Row => {
    const start = indices[at]
    const spans =
      line.stretches.length === 0 || start === undefined
        ? [span(text, looks.tone)]
        : styled(line, start, text, looks)
    const before = at > 0 ? further + hang : indent
    return [...(before > 0 ? [span(blanks(before))] : []), ...(bar === undefined ? [] : [bar]), ...spans]
  })
  return line.language === undefined ? rows : withLanguage(rows, line.language, width)
}

/** The index in the line at which each row begins; undefined for a row that is not a part of the line as it stands. */
function placesOf(line: CleanText, rows: readonly CleanText[]): readonly (number | undefined)[] {
  let from = 0
  return rows.map(row => {
    // Spaces at a break are in no row.
    let at = from
    while (!line.startsWith(row, at) && line.charCodeAt(at) === 0x20) at++
    if (!line.startsWith(row, at)) return undefined
    from = at + row.length
    return at
  })
}

/** A part of a line in the looks of its stretches. */
function styled(line: Line, start: number, text: CleanText, looks: Looks): Row {
  const end = start + text.length
  const spans: Span[] = []
  line.stretches.forEach((stretch, at) => {
    const from = Math.max(start, stretch.start)
    const to = Math.min(end, line.stretches[at + 1]?.start ?? line.text.length)
    if (from >= to) return
    const tone = toneOf(line, stretch, looks)
    const part = sliceClean(line.text, from, to)
    spans.push(stretch.target === undefined ? span(part, tone) : { text: part, tone, target: stretch.target })
  })
  return spans
}

function toneOf(line: Line, { style, start }: Stretch, { tone, me, hues }: Looks): Tone {
  switch (style) {
    case undefined:
      return tone
    case 'sign':
      return 'dim'
    case 'person': {
      const run = /^@([A-Za-z0-9_.-]*)/.exec(line.text.slice(start, start + MAX_NAME))?.[1] ?? ''
      const name = withoutTail(run)
      const isUs = me !== undefined && (foldName(run) === me || foldName(name) === me)
      return isUs ? 'mention' : `person.${hues.peek(name)}`
    }
    case 'keyword':
    case 'string':
    case 'number':
    case 'comment':
    case 'name':
      return `code.${style}`
    case 'strong':
    case 'italic':
    case 'code':
      return line.kind === 'quote' ? tone : style
    default:
      return style
  }
}

/** More than `@` and the longest name. */
const MAX_NAME = 40

/** The language at the right end of the first row, where it fits. */
function withLanguage(rows: Row[], language: CleanText, width: number): Row[] {
  const [first, ...others] = rows
  if (first === undefined) return rows
  const missing = width - rowWidth(first) - textWidth(language)
  return missing < 2 ? rows : [[...first, span(blanks(missing)), span(language, 'dim')], ...others]
}

function withSuffix(rows: Row[], suffix: CleanText, width: number): Row[] {
  const last = rows.at(-1)
  if (suffix === '' || last === undefined) return rows
  if (rowWidth(last) + 1 + textWidth(suffix) <= width)
    return [...rows.slice(0, -1), [...last, span(clean` ${suffix}`, 'dim')]]
  return [...rows, [span(blanks(HANG)), span(truncate(suffix, width - HANG), 'dim')]]
}

function withState(rows: Row[], state: Span | undefined, width: number): Row[] {
  const last = rows.at(-1)
  if (state === undefined || last === undefined) return rows
  const cells = textWidth(state.text)
  const missing = width - rowWidth(last) - cells
  if (missing >= 2) return [...rows.slice(0, -1), [...last, span(blanks(missing)), state]]
  return [...rows, [span(blanks(Math.max(0, width - cells))), state]]
}
