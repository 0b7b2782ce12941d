import { describe, expect, test } from 'vitest'
import { frameOf } from '../../../src/tui/select/frame.ts'
import { type FakeClient, type FakeRoom, NOON } from '../fakeClient.ts'
import { Updates } from '../update/world.ts'

const MUTED = { level: undefined, muted: true } as const

/** A screen whose list has so many rows, with rooms that a test opens. */
function screenOf(height: number, prepare: (client: FakeClient) => void): Updates {
  return new Updates(prepare, 80, height + 5)
}

function listOf(screen: Updates): string[] {
  const rows = frameOf(screen.state, screen.world)?.sidebar ?? []
  return rows.map(row =>
    row
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  )
}

/** The list of `height` rows with the `current`th of `count` rooms shown; nothing is unread. */
function sidebar(count: number, current: number, height: number): string[] {
  const screen = screenOf(height, client => {
    for (let number = 1; number <= count; number++) client.open(`r${number}`)
  })
  screen.dispatch({ type: 'opened', room: `r${current}` })
  return listOf(screen)
}

const room = (screen: Updates, key: string): FakeRoom => {
  const found = screen.client.rooms.get(key)
  if (found === undefined) throw new Error(`no ${key}`)
  return found
}

describe('more rooms than rows', () => {
  test('all fit: no row tells of more', () => {
    expect(sidebar(5, 2, 6)).toEqual([' 1 r1', '▌2 r2', ' 3 r3', ' 4 r4', ' 5 r5', ''])
  })
  test('at the beginning, in the middle and at the end the current one is in sight, and what is not is counted', () => {
    expect(sidebar(7, 2, 5)).toEqual([' 1 r1', '▌2 r2', ' 3 r3', ' 4 r4', ' ↓ 3 more'])
    expect(sidebar(9, 5, 5)).toEqual([' ↑ 3 more', ' 4 r4', '▌5 r5', ' 6 r6', ' ↓ 3 more'])
    expect(sidebar(7, 7, 5)).toEqual([' ↑ 3 more', ' 4 r4', ' 5 r5', ' 6 r6', '▌7 r7'])
  })
  test.each([1, 2, 250, 499, 500])('of 500 rooms the %ith is in sight', current => {
    const rows = sidebar(500, current, 5)
    expect(rows).toHaveLength(5)
    expect(rows.filter(row => row.startsWith('▌') && new RegExp(` r${current}\\b`).test(row))).toHaveLength(1)
  })
})

describe('the parts of the list', () => {
  test('are what is unread, with mentions first, then rooms, then people with their dots', () => {
    const screen = screenOf(14, client => {
      client.open('lobby')
      client.open('dev', { unread: 4 })
      client.open('a-room-with-a-long-name')
      client.open('@carol', { members: new Map([['carol', { name: 'carol', away: undefined }]]) })
      client.open('@dave', { unread: 2, mentions: 2 })
      client.open('@bob', { members: new Map([['bob', { name: 'bob', away: 'lunch' }]]) })
    })
    expect(listOf(screen)).toEqual([
      ' UNREAD',
      ' 5 ○ dave    @2',
      ' 2 dev        4',
      ' ROOMS',
      '▌1 lobby',
      ' 3 a-room…name',
      ' PEOPLE',
      ' 4 ● carol',
      ' 6 ☾ bob  lunch',
      ...Array.from({ length: 5 }, () => ''),
    ])
  })

  test('quiet rooms beyond the nine with a number are folded where there is no place for all', () => {
    const screen = screenOf(14, client => {
      for (let n = 1; n <= 20; n++) client.open(`r${n}`)
      Object.assign(client.rooms.get('r15') ?? {}, { unread: 3 })
      client.open('@bob')
    })
    const list = listOf(screen)
    expect(list.slice(0, 3)).toEqual([' UNREAD', '   r15        3', ' ROOMS'])
    expect(list.slice(3, 13)).toEqual([
      ...['▌1 r1', ...Array.from({ length: 8 }, (_, at) => ` ${at + 2} r${at + 2}`), '   … 10 quiet'],
    ])
  })

  test('the rows that are left are for the quiet rooms that were active last, in their usual order; no row counts none', () => {
    const prepare = (client: FakeClient) => {
      for (let n = 1; n <= 20; n++) client.open(`r${n}`)
      for (const [key, minute] of [
        ['r19', 3],
        ['r12', 2],
        ['r15', 1],
      ] as const) {
        client.receive(client.open(key), 'alice', 'x', NOON + minute * 60_000)
        client.allRead(client.open(key, { timeline: client.rooms.get(key)?.timeline ?? [] }))
      }
      client.open('@bob', { typing: ['bob'] })
      client.open('@carol', { unread: 1, mentions: 1 })
    }
    expect(listOf(screenOf(17, prepare)).slice(12)).toEqual([
      ...['   r12', '   r19', '   … 9 quiet', ' PEOPLE', '   ○ bob      …'],
    ])
    expect(listOf(screenOf(25, prepare)).slice(12)).toEqual([
      ...[10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20].map(n => `   r${n}`),
      ...[' PEOPLE', '   ○ bob      …'],
    ])
  })

  test('which quiet rooms are shown changes only by a pause; until then what is folded tells what is unread in it', () => {
    const screen = screenOf(17, client => {
      for (let n = 1; n <= 20; n++) client.open(`r${n}`, n === 11 ? { notify: MUTED } : {})
      client.open('@bob')
    })
    screen.type('\x1b1', 'x')
    const before = listOf(screen)
    screen.client.receive(room(screen, 'r18'), 'alice', 'hello @me')
    screen.dispatch({ type: 'changed' })
    expect(before[14]).toBe('   … 7 quiet')
    expect(listOf(screen)).toEqual(before.with(14, '   … 7 quiet @1'))
    screen.wait(3_000)
    expect(listOf(screen)[1]).toBe('   r18       @1')
    // A muted room that goes on and on takes no row from others.
    const after = listOf(screen)
    for (let n = 0; n < 3; n++) screen.client.receive(room(screen, 'r11'), 'ci', 'noise')
    screen.dispatch({ type: 'changed' })
    expect(listOf(screen)).toEqual(after)
  })

  test('what is shown stays while the composer grows over the end of the list', () => {
    const screen = screenOf(17, client => {
      for (let n = 1; n <= 30; n++) client.open(`r${n}`)
      for (const name of ['@bob', '@carol']) client.open(name, { typing: ['x'] })
    })
    const before = listOf(screen)
    screen.type('one\x1b\rtwo')
    expect(listOf(screen)).toEqual([...before.slice(0, 15), ' ↓ 2 more'])
  })

  test('a muted room has no count, stands dim, and calls only by a mention', () => {
    const screen = screenOf(10, client => {
      client.open('lobby')
      client.open('noise', { unread: 50, notify: MUTED })
      client.open('noise2', { unread: 50, mentions: 1, notify: MUTED })
    })
    const list = listOf(screen)
    expect(list.slice(0, 5)).toEqual([' UNREAD', ' 3 noise2    @1', ' ROOMS', '▌1 lobby', ' 2 noise'])
  })

  test('mark drafts, people who type, and what was not sent', () => {
    const screen = screenOf(10, client => {
      client.open('lobby')
      client.open('dev', { typing: ['alice'] })
      client.open('ops')
    })
    screen.type('\x1b3', 'half a thought', '\x1b1')
    room(screen, 'dev').outbox = [
      {
        id: 'x',
        roomKey: 'dev',
        ts: 0,
        request: { action: 'chat', room: 'dev', message: 'x', id: 'x' },
        state: { status: 'failed', code: 'forbidden', message: 'no' },
      },
    ]
    expect(listOf(screen).slice(0, 3)).toEqual(['▌1 lobby', ' 2 dev      … ✗', ' 3 ops        ✎'])
  })
})

test('nothing moves while a key is on its way: the order changes when a room is entered, or after a pause', () => {
  const screen = screenOf(10, client => {
    for (const name of ['lobby', 'dev', 'ops']) client.open(name)
  })
  screen.type('x')
  const still = listOf(screen).map(row => row.slice(0, 8).trimEnd())
  Object.assign(room(screen, 'ops'), { unread: 1 })
  screen.client.changed(room(screen, 'ops'))
  screen.dispatch({ type: 'changed' })
  expect(listOf(screen).map(row => row.slice(0, 8).trimEnd())).toEqual(still)
  expect(listOf(screen)[2]).toBe(' 3 ops        1')
  screen.wait(3_000)
  expect(listOf(screen)[0]).toBe(' UNREAD')
  // The number stays with the room.
  expect(listOf(screen)[1]).toBe(' 3 ops        1')
  screen.type('y', '\x1b3')
  expect(listOf(screen).slice(0, 3)).toEqual([' 1 lobby      ✎', ' 2 dev', '▌3 ops        1'])
})
