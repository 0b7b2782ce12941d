/**
 * Breaks clean text into rows. The same text and width always give the same rows, so callers may keep them.
 */

import { type CleanText, clean, joinClean, sliceClean } from './clean.ts'
import { eachGrapheme } from './grapheme.ts'
import { graphemeWidth } from './width.ts'

/** Signs that do not begin a row in Chinese and Japanese typesetting; they stay with the character before. */
const NOT_FIRST = '、。，．・：；？！）」』】〕〉》〗ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ々…'
/** Signs that do not end a row. */
const NOT_LAST = '（「『【〔〈《〖'

const NARROW = /^[\x20-\x7e]*$/

/**
 * Rows of at most `width` cells (a width below 1 counts as 1), those after the first of a line `hang` cells narrower. Breaks at spaces, which are dropped there; between
 * wide characters; and inside a word only where it is longer than a row. Spaces that begin a line stay, up to half
 * the width. `\n` ends a row, an empty line is an empty row. A cluster wider than the whole row becomes �.
 */
export function wrapText(text: CleanText, width: number, hang = 0): readonly CleanText[] {
  const limit = Math.max(1, Math.floor(width))
  const later = Math.max(1, limit - hang)
  if (text.length <= limit && NARROW.test(text)) return [text]
  const rows: CleanText[] = []
  for (let start = 0; start <= text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const line = sliceClean(text, start, end)
    if (NARROW.test(line)) wrapNarrow(line, limit, later, rows)
    else wrapWide(line, limit, later, rows)
    start = end + 1
  }
  return rows
}

/** How many spaces begin the line. */
function indentOf(line: string): number {
  let indent = 0
  while (line.charCodeAt(indent) === 0x20) indent++
  return indent
}

/** A line of printable ASCII: an index is a cell. */
function wrapNarrow(whole: CleanText, first: number, later: number, rows: CleanText[]): void {
  let width = first
  const line = whole.length > width ? withoutDeepIndent(whole, later) : whole
  // A break inside the indentation would make an empty row.
  let unbreakable = indentOf(line)
  let start = 0
  while (line.length - start > width) {
    // A space one cell behind the row counts too: then the word before it fits exactly.
    const space = start + line.slice(start, start + width + 1).lastIndexOf(' ')
    if (space < start + Math.max(unbreakable, 1)) {
      rows.push(sliceClean(line, start, start + width))
      start += width
    } else {
      let end = space
      while (line.charCodeAt(end - 1) === 0x20) end--
      if (end > start) rows.push(sliceClean(line, start, end))
      start = space + 1
    }
    while (line.charCodeAt(start) === 0x20) start++
    unbreakable = 0
    width = later
    if (start >= line.length) return
  }
  rows.push(sliceClean(line, start))
}

/** A line whose indentation leaves room for words. */
function withoutDeepIndent(line: CleanText, width: number): CleanText {
  return sliceClean(line, Math.max(0, indentOf(line) - (width >> 1)))
}

/** Any line: measured by cluster. */
function wrapWide(whole: CleanText, firstWidth: number, later: number, rows: CleanText[]): void {
  let width = firstWidth
  const line = withoutDeepIndent(withoutTooWide(whole, later), later)
  const starts: number[] = []
  const widths: number[] = []
  eachGrapheme(line, (start, end, plain) => {
    starts.push(start)
    widths.push(plain || graphemeWidth(line.slice(start, end)))
  })
  const count = starts.length
  const startOf = (at: number): number => starts[at] ?? line.length
  const isSpace = (at: number): boolean =>
    line.charCodeAt(startOf(at)) === 0x20 && startOf(at + 1) - startOf(at) === 1
  const row = (from: number, to: number): void => {
    let end = to
    while (end > from && isSpace(end - 1)) end--
    if (end > from) rows.push(sliceClean(line, startOf(from), startOf(end)))
  }

  let first = 0
  /** The cluster before which the row may end; `first` while there is none. */
  let breakAt = 0
  let used = 0
  let indenting = true
  const rowsBefore = rows.length
  for (let at = 0; at < count; ) {
    const cells = widths[at] ?? 0
    if (indenting && !isSpace(at)) indenting = false
    else if (!indenting && at > first && mayBreak(line, startOf(at - 1), startOf(at), startOf(at + 1)))
      breakAt = at
    if (used + cells <= width || isSpace(at)) {
      used += cells
      at++
      continue
    }
    const cut = breakAt > first ? breakAt : at
    row(first, cut)
    at = cut
    while (at < count && isSpace(at)) at++
    first = at
    breakAt = at
    used = 0
    width = later
  }
  // The rest fits, except for spaces at its end.
  if (first < count) pushLast(line, starts, widths, first, width, rows)
  else if (rows.length === rowsBefore) rows.push(clean``)
}

/** The last row of a line keeps the spaces at its end as far as they fit. */
function pushLast(
  line: CleanText,
  starts: readonly number[],
  widths: readonly number[],
  first: number,
  width: number,
  rows: CleanText[],
): void {
  let used = 0
  let end = first
  while (end < starts.length && used + (widths[end] ?? 0) <= width) {
    used += widths[end] ?? 0
    end++
  }
  rows.push(sliceClean(line, starts[first] ?? 0, starts[end] ?? line.length))
}

/** Whether a row may end between the cluster at `before` and the one that begins at `at` and ends at `end`. */
function mayBreak(line: string, before: number, at: number, end: number): boolean {
  const isSpaceBefore = line.charCodeAt(before) === 0x20 && at - before === 1
  const next = line.slice(at, end)
  if (next === ' ') return false
  if (isSpaceBefore) return true
  const previous = line.slice(before, at)
  if (!breaksAround(previous) && !breaksAround(next)) return false
  return !NOT_FIRST.includes(next) && !NOT_LAST.includes(previous)
}

/** Whether the cluster is of a script written without spaces: Han, kana, fullwidth signs, ideographic space. */
function breaksAround(cluster: string): boolean {
  const code = cluster.codePointAt(0) ?? 0
  return (
    (code >= 0x2e80 && code <= 0x9fff) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xff01 && code <= 0xff9f) ||
    (code >= 0x1f000 && code <= 0x3ffff)
  )
}

/** The line with a � for each cluster wider than a row. */
function withoutTooWide(line: CleanText, width: number): CleanText {
  const parts: CleanText[] = []
  let replaced = false
  eachGrapheme(line, (start, end) => {
    const cluster = sliceClean(line, start, end)
    if (graphemeWidth(cluster) > width) {
      replaced = true
      parts.push(clean`�`)
    } else parts.push(cluster)
  })
  return replaced ? joinClean(parts) : line
}
