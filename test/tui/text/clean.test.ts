import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CleanText,
  clean,
  cleanLine,
  cleanText,
  joinClean,
  sliceClean,
} from '../../../src/tui/text/clean.ts'
import { graphemesOf } from '../../../src/tui/text/grapheme.ts'
import { hostileText } from './hostileText.ts'

/** What must never reach the screen: controls, bidi controls, invisible characters that hide or forge. */
const FORBIDDEN =
  /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\u206a-\u206f\ufeff\u00ad\u180e]/

describe('what was sent to attack the terminal is drawn as text', () => {
  test.each([
    ['colour', '\x1b[31mred\x1b[0m', 'red'],
    ['clear screen and cursor', 'a\x1b[2J\x1b[1;1Hb\x1b[?1000h', 'ab'],
    ['8-bit CSI', 'a\x9b31mb', 'ab'],
    ['title', 'a\x1b]0;owned\x07b', 'a␛b'],
    ['title ended by ST', 'a\x1b]0;owned\x1b\\b', 'a␛b'],
    ['8-bit OSC', 'a\x9d0;owned\x9cb', 'a␛b'],
    ['clipboard', '\x1b]52;c;aGk=\x07', '␛'],
    ['link', '\x1b]8;;http://evil\x1b\\good.example\x1b]8;;\x1b\\', '␛good.example␛'],
    ['DCS', 'a\x1bP1$r0m\x1b\\b', 'a␛b'],
    ['APC', 'a\x1b_Ga=d\x1b\\b', 'a␛b'],
    ['PM and SOS', 'a\x1b^x\x1b\\\x1bXy\x1b\\b', 'a␛␛b'],
    ['reset', '\x1bcall me', '␛call me'],
    ['lone ESC and a letter', '\x1bhello', '␛hello'],
    ['ESC at the end', 'bye\x1b', 'bye␛'],
    ['OSC without an end', '\x1b]0;hello everybody', '␛]0;hello everybody'],
    ['OSC whose end is on another line', '\x1b]0;one\ntwo\x07', '␛]0;one\ntwo␇'],
    ['8-bit OSC without an end', '\x9dhello', '�hello'],
    ['CSI without an end', 'a\x1b[12;', 'a␛[12;'],
    ['CSI cut by a newline', '\x1b[12\nok', '␛[12\nok'],
    ['sequence put together from two', '\x1b\x1b[31m[31mx', '␛[31mx'],
    ['bell, backspace, NUL, DEL', 'a\x07b\x08c\0d\x7fe', 'a␇b␈c␀d␡e'],
    ['override', 'evil\u202egpj.exe', 'evilgpj.exe'],
    ['isolates and marks', '\u2066a\u2069\u200e\u200f\u061cb', 'ab'],
    ['zero width', 'a\u200bb\ufeffc\u2060d\u180ee\u00adf', 'abcdef'],
    ['hidden tags', 'hi\u{e0068}\u{e0065}\u{e0079}!', 'hi!'],
    ['selectors without a base', 'a\ufe0fb\u{e0101}c', 'abc'],
    ['fillers that look like nothing', 'a\u3164\u115f\uffa0b', 'ab'],
    ['lone surrogate', 'a\ud800b', 'a�b'],
    ['noncharacter', 'a\uffffb', 'a�b'],
    ['annotation', 'a\ufff9b', 'a�b'],
    ['mark that would sit on the border', '\u0301x\n\u0301y', '◌\u0301x\n◌\u0301y'],
    ['skin tone on a letter', 'a\u{1f3fb}', 'a�'],
  ])('%s', (_what, raw, shown) => {
    expect(cleanText(raw)).toBe(shown)
  })
})

describe('innocent text stays as it is', () => {
  test.each([
    ['accents', 'Café naïve e\u0301'],
    ['Chinese, Japanese, Korean', '你好 こんにちは がぎ 안녕하세요'],
    ['Persian with ZWNJ', 'می\u200cخواهم'],
    ['Hindi with ZWJ', 'क्\u200dष नमस्ते'],
    ['long Sanskrit conjunct', 'कार्त्स्न्य'],
    ['Hebrew with points', 'בְּרֵאשִׁית'],
    ['Thai', 'สวัสดีครับ'],
    ['family', '👨‍👩‍👧‍👦 👩🏽‍🚀'],
    ['kiss with skin tones', '👩🏻\u200d❤️\u200d💋\u200d👨🏼'],
    ['many families', '👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦'],
    ['flags', '🇩🇪🇯🇵 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🏳️‍🌈 🏴‍☠️'],
    ['keycaps and hearts', '1️⃣ #️⃣ ❤️ ☺︎ ©️'],
    ['ideograph variant', '葛\u{e0100}'],
    ['braille and boxes', '⠿⠶ ┌─┐ ▁▂▃'],
    ['prompt glyphs', '\ue0b0 main'],
    ['code', 'if (a) {\n    return "\\x1b"\n}'],
  ])('%s', (_what, text) => {
    expect(cleanText(text)).toBe(text)
  })
})

describe('line breaks and tabs', () => {
  test('every kind of line break is a newline in a body', () => {
    expect(cleanText('a\r\nb\rc\x85d\u2028e\u2029f')).toBe('a\nb\nc\nd\ne\nf')
  })
  test('and one space in a line, however many there are', () => {
    expect(cleanLine('a\r\n\n\rb\u2028c')).toBe('a b c')
  })
  test('a tab is four spaces', () => {
    expect(cleanText('\tx')).toBe('    x')
  })
})

describe('what would make cells uncertain is bounded', () => {
  test('marks on one letter', () => {
    expect([...cleanText(`e${'\u0301'.repeat(100)}f`)]).toHaveLength(10)
  })
  test('emoji joined for ever', () => {
    const chain = cleanText(Array.from({ length: 30 }, () => '👩').join('\u200d'))
    expect(graphemesOf(chain).every(cluster => [...cluster].length <= 7)).toBe(true)
    expect(chain.replaceAll('\u200d', '')).toBe('👩'.repeat(30))
  })
  test('consonants linked for ever lose nothing but get breaks', () => {
    const chain = cleanText('क्'.repeat(50))
    expect(chain.replaceAll('�', '')).toBe('क्'.repeat(50))
    expect(Math.max(...graphemesOf(chain).map(cluster => cluster.length))).toBeLessThanOrEqual(17)
  })
})

describe('for any text', () => {
  test('nothing forbidden is left, in a body or a line', () => {
    fc.assert(
      fc.property(hostileText(), raw => {
        expect(cleanText(raw)).not.toMatch(FORBIDDEN)
        expect(cleanText(raw).isWellFormed()).toBe(true)
        expect(cleanLine(raw)).not.toMatch(FORBIDDEN)
        expect(cleanLine(raw)).not.toContain('\n')
      }),
      { numRuns: 500 },
    )
  })
  test('cleaning twice is cleaning once', () => {
    fc.assert(
      fc.property(hostileText(), raw => {
        const once = cleanText(raw)
        expect(cleanText(once)).toBe(once)
        const line = cleanLine(raw)
        expect(cleanLine(line)).toBe(line)
      }),
      { numRuns: 500 },
    )
  })
  test('words behind a lone introducer survive', () => {
    const word = fc.stringMatching(/^[a-z]{1,20}$/)
    fc.assert(
      fc.property(
        fc.constantFrom('\x1b', '\x1b]', '\x1bP', '\x9d', '\x90', '\x98'),
        word,
        (introducer, letters) => {
          expect(cleanText(`${introducer}${letters}`)).toContain(letters)
        },
      ),
    )
  })
  test('printable ASCII is never touched', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\n -~]*$/), text => {
        expect(cleanText(text)).toBe(text)
      }),
    )
  })
})

test('a message of the largest size is cleaned in time, for any content', () => {
  for (const piece of ['\x1b]', '\x1b[1;', '\x9d', 'e\u0301', '👩\u200d', 'क्', '\u200b', '\u{e0041}', 'ൎ']) {
    const raw = piece.repeat(Math.floor(64_000 / piece.length))
    const begin = performance.now()
    cleanText(raw)
    expect(performance.now() - begin, JSON.stringify(piece)).toBeLessThan(2000)
  }
})

test('what was not cleaned does not compile where clean text is wanted', () => {
  const name: CleanText = cleanLine('bob')
  expect(clean`${name} has ${3} rooms`).toBe('bob has 3 rooms')
  expect(joinClean([name, sliceClean(name, 0, 1)], clean`, `)).toBe('bob, b')
  // @ts-expect-error a plain string is not clean
  const wrong: CleanText = 'bob'
  const outside: string = wrong
  // @ts-expect-error nor may it be put into a clean sentence
  expect(clean`${outside}`).toBe('bob')
})
