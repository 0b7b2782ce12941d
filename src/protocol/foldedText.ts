/**
 * How a search sees text: without case, width, accents and punctuation. The question and the messages go through the same
 * fold, on the server that finds them and in the client that marks them.
 */

/** A text as a search sees it, with the way back to the text itself. */
export interface FoldedText {
  /** As {@link foldText} gives it. */
  readonly text: string
  /** For each UTF-16 unit of `text`, where the characters that it stands for begin in the text itself. */
  readonly starts: readonly number[]
  /** The same for their end. */
  readonly ends: readonly number[]
}

/**
 * Marks that readers and writers leave out: accents, Hebrew points, Arabic vowels. Vowels of Indic scripts and of Thai, and
 * the voicing marks of Japanese, make other words and stay.
 */
const OMITTED_MARKS =
  /[[\p{M}&&[\p{Script=Inherited}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}]]--[\u3099\u309a]]/gv
/** Characters that are not seen (soft hyphens, joiners), the tatweel, which only stretches a word, and skin tones. */
const UNSEEN = /[\p{Cf}\p{Emoji_Modifier}\u0640]/gu
/** What stands between words. Emoji, mathematical and currency signs are no separators: `C++` can be looked for. */
const SEPARATORS = /[^\p{L}\p{N}\p{M}\p{Co}\p{So}\p{Sm}\p{Sc}]+/gu
const ASCII = /^[\0-\x7f]*$/
const ASCII_SEPARATORS = /[^a-z0-9$+<=>|~]+/g
/** A character with all that follows it as a mark; jamo of one Hangul syllable stay together. */
const CLUSTER =
  /[\s\S](?:[\p{M}\p{Cf}\p{Emoji_Modifier}\uff9e\uff9f\u1160-\u11ff\ud7b0-\ud7ff\uffa0-\uffdc])*/gu

/**
 * The text as a search sees it: words and symbols, with one space where anything else stood, also at the ends. Lower case
 * of every script, full and half width alike, composed and decomposed alike, without the marks that people leave out.
 */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase().replace(ASCII_SEPARATORS, ' ')
  return foldCharacters(text).replace(SEPARATORS, ' ')
}

/** {@link foldText}, with the way back to the text itself: for marking what was found in it. */
export function foldWithPositions(text: string): FoldedText {
  let folded = ''
  const starts: number[] = []
  const ends: number[] = []
  for (const { 0: cluster, index } of text.matchAll(CLUSTER)) {
    const end = index + cluster.length
    for (const unit of foldText(cluster)) {
      if (unit === ' ' && folded.endsWith(' ')) continue
      folded += unit
      for (let i = 0; i < unit.length; i++) {
        starts.push(index)
        ends.push(end)
      }
    }
  }
  return { text: folded, starts, ends }
}

/**
 * Upper case first: it writes ß as SS. A final sigma becomes any other sigma. Composing comes last, for scripts whose
 * marks stay.
 */
function foldCharacters(text: string): string {
  return text
    .normalize('NFKD')
    .replace(UNSEEN, '')
    .replace(OMITTED_MARKS, '')
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .normalize('NFKC')
}
