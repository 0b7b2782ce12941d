import { expect, test } from 'vitest'
import { ReadQueue } from '../../../../src/server/log/sqlite/readQueue.ts'

/** A thread that answers when it is told to, and the calls that it has. */
function slowThread() {
  const calls: (() => void)[] = []
  const call = (): Promise<never> =>
    new Promise(resolve => {
      calls.push(() => resolve({ events: 0, bytes: 0 } as never))
    })
  return { calls, thread: Promise.resolve({ call }) }
}

const bounds = { events: 1, bytes: 1 }

test.each([
  ['long', 4, 2],
  ['brief', 1, 8],
  ['very long', 100, 1],
])('the thread has %s calls at once, each of %i ms: %i', async (_, ms, atOnce) => {
  const { calls, thread } = slowThread()
  const queue = new ReadQueue(thread)
  const answers = Array.from({ length: 20 }, () => queue.call(undefined, ms, 'missed', 'dev', 0, bounds))
  await new Promise(resolve => setImmediate(resolve))
  expect(calls).toHaveLength(atOnce)
  for (let answered = 0; answered < answers.length; answered++) {
    calls.shift()?.()
    await answers[answered]
    await new Promise(resolve => setImmediate(resolve))
    expect(calls).toHaveLength(Math.min(atOnce, answers.length - answered - 1))
  }
})

test('where the thread cannot start, calls fail', async () => {
  const queue = new ReadQueue(Promise.reject(new Error('no thread')))
  await expect(queue.call(undefined, 1, 'missed', 'dev', 0, bounds)).rejects.toThrow('no thread')
})
