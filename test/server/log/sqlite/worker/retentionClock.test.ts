import { expect, test } from 'vitest'
import { RetentionClock } from '../../../../../src/server/log/sqlite/worker/retentionClock.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = 20_000 * DAY

/** A machine whose two clocks the test moves. */
class Machine {
  now = START
  steady = 5_000

  pass(ms: number): void {
    this.now += ms
    this.steady += ms
  }

  clock(noted?: number): RetentionClock {
    return new RetentionClock(
      noted,
      () => this.now,
      () => this.steady,
    )
  }
}

test('the time goes on with the clock, and is noted each hour', () => {
  const machine = new Machine()
  const clock = machine.clock()
  expect(clock.look()).toEqual({ time: START, note: START, alarm: undefined })
  machine.pass(60_000)
  expect(clock.look()).toEqual({ time: START + 60_000, note: undefined, alarm: undefined })
  machine.pass(HOUR)
  expect(clock.look().note).toBe(START + HOUR + 60_000)
})

test('a jump ahead makes nothing older, and is told once a day, until the clock is right again', () => {
  const machine = new Machine()
  const clock = machine.clock()
  clock.look()
  machine.now += 3_650 * DAY
  machine.pass(60_000)
  expect(clock.look()).toMatchObject({ time: START + 60_000, alarm: expect.stringContaining('3650 days') })
  machine.pass(HOUR)
  expect(clock.look()).toEqual({
    time: START + HOUR + 60_000,
    note: START + HOUR + 60_000,
    alarm: undefined,
  })
  machine.pass(DAY)
  expect(clock.look().alarm).toContain('--accept-clock')
  machine.now -= 3_650 * DAY
  expect(clock.look()).toMatchObject({ time: machine.now, alarm: undefined })
})

test('a jump while the server was off counts too; an operator can say that the clock is right', () => {
  const machine = new Machine()
  const clock = machine.clock(START - 400 * DAY)
  expect(clock.look()).toMatchObject({ time: START - 400 * DAY, alarm: expect.stringContaining('400 days') })
  clock.accept()
  expect(clock.look()).toEqual({ time: START, note: START, alarm: undefined })
})

test('a week off is believed, also where it was in a drawer for a weekend', () => {
  expect(new Machine().clock(START - 6 * DAY).look()).toMatchObject({ time: START, alarm: undefined })
})

test('a clock that is set back keeps too much, never too little', () => {
  const machine = new Machine()
  const clock = machine.clock()
  clock.look()
  machine.now -= 100 * DAY
  expect(clock.look()).toMatchObject({ time: START - 100 * DAY, alarm: undefined })
  machine.now += 100 * DAY
  machine.pass(HOUR)
  expect(clock.look()).toMatchObject({ time: START + HOUR, alarm: undefined })
})
