import { expect, test } from 'vitest'
import { seqOf } from '../../../../src/server/log/envelope.ts'
import { SessionNumbers } from '../../../../src/server/log/sqlite/sessionNumbers.ts'

/** How many numbers a message of a shared log brings. */
const BLOCK = seqOf(1, 0)

/** Those of a daemon whose messages come to stand at these positions. */
function sharing(...positions: number[]): SessionNumbers {
  return new SessionNumbers(async () => {
    const position = positions.shift()
    if (position === undefined) throw new Error('no broker answers')
    return position
  })
}

test('a log of its own counts on', async () => {
  const numbers = new SessionNumbers(async () => undefined)
  numbers.countFrom(7)
  expect([numbers.next(), await numbers.fresh(), numbers.next()]).toEqual([8, 9, 10])
})

test('with a shared log the newest block is used, then older ones; without a block no session begins', () => {
  const numbers = sharing()
  numbers.addBlock(3)
  numbers.addBlock(5)
  const taken = Array.from({ length: 2 * BLOCK }, () => numbers.next())
  expect(new Set(taken).size).toBe(taken.length)
  expect(taken[0]).toBe(seqOf(5, 0))
  expect(taken.at(-1)).toBe(seqOf(4, 0) - 1)
  expect(() => numbers.next()).toThrow('the shared log stores nothing')
  numbers.addBlock(9)
  expect(numbers.next()).toBe(seqOf(9, 0))
})

test('a fresh number is above all of before: of a message that is stored for it; where none can be stored there is none', async () => {
  const numbers = sharing(12)
  numbers.addBlock(9)
  expect(numbers.next()).toBe(seqOf(9, 0))
  expect(await numbers.fresh()).toBe(seqOf(12, 0))
  expect(await numbers.fresh()).toBeUndefined()
  expect(numbers.next()).toBe(seqOf(12, 1))
})

test('those who come at once share a message, and take as many as they need', async () => {
  const numbers = sharing(4, 6, 9)
  const given = await Promise.all(Array.from({ length: BLOCK + 2 }, () => numbers.fresh()))
  expect(new Set(given).size).toBe(given.length)
  // The first has one for itself; the others wait together for the next.
  expect([given[0], given[1], given[BLOCK], given[BLOCK + 1]]).toEqual([
    seqOf(4, 0),
    seqOf(6, 0),
    seqOf(7, 0) - 1,
    seqOf(9, 0),
  ])
})
