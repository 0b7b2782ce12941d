import { describe, expect, test } from 'vitest'
import type { RoomSummary } from '../../../src/protocol/requests.ts'
import { Updates } from './world.ts'

const ENTER = '\r'
const CTRL_K = '\x0b'
const F8 = '\x1b[19~'

const summary = (room: string, given: Partial<RoomSummary> = {}): RoomSummary => ({
  ...{ room, topic: '', people: 1, last: 0, read: 0, unread: 0, mentions: 0 },
  ...given,
})

function screenOf(columns = 100): Updates {
  const screen = new Updates(
    client => {
      client.open('lobby', {
        members: new Map([
          ['me', { name: 'me', away: undefined }],
          ['carol', { name: 'carol', away: undefined }],
          ['dave', { name: 'dave', away: 'lunch' }],
        ]),
      })
      client.open('dev', { topic: 'what we build' })
    },
    columns,
    30,
  )
  screen.took()
  return screen
}

describe('Ctrl+K', () => {
  test('finds open rooms, public ones, people and commands', () => {
    const screen = screenOf()
    screen.type(CTRL_K)
    expect(screen.took()).toEqual([{ type: 'listRooms' }])
    const rooms = [summary('dev'), summary('deploys', { people: 12, topic: 'green?' })]
    screen.dispatch({ type: 'roomsListed', rooms })
    expect(screen.screen()).toMatch(/#deploys {2}green\? +12 people/)
    screen.type('dep', ENTER)
    expect(screen.took()).toContainEqual({ type: 'join', conversation: 'deploys', isSure: true })
    screen.type(CTRL_K, 'car', ENTER)
    expect(screen.took()).toContainEqual({ type: 'join', conversation: '@carol', isSure: true })
    screen.type(CTRL_K, 'd', ENTER)
    expect(screen.state.current).toBe('dev')
    screen.type(CTRL_K, '/top', ENTER)
    expect(screen.text).toBe('/topic ')
  })

  test('makes a room only where that is chosen', () => {
    const screen = screenOf()
    screen.type(CTRL_K, 'zebra')
    expect(screen.screen()).toContain('make #zebra')
    screen.type(ENTER)
    expect(screen.took()).toContainEqual({ type: 'join', conversation: 'zebra', isSure: true })
  })
})

test('a command that is chosen there loses no draft, and takes the place of no edit', () => {
  const screen = screenOf()
  screen.type('half a thought', CTRL_K, '/top', ENTER)
  expect(screen.text).toBe('/topic ')
  screen.type('\x03', '\x1b[1;5A', '\x1b[1;5A')
  expect(screen.text).toBe('half a thought')
})

test('the choice stays the same when the rooms of the server come', () => {
  const screen = screenOf()
  screen.type(CTRL_K, 'de', '\x1b[B')
  const before = /▌ (\S+)/.exec(screen.screen().slice(screen.screen().indexOf('Go to')))?.[1]
  screen.dispatch({ type: 'roomsListed', rooms: ['dea', 'deb', 'de'].map(room => summary(room)) })
  const after = /▌ (\S+)/.exec(screen.screen().slice(screen.screen().indexOf('Go to')))?.[1]
  expect(after).toBe(before)
})

test('the choice stays the same when a message puts another room first: Enter goes where the eye was', () => {
  const screen = screenOf()
  screen.client.open('ops')
  screen.type(CTRL_K)
  const chosen = (): string | undefined =>
    /▌ (\S+)/.exec(screen.screen().slice(screen.screen().indexOf('Go to')))?.[1]
  const before = chosen()
  expect(before).toBe('#dev')
  const ops = screen.client.rooms.get('ops')
  if (ops === undefined) throw new Error('no ops')
  screen.client.receive(ops, 'bob', 'hello @me')
  Object.assign(ops, { unread: 1, mentions: 1 })
  screen.wait(10)
  expect(screen.screen()).toMatch(/#ops/)
  expect(chosen()).toBe(before)
  screen.type(ENTER)
  expect(screen.state.current).toBe('dev')
})

describe('/join', () => {
  test('asks before it makes a room, and shows the one that is meant first', () => {
    const screen = screenOf()
    screen.type('/join frnotend', ENTER)
    expect(screen.took()).toEqual([{ type: 'join', conversation: 'frnotend', isSure: false }])
    screen.dispatch({ type: 'noSuchRoom', name: 'frnotend', rooms: [summary('frontend')] })
    expect(screen.screen()).toContain('There is no such room')
    const found = screen.screen()
    expect(found.indexOf('frontend')).toBeLessThan(found.indexOf('make #frnotend'))
    screen.type(ENTER)
    expect(screen.took()).toContainEqual({ type: 'join', conversation: 'frontend', isSure: true })
  })

  test('does not get in the way of what the user writes meanwhile', () => {
    const screen = screenOf()
    screen.type('/join deb', ENTER, 'and now')
    screen.dispatch({ type: 'noSuchRoom', name: 'deb', rooms: [] })
    expect(screen.state.overlay).toBeUndefined()
    expect(screen.text).toBe('and now')
    expect(screen.screen()).toContain('there is no #deb yet')
  })

  test('makes it by Enter where nothing is like it', () => {
    const screen = screenOf()
    screen.dispatch({ type: 'noSuchRoom', name: 'zebra', rooms: [] })
    screen.type(ENTER)
    expect(screen.took()).toContainEqual({ type: 'join', conversation: 'zebra', isSure: true })
  })
})

test('/list shows the rooms of the server, and leads to one', () => {
  const screen = screenOf()
  screen.type('/list', ENTER)
  screen.dispatch({ type: 'roomsListed', rooms: [summary('ops', { people: 3 })] })
  expect(screen.screen()).toContain('Rooms of this server')
  screen.type('ops', ENTER)
  expect(screen.took()).toContainEqual({ type: 'join', conversation: 'ops', isSure: true })
})

describe('F8', () => {
  test('lists the people of the room, and writes to one', () => {
    const screen = screenOf()
    screen.type(F8)
    expect(screen.screen()).toMatch(/People in #lobby/)
    expect(screen.screen()).toMatch(/@dave {2}lunch +away/)
    screen.type('car', ENTER)
    expect(screen.took()).toContainEqual({ type: 'join', conversation: '@carol', isSure: true })
  })

  test('hides and shows them beside the timeline on a wide terminal', () => {
    const screen = screenOf(160)
    screen.type(F8)
    expect(screen.state).toMatchObject({ people: false, overlay: undefined })
    screen.type(F8)
    expect(screen.state.people).toBe(true)
  })
})

describe('commands that fingers know', () => {
  test.each([
    ['/j dev', { type: 'join', conversation: 'dev', isSure: false }],
    ['/query carol', { type: 'join', conversation: '@carol', isSure: false }],
    ['/part', { type: 'leave', room: 'lobby' }],
    ['/close', { type: 'leave', room: 'lobby' }],
    ['/names', { type: 'who', room: 'lobby' }],
    ['/whois @carol', { type: 'whois', room: 'lobby', name: 'carol' }],
    ['/me waves', { type: 'say', room: 'lobby', text: '_waves_' }],
  ])('%s', (typed, effect) => {
    const screen = screenOf()
    screen.type(typed, ENTER)
    expect(screen.took()).toContainEqual(effect)
  })

  test.each([
    ['/jion dev', 'did you mean /join?'],
    ['/toipc x', 'did you mean /topic?'],
    ['/xyzzyx', 'F1 lists them'],
    ['/me', 'what do you do?'],
    ['/whois', 'whom?'],
  ])('%s says: %s', (typed, told) => {
    const screen = screenOf()
    screen.type(typed, ENTER)
    expect(screen.screen()).toContain(told)
    expect(screen.text).toBe(typed)
  })
})

describe('first minutes', () => {
  test('an empty room says what to do, until a message is there', () => {
    const screen = new Updates(client => client.open('lobby'))
    expect(screen.screen()).toContain('/invite makes a link')
    const lobby = screen.client.rooms.get('lobby')
    if (lobby === undefined) throw new Error('no lobby')
    screen.client.receive(lobby, 'me', 'hello')
    screen.dispatch({ type: 'changed' })
    expect(screen.screen()).not.toContain('/invite')
  })

  test('without a room the screen says how to open one', () => {
    const screen = new Updates(() => undefined)
    expect(screen.screen()).toContain('/join lobby opens one or makes it')
  })
})
