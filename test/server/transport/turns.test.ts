import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Turns } from '../../../src/server/transport/turns.ts'

/** Keeps the event loop busy, as the requests of a connection do. */
function busy(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

test('a pass of the loop has room for a few turns, in their order, however many connections wait', async () => {
  const turns = new Turns({ ms: 5 })
  const taken: number[] = []
  for (let n = 0; n < 20; n++) {
    turns.add({
      takeTurn: () => {
        taken.push(n)
        busy(5)
      },
    })
  }
  expect(taken).toEqual([])
  while (taken.length < 20) {
    const before = taken.length
    await turn()
    expect(taken.length - before).toBeLessThanOrEqual(1)
  }
  expect(taken).toEqual(Array.from({ length: 20 }, (_, n) => n))
})

test('with a budget of turns a pass has so many, in their order', async () => {
  const turns = new Turns({ count: 32 })
  const taken: number[] = []
  const passes: number[] = []
  for (let n = 0; n < 100; n++) turns.add({ takeTurn: () => taken.push(n) })
  expect(taken).toEqual([])
  while (taken.length < 100) {
    await turn()
    passes.push(taken.length)
  }
  expect(taken).toEqual(Array.from({ length: 100 }, (_, n) => n))
  expect(passes.length).toBeGreaterThanOrEqual(4)
  // A later connection has its turn as well.
  turns.add({ takeTurn: () => taken.push(100) })
  await turn()
  await turn()
  expect(taken.at(-1)).toBe(100)
})

test('a connection that asks twice has one turn; one that asks in its turn has the next in a later pass', async () => {
  const turns = new Turns({ ms: 5 })
  let count = 0
  const taker = {
    takeTurn: () => {
      count++
      if (count < 3) turns.add(taker)
    },
  }
  turns.add(taker)
  turns.add(taker)
  const passes: number[] = []
  while (count < 3) {
    await turn()
    passes.push(count)
  }
  expect(passes).toEqual([1, 2, 3])
})
