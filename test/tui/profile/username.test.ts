import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseUsername } from '../../../src/protocol/names.ts'
import { defaultUsername, foldIntoUsername } from '../../../src/tui/profile/username.ts'

describe('the name that the system has is folded into a valid one', () => {
  test.each([
    ['bob', 'bob'],
    ['José', 'Jose'],
    ['søren', 'soren'],
    ['Łukasz Ünal', 'Lukasz_Unal'],
    ['OFFICE\\bob', 'bob'],
    ['bob@office.example', 'bob_office.example'],
    ['  bob  ', 'bob'],
    ['-.bob', 'bob'],
    ['x'.repeat(40), 'x'.repeat(32)],
    ['ｂｏｂ', 'bob'],
  ])('%s is %s', (given, name) => {
    expect(foldIntoUsername(given)).toBe(name)
  })

  test.each(['', '  ', '山田', '---', 'chatd', 'ChatD'])('nothing can be made of "%s"', given => {
    expect(foldIntoUsername(given)).toBeUndefined()
  })

  test('what comes out is always valid', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const name = foldIntoUsername(text)
        if (name !== undefined) expect(parseUsername(name).ok).toBe(true)
      }),
    )
  })
})

test('there is always a name', () => {
  expect(parseUsername(defaultUsername({})).ok).toBe(true)
})
