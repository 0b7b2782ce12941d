import { describe, expect, test } from 'vitest'
import { createFloodGuard } from '../../../src/tui/input/flood.ts'
import { keyName } from '../../../src/tui/input/keyName.ts'
import { createKeyDecoder, type InputEvent } from '../../../src/tui/input/keypress.ts'

const NEW_LINE = '⏎'

/** The keys of reads at these times, ms: text as it is, Enter as `enter`, a new line as ⏎. */
function keys(...reads: readonly (readonly [at: number, bytes: string])[]): string {
  const decoder = createKeyDecoder()
  const guard = createFloodGuard()
  return reads.flatMap(([at, bytes]) => guard(decoder.push(bytes), at).map(shown)).join('')
}

function shown(event: InputEvent): string {
  if (event.type !== 'key') return `[${event.type}]`
  const name = keyName(event.key)
  return name === 'alt+enter' ? NEW_LINE : name === 'enter' ? '[enter]' : (event.key.text ?? `[${name}]`)
}

describe('Enter sends', () => {
  test.each([
    [
      'typed alone',
      [
        [0, 'a'],
        [100, '\r'],
      ],
      'a[enter]',
    ],
    ['at the end of a read, as scripts and fast typists have it', [[0, 'hello\r']], 'hello[enter]'],
    [
      'line by line',
      [
        [0, 'one\r'],
        [200, 'two\r'],
      ],
      'one[enter]two[enter]',
    ],
    ['before a report of the terminal', [[0, 'a\r\x1b[O']], 'a[enter][focus]'],
    ['before an arrow', [[0, 'a\r\x1b[A']], 'a[enter][up]'],
  ] as const)('%s', (_, reads, wanted) => {
    expect(keys(...reads)).toBe(wanted)
  })
})

describe('Enter is a new line', () => {
  test.each([
    ['with text behind it in the same read', [[0, 'one\rtwo']], 'one⏎two'],
    ['all through a flood, at its end too', [[0, '/who\rrm -rf\r/quit\r']], '/who⏎rm -rf⏎/quit⏎'],
    [
      'in the next reads of a flood',
      [
        [0, 'one\rtw'],
        [10, 'o\r'],
        [25, 'three\r'],
      ],
      'one⏎two⏎three⏎',
    ],
    ['once for each line end of Windows', [[0, 'one\r\ntwo\r\n']], 'one[ctrl+j]two[ctrl+j]'],
    ['for an empty line', [[0, 'one\r\rtwo']], 'one⏎⏎two'],
  ] as const)('%s', (_, reads, wanted) => {
    expect(keys(...reads)).toBe(wanted)
  })
})

test('after a flood and a moment Enter sends again', () => {
  expect(keys([0, 'one\rtwo'], [60, '\r'])).toBe('one⏎two[enter]')
})
