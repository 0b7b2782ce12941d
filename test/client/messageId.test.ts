import { describe, expect, test } from 'vitest'
import { messageId } from '../../src/client/messageId.ts'

describe('ids of messages', () => {
  test('are UUIDs of version 7', () => {
    expect(messageId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  test('sort by the time of their making', () => {
    const ids = [0, 1, 255, 65_536, Date.now(), Date.now() + 1, 2 ** 47].map(messageId)
    expect([...ids].sort()).toEqual(ids)
  })

  test('begin with the milliseconds since 1970', () => {
    expect(messageId(0x0192_3456_789a)).toMatch(/^01923456-789a-7/)
  })

  test('are different within one millisecond', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => messageId(1))).size).toBe(10_000)
  })
})
