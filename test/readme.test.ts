import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { keyTable } from '../src/tui/input/bindings.ts'

test('the README lists the keys as they are bound', () => {
  expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(keyTable())
})
