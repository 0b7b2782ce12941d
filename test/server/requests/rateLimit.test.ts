import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pace } from '../../../src/server/requests/rateLimit.ts'

const limits = { messageBurst: 20, messagesPerSecond: 5 }

test('a burst, then an even pace, whoever obeys the waits', () => {
  const pace = new Pace(limits)
  let now = 1_000
  const waits: number[] = []
  for (let i = 0; i < 30; i++) {
    const wait = pace.spend('alice', '127.0.0.1', now)
    waits.push(wait)
    now += wait
  }
  expect(waits.slice(0, 19)).toEqual(Array(19).fill(0))
  expect(waits.slice(20)).toEqual(Array(10).fill(200))
})

test('never more than the burst and the pace allow, whatever the times between', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2_000), { maxLength: 200 }), pauses => {
      const pace = new Pace(limits)
      let now = 0
      let sent = 0
      for (const pause of pauses) {
        now += pause
        now += pace.spend('alice', 'a', now)
        sent++
        pace.sweep(now)
        expect(sent).toBeLessThanOrEqual(20 + (now * 5) / 1_000 + 1)
      }
    }),
  )
})

test('names and addresses have buckets of their own; a clock set back takes nothing away', () => {
  const pace = new Pace({ messageBurst: 2, messagesPerSecond: 5 })
  expect(pace.spend('alice', 'a', 1_000)).toBe(0)
  expect(pace.spend('alice', 'a', 1_000)).toBe(200)
  expect(pace.spend('bob', 'a', 1_000)).toBe(0)
  expect(pace.spend('alice', 'b', 1_000)).toBe(0)
  expect(pace.spend('bob', 'a', 0)).toBe(200)
})
