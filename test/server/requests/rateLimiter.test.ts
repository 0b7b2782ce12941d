import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RateLimiter } from '../../../src/server/requests/rateLimiter.ts'

const limits = { burst: 20, perSecond: 5 }

test('a client that obeys the waits gets a burst, then an even rate', () => {
  const limiter = new RateLimiter(() => limits)
  let now = 1_000
  const waits: number[] = []
  for (let i = 0; i < 30; i++) {
    const wait = limiter.spend('alice', 1, now)
    waits.push(wait)
    now += wait
  }
  expect(waits.slice(0, 19)).toEqual(Array(19).fill(0))
  expect(waits.slice(20)).toEqual(Array(10).fill(200))
})

test('for any intervals, never more than the burst and the rate allow', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(2_000), { maxLength: 200 }), pauses => {
      const limiter = new RateLimiter(() => limits)
      let now = 0
      let sent = 0
      for (const pause of pauses) {
        now += pause
        now += limiter.spend('alice', 1, now)
        sent++
        limiter.sweep(now)
        expect(sent).toBeLessThanOrEqual(20 + (now * 5) / 1_000 + 1)
      }
    }),
  )
})

test('keys have buckets of their own; a clock set back takes nothing away', () => {
  const limiter = new RateLimiter(() => ({ burst: 2, perSecond: 5 }))
  expect(limiter.spend('alice a', 1, 1_000)).toBe(0)
  expect(limiter.spend('alice a', 1, 1_000)).toBe(200)
  expect(limiter.spend('bob a', 1, 1_000)).toBe(0)
  expect(limiter.spend('alice b', 1, 1_000)).toBe(0)
  expect(limiter.spend('bob a', 1, 0)).toBe(200)
})

test('what costs more waits longer, and is paid back', () => {
  const limiter = new RateLimiter(() => ({ burst: 2, perSecond: 1 }))
  expect(limiter.spend('alice', 12, 0)).toBe(11_000)
  expect(limiter.spend('alice', 1, 11_000)).toBe(1_000)
})
