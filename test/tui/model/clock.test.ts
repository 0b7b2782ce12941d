import { describe, expect, test } from 'vitest'
import { createClock } from '../../../src/tui/model/clock.ts'

describe('the beginning of a day', () => {
  test.each([
    ['UTC', '2026-11-26', '2026-11-26T00:00:00Z'],
    ['Europe/Berlin', '2026-11-26', '2026-11-25T23:00:00Z'],
    ['Asia/Kathmandu', '2026-11-26', '2026-11-25T18:15:00Z'],
    ['Pacific/Kiritimati', '2026-11-26', '2026-11-25T10:00:00Z'],
    ['Pacific/Pago_Pago', '2026-11-26', '2026-11-26T11:00:00Z'],
    // The clocks of Beirut go forward at midnight: the day begins at one.
    ['Asia/Beirut', '2026-03-29', '2026-03-28T22:00:00Z'],
  ])('in %s, %s begins at %s', (zone, day, start) => {
    expect(createClock(zone).dayStart(day)).toBe(Date.parse(start))
  })

  test.each(['2026-02-30', '2026-13-01', '2026-1-1', '1970-01-01', 'yesterday', ''])('%s is no day', day => {
    expect(createClock('UTC').dayStart(day)).toBeUndefined()
  })
})
