import { expect, test } from 'vitest'
import type { RoomHead } from '../../../../src/server/log/log.ts'
import { RoomHeads } from '../../../../src/server/log/sqlite/roomHeads.ts'

/** More rooms than are remembered. */
const MANY = 10_001

function headOf(key: string, last: number): RoomHead {
  return { key, name: key, topic: '', first: 1, firstPrev: 0, last }
}

function speak(heads: RoomHeads, roomKey: string, seq: number): void {
  const body = { action: 'chat', message: '' } as const
  heads.hold(roomKey)
  heads.stored({ kind: 'event', roomKey, roomName: roomKey, from: 'alice', body }, seq, 0)
  heads.release(roomKey)
}

/** Asks for the heads of so many other rooms. */
function askForMany(heads: RoomHeads): void {
  for (let n = 0; n < MANY; n++) heads.head(`other${n}`)
}

test('the head of a room whose newest event is not filled is never read from the file', () => {
  const file = new Map<string, RoomHead>()
  const heads = new RoomHeads(key => file.get(key) ?? headOf(key, 0), 0)
  speak(heads, 'dev', 1)
  speak(heads, 'ops', 2)
  speak(heads, 'dev', 3)
  askForMany(heads)
  expect([heads.head('dev')?.last, heads.head('ops')?.last]).toEqual([3, 2])
  heads.filled(2)
  askForMany(heads)
  // That of "ops" is read now.
  expect([heads.head('dev')?.last, heads.head('ops')?.last]).toEqual([3, 0])
  file.set('dev', headOf('dev', 3))
  heads.filled(3)
  askForMany(heads)
  expect(heads.head('dev')).toBe(file.get('dev'))
})

test('what maintenance did to such a room is kept with it, and goes with the room', () => {
  const heads = new RoomHeads(() => undefined, 0)
  speak(heads, 'dev', 1)
  heads.renamed('dev', 'Infra')
  const event = {
    action: 'topic',
    topic: 'new',
    roomKey: 'dev',
    seq: 2,
    prev: 1,
    ts: 1,
    from: 'alice',
    id: 'a',
  } as const
  heads.happened(event)
  heads.put({ ...headOf('dev', 2), ...heads.head('dev'), first: 2, firstPrev: 1 })
  expect(heads.head('dev')).toMatchObject({ title: 'Infra', topic: 'new', first: 2, firstPrev: 1, last: 2 })
  heads.drop('dev')
  expect(heads.head('dev')).toBeUndefined()
})

test('a start gets those of before', () => {
  const heads = new RoomHeads(key => headOf(key, 0), 9, [headOf('dev', 4), headOf('ops', 9)])
  expect([heads.head('dev')?.last, heads.head('ops')?.last, heads.head('new')?.last]).toEqual([4, 9, 0])
  heads.filled(4)
  askForMany(heads)
  expect([heads.head('dev')?.last, heads.head('ops')?.last]).toEqual([0, 9])
})
