import { expect, test } from 'vitest'
import { Turns } from '../../../src/server/transport/turns.ts'

/** Says something for so long. */
function busy(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

test('however many have more to say, a pass of the loop has room for a few of them, in their order', async () => {
  const turns = new Turns()
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
    await new Promise(resolve => setImmediate(resolve))
    expect(taken.length - before).toBeLessThanOrEqual(1)
  }
  expect(taken).toEqual(Array.from({ length: 20 }, (_, n) => n))
})

test('who asks twice has one turn, who asks again in its turn has the next in a later pass', async () => {
  const turns = new Turns()
  let count = 0
  const talker = {
    takeTurn: () => {
      count++
      if (count < 3) turns.add(talker)
    },
  }
  turns.add(talker)
  turns.add(talker)
  const passes: number[] = []
  while (count < 3) {
    await new Promise(resolve => setImmediate(resolve))
    passes.push(count)
  }
  expect(passes).toEqual([1, 2, 3])
})
