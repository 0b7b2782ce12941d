import { expect, test } from 'vitest'
import { Entrance } from '../../../src/server/transport/entrance.ts'

test('newcomers come in in their order, some in a turn of the loop', async () => {
  const entrance = new Entrance()
  const came: number[] = []
  for (let n = 0; n < 100; n++) entrance.add({ enter: () => came.push(n) })
  expect(came).toEqual([])
  const turns: number[] = []
  while (came.length < 100) {
    await new Promise(resolve => setImmediate(resolve))
    turns.push(came.length)
  }
  expect(came).toEqual(Array.from({ length: 100 }, (_, n) => n))
  expect(turns.length).toBeGreaterThanOrEqual(4)
  // One who comes later comes in as well.
  entrance.add({ enter: () => came.push(100) })
  await new Promise(resolve => setImmediate(resolve))
  await new Promise(resolve => setImmediate(resolve))
  expect(came.at(-1)).toBe(100)
})
