import { describe, expect, test } from 'vitest'
import { append, testLog } from './logContract.ts'
import { MemoryLog } from './memoryLog.ts'

describe('the log in memory keeps what every log promises', () => {
  testLog(() => Promise.resolve(new MemoryLog()))
})

test('it keeps so many events a room, and first says where they begin', async () => {
  const log = new MemoryLog({ eventsKept: 100 })
  for (let i = 0; i < 500; i++) await append(log, { id: `m${i}`, text: `${i}` })
  const head = log.head('dev')
  const { events } = await log.read('dev', { after: 0, limit: 1_000, maxBytes: 1_000_000 })
  expect(events.length).toBeGreaterThanOrEqual(100)
  expect(events.length).toBeLessThanOrEqual(110)
  expect(events[0]).toMatchObject({ seq: head?.first, prev: head?.firstPrev })
  // An id is remembered for as long as its event.
  expect(await append(log, { id: 'm499', text: '499' })).toMatchObject({ ok: true, value: { seq: 500 } })
  expect(await append(log, { id: 'm0', text: 'again' })).toMatchObject({ ok: true, value: { seq: 501 } })
})
