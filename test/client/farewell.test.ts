import { describe, expect, test } from 'vitest'
import { pauseAfter } from '../../src/client/farewell.ts'

const GOING = { reason: 'it goes', retryAfter: 0, isSentOn: true }

describe('the pause before the next round', () => {
  test('is what a daemon that goes asks for, where another one takes over', () => {
    expect(pauseAfter(GOING, 1, 60_000)).toBe(0)
    expect(pauseAfter({ ...GOING, retryAfter: 700 }, 1, 60_000)).toBe(700)
  })

  test('is at least a quarter of a second for a client that is sent on as soon as it came', () => {
    for (const onlineFor of [0, 999, undefined])
      expect(pauseAfter(GOING, 1, onlineFor)).toBeGreaterThanOrEqual(250)
  })

  test('grows where nothing answers, and a server cannot make it longer than a day', () => {
    expect(pauseAfter(undefined, 5, undefined)).toBeGreaterThanOrEqual(4_000)
    const never = { reason: 'never', retryAfter: Number.MAX_SAFE_INTEGER }
    expect(pauseAfter(never, 1, 60_000)).toBe(86_400_000)
    expect(pauseAfter({ ...never, isSentOn: true }, 1, 60_000)).toBe(86_400_000)
  })
})
