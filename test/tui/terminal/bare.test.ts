import { expect, test } from 'vitest'
import { newest } from '../../../src/tui/terminal/bare.ts'
import { cleanLine } from '../../../src/tui/text/clean.ts'

const lines = (...texts: string[]) => texts.map(cleanLine)

test('the last lines that fit are shown; a long one takes as many rows as the terminal breaks it into', () => {
  expect(newest(lines('one', 'two', 'three'), 10, 2)).toEqual(['two', 'three'])
  expect(newest(lines('one', 'x'.repeat(25), 'three'), 10, 4)).toEqual(['x'.repeat(25), 'three'])
  expect(newest(lines('one', 'x'.repeat(25), 'three'), 10, 3)).toEqual(['three'])
  expect(newest(lines('', ''), 10, 1)).toEqual([''])
})
