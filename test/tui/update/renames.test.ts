import { expect, test } from 'vitest'
import type { RoomSummary } from '../../../src/protocol/requests.ts'
import { roomScreen } from '../../../src/tui/model/state.ts'
import { frameOf } from '../../../src/tui/select/frame.ts'
import { titleOf } from '../../../src/tui/select/title.ts'
import { NOON } from '../fakeClient.ts'
import { Updates } from './world.ts'

const ENTER = '\r'
const CTRL_K = '\x0b'

/** Two rooms, of which dev is called Infra now. */
function screenOf(): Updates {
  const screen = new Updates(client => {
    client.open('lobby')
    const dev = client.open('dev', { title: 'Infra' })
    client.receive(dev, 'alice', 'in the room', NOON)
  }, 100)
  screen.took()
  return screen
}

test('the screen shows what a room is called, wherever it shows its name', () => {
  const screen = screenOf()
  const { sidebar } = frameOf(screen.state, screen.world) ?? {}
  expect(sidebar?.map(row => row.map(({ text }) => text).join('')).join('\n')).toMatch(/2 Infra/)
  screen.type('/join infr')
  expect(screen.screen()).toContain('Infra')
  screen.type('\x7f'.repeat(10), '\x1bn')
  screen.dispatch({ type: 'opened', room: 'dev' })
  const shown = screen.screen()
  expect(shown).toMatch(/^ #Infra/)
  expect(shown).toContain('the beginning of #Infra')
  expect(shown).not.toMatch(/\bdev\b/)
  expect(titleOf(screen.state, screen.world)).toContain('#Infra')
  const event = {
    action: 'chat',
    room: 'dev',
    seq: 1,
    prev: 0,
    ts: NOON,
    from: 'alice',
    id: 'a',
    message: 'in the room',
  } as const
  screen.type(`/search room${ENTER}`)
  screen.dispatch({
    type: 'found',
    asked: 'room',
    cursor: undefined,
    answer: { ok: true, value: { hits: [event] } },
  })
  expect(screen.screen()).toMatch(/▌ #Infra {2}alice/)
  // A hit opens the room that frames call by its first name.
  screen.type(ENTER)
  screen.dispatch({
    type: 'context',
    seq: 1,
    answer: { ok: true, value: { events: [event], first: 1, last: 1, moreBefore: false, moreAfter: false } },
  })
  screen.type(ENTER)
  expect(screen.state.current).toBe('dev')
})

test('the switcher and commands find a room by both of its names, and make none of either', () => {
  const screen = screenOf()
  for (const name of ['infra', 'dev', '#DEV']) {
    screen.type(CTRL_K, name)
    expect(screen.screen()).not.toContain('make #')
    screen.type(ENTER)
    expect(screen.state.current).toBe('dev')
    screen.dispatch({ type: 'opened', room: 'lobby' })
  }
  // One that is not open: the server lists it by its first name, and says what it is called.
  const summary: RoomSummary = {
    room: 'ops',
    title: 'Web',
    topic: '',
    people: 3,
    last: 1,
    read: 0,
    unread: 0,
    mentions: 0,
  }
  for (const name of ['web', 'ops']) {
    screen.type(CTRL_K)
    screen.dispatch({ type: 'roomsListed', rooms: [summary] })
    screen.took()
    screen.type(name)
    expect(screen.screen()).toContain('#Web')
    expect(screen.screen()).not.toContain('make #')
    screen.type(ENTER)
    expect(screen.took()).toContainEqual({ type: 'join', conversation: 'ops', isSure: true })
  }
  for (const name of ['#infra', 'dev']) {
    screen.type(`/leave ${name}${ENTER}`)
    expect(screen.took()).toContainEqual({ type: 'leave', room: 'dev' })
  }
})

test('what was joined by a name is another room: that one is shown, with the draft', () => {
  const screen = screenOf()
  screen.client.open('web')
  screen.dispatch({ type: 'opened', room: 'web' })
  screen.type('half a sentence')
  screen.dispatch({ type: 'moved', from: 'web', to: 'dev' })
  screen.client.rooms.delete('web')
  screen.dispatch({ type: 'changed' })
  expect(screen.state.current).toBe('dev')
  expect(screen.text).toBe('half a sentence')
  expect(roomScreen(screen.state, 'web').editor.text).toBe('')
  // A draft of its own stays, and a room that is not shown changes nothing on the screen.
  screen.client.open('web')
  screen.dispatch({ type: 'opened', room: 'web' })
  screen.type('another')
  screen.dispatch({ type: 'opened', room: 'lobby' })
  screen.dispatch({ type: 'moved', from: 'web', to: 'dev' })
  expect(screen.state.current).toBe('lobby')
  expect(roomScreen(screen.state, 'dev').editor.text).toBe('half a sentence')
})
