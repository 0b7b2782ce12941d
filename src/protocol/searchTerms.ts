/**
 * What a search asks for, and whether a text has it.
 *
 * A word of three or more letters is found anywhere, also inside a longer word; one of two letters at the beginning of a
 * word; a single letter as a word of its own. Scripts without spaces have no words: any part of their text is found. Words
 * that are joined by punctuation (`foo.bar`), or stand in quotes, are found only in this order; those in quotes as whole
 * words. A message has to hold all terms of a query.
 */

import { type FoldedText, foldText } from './foldedText.ts'
import { onFirstUse } from './onFirstUse.ts'
import { UNSPACED_SCRIPTS } from './scripts.ts'

/** One part of a query. */
export interface SearchTerm {
  /** Its words, folded, with single spaces between. Never empty. */
  readonly text: string
  /** Whether only whole words count: it stood in quotes. */
  readonly isWhole: boolean
}

/** A part of a text, as a half-open range of UTF-16 units. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

const LETTERS = `[[\\p{L}\\p{N}\\p{M}\\p{Co}]--[${UNSPACED_SCRIPTS}]]`
/** The runs of a folded text: letters of scripts with spaces, characters of scripts without them, one symbol. */
const run = onFirstUse(
  () =>
    new RegExp(
      `(?<letters>${LETTERS}+)|(?<unspaced>[[\\p{L}\\p{N}\\p{M}]&&[${UNSPACED_SCRIPTS}]]+)|\\S`,
      'gv',
    ),
)
const endsInLetter = onFirstUse(() => new RegExp(`${LETTERS}$`, 'v'))
const beginsWithLetter = onFirstUse(() => new RegExp(`^${LETTERS}`, 'v'))
const firstLetters = onFirstUse(() => new RegExp(`^${LETTERS}+`, 'v'))
const lastLetters = onFirstUse(() => new RegExp(`${LETTERS}+$`, 'v'))
const TERM = /["“”„«]([^"“”„«»]*)(?:["“”»]|$)|([^\s"“”„«]+)/gu

/** A run of a folded text: see {@link runsOf}. */
export interface Run {
  readonly kind: 'letters' | 'unspaced' | 'symbol'
  readonly text: string
  /** Where it begins in the folded text. */
  readonly index: number
}

/** The terms of a query: what stands between blanks, or in quotes. Empty where nothing in it can be looked for. */
export function searchTerms(query: string): readonly SearchTerm[] {
  const terms = new Map<string, SearchTerm>()
  for (const [, quoted, bare] of query.matchAll(TERM)) {
    const text = foldText(quoted ?? bare ?? '').trim()
    const isWhole = quoted !== undefined
    if (text !== '') terms.set(`${isWhole}${text}`, { text, isWhole })
  }
  return [...terms.values()]
}

/** The runs of a folded text, in order. */
export function* runsOf(folded: string): Generator<Run> {
  for (const { 0: text, index, groups } of folded.matchAll(run())) {
    const kind =
      groups?.['letters'] !== undefined
        ? 'letters'
        : groups?.['unspaced'] !== undefined
          ? 'unspaced'
          : 'symbol'
    yield { kind, text, index }
  }
}

/** Whether a term counts only where a word begins: it is whole, or too short to be found inside of words. */
export function beginsWord({ text, isWhole }: SearchTerm): boolean {
  const first = firstLetters().exec(text)?.[0]
  return first !== undefined && (isWhole || [...first].length < 3)
}

/** Whether a term counts only where a word ends: it is whole, or ends in a word of one letter. */
function endsWord({ text, isWhole }: SearchTerm): boolean {
  const last = lastLetters().exec(text)?.[0]
  return last !== undefined && (isWhole || [...last].length === 1)
}

/** Whether a folded text holds all the terms. */
export function holdsTerms(folded: string, terms: readonly SearchTerm[]): boolean {
  return terms.every(term => !placesOf(folded, term).next().done)
}

/** Where the terms stand in a text, in order, without overlap. */
export function findTerms(folded: FoldedText, terms: readonly SearchTerm[]): readonly TextRange[] {
  const ranges = terms
    .flatMap(term =>
      [...placesOf(folded.text, term)].map(at => ({
        start: folded.starts[at] ?? 0,
        end: folded.ends[at + term.text.length - 1] ?? 0,
      })),
    )
    .sort((a, b) => a.start - b.start || b.end - a.end)
  const merged: TextRange[] = []
  for (const range of ranges) {
    const last = merged.at(-1)
    if (last === undefined || range.start > last.end) merged.push(range)
    else merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) }
  }
  return merged
}

/** The positions of a term in a folded text. */
function* placesOf(folded: string, term: SearchTerm): Generator<number> {
  const first = folded.indexOf(term.text)
  // Most messages of a scan do not have it, and the term is looked at for nothing.
  if (first < 0) return
  const atBegin = beginsWord(term)
  const atEnd = endsWord(term)
  for (let at = first; at >= 0; at = folded.indexOf(term.text, at + 1)) {
    const end = at + term.text.length
    // Two units are enough to hold the character beside the term.
    if (atBegin && endsInLetter().test(folded.slice(Math.max(0, at - 2), at))) continue
    if (atEnd && beginsWithLetter().test(folded.slice(end, end + 2))) continue
    yield at
  }
}
