import fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import {
  graphemeStart,
  graphemesOf,
  nextGrapheme,
  plainCells,
  previousGrapheme,
} from '../../../src/tui/text/grapheme.ts'
import { hostileText } from './hostileText.ts'

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })
const truth = (text: string): string[] => Array.from(segmenter.segment(text), part => part.segment)

test('every plain character has the width that string-width gives it, and stands alone beside others', () => {
  const plain = Array.from({ length: 0x10000 }, (_, unit) => unit).filter(unit => plainCells(unit) !== 0)
  expect(plain.filter(unit => stringWidth(String.fromCharCode(unit)) !== plainCells(unit))).toEqual([])
  for (const other of ['a', '你', '가', 'ب']) {
    const between = plain.map(unit => other + String.fromCharCode(unit)).join('')
    expect(truth(between)).toHaveLength(between.length)
  }
})

test('clusters are those of Intl.Segmenter, for any text', () => {
  fc.assert(
    fc.property(hostileText(), text => {
      expect(graphemesOf(text)).toEqual(truth(text))
    }),
    { numRuns: 500 },
  )
})

test('steps in both directions meet exactly the borders', () => {
  fc.assert(
    fc.property(hostileText(), text => {
      const borders = [0]
      for (const cluster of truth(text)) borders.push((borders.at(-1) ?? 0) + cluster.length)
      for (const [at, border] of borders.entries()) {
        expect(nextGrapheme(text, border)).toBe(borders[at + 1] ?? text.length)
        expect(previousGrapheme(text, border)).toBe(borders[at - 1] ?? 0)
      }
      for (let index = 0; index <= text.length; index++) {
        expect(graphemeStart(text, index)).toBe(borders.findLast(border => border <= index))
      }
    }),
    { numRuns: 300 },
  )
})

test('a border before any unit is found behind any kind of letter', () => {
  const units = Array.from({ length: 0xd800 }, (_, unit) => String.fromCharCode(unit)).slice(1)
  for (const before of ['a', 'ก', 'न', 'ب', '가', '你', 'e\u0301', 'ന', 'ക\u0d4d']) {
    const wrong = units.filter(unit => {
      const text = before + unit
      return graphemeStart(text, before.length) !== text.length - (truth(text).at(-1) ?? '').length
    })
    expect([before, wrong.map(unit => unit.charCodeAt(0).toString(16))]).toEqual([before, []])
  }
})
