import { expect, test } from 'vitest'
import { clean, cleanText } from '../../../src/tui/text/clean.ts'
import { programParts } from '../../../src/tui/text/program.ts'

test.each([
  ['py', 'def f(): # x', 'comment'],
  ['typescript', 'const a: number = 1', 'keyword'],
  ['Rust', 'let x = "y";', 'string'],
  ['yml', 'key: 12', 'number'],
  ['sh', 'echo "x"', 'string'],
])('%s has colours', (language, program, part) => {
  const [line = []] = programParts([cleanText(program)], language)
  expect(line.map(({ style }) => style)).toContain(part)
})

test('the stretches cover each line', () => {
  const lines = ['/* a', 'b */', '', 'x()'].map(cleanText)
  const found = programParts(lines, 'js')
  expect(found).toHaveLength(4)
  expect(found[0]).toEqual([{ start: 0, style: 'comment' }])
  expect(found[1]).toEqual([{ start: 0, style: 'comment' }])
  expect(found[2]).toEqual([])
})

test('a long program has none: hostile ones would take too much time', () => {
  expect(
    programParts(
      Array.from({ length: 1_000 }, () => clean`const a`),
      'js',
    ),
  ).toEqual([])
  expect(programParts([cleanText('a'.repeat(1_000))], 'js')).toEqual([])
})
