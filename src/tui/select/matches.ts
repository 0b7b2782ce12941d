/** Marks what a search found in a text. */

import { foldWithPositions } from '../../protocol/foldedText.ts'
import { findTerms, type SearchTerm, type TextRange } from '../../protocol/searchTerms.ts'
import { type CleanText, clean, sliceClean } from '../text/clean.ts'
import { graphemeStart, nextGrapheme, previousGrapheme } from '../text/grapheme.ts'
import { textWidth } from '../text/width.ts'
import { type Row, type Span, span } from './row.ts'

/** The share of an excerpt that stands before its first match. */
const BEFORE = 1 / 3

/** A text as spans, with the matches marked. */
export function markedRow(text: CleanText, terms: readonly SearchTerm[]): Row {
  return spansOf(text, matchesIn(text, terms), 0)
}

/** About `width` cells of a text with its first match in them, marked. An ellipsis stands for text before it. */
export function excerptRow(text: CleanText, terms: readonly SearchTerm[], width: number): Row {
  const matches = matchesIn(text, terms)
  const [first] = matches
  if (first === undefined || textWidth(sliceClean(text, 0, first.end)) <= width - 1)
    return spansOf(text, matches, 0)
  let from = first.start
  // Where the text ends soon after the match, more of what is before it fills the row.
  const rest = textWidth(sliceClean(text, from, from + width))
  const before = Math.max(Math.floor(width * BEFORE), width - 2 - rest)
  for (let used = 0; from > 0 && used < before; ) {
    const previous = previousGrapheme(text, from)
    used += textWidth(sliceClean(text, previous, from))
    from = previous
  }
  return [span(clean`…`, 'dim'), ...spansOf(text, matches, from)]
}

/** The matches, each as whole characters. */
function matchesIn(text: CleanText, terms: readonly SearchTerm[]): readonly TextRange[] {
  if (terms.length === 0) return []
  return findTerms(foldWithPositions(text), terms).map(({ start, end }) => {
    const last = graphemeStart(text, end)
    return { start: graphemeStart(text, start), end: last === end ? end : nextGrapheme(text, last) }
  })
}

function spansOf(text: CleanText, matches: readonly TextRange[], from: number): Row {
  const row: Span[] = []
  let at = from
  for (const { start, end } of matches) {
    if (end <= at) continue
    if (start > at) row.push(span(sliceClean(text, at, start)))
    row.push(span(sliceClean(text, Math.max(at, start), end), 'match'))
    at = end
  }
  if (at < text.length || row.length === 0) row.push(span(sliceClean(text, at)))
  return row
}
