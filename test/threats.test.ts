import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** The rows of the table of threats: each threat, and the file and the title of its test. */
function threats(): readonly (readonly [threat: string, file: string, title: string])[] {
  const page = readFileSync(join(root, 'SECURITY.md'), 'utf8')
  return [...page.matchAll(/^\| ([^|]+) \| `(test\/[\w./-]+)` "([^"]+)" \|$/gm)].map(
    ([, threat = '', file = '', title = '']) => [threat, file, title],
  )
}

test('SECURITY.md has a test for every threat', () => {
  expect(threats().length).toBeGreaterThan(15)
})

test.each(threats())('the test against "%s" is in %s', (_, file, title) => {
  expect(readFileSync(join(root, file), 'utf8')).toContain(title)
})
