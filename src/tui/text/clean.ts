/**
 * The border between other users' text and the screen. Cleaned text cannot move the cursor, colour the screen, write
 * the clipboard, forge a link or turn the reading direction.
 *
 * The rules:
 * - A control character is shown as its picture (ESC as ␛), one cell wide; a character without a picture as �. Removing
 *   it would let "rm -rf x" hide; two cells would break columns.
 * - A complete CSI sequence (colours, cursor moves) carries no words and is removed, so that pasted compiler output
 *   stays readable. A complete OSC, DCS, APC, PM or SOS sequence carries words: a ␛ stays for it. An incomplete sequence
 *   loses only its introducer: the words after it are the sender's message.
 * - Characters without a shape (bidi controls, zero-width spaces, tags, stray joiners and selectors) are removed.
 *   Joiners that a script or an emoji needs, and selectors behind a character that they can select, stay.
 * - Clusters that terminals and string-width measure differently (a hundred marks on one letter, endless emoji or
 *   consonant chains) are bounded.
 * - Private-use characters stay (prompts and powerline glyphs are full of them); noncharacters become �.
 */

import { eachGrapheme, plainCells } from './grapheme.ts'

declare const cleaned: unique symbol

/**
 * Text that may be drawn. Only this file makes it: from outside text with `cleanText` or `cleanLine`, from the
 * program's own words with the `clean` tag, and from other clean text with `sliceClean` and `joinClean`.
 */
export type CleanText = string & { readonly [cleaned]: true }

/** Marks that one base may carry; the deepest real stacks (Hebrew, Vedic, Tibetan) have fewer. */
const MAX_MARKS = 8
/** Joiners in one emoji: the longest that Unicode recommends (families, kisses) have three. */
const MAX_EMOJI_JOINS = 3
/** Letters in one cluster. Sanskrit links five consonants; longer chains are attacks on column widths. */
const MAX_LINKED_LETTERS = 8
/** The longest parameters of a CSI sequence, in characters; no program writes longer ones. */
const MAX_CSI = 64
/** The words inside an OSC, DCS, APC, PM or SOS sequence, in characters (a clipboard write can be this long). */
const MAX_STRING = 4096
const TAB = '    '

const PLAIN = /^[\n\x20-\x7e]*$/
/** Text that needs no cleaning: no marks, no joiners, no emoji, no invisible characters. */
const HARMLESS =
  /^[\n\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0377\u037a-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u203b\u20a0-\u20c0\u2190-\u21ff\u2200-\u22ff\u2500-\u259f\u3000-\u3029\u3041-\u3096\u30a0-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]*$/

const CSI = new RegExp(`(?:\\x1b\\[|\\x9b)[\\x30-\\x3f]{0,${MAX_CSI}}[\\x20-\\x2f]{0,4}[\\x40-\\x7e]`, 'g')
/** An introducer, words on one line without controls, and BEL, ESC \ or ST behind them. */
const STRING_SEQUENCE = new RegExp(
  `(?:\\x1b[\\]P_^X]|[\\x9d\\x90\\x9f\\x9e\\x98])[^\\x00-\\x1f\\x7f-\\x9f]{0,${MAX_STRING}}(?:\\x07|\\x1b\\\\|\\x9c)`,
  'g',
)

const IGNORABLE = /^[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]$/u
const FORMAT = /^\p{Cf}$/u
const MARK = /^\p{M}$/u
const NONCHARACTER = /^\p{Noncharacter_Code_Point}$/u
const PICTOGRAPH = /^\p{Extended_Pictographic}$/u
/** A letter or mark of a script in which joiners change what is written. */
const JOINING_SCRIPT =
  /^(?=[\p{L}\p{M}])[\p{Script_Extensions=Arabic}\p{Script_Extensions=Syriac}\p{Script=Nko}\p{Script=Mongolian}\p{Script=Mandaic}\p{Script_Extensions=Devanagari}\p{Script_Extensions=Bengali}\p{Script_Extensions=Gurmukhi}\p{Script_Extensions=Gujarati}\p{Script_Extensions=Oriya}\p{Script_Extensions=Tamil}\p{Script_Extensions=Telugu}\p{Script_Extensions=Kannada}\p{Script_Extensions=Malayalam}\p{Script_Extensions=Sinhala}\p{Script=Myanmar}\p{Script=Khmer}\p{Script=Thai}\p{Script=Lao}\p{Script=Tibetan}\p{Script=Balinese}\p{Script=Javanese}]$/u
/** An emoji that is drawn as text unless a selector asks otherwise. */
const TEXT_EMOJI = /^(?=\p{Emoji})[^\p{Emoji_Presentation}0-9#*]$/u
const SKIN = /^\p{Emoji_Modifier}$/u
const SKIN_BASE = /^\p{Emoji_Modifier_Base}$/u
const HAN = /^\p{Script=Han}$/u
const FLAG_OF_TAGS = /^\p{RGI_Emoji_Tag_Sequence}/v
/** Scripts in which clusters may hold several letters. */
const LINKING = /[\u0600-\u11ff\u1700-\u1cff\ua800-\uabff\ud7b0-\ud7ff\u{10a00}-\u{11fff}]/u

const BLACK_FLAG = '\u{1f3f4}'
const CIRCLE = '\u25cc'
const REPLACEMENT = '\ufffd'

/**
 * A message body, made safe to draw. Newlines stay (`\r\n`, `\r`, NEL, U+2028 and U+2029 become `\n`), a tab becomes
 * four spaces; the head of this file has the other rules. Idempotent; linear in the length.
 */
export function cleanText(raw: string): CleanText {
  if (PLAIN.test(raw) || HARMLESS.test(raw)) return raw as CleanText
  return cleanRun(withoutSequences(raw).replace(/\r\n?|[\x85\u2028\u2029]/g, '\n'))
}

/**
 * A name, a topic, a room, an error: text for one row. As `cleanText`, and each run of line breaks becomes one space.
 */
export function cleanLine(raw: string): CleanText {
  if ((PLAIN.test(raw) || HARMLESS.test(raw)) && !raw.includes('\n')) return raw as CleanText
  return cleanRun(withoutSequences(raw).replace(/[\r\n\x85\u2028\u2029]+/g, ' '))
}

/**
 * The tag for the program's own sentences: clean`${room} has ${count} people`. The literal parts are the program's;
 * each value must be clean already, or a number.
 */
export function clean(literals: TemplateStringsArray, ...values: readonly (CleanText | number)[]): CleanText {
  let text = literals[0] ?? ''
  for (const [at, value] of values.entries()) text += value + (literals[at + 1] ?? '')
  return text as CleanText
}

/** Part of a clean text, by string index. Cut at the borders of clusters only. */
export function sliceClean(text: CleanText, start: number, end?: number): CleanText {
  return text.slice(start, end) as CleanText
}

/** Clean texts joined, with `separator` between them. */
export function joinClean(parts: readonly CleanText[], separator: CleanText = clean``): CleanText {
  return parts.join(separator) as CleanText
}

/** The lines of a clean text; at least one. */
export function splitLines(text: CleanText): readonly CleanText[] {
  return text.split('\n') as CleanText[]
}

/** Removes complete escape sequences. Incomplete ones stay; their introducer becomes a picture. */
function withoutSequences(raw: string): string {
  if (!/[\x1b\x90\x98\x9b\x9d-\x9f]/.test(raw)) return raw
  return raw.replace(STRING_SEQUENCE, '\u241b').replace(CSI, '')
}

/** Decides for each character by itself and by the characters kept before it. */
function cleanRun(raw: string): CleanText {
  const text = raw.toWellFormed()
  let out = ''
  /** The last kept character; '' at the start. */
  let previous = ''
  /** A joiner that waits for the next character: only that shows whether it joins anything. */
  let joiner = ''
  let marks = 0
  let joins = 0

  for (let index = 0; index < text.length; ) {
    const code = text.codePointAt(index) ?? 0
    const char = String.fromCodePoint(code)
    index += char.length

    // Most characters need no decision.
    if (joiner === '' && plainCells(code) !== 0) {
      out += char
      previous = char
      marks = 0
      joins = 0
      continue
    }
    if (code === 0x200c || code === 0x200d) {
      joiner = joiner === '' ? char : joiner
      continue
    }
    let shown = picture(code, char)
    if (char === BLACK_FLAG) {
      const tags = FLAG_OF_TAGS.exec(text.slice(index - 2, index + 14))?.[0]
      if (tags !== undefined) {
        shown = tags
        index += tags.length - char.length
      }
    } else if (shown === '') {
      if (!selects(code, previous, text.charCodeAt(index))) continue
      shown = char
    } else if (MARK.test(char)) {
      if (marks >= MAX_MARKS) continue
      marks++
      // A mark without a base would be drawn in the cell before it, on a border for instance.
      if (previous === '' || previous === '\n') out += CIRCLE
    } else if (SKIN.test(char) && !SKIN_BASE.test(previous)) {
      // Behind other characters than hands and faces the segmenter joins it, and terminals do not.
      shown = previous === '' || previous === '\n' ? char : REPLACEMENT
    }

    if (joiner === '\u200d' && joins < MAX_EMOJI_JOINS && PICTOGRAPH.test(char) && joinsEmoji(previous)) {
      out += joiner
      joins++
    } else {
      if (joiner !== '' && JOINING_SCRIPT.test(previous) && JOINING_SCRIPT.test(char)) out += joiner
      // A selector or a skin tone continues its emoji; any other character begins a new chain.
      if (PICTOGRAPH.test(char) || !joinsEmoji(char)) joins = 0
    }
    joiner = ''
    if (!MARK.test(char)) marks = 0
    out += shown
    previous = lastCharacter(shown)
  }
  return boundClusters(out) as CleanText
}

/** The drawn form of a character: itself, its picture, or nothing. */
function picture(code: number, char: string): string {
  if (code >= 0x20 && code < 0x7f) return char
  if (code < 0x20) return code === 0x0a ? char : code === 0x09 ? TAB : String.fromCharCode(0x2400 + code)
  if (code === 0x7f) return '\u2421'
  if (code < 0xa0) return REPLACEMENT
  if (IGNORABLE.test(char)) return ''
  // Other format characters (Arabic number signs, annotations): terminals and string-width differ about their width.
  if (FORMAT.test(char) || NONCHARACTER.test(char)) return REPLACEMENT
  return char
}

/** Whether an invisible character is a selector behind a character that it can select. */
function selects(code: number, previous: string, next: number): boolean {
  if (code === 0xfe0e || code === 0xfe0f) {
    return TEXT_EMOJI.test(previous) || (code === 0xfe0f && /^[0-9#*]$/.test(previous) && next === 0x20e3)
  }
  if (code >= 0xe0100 && code <= 0xe01ef) return HAN.test(previous)
  return (code >= 0x180b && code <= 0x180d) || code === 0x180f
    ? /^(?=\p{L})\p{Script=Mongolian}$/u.test(previous)
    : false
}

/** Whether a zero-width joiner behind this character can join an emoji to it. */
const joinsEmoji = (char: string): boolean => PICTOGRAPH.test(char) || SKIN.test(char) || char === '\ufe0f'

function lastCharacter(text: string): string {
  const code = text.codePointAt(text.length - 2) ?? 0
  return code > 0xffff ? text.slice(-2) : text.slice(-1)
}

/** Splits clusters with more letters than any language writes with a �. */
function boundClusters(text: string): string {
  if (!LINKING.test(text)) return text
  let out = ''
  eachGrapheme(text, (start, end) => {
    const cluster = text.slice(start, end)
    if (cluster.length <= MAX_LINKED_LETTERS) {
      out += cluster
      return
    }
    let letters = 0
    for (const char of cluster) {
      if (/^\p{L}$/u.test(char) && ++letters > MAX_LINKED_LETTERS) {
        out = out.replace(/[\u200c\u200d]$/, '') + REPLACEMENT
        letters = 1
      }
      out += char
    }
  })
  return out
}
