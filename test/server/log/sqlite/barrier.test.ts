import { expect, test } from 'vitest'
import { Barrier } from '../../../../src/server/log/sqlite/barrier.ts'

/** A log that has all of what was done when it is let go on. */
class Reached {
  readonly calls: (() => void)[] = []
  readonly reach = (): Promise<void> => new Promise(resolve => this.calls.push(resolve))
}

test('those who come while it waits for others wait together, for what was done until then', async () => {
  const { calls, reach } = new Reached()
  const barrier = new Barrier(reach)
  const passed: string[] = []
  const pass = (name: string): Promise<unknown> => barrier.pass().then(() => passed.push(name))
  const first = pass('first')
  const others = [pass('second'), pass('third')]
  expect(calls).toHaveLength(1)
  calls[0]?.()
  await first
  await new Promise(setImmediate)
  expect([passed, calls.length]).toEqual([['first'], 2])
  const late = pass('late')
  calls[1]?.()
  await Promise.all(others)
  await new Promise(setImmediate)
  expect([passed, calls.length]).toEqual([['first', 'second', 'third'], 3])
  calls[2]?.()
  await late
  expect(passed.at(-1)).toBe('late')
})

test('it lets pass where that cannot be known, or is not known in time', async () => {
  const refused = new Barrier(() => Promise.reject(new Error('no broker answers')))
  expect(await refused.pass()).toBe(false)
  const { calls, reach } = new Reached()
  const silent = new Barrier(reach)
  expect(await silent.pass()).toBe(false)
  // The one that is late is not asked again, however many come: the next one begins when it has answered.
  const others = [silent.pass(), silent.pass()]
  expect(calls).toHaveLength(1)
  calls[0]?.()
  await new Promise(setImmediate)
  expect(calls).toHaveLength(2)
  calls[1]?.()
  expect(await Promise.all(others)).toEqual([true, true])
})
