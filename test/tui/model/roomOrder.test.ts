import { expect, test } from 'vitest'
import { asksToBeRead } from '../../../src/tui/model/roomOrder.ts'
import { FakeClient } from '../fakeClient.ts'

test.each([
  ['dev', { unread: 2, mentions: 0 }, false, true],
  ['dev', { unread: 2, mentions: 0 }, true, false],
  ['dev', { unread: 2, mentions: 1 }, true, true],
  ['@bob', { unread: 2, mentions: 2 }, false, true],
  // Each of its messages counts as a mention.
  ['@bob', { unread: 2, mentions: 2 }, true, false],
  ['dev', { unread: 0, mentions: 0 }, false, false],
])('%s with %j, muted: %s, asks to be read: %s', (key, counts, muted, asks) => {
  const room = new FakeClient().open(key)
  Object.assign(room, counts, { notify: { level: undefined, muted } })
  expect(asksToBeRead(room)).toBe(asks)
})
