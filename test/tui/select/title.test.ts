import { expect, test } from 'vitest'
import { titleOf } from '../../../src/tui/select/title.ts'
import { Updates } from '../update/world.ts'

test('counts mentions and other unread messages, but not those of muted rooms', () => {
  const screen = new Updates(client => {
    client.open('lobby')
    client.open('dev', { unread: 5 })
    client.open('@bob', { unread: 2, mentions: 2 })
    client.open('noise', { unread: 100, mentions: 3, notify: { level: undefined, muted: true } })
  })
  const title = () => titleOf(screen.state, screen.world)
  expect(title()).toBe('(@2 5) #lobby – chat-tui')
  for (const room of screen.client.rooms.values()) screen.client.allRead(room)
  expect(title()).toBe('#lobby – chat-tui')
  screen.type('/set title off', '\r')
  expect(title()).toBeUndefined()
})

test('holds a name as clean text, and without a room that of the program', () => {
  const hostile = new Updates(client => client.open('x\x1b]0;y\x07z'))
  expect(titleOf(hostile.state, hostile.world)).not.toMatch(/[\0-\x1f\x7f-\x9f]/)
  const empty = new Updates(() => undefined)
  expect(titleOf(empty.state, empty.world)).toBe('chat-tui')
})
