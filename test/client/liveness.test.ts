import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Liveness } from '../../src/client/liveness.ts'
import { Unanswered } from '../../src/client/unanswered.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a connection is watched', () => {
  test('30 s of silence are a reason to ping, and 20 s more to give up', () => {
    const [ping, giveUp] = [vi.fn(), vi.fn()]
    const liveness = new Liveness({ ping, giveUp })
    liveness.heard()
    vi.advanceTimersByTime(29_999)
    expect(ping).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(ping).toHaveBeenCalledOnce()
    vi.advanceTimersByTime(19_999)
    expect(giveUp).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(giveUp).toHaveBeenCalledOnce()
  })

  test('a probe pings at once, and a second one meanwhile changes nothing; any byte ends it', () => {
    const [ping, giveUp] = [vi.fn(), vi.fn()]
    const liveness = new Liveness({ ping, giveUp })
    liveness.heard()
    liveness.probe()
    vi.advanceTimersByTime(10_000)
    liveness.probe()
    expect(ping).toHaveBeenCalledOnce()
    vi.advanceTimersByTime(9_999)
    liveness.heard()
    vi.advanceTimersByTime(29_999)
    expect([ping.mock.calls.length, giveUp.mock.calls.length]).toEqual([1, 0])
    liveness.stop()
  })
})

describe('an answer is late', () => {
  test('after five seconds, since the oldest request that has none', () => {
    const changed = vi.fn()
    const unanswered = new Unanswered(changed)
    const start = Date.now()
    unanswered.sent('a')
    vi.advanceTimersByTime(2_000)
    unanswered.sent('b')
    vi.advanceTimersByTime(2_999)
    expect(unanswered.lateSince).toBeUndefined()
    vi.advanceTimersByTime(1)
    expect([unanswered.lateSince, changed.mock.calls.length]).toEqual([start, 1])
    // The next one is not late yet.
    unanswered.answered('a')
    expect([unanswered.lateSince, changed.mock.calls.length]).toEqual([undefined, 2])
    vi.advanceTimersByTime(2_000)
    expect([unanswered.lateSince, changed.mock.calls.length]).toEqual([start + 2_000, 3])
    unanswered.answered('b')
    expect([unanswered.lateSince, vi.getTimerCount()]).toEqual([undefined, 0])
  })

  test('also where the clock was set back meanwhile', () => {
    const unanswered = new Unanswered(() => undefined)
    const start = Date.now()
    unanswered.sent('a')
    vi.setSystemTime(start - 3_600_000)
    vi.advanceTimersByTime(5_000)
    expect(unanswered.lateSince).toBe(start)
    unanswered.clear()
  })

  test('not where answers come in time, in any order, nor after the connection', () => {
    const changed = vi.fn()
    const unanswered = new Unanswered(changed)
    for (let at = 0; at < 100; at++) {
      unanswered.sent(`${at}`)
      vi.advanceTimersByTime(1_000)
      unanswered.answered(`${at - (at % 2)}`)
      unanswered.answered(`${at}`)
    }
    unanswered.sent('last')
    unanswered.clear()
    vi.advanceTimersByTime(60_000)
    expect([changed.mock.calls.length, unanswered.lateSince, vi.getTimerCount()]).toEqual([0, undefined, 0])
  })
})
