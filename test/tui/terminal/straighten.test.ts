import { expect, test } from 'vitest'
import { straighten } from '../../../src/tui/terminal/straighten.ts'

test('what all terminals draw alike stays as it is', () => {
  const plain = '\x1b[1G\x1b[K│ 日本語 ─ e\x1b[2mé\x1b[22m\n\x1b[3A'
  expect(straighten(plain)).toBe(plain)
})

test.each([
  ['before a border', 'a👨‍👩‍👧│b│', 'a👨‍👩‍👧\x1b[4G│b│'],
  ['before a column', '🇩🇪👍🏽  x  y', '🇩🇪👍🏽  \x1b[7Gx  y'],
  ['not between words, nor at the end of a row', '👍 नमस्ते 👍 x\nx', '👍 नमस्ते 👍 x\nx'],
  ['over colours', '\x1b[31m👍\x1b[39m│', '\x1b[31m👍\x1b[39m\x1b[3G│'],
  ['from where the row goes on', '\x1b[11G\x1b[K👍│', '\x1b[11G\x1b[K👍\x1b[13G│'],
  ['in every row', '👍│\x1b[E👍│', '👍\x1b[3G│\x1b[E👍\x1b[3G│'],
])('the cursor is put right: %s', (_where, output, expected) => {
  expect(straighten(output)).toBe(expected)
})
