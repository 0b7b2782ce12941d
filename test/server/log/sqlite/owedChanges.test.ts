import { expect, test } from 'vitest'
import type { SessionChange } from '../../../../src/server/log/entries.ts'
import { OwedChanges } from '../../../../src/server/log/sqlite/owedChanges.ts'

const began: SessionChange = {
  kind: 'began',
  session: { number: 1, hash: 'x', person: 'alice', began: 0 },
  name: 'Alice',
}
const read = (seq: number): SessionChange => ({ kind: 'read', session: 1, roomKey: 'dev', seq })
const left: SessionChange = { kind: 'left', session: 1, roomKey: 'dev' }
const muted: SessionChange = { kind: 'notify', session: 1, roomKey: 'dev', change: { muted: true } }

test.each<readonly [string, readonly SessionChange[], readonly SessionChange[]]>([
  ['the last of several read positions', [read(5), read(7)], [read(7)]],
  ['a leave, and the room that was joined again after it', [read(5), left, read(7)], [left, read(7)]],
  ['what was set before a leave, before it', [began, read(5), muted, left], [began, read(5), muted, left]],
  ['what was set after a leave, after it', [muted, left, muted], [left, muted]],
  ['a beginning before what follows from it', [began, read(5), began], [began, read(5)]],
])('%s is owed', (_, given, owed) => {
  const changes = new OwedChanges()
  for (const change of given) changes.owe(change, {})
  expect(changes.take().map(({ change }) => change)).toEqual(owed)
  expect(changes.size).toBe(0)
})
