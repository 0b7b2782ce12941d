/**
 * The grams of the search index: short pieces of folded text, so that any part of a word is found. A message with a term has
 * all grams of the term; the reader then looks at the message itself.
 */

import { beginsWord, runsOf, type SearchTerm } from '../../../../protocol/searchTerms.ts'

/** Letters of a gram in scripts with spaces. With two, a search in a million messages takes some 30 ms instead of one. */
const LETTERS = 3
/** Stands before the first two letters of a word, or before a word of one letter. No folded text has it. */
const BEGIN = '^'
/** The most grams of a query: more of them do not make it faster. */
const MAX_GRAMS = 24

/** The version of these rules: the index is filled again where another one filled it. Unicode decides what a letter is. */
export const GRAMS_VERSION = `1 ${process.versions['unicode'] ?? ''}`

/** The grams of a room and of an author, by their numbers. No folded text has these signs. */
export const gramOfRoom = (room: number): string => `#${room}`
/** See {@link gramOfRoom}. */
export const gramOfAuthor = (author: number): string => `@${author}`

const ASCII = /^[\0-\x7f]*$/
/** A gram of an ASCII text has at most so many bytes for each letter: the letters, a space, the sign of a beginning. */
const BYTES_A_LETTER = LETTERS + 2
/** Where the grams of an ASCII text are written; a text that is longer than people may send gets room of its own. */
const SCRATCH = Buffer.alloc(16_384 * BYTES_A_LETTER)
const SPACE = 0x20
const BEGIN_SIGN = BEGIN.charCodeAt(0)

/** The grams of a folded text, with a space before each. A gram may stand in it several times. */
export function gramsOf(folded: string): string {
  if (ASCII.test(folded)) return gramsOfAscii(folded)
  let grams = ''
  for (const word of folded.split(' '))
    grams += ASCII.test(word)
      ? gramsOfAscii(word)
      : hasLettersAlone(word)
        ? gramsOfLetters(word)
        : gramsOfRuns(word)
  return grams
}

/** Written letter by letter: 3 µs for a text of a hundred letters instead of 20 to 50, which each message would cost. */
function gramsOfAscii(folded: string): string {
  const room = (folded.length + 1) * BYTES_A_LETTER
  const bytes = room <= SCRATCH.length ? SCRATCH : Buffer.alloc(room)
  let length = 0
  // The last three letters of the word, 0 where there are fewer, the newest last.
  let [third, second, first] = [0, 0, 0]
  for (let at = 0; at <= folded.length; at++) {
    const letter = at < folded.length ? folded.charCodeAt(at) : SPACE
    if (!isLetter(letter)) {
      if (first !== 0 && second === 0) {
        bytes[length++] = SPACE
        bytes[length++] = BEGIN_SIGN
        bytes[length++] = first
      }
      if (letter !== SPACE) {
        bytes[length++] = SPACE
        bytes[length++] = letter
      }
      third = second = first = 0
      continue
    }
    if (second !== 0) {
      // The same letter again and again has one gram, and the index has to look at each that it is given.
      if (first !== letter || second !== letter || third !== letter) {
        bytes[length++] = SPACE
        bytes[length++] = second
        bytes[length++] = first
        bytes[length++] = letter
      }
    } else if (first !== 0) {
      bytes[length++] = SPACE
      bytes[length++] = BEGIN_SIGN
      bytes[length++] = first
      bytes[length++] = letter
    }
    third = second
    second = first
    first = letter
  }
  return bytes.toString('latin1', 0, length)
}

/** A letter or a digit of a folded ASCII text. All else in it is a space or a symbol. */
function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57)
}

/** By UTF-16 unit: 1 is a letter of a script with spaces, 2 anything else, 0 not looked at yet. */
const KINDS = new Uint8Array(0x1_0000)

/** Whether a word has letters of scripts with spaces alone, each of one UTF-16 unit. */
function hasLettersAlone(word: string): boolean {
  for (let at = 0; at < word.length; at++) {
    const unit = word.charCodeAt(at)
    if (KINDS[unit] === 0) KINDS[unit] = runsOf(word.charAt(at)).next().value?.kind === 'letters' ? 1 : 2
    if (KINDS[unit] !== 1) return false
  }
  return true
}

/** The grams of such a word. */
function gramsOfLetters(word: string): string {
  let grams = ` ${BEGIN}${word.slice(0, LETTERS - 1)}`
  for (let end = LETTERS; end <= word.length; end++) grams += ` ${word.slice(end - LETTERS, end)}`
  return grams
}

/** The grams of what stands between two spaces, whatever it is. */
function gramsOfRuns(word: string): string {
  const grams = new Set<string>()
  for (const { kind, text } of runsOf(word)) {
    if (kind === 'letters') addLetters(grams, text, true)
    else if (kind === 'symbol') grams.add(text)
    else {
      const characters = [...text]
      for (const character of characters) grams.add(character)
      addPairs(grams, characters)
    }
  }
  return ['', ...grams].join(' ')
}

/** Grams that each message with this term has, not all where there are many. Never empty. */
export function gramsOfTerm(term: SearchTerm): readonly string[] {
  const grams = new Set<string>()
  for (const { kind, text, index } of runsOf(term.text)) {
    if (kind === 'letters') addLetters(grams, text, index > 0 || beginsWord(term))
    else if (kind === 'symbol') grams.add(text)
    else addPairs(grams, [...text])
  }
  return [...grams].slice(0, MAX_GRAMS)
}

function addLetters(grams: Set<string>, word: string, isBegin: boolean): void {
  const letters = [...word]
  if (isBegin) grams.add(BEGIN + letters.slice(0, LETTERS - 1).join(''))
  for (let end = LETTERS; end <= letters.length; end++) grams.add(letters.slice(end - LETTERS, end).join(''))
}

/** The pairs of neighbours, or a single character. */
function addPairs(grams: Set<string>, characters: readonly string[]): void {
  if (characters.length === 1) grams.add(characters[0] ?? '')
  for (let end = 2; end <= characters.length; end++) grams.add(characters.slice(end - 2, end).join(''))
}
