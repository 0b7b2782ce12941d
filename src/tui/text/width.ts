/**
 * The terminal cells of a text. The measure is `string-width`, the copy that Ink uses for its layout, so that both
 * agree. Plain characters take a fast way; other clusters are remembered.
 */

import stringWidth from 'string-width'
import { hasAscii, isAmbiguousWide } from './ambiguous.ts'
import { type CleanText, clean, joinClean, sliceClean } from './clean.ts'
import { eachGrapheme, plainCells } from './grapheme.ts'

/** Clusters that are remembered; a busy day of emoji and Devanagari needs some hundred. */
const CACHE_SIZE = 4096

/** Where ambiguous characters are narrow, and where they are wide. */
const cells = { narrow: new Map<string, number>(), wide: new Map<string, number>() }

/** The cells of one cluster: 0, 1, 2, or more for clusters with spacing marks or jamo chains. */
export function graphemeWidth(cluster: string): number {
  if (cluster.length === 1) {
    const plain = plainCells(cluster.charCodeAt(0))
    if (plain !== 0) return plain
  }
  const kept = isAmbiguousWide() ? cells.wide : cells.narrow
  const known = kept.get(cluster)
  if (known !== undefined) return known
  const width = measure(cluster)
  if (kept.size >= CACHE_SIZE) kept.clear()
  // Very long clusters are measured again rather than kept.
  if (cluster.length <= 32) kept.set(cluster, width)
  return width
}

function measure(cluster: string): number {
  if (!isAmbiguousWide()) return stringWidth(cluster)
  return hasAscii(cluster) ? 1 : stringWidth(cluster, { ambiguousIsNarrow: false })
}

/** The cells of a text on one row; a newline has none. */
export function textWidth(text: string): number {
  let width = 0
  for (let index = 0; index < text.length; index++) {
    const plain = plainCells(text.charCodeAt(index))
    if (plain === 0) return measured(text)
    width += plain
  }
  return width
}

function measured(text: string): number {
  let width = 0
  eachGrapheme(text, (start, end, plain) => {
    width += plain || graphemeWidth(text.slice(start, end))
  })
  return width
}

/**
 * The text if it fits into `width` cells, else as many whole clusters as fit with an ellipsis behind them.
 * `width` below 1 gives the empty text.
 */
export function truncate(text: CleanText, width: number): CleanText {
  if (width < 1) return clean``
  if (textWidth(text) <= width) return text
  let used = 0
  let end = 0
  let full = false
  eachGrapheme(text, (start, stop, plain) => {
    if (full) return
    used += plain || graphemeWidth(text.slice(start, stop))
    if (used > width - 1) full = true
    else end = stop
  })
  return clean`${sliceClean(text, 0, end)}…`
}

/**
 * As {@link truncate}, but what is left out is in the middle: names of rooms often differ at their ends. Whole words between
 * hyphens are left out where enough remains.
 */
export function truncateMiddle(text: CleanText, width: number): CleanText {
  if (textWidth(text) <= width) return text
  return withoutWords(text, width) ?? withoutMiddle(text, width)
}

/** `release…deploys`: the longest such text that fits; undefined where none takes half of the width. */
function withoutWords(text: CleanText, width: number): CleanText | undefined {
  const hyphens = [...text.matchAll(/[-_.]/g)].map(({ index }) => index)
  const heads = hyphens.map(end => ({ end, cells: textWidth(text.slice(0, end)) }))
  const tails = hyphens.map(at => ({ start: at + 1, cells: textWidth(text.slice(at + 1)) }))
  let best: { readonly end: number; readonly start: number } | undefined
  let most = width >> 1
  for (const { end, cells: head } of heads)
    for (const { start, cells: tail } of tails) {
      const cells = head + 1 + tail
      if (head === 0 || tail === 0 || start <= end + 1 || cells > width || cells < most) continue
      best = { end, start }
      most = cells
    }
  return best === undefined
    ? undefined
    : clean`${sliceClean(text, 0, best.end)}…${sliceClean(text, best.start)}`
}

function withoutMiddle(text: CleanText, width: number): CleanText {
  const tail = width >> 1
  const starts: number[] = []
  eachGrapheme(text, start => {
    starts.push(start)
  })
  let from = text.length
  for (const start of starts.toReversed()) {
    if (textWidth(text.slice(start)) > tail - 1) break
    from = start
  }
  const head = truncate(text, width - textWidth(text.slice(from)))
  return joinClean([head, sliceClean(text, from)])
}

/** The text with spaces behind it up to `width` cells; a wider text stays as it is. */
export function padEnd(text: CleanText, width: number): CleanText {
  const missing = width - textWidth(text)
  return missing > 0 ? joinClean([text, spaces(missing)]) : text
}

function spaces(count: number): CleanText {
  return joinClean(Array.from({ length: count }, () => clean` `))
}
