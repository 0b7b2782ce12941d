/**
 * The light markup of messages: what the words of a text are, for their looks. Nothing is taken away or put in, except for the
 * two lines around a block of a program, and the host of an address that may mislead about it.
 */

import { withoutTail } from '../../protocol/names.ts'
import { type CleanText, clean, cleanLine, joinClean, sliceClean, splitLines } from './clean.ts'
import { graphemeStart } from './grapheme.ts'
import { type Link, type LinkTarget, linksIn } from './links.ts'
import { type Part, programParts } from './program.ts'

/** What a stretch of text is. */
type Style =
  | 'strong'
  | 'italic'
  | 'code'
  /** A sign of the markup, such as the asterisks around bold text. */
  | 'sign'
  | 'link'
  /** `@name` */
  | 'person'
  /** `#room` */
  | 'room'
  | Part

/** A stretch of a line. */
export type Stretch = {
  /** Index into the line; the stretch ends where the next one begins. */
  readonly start: number
  readonly style: Style | undefined
  /** Of a link: the address. */
  readonly target?: LinkTarget
}

/** A line of a message. */
export type Line = {
  readonly kind: 'text' | 'quote' | 'program'
  readonly text: CleanText
  /** In order from 0; empty: all of it is plain. */
  readonly stretches: readonly Stretch[]
  /** Cells by which the rows after the first stand further right: behind the sign of a list. */
  readonly hang: number
  /** Of the first line of a program: its language as the sender named it. */
  readonly language?: CleanText
}

const FENCE = /^ {0,3}```[ ]*([^`\s]*)[ ]*$/
const QUOTE = /^ ?> ?/
const ITEM = /^ *(?:[-*+•]|\d{1,3}[.)]) +(?=\S)/
/** Text without any of these signs has no markup inside its lines. */
const ANY_SIGN = /[`*_@#]|:\/\/|mailto:/i

/** The lines of a message. */
export function parseMarkup(text: CleanText): readonly Line[] {
  const lines = splitLines(text)
  const ends = lines.flatMap((line, at) => (isEnd(line) ? at : [])).toReversed()
  const parsed: Line[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? clean``
    const opening = FENCE.exec(line)
    while ((ends.at(-1) ?? at + 1) <= at) ends.pop()
    const closing = ends.at(-1)
    if (opening === null || closing === undefined) {
      parsed.push(parseLine(line))
      continue
    }
    parsed.push(...programLines(lines.slice(at + 1, closing), cleanLine(opening[1] ?? '')))
    at = closing
  }
  return parsed
}

const isEnd = (line: string): boolean => FENCE.exec(line)?.[1] === ''

function programLines(lines: readonly CleanText[], language: CleanText): readonly Line[] {
  const stretches = programParts(lines, language)
  return lines.map((text, at) => ({
    kind: 'program',
    text,
    stretches: atBorders(text, stretches[at] ?? []),
    hang: 0,
    ...(at === 0 && language !== '' ? { language } : {}),
  }))
}

function parseLine(line: CleanText): Line {
  const quoted = QUOTE.exec(line)?.[0]
  const kind = quoted === undefined ? 'text' : 'quote'
  const text = withHosts(quoted === undefined ? line : sliceClean(line, quoted.length))
  const item = kind === 'text' ? ITEM.exec(text)?.[0] : undefined
  return { kind, text, stretches: atBorders(text, stretchesOf(text)), hang: item?.length ?? 0 }
}

const NARROW = /^[\x20-\x7e]*$/

/** The stretches, each from the beginning of a cluster on: parts of one are measured, and drawn, otherwise than the whole. */
function atBorders(text: CleanText, stretches: readonly Stretch[]): readonly Stretch[] {
  if (stretches.length === 0 || NARROW.test(text)) return stretches
  const moved = stretches.map(stretch => ({ ...stretch, start: graphemeStart(text, stretch.start) }))
  // Of those in one cluster the last remains.
  return moved.filter(({ start }, at) => start !== moved[at + 1]?.start)
}

/** A line with the host behind each address that may mislead about it. */
function withHosts(line: CleanText): CleanText {
  const misleading = linksIn(line).filter(({ host }) => host !== undefined)
  if (misleading.length === 0) return line
  const parts: CleanText[] = []
  let from = 0
  for (const { end, host } of misleading) {
    parts.push(sliceClean(line, from, end), clean` (${cleanLine(host ?? '')})`)
    from = end
  }
  return joinClean([...parts, sliceClean(line, from)])
}

/** Paints the characters of a line one kind after the other, the weakest first. */
function stretchesOf(text: CleanText): readonly Stretch[] {
  if (!ANY_SIGN.test(text)) return []
  const styles = new Array<Style | undefined>(text.length).fill(undefined)
  const paint = (start: number, end: number, style: Style | undefined): void => {
    styles.fill(style, start, end)
  }
  for (const [pattern, style] of EMPHASES)
    for (const match of text.matchAll(pattern)) {
      const [whole, before = '', sign = ''] = match
      const start = match.index + before.length
      const end = match.index + whole.length
      paint(start, end, style)
      paint(start, start + sign.length, 'sign')
      paint(end - sign.length, end, 'sign')
    }
  for (const { index, 0: name } of text.matchAll(PERSON))
    paint(index, index + withoutTail(name).length, 'person')
  for (const { index, 0: name } of text.matchAll(ROOM)) paint(index, index + name.length, 'room')
  const links = linksIn(text)
  for (const { start, end } of links) paint(start, end, 'link')
  for (const { index, 0: whole } of text.matchAll(CODE)) {
    if (links.some(({ start, end }) => index >= start && index < end)) continue
    paint(index, index + whole.length, 'code')
    paint(index, index + 1, 'sign')
    paint(index + whole.length - 1, index + whole.length, 'sign')
  }
  return gathered(styles, links)
}

const BEFORE = String.raw`(^|[\s([{"'“‘«—–/>])`
const BEHIND = String.raw`(?=$|[\s)\]}"'”’».,;:!?—–/<])`
/** Signs around words, as people have written them since before markup: not inside a word, and none beside a space. */
const EMPHASES = [
  [new RegExp(String.raw`${BEFORE}(_)(?![\s_])[^_\n]*(?<![\s_])_${BEHIND}`, 'gu'), 'italic'],
  [new RegExp(String.raw`${BEFORE}(\*{1,2})(?![\s*])[^*\n]*(?<![\s*])\2${BEHIND}`, 'gu'), 'strong'],
] as const satisfies readonly (readonly [RegExp, Style])[]
/** As in the protocol: see `mentionedNames`. */
const PERSON = /(?<![A-Za-z0-9_.-])@[A-Za-z0-9_][A-Za-z0-9_.-]*/g
/** `#` and the name of a room with a letter in it; `#12` is an issue. */
const ROOM = /(?<![\p{L}\p{N}_#&/.-])#(?=[\p{N}_.-]{0,64}\p{L})[\p{L}\p{M}\p{N}_.-]{0,63}[\p{L}\p{M}\p{N}_]/gu
const CODE = /`[^`\n]+`/g

/** Runs of one style; a link is a run of its own. */
function gathered(styles: readonly (Style | undefined)[], links: readonly Link[]): readonly Stretch[] {
  const stretches: Stretch[] = []
  const targets = new Map(links.map(({ start, target }) => [start, target]))
  let target: LinkTarget | undefined
  styles.forEach((style, at) => {
    const begun = targets.get(at)
    if (begun === undefined && at > 0 && style === styles[at - 1]) return
    target = style === 'link' ? (begun ?? target) : undefined
    stretches.push({ start: at, style, ...(target === undefined ? {} : { target }) })
  })
  return stretches.length === 1 && stretches[0]?.style === undefined ? [] : stretches
}
