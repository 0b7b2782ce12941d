import { expect, test } from 'vitest'
import { seqOf } from '../../../../src/server/log/envelope.ts'
import { SessionNumbers } from '../../../../src/server/log/sqlite/sessionNumbers.ts'

test('a log of its own counts on', () => {
  const numbers = new SessionNumbers()
  numbers.countFrom(7)
  expect([numbers.next(), numbers.next()]).toEqual([8, 9])
})

test('with a shared log the newest block is used, then older ones; without a block no session begins', () => {
  const numbers = new SessionNumbers()
  numbers.addBlock(3)
  numbers.addBlock(5)
  const taken = Array.from({ length: 2 * seqOf(1, 0) }, () => numbers.next())
  expect(new Set(taken).size).toBe(taken.length)
  expect(taken[0]).toBe(seqOf(5, 0))
  expect(taken.at(-1)).toBe(seqOf(4, 0) - 1)
  expect(() => numbers.next()).toThrow('the shared log stores nothing')
  numbers.addBlock(9)
  expect(numbers.next()).toBe(seqOf(9, 0))
  // A session that begins after a message has a higher number than all that began before it, here or elsewhere.
  numbers.addBlock(12)
  expect(numbers.next()).toBe(seqOf(12, 0))
})
