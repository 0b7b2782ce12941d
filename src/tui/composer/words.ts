/** Words in the text of an editor, for keys that go from word to word. */

import { onFirstUse } from '../../protocol/onFirstUse.ts'
import { UNSPACED_SCRIPTS } from '../../protocol/scripts.ts'
import { graphemeStart, nextGrapheme } from '../text/grapheme.ts'

const WORD = /^[\p{L}\p{N}\p{M}_]$/u
const unspaced = onFirstUse(() => new RegExp(`[${UNSPACED_SCRIPTS}]`, 'v'))
/** Around the cursor, the segmenter sees at most so many units on each side: no word is longer. */
const SEEN = 256

const segmenter = onFirstUse(() => new Intl.Segmenter('und', { granularity: 'word' }))

/** The beginning of the word before `index`. */
export function wordLeft(text: string, index: number): number {
  const end = skipLeft(text, index, false)
  const begin = skipLeft(text, end, true)
  if (begin === end) return graphemeStart(text, begin)
  return graphemeStart(text, Math.max(begin, wordAt(text, begin, end, end - 1).start))
}

/** The end of the word behind `index`. */
export function wordRight(text: string, index: number): number {
  const begin = skipRight(text, index, false)
  const end = skipRight(text, begin, true)
  const stop = begin === end ? end : Math.min(end, wordAt(text, begin, end, begin).end)
  const start = graphemeStart(text, stop)
  return start === stop ? stop : nextGrapheme(text, start)
}

/**
 * The word at `at` in a run of letters from `begin` to `end`: the run itself, unless its script has no spaces between
 * words; then the words of a dictionary (`Intl.Segmenter`).
 */
function wordAt(text: string, begin: number, end: number, at: number): { start: number; end: number } {
  const from = graphemeStart(text, Math.max(runStart(text, begin), at - SEEN))
  const run = text.slice(from, Math.min(skipRight(text, end, true), at + SEEN))
  if (!unspaced().test(run)) return { start: begin, end }
  const found = segmenter()
    .segment(run)
    .containing(at - from)
  if (found === undefined) return { start: begin, end }
  return { start: from + found.index, end: from + found.index + found.segment.length }
}

const runStart = (text: string, index: number): number => skipLeft(text, index, true)

/** The index to the left behind which all characters are of words, or none is. */
function skipLeft(text: string, index: number, isInWord: boolean): number {
  let at = index
  while (at > 0) {
    const pair = text.slice(Math.max(0, at - 2), at)
    const char = (pair.codePointAt(0) ?? 0) > 0xffff ? pair : pair.slice(-1)
    if (WORD.test(char) !== isInWord) break
    at -= char.length
  }
  return at
}

/** The same to the right. */
function skipRight(text: string, index: number, isInWord: boolean): number {
  let at = index
  while (at < text.length) {
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0)
    if (WORD.test(char) !== isInWord) break
    at += char.length
  }
  return at
}
