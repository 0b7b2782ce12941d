import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../../src/protocol/events.ts'
import { roomScreen } from '../../../src/tui/model/state.ts'
import { type FakeClient, type FakeRoom, NOON } from '../fakeClient.ts'
import { Updates } from './world.ts'

const ENTER = '\r'
const ESCAPE = '\x1b'
const CTRL_S = '\x13'
const CTRL_K = '\x0b'
const ALT = (key: string): string => `\x1b${key}`

/** Three rooms: nothing is unread in the first, something in the others. */
function rooms(prepare: (client: FakeClient) => void = () => undefined) {
  const screen = new Updates(client => {
    for (const name of ['lobby', 'dev', 'ops']) {
      const room = client.open(name)
      for (let n = 0; n < 40; n++) client.receive(room, 'alice', `${name} ${n}`)
      if (name === 'lobby') client.allRead(room)
    }
    prepare(client)
  })
  screen.dispatch({ type: 'focus', focused: true })
  screen.took()
  const room = (key: string): FakeRoom => {
    const found = screen.client.rooms.get(key)
    if (found === undefined) throw new Error(`no ${key}`)
    return found
  }
  const reads = () => screen.took().filter(({ type }) => type === 'markRead')
  return { screen, room, reads }
}

describe('unread is safe', () => {
  test('U marks the selected message and all below it as unread, and nothing is read until the room is left', () => {
    const { screen, room, reads } = rooms()
    screen.type(CTRL_S, 'k', 'U')
    expect(reads()).toEqual([{ type: 'markRead', room: 'lobby', seq: 38 }])
    Object.assign(room('lobby'), { read: 38, unread: 2 })
    screen.type(ESCAPE)
    screen.wait(5_000)
    expect(reads()).toEqual([])
    expect(screen.screen()).toMatch(/ new /)
    screen.type(ALT('2'), ALT('1'))
    screen.wait(5_000)
    expect(reads().filter(effect => effect.type === 'markRead' && effect.room === 'lobby')).not.toEqual([])
  })

  test('Alt+Shift+R marks the newest message of others as unread', () => {
    const { screen, reads } = rooms()
    screen.type(ALT('R'))
    expect(reads()).toEqual([{ type: 'markRead', room: 'lobby', seq: 39 }])
  })

  test('a peek reads nothing, by Alt+Q or from the switcher; writing ends it (weechat#992)', () => {
    for (const keys of [
      [ALT('2'), ALT('q')],
      [CTRL_K, 'dev', ALT('\r')],
    ]) {
      const { screen, room, reads } = rooms()
      Object.assign(room('dev'), { read: 38, unread: 2 })
      screen.type(...keys)
      expect(screen.state.current).toBe('dev')
      screen.wait(10_000)
      expect(reads()).toEqual([])
      screen.type('hello', ENTER)
      expect(roomScreen(screen.state).isPeeking).toBe(false)
      screen.wait(10_000)
      expect(reads()).toEqual([{ type: 'markRead', room: 'dev', seq: 40 }])
    }
  })
})

test('what stands above a message of ours that is not sent yet is read too', () => {
  const { screen, room, reads } = rooms()
  Object.assign(room('lobby'), { read: 38, unread: 2 })
  screen.client.say('lobby', 'on its way')
  screen.dispatch({ type: 'changed' })
  screen.wait(2_000)
  expect(reads()).toEqual([{ type: 'markRead', room: 'lobby', seq: 40 }])
})

describe('the way back', () => {
  test('Alt+A goes through the unread rooms, and then back to where it began', () => {
    const { screen, room } = rooms()
    screen.type('\x1b[5~')
    const before = roomScreen(screen.state).anchor
    screen.type(ALT('a'))
    expect(screen.state.current).toBe('dev')
    screen.client.allRead(room('dev'))
    screen.type(ALT('a'))
    expect(screen.state.current).toBe('ops')
    screen.client.allRead(room('ops'))
    screen.type(ALT('a'))
    expect(screen.state.current).toBe('lobby')
    expect(roomScreen(screen.state).anchor).toEqual(before)
    screen.type(ALT('a'))
    expect(screen.state.current).toBe('lobby')
  })

  test('a room that the user chooses meanwhile is where to stay', () => {
    const { screen, room } = rooms()
    screen.type(ALT('a'), ALT('3'))
    for (const key of ['dev', 'ops']) screen.client.allRead(room(key))
    screen.type(ALT('a'))
    expect(screen.state.current).toBe('ops')
  })

  test('a muted room is left out, unless it has a mention', () => {
    const { screen, room } = rooms()
    for (const key of ['dev', 'ops']) room(key).notify = { level: undefined, muted: true }
    screen.type(ALT('a'))
    expect(screen.state.current).toBe('lobby')
    room('ops').mentions = 1
    screen.type(ALT('a'))
    expect(screen.state.current).toBe('ops')
  })

  test('Alt+/ is the room before, and back', () => {
    const { screen } = rooms()
    screen.type(ALT('3'), ALT('/'))
    expect(screen.state.current).toBe('lobby')
    screen.type(ALT('/'))
    expect(screen.state.current).toBe('ops')
  })

  test('Alt+, leads back over each jump, to the row that was on the screen', () => {
    const { screen } = rooms()
    screen.type('\x1b[5~')
    const before = roomScreen(screen.state).anchor
    screen.type('\x1b[1;3H')
    screen.type(ALT('2'), CTRL_K, 'ops', ENTER)
    expect(screen.state.current).toBe('ops')
    screen.type(ALT(','))
    expect(screen.state.current).toBe('dev')
    screen.type(ALT(','))
    expect(screen.state.current).toBe('lobby')
    screen.type(ALT(','))
    expect(roomScreen(screen.state).anchor).toEqual(before)
    screen.type(ALT(','))
    expect(screen.screen()).toContain('there is no way back')
  })
})

describe('the list of mentions', () => {
  const hit = (seq: number, message: string): ChatEvent => ({
    ...{ action: 'chat', room: 'dev', seq, prev: seq - 1, ts: NOON, from: 'alice', id: `i${seq}`, message },
  })

  test.each([
    ['Alt+M', [ALT('m')]],
    ['/mentions', ['/mentions', ENTER]],
  ])('%s shows them, page by page, and leads to each', (_, keys) => {
    const { screen } = rooms(client => client.server.features.push('mentions'))
    screen.type(...keys)
    expect(screen.took()).toContainEqual({ type: 'mentions' })
    expect(screen.screen()).toContain('Mentions of you')
    const found = { hits: [hit(7, '@me look')], cursor: '7' }
    screen.dispatch({
      type: 'found',
      asked: 'mentions',
      cursor: undefined,
      answer: { ok: true, value: found },
    })
    expect(screen.screen()).toContain('@me look')
    screen.type('j')
    expect(screen.took()).toContainEqual({ type: 'mentions', cursor: '7' })
    const rest = { hits: [hit(3, 'hi @me')] }
    screen.dispatch({ type: 'found', asked: 'mentions', cursor: '7', answer: { ok: true, value: rest } })
    expect(screen.screen()).toContain('1 of 2')
    screen.type('j', ENTER, ENTER)
    expect(screen.state.current).toBe('dev')
    screen.type(ALT(','))
    expect(screen.state.current).toBe('lobby')
  })

  test('is refused in a sentence where the server has none, or is away', () => {
    const { screen } = rooms()
    screen.type(ALT('m'))
    expect(screen.screen()).toContain('this server lists no mentions')
  })
})
