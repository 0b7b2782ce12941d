import { globSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import stringWidth from 'string-width'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { drawAmbiguousWide, inAscii } from '../../../src/tui/text/ambiguous.ts'
import { clean, cleanLine } from '../../../src/tui/text/clean.ts'
import { padEnd, textWidth, truncate, truncateMiddle } from '../../../src/tui/text/width.ts'
import { hostileText } from './hostileText.ts'

const ROOT = new URL('../../../', import.meta.url).pathname

test('the width is what Ink measures, for any clean text', () => {
  fc.assert(
    fc.property(hostileText(), raw => {
      const text = cleanLine(raw)
      expect(textWidth(text)).toBe(stringWidth(text))
    }),
    { numRuns: 500 },
  )
})

describe('truncate', () => {
  test.each([
    ['lobby', 5, 'lobby'],
    ['lobbies', 5, 'lobb…'],
    ['你好吗', 5, '你好…'],
    ['你好吗', 4, '你…'],
    ['👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 3, '👨‍👩‍👧‍👦…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
    ['lobby', 1, '…'],
    ['lobby', 0, ''],
    ['', 0, ''],
  ])('%s in %i cells is %s', (text, width, cut) => {
    expect(truncate(cleanLine(text), width)).toBe(cut)
  })
  test('never takes more cells than it was given', () => {
    fc.assert(
      fc.property(hostileText(), fc.integer({ min: 0, max: 30 }), (raw, width) => {
        expect(stringWidth(truncate(cleanLine(raw), width))).toBeLessThanOrEqual(width)
      }),
      { numRuns: 300 },
    )
  })
})

describe('truncateMiddle', () => {
  test.each([
    ['release-engineering-deploys', 27, 'release-engineering-deploys'],
    ['release-engineering-deploys', 26, 'release…deploys'],
    ['release-engineering-deploys', 15, 'release…deploys'],
    // Whole words would be too little, or too much.
    ['release-engineering-deploys', 12, 'releas…ploys'],
    ['a-conversationalist-b', 18, 'a-convers…nalist-b'],
    ['one_two.three-four', 15, 'one…three-four'],
    ['conversationalists', 9, 'conve…sts'],
    ['-', 0, ''],
  ])('%s in %i cells is %s', (text, width, cut) => {
    expect(truncateMiddle(cleanLine(text), width)).toBe(cut)
  })
  test('never takes more cells than it was given', () => {
    fc.assert(
      fc.property(hostileText(), hostileText(), fc.integer({ min: 1, max: 30 }), (a, b, width) => {
        expect(textWidth(truncateMiddle(cleanLine(`${a}-${b}-${a}`), width))).toBeLessThanOrEqual(width)
      }),
      { numRuns: 200 },
    )
  })
})

test('padEnd fills by cells and never cuts', () => {
  expect(padEnd(clean`你`, 4)).toBe('你  ')
  expect(padEnd(clean`long`, 2)).toBe('long')
})

describe('where ambiguous characters are wide', () => {
  beforeEach(() => drawAmbiguousWide(true))
  afterEach(() => drawAmbiguousWide(false))

  test.each([
    ['Жα①★é', 10],
    ['plain', 5],
    ['会议', 4],
    ['👍', 2],
    ['e\u0301', 1],
    // The signs of the screen are drawn in ASCII.
    ['─│●…“”', 6],
  ])('%s has %i cells', (text, cells) => {
    expect(textWidth(text)).toBe(cells)
    expect(inAscii('─│●…“”')).toBe('-|*~""')
  })

  test('every sign that the screen draws itself has one in ASCII, or has one cell in every terminal', () => {
    const files = globSync('src/tui/{select,update,commands,input}/**/*.ts', { cwd: ROOT })
    const signs = new Set(
      files
        .filter(file => !/searchWords|layouts|reactionKeys/.test(file))
        .flatMap(file => readFileSync(`${ROOT}/${file}`, 'utf8').match(/[^\0-\x7f]/gu) ?? []),
    )
    expect(signs.size).toBeGreaterThan(10)
    const unmapped = [...signs].filter(sign => inAscii(sign) === sign && textWidth(sign) > stringWidth(sign))
    expect(unmapped).toEqual([])
  })
})
