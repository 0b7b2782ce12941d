/**
 * Borders of grapheme clusters, the characters that readers see.
 *
 * `Intl.Segmenter` finds them, but costs about a microsecond a cluster. Most characters are a cluster by themselves, so
 * this file knows those by their code unit and asks the segmenter only about the rest.
 */

import { onFirstUse } from '../../protocol/onFirstUse.ts'
import { isAmbiguousWide } from './ambiguous.ts'

const segmenter = onFirstUse(() => new Intl.Segmenter('und', { granularity: 'grapheme' }))

/**
 * The cells of a code unit that is a cluster by itself when the next one is plain too: 1 or 2; 0 for everything
 * else (marks, joiners, emoji, surrogates, controls, Indic, jamo), which only the segmenter can split, and for what may be
 * ambiguous where that is wide.
 * A test checks the ranges against Intl.Segmenter and string-width.
 */
export function plainCells(unit: number): 0 | 1 | 2 {
  if (unit < 0x7f) return unit >= 0x20 ? 1 : 0
  if (isAmbiguousWide() && (unit < 0x3000 || unit === 0xfffd)) return 0
  if (unit < 0x300) return unit >= 0xa0 && unit !== 0xad && unit !== 0xa9 && unit !== 0xae ? 1 : 0
  if (unit < 0x1e00) {
    if (unit >= 0x370 && unit <= 0x52f) return unit >= 0x483 && unit <= 0x489 ? 0 : 1
    if (unit >= 0x5d0 && unit <= 0x5ea) return 1
    return (unit >= 0x621 && unit <= 0x63a) || (unit >= 0x641 && unit <= 0x64a) ? 1 : 0
  }
  if (unit < 0x2000) return 1
  if (unit < 0x3000) {
    if (unit >= 0x2010 && unit <= 0x203b) return unit >= 0x2028 && unit <= 0x202f ? 0 : 1
    if (unit >= 0x20a0 && unit <= 0x20c0) return 1
    if ((unit >= 0x2190 && unit <= 0x2193) || (unit >= 0x2200 && unit <= 0x22ff)) return 1
    if ((unit >= 0x2400 && unit <= 0x2426) || (unit >= 0x2500 && unit <= 0x25a9)) return 1
    // The circles, the tick and the cross that the screen itself draws.
    return unit === 0x25cb || unit === 0x25cf || unit === 0x2713 || unit === 0x2717 ? 1 : 0
  }
  if (unit < 0xac00) {
    if (unit <= 0x3029 || (unit >= 0x3041 && unit <= 0x3096)) return 2
    if (unit >= 0x30a0 && unit <= 0x30ff) return 2
    return (unit >= 0x3400 && unit <= 0x4dbf) || (unit >= 0x4e00 && unit <= 0x9fff) ? 2 : 0
  }
  if (unit <= 0xd7a3) return 2
  if (unit >= 0xff01 && unit <= 0xff60) return 2
  if (unit >= 0xff61 && unit <= 0xff9d) return 1
  return unit === 0xfffd ? 1 : 0
}

/** Whether a unit is a newline, which is always a cluster by itself. */
const isNewline = (unit: number): boolean => unit === 0x0a

/** Whether the unit at `index` is certainly a cluster by itself: it and the next unit are plain. */
function standsAlone(text: string, index: number): boolean {
  const unit = text.charCodeAt(index)
  if (isNewline(unit)) return true
  if (plainCells(unit) === 0) return false
  if (index + 1 >= text.length) return true
  const next = text.charCodeAt(index + 1)
  return plainCells(next) !== 0 || isNewline(next)
}

/** Lo, but they extend the cluster before them: Thai and Lao AM. The other begins a cluster with the letter behind it. */
const NO_BASES = '\u0e33\u0eb3\u0d4e'
/** Jamo join to syllables. */
const JAMO = /[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]/
const BASE = /^[\p{L}\p{Nd}\p{Zs}\p{Po}\p{Pd}\p{Ps}\p{Pe}]$/u
/** For each code unit: 0, not known; 1, a base; 2, none. Asking the expression takes ten times as long. */
const bases = new Uint8Array(0x10000)

/** Whether a unit is a character by itself that marks can follow, and that joins nothing before or behind it. */
function isBase(unit: number): boolean {
  if (bases[unit] === 0) {
    const char = String.fromCharCode(unit)
    const isOne =
      BASE.test(char) && !NO_BASES.includes(char) && !JAMO.test(char) && !/\p{M}|\p{Lm}/u.test(char)
    bases[unit] = isOne ? 1 : 2
  }
  return bases[unit] === 1
}

/** Whether a cluster certainly begins at a unit, whatever stands before: a base behind a base, or behind its accents. */
function beginsCluster(before: number, unit: number): boolean {
  return isBase(unit) && (isBase(before) || (before >= 0x300 && before <= 0x36f))
}

/** The end of the stretch that only the segmenter can split: behind the first unit that certainly ends a cluster. */
function stretchEnd(text: string, index: number): number {
  let end = index + 1
  while (end < text.length && !standsAlone(text, end)) end++
  return Math.min(end + 1, text.length)
}

/**
 * Calls `visit` with the start and end index of every cluster of `text`, in order, and with the cells of those that
 * are one plain character; 0 means that the width must be measured.
 */
export function eachGrapheme(
  text: string,
  visit: (start: number, end: number, plain: 0 | 1 | 2) => void,
): void {
  let index = 0
  while (index < text.length) {
    // The same as standsAlone, but each unit is examined once.
    let plain = plainCells(text.charCodeAt(index))
    while (plain !== 0 && index < text.length) {
      const next = text.charCodeAt(index + 1)
      const nextPlain = plainCells(next)
      if (nextPlain === 0 && index + 1 < text.length && !isNewline(next)) break
      visit(index, index + 1, plain)
      index++
      plain = nextPlain
    }
    if (index >= text.length) return
    if (isNewline(text.charCodeAt(index))) {
      visit(index, index + 1, 0)
      index++
      continue
    }
    for (const { segment } of segmenter().segment(text.slice(index, stretchEnd(text, index)))) {
      visit(index, index + segment.length, 0)
      index += segment.length
    }
  }
}

/** The clusters of `text`, in order. */
export function graphemesOf(text: string): string[] {
  const found: string[] = []
  eachGrapheme(text, (start, end) => found.push(text.slice(start, end)))
  return found
}

/** The end of the cluster that begins at the boundary `index`; the text's length at its end. */
export function nextGrapheme(text: string, index: number): number {
  if (index >= text.length) return text.length
  if (standsAlone(text, index)) return index + 1
  const stretch = text.slice(index, stretchEnd(text, index))
  return index + (segmenter().segment(stretch).containing(0)?.segment.length ?? 1)
}

/**
 * The start of the cluster with the code unit at `index`; `index` itself if it is a boundary already.
 * At or beyond the end: the text's length.
 */
export function graphemeStart(text: string, index: number): number {
  if (index <= 0) return 0
  if (index >= text.length) return text.length
  const unit = text.charCodeAt(index)
  const before = text.charCodeAt(index - 1)
  if (isNewline(before) || (isNewline(unit) && before !== 0x0d)) return index
  if ((plainCells(unit) !== 0 && plainCells(before) !== 0) || beginsCluster(before, unit)) return index
  const from = safeStart(text, index)
  // Two units are enough: a boundary before a character depends on that character and those before it.
  const stretch = text.slice(from, index + 2)
  return (
    from +
    (segmenter()
      .segment(stretch)
      .containing(index - from)?.index ?? index - from)
  )
}

/** The start of the cluster before the boundary `index`; 0 at the beginning. */
export function previousGrapheme(text: string, index: number): number {
  return index <= 0 ? 0 : graphemeStart(text, index - 1)
}

/** A boundary at or before `index` that does not depend on the text before it. */
function safeStart(text: string, index: number): number {
  for (let at = index - 1; at > 0; at--) {
    const unit = text.charCodeAt(at)
    const before = text.charCodeAt(at - 1)
    if (isNewline(before)) return at
    // Between two plain units there is always a boundary.
    if ((plainCells(unit) !== 0 && plainCells(before) !== 0) || beginsCluster(before, unit)) return at
  }
  return 0
}
