import { describe, expect, test } from 'vitest'
import type { Notify } from '../../../src/client/notify.ts'
import type { Effect } from '../../../src/tui/model/effect.ts'
import { type Arrival, callOf, hasWord } from '../../../src/tui/update/calls.ts'
import type { FakeRoom } from '../fakeClient.ts'
import { Updates } from './world.ts'

const ENTER = '\r'
type CallEffect = Extract<Effect, { type: 'call' }>

/** We look at the lobby; dev and a conversation with bob are open beside it. */
function day() {
  const screen = new Updates(client => {
    client.open('lobby')
    client.open('dev')
    client.open('@bob')
  })
  screen.dispatch({ type: 'focus', focused: true })
  screen.took()
  const room = (key: string): FakeRoom => {
    const found = screen.client.rooms.get(key)
    if (found === undefined) throw new Error(`no ${key}`)
    return found
  }
  /** A live message of bob arrives, as the store tells it. */
  const arrives = (key: string, text: string, given: Partial<Arrival> = {}): void => {
    const { seq } = screen.client.receive(room(key), 'bob', text)
    const isMention = key.startsWith('@') || text.includes('@me')
    const call = callOf(screen.state, room(key), { seq, from: 'bob', text, isMention, ...given })
    if (call !== undefined) screen.dispatch(call)
  }
  const calls = (): CallEffect[] => screen.took().filter(effect => effect.type === 'call')
  const set = (key: string, notify: Partial<Notify>): void => {
    room(key).notify = { ...room(key).notify, ...notify }
  }
  return { screen, room, arrives, calls, set }
}

describe('a message calls', () => {
  test('that mentions us, or is said to us alone; others do not', () => {
    const { screen, arrives, calls } = day()
    arrives('dev', 'hello all')
    screen.wait(10_000)
    expect(calls()).toEqual([])
    arrives('dev', 'hello @me')
    screen.wait(10_000)
    expect(calls()).toMatchObject([{ title: 'bob in #dev', body: 'hello @me', bell: true, desktop: 'auto' }])
    arrives('@bob', 'lunch?')
    screen.wait(10_000)
    expect(calls()).toMatchObject([{ title: 'bob', body: 'lunch?' }])
  })

  test.each([
    [{ level: 'all' }, 'hello all', 1],
    [{ level: 'mentions' }, 'hello all', 0],
    [{ level: 'mentions' }, 'hello @me', 1],
    [{ level: 'none' }, 'hello @me', 0],
    [{ level: 'all', muted: true }, 'hello @me', 0],
  ] as const)('in a room with %j: %s', (notify, text, count) => {
    const { screen, arrives, calls, set } = day()
    set('dev', notify)
    arrives('dev', text)
    screen.wait(10_000)
    expect(calls()).toHaveLength(count)
  })

  test('but not in a conversation whose level comes a moment later, as when it began by itself', () => {
    const { screen, arrives, calls, set } = day()
    arrives('@bob', 'lunch?')
    set('@bob', { level: 'none' })
    screen.wait(10_000)
    expect(calls()).toEqual([])
  })

  test('that has one of the words', () => {
    const { screen, arrives, calls } = day()
    screen.type('/set words deploy, роллбэк', ENTER)
    expect(screen.took()).toContainEqual({
      type: 'keepSetting',
      name: 'words',
      written: 'deploy, роллбэк',
    })
    for (const text of ['the DEPLOY is stuck', 'redeployed', 'Роллбэк!']) {
      arrives('dev', text)
      screen.wait(10_000)
    }
    expect(calls().map(({ body }) => body)).toEqual(['the DEPLOY is stuck', 'Роллбэк!'])
  })

  test('never in the room at which the user looks; always in it while the terminal has no focus', () => {
    const { screen, arrives, calls } = day()
    arrives('lobby', 'hello @me')
    screen.wait(10_000)
    expect(calls()).toEqual([])
    screen.dispatch({ type: 'focus', focused: false })
    arrives('lobby', 'hello @me')
    screen.wait(10_000)
    expect(calls()).toHaveLength(1)
  })
})

describe('calls', () => {
  test('of several messages at once are one (nchat#385, weechat#2170)', () => {
    const { screen, arrives, calls } = day()
    for (let n = 0; n < 5; n++) arrives('dev', `@me ${n}`)
    arrives('@bob', 'and here')
    screen.wait(600)
    expect(calls()).toMatchObject([{ title: '6 messages in #dev and 1 more', body: 'bob: and here' }])
    // The next one does not wait for ever, and does not ring at once.
    arrives('dev', '@me again')
    screen.wait(600)
    expect(calls()).toEqual([])
    screen.wait(3_000)
    expect(calls()).toHaveLength(1)
  })

  test('are not made for what was read on another device meanwhile', () => {
    const { screen, room, arrives, calls } = day()
    arrives('dev', '@me')
    screen.client.allRead(room('dev'))
    screen.wait(10_000)
    expect(calls()).toEqual([])
  })

  test('are not made for what the user went to look at meanwhile', () => {
    const { screen, arrives, calls } = day()
    arrives('dev', '@me')
    screen.type('\x1b2')
    screen.wait(10_000)
    expect(calls()).toEqual([])
  })

  test('go on in a flood, which costs no more than some messages', () => {
    const { screen, arrives, calls, set } = day()
    set('dev', { level: 'all' })
    for (let n = 0; n < 1_000; n++) arrives('dev', `${n}`)
    expect(screen.state.calls.length).toBeLessThanOrEqual(20)
    screen.wait(600)
    expect(calls()).toHaveLength(1)
  })
})

test('what comes while another program has the terminal calls, and is not read', () => {
  const { screen, arrives, calls } = day()
  screen.dispatch({ type: 'elsewhere', on: true })
  arrives('lobby', 'hello @me')
  screen.wait(10_000)
  const effects = screen.effects.map(({ type }) => type)
  expect(effects).not.toContain('markRead')
  expect(calls()).toHaveLength(1)
  screen.dispatch({ type: 'elsewhere', on: false })
  screen.wait(2_000)
  expect(screen.took().map(({ type }) => type)).toContain('markRead')
})

test.each([
  ['deploy now', ['deploy'], true],
  ['deployed', ['deploy'], false],
  ['to-deploy.', ['deploy'], true],
  ['x', [], false],
  ['C++ is', ['c++'], true],
  ['明日の会議は三時', ['会議'], true],
])('%j has one of %j: %s', (text, words, expected) => {
  expect(hasWord(text, words)).toBe(expected)
})

describe('the commands', () => {
  test.each([
    ['/notify all', { level: 'all' }],
    ['/notify NONE', { level: 'none' }],
    ['/notify mute', { muted: true }],
    ['/notify unmute', { muted: false }],
  ])('%s sets it on all devices', (typed, change) => {
    const { screen } = day()
    screen.client.server.features.push('notify')
    screen.type(typed, ENTER)
    expect(screen.took()).toContainEqual({ type: 'notify', room: 'lobby', change })
  })

  test.each([
    ['/notify loud', '/notify all, mentions, none, default, mute'],
    ['/set bell loud', 'bell can be on, off'],
    ['/set colour red', '/set knows bell, desktop, title, words'],
    ['/set words ,', 'words can be words'],
  ])('%s says what it takes', (typed, told) => {
    const { screen } = day()
    screen.client.server.features.push('notify')
    screen.type(typed, ENTER)
    expect(screen.screen()).toContain(told)
    expect(screen.text).toBe(typed)
  })

  test('/set alone lists the settings, /notify alone what calls here', () => {
    const { screen, set } = day()
    screen.type('/set bell off', ENTER, '/set', ENTER)
    expect(screen.screen()).toContain('bell off: ring the bell')
    screen.type('/notify', ENTER)
    expect(screen.screen()).toContain('mentions call you')
    set('lobby', { muted: true })
    screen.type('/notify', ENTER)
    expect(screen.screen()).toContain('muted: nothing here calls you')
  })
})
