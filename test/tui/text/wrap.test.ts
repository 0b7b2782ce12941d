import fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { cleanText } from '../../../src/tui/text/clean.ts'
import { graphemesOf } from '../../../src/tui/text/grapheme.ts'
import { wrapText } from '../../../src/tui/text/wrap.ts'
import { hostileText } from './hostileText.ts'

const rows = (text: string, width: number) => wrapText(cleanText(text), width)
/** The same line with a wide character behind it takes the general way instead of the ASCII one. */
const general = (text: string, width: number) => rows(`${text}\n你`, width).slice(0, -1)

describe('rows break', () => {
  test.each<[string, string, number, string[]]>([
    ['at spaces, which are dropped', 'the quick brown fox', 10, ['the quick', 'brown fox']],
    ['behind a word that fits exactly', 'abcde fghij', 5, ['abcde', 'fghij']],
    ['once, however many spaces there are', 'ab     cd', 4, ['ab', 'cd']],
    ['inside a word longer than a row', 'abcdefghijk', 4, ['abcd', 'efgh', 'ijk']],
    ['before a long word, then in it', 'ab cdefghijk', 4, ['ab', 'cdef', 'ghij', 'k']],
    ['at newlines', 'a\n\nb', 9, ['a', '', 'b']],
    ['behind the last newline', 'a\n', 9, ['a', '']],
    ['not at all in an empty text', '', 9, ['']],
    ['keeping the spaces that begin a line', '    if (x)\n  y', 20, ['    if (x)', '  y']],
    ['keeping an indentation with its word', '    abc def', 8, ['    abc', 'def']],
    ['in a word behind an indentation', '  abcdefgh', 6, ['  abcd', 'efgh']],
    ['with at most half a row of indentation', '            ab cd', 8, ['    ab', 'cd']],
    ['dropping spaces that do not fit at the end', 'abcd      ', 4, ['abcd']],
    ['at one cell', 'abc', 1, ['a', 'b', 'c']],
    ['at no cells as at one', 'ab', 0, ['a', 'b']],
    ['of spaces alone into an empty one', '      ', 4, ['  ']],
  ])('%s', (_how, text, width, expected) => {
    expect(rows(text, width)).toEqual(expected)
    expect(general(text, width)).toEqual(expected)
  })
  test.each<[string, string, number, string[]]>([
    ['between Chinese characters', '你好吗我很好', 5, ['你好', '吗我', '很好']],
    ['not before a full stop', '你好吗。我', 6, ['你好', '吗。我']],
    ['not behind an opening bracket', '你好「吗', 6, ['你好', '「吗']],
    ['between scripts', 'see 你好 there', 8, ['see 你好', 'there']],
    ['never inside an emoji', 'a👨‍👩‍👧‍👦b', 2, ['a', '👨‍👩‍👧‍👦', 'b']],
    ['never between a letter and its mark', 'e\u0301e\u0301e\u0301', 2, ['e\u0301e\u0301', 'e\u0301']],
    ['with what is wider than a row replaced', 'a你b', 1, ['a', '�', 'b']],
    ['not at a no-break space', 'ab c\u00a0d', 4, ['ab', 'c\u00a0d']],
  ])('%s', (_how, text, width, expected) => {
    expect(rows(text, width)).toEqual(expected)
  })
})

describe('for any text and width', () => {
  const width = fc.integer({ min: 1, max: 30 })
  test('no row is wider than the width', () => {
    fc.assert(
      fc.property(hostileText(), width, (raw, cells) => {
        for (const row of rows(raw, cells)) expect(stringWidth(row)).toBeLessThanOrEqual(cells)
      }),
      { numRuns: 500 },
    )
  })
  test('everything but spaces is there, in order', () => {
    fc.assert(
      fc.property(hostileText(), fc.integer({ min: 20, max: 40 }), (raw, cells) => {
        const ink = (text: string) => graphemesOf(text).filter(cluster => !/^[ \n]$/.test(cluster))
        expect(rows(raw, cells).flatMap(ink)).toEqual(ink(cleanText(raw)))
      }),
      { numRuns: 500 },
    )
  })
  test('the short way for ASCII gives what the general way gives', () => {
    const text = fc.stringMatching(/^[ab \n]{0,60}$/)
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 12 }), (raw, cells) => {
        expect(rows(raw, cells)).toEqual(general(raw, cells))
      }),
      { numRuns: 500 },
    )
  })
})

test('ten thousand messages wrap in a fraction of a second', () => {
  const text =
    'The quick brown fox jumps over the lazy dog, and then it does so again for as long as it takes. '.repeat(
      2,
    )
  const message = cleanText(text)
  const begin = performance.now()
  for (let count = 0; count < 10_000; count++) wrapText(message, 60)
  expect(performance.now() - begin).toBeLessThan(1000)
})
