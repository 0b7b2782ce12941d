import { describe, expect, test } from 'vitest'
import { failure, success } from '../../../src/protocol/errors.ts'
import { cleanLine } from '../../../src/tui/text/clean.ts'
import { Updates } from './world.ts'

const ENTER = '\r'
const ESCAPE = '\x1b'
const TAB = '\t'
const CTRL_X = '\x18'
const CTRL_E = '\x05'

function screenOf(columns = 80, rows = 24): Updates {
  const screen = new Updates(
    client => {
      const lobby = client.open('lobby')
      client.receive(lobby, 'carol', 'hi')
      client.receive(lobby, 'dave', 'hi')
      client.allRead(lobby)
      client.open('deploys')
      client.open('dev')
    },
    columns,
    rows,
  )
  screen.took()
  return screen
}

describe('the list of completions', () => {
  test('shows people, rooms and commands while they are typed, the likeliest first', () => {
    const screen = screenOf()
    screen.type('hello @')
    expect(screen.screen()).toMatch(/Tab takes it(?:.|\n)*@dave(?:.|\n)*@carol/)
    screen.type('c')
    expect(screen.screen()).not.toContain('@dave')
    screen.type(TAB)
    expect(screen.text).toBe('hello @carol ')
    screen.type('#de')
    expect(screen.screen()).toMatch(/#deploys(?:.|\n)*#dev/)
    screen.type('\x15', '/to')
    expect(screen.screen()).toMatch(/\/topic {2}set the topic(?:.|\n)*\/token {2}make a token/)
    screen.type('\x15', '/msg ')
    expect(screen.screen()).toMatch(/dave(?:.|\n)*carol/)
  })

  test('marks the one that Tab has taken, and goes on', () => {
    const screen = screenOf()
    screen.type('@', TAB)
    expect(screen.screen()).toMatch(/▌ @dave/)
    screen.type(TAB)
    expect(screen.screen()).toMatch(/▌ @carol/)
    expect(screen.text).toBe('@carol ')
  })

  test('is not there for plain words, goes by Esc, and is there for the next word', () => {
    const screen = screenOf()
    screen.type('carol')
    expect(screen.screen()).not.toContain('Tab takes it')
    screen.type(' @c', ESCAPE, 'a')
    expect(screen.screen()).not.toContain('Tab takes it')
    expect(screen.text).toBe('carol @ca')
    screen.type('rol #d')
    expect(screen.screen()).toContain('Tab takes it')
  })

  test('sends what was typed by Enter', () => {
    const screen = screenOf()
    screen.type('hi @c', ENTER)
    expect(screen.took()).toContainEqual({ type: 'say', room: 'lobby', text: 'hi @c' })
  })

  test('has emoji by their short codes, which are loaded once', () => {
    const screen = screenOf()
    screen.type('well done :t')
    expect(screen.took()).toEqual([])
    screen.type('a')
    expect(screen.took()).toEqual([{ type: 'loadEmoji' }])
    const emoji = [
      ['tada', '🎉'],
      ['taco', '🌮'],
      ['metal', '🤘'],
    ] as const
    screen.dispatch({ type: 'emojiLoaded', emoji })
    expect(screen.screen()).toMatch(/🎉 {2}:tada:(?:.|\n)*🌮 {2}:taco:(?:.|\n)*🤘 {2}:metal:/)
    screen.type('d', TAB)
    expect(screen.text).toBe('well done 🎉 ')
    expect(screen.took()).toEqual([])
  })

  test.each([
    [20, 6],
    [40, 12],
    [30, 8],
  ])('fits into a terminal of %i by %i', (columns, rows) => {
    const screen = screenOf(columns, rows)
    screen.type('/')
    expect(screen.screen()).toContain('›')
  })
})

describe('Ctrl+X Ctrl+E', () => {
  test('edits the text in the editor of the user, and puts the result into the composer', () => {
    const screen = screenOf()
    screen.type('half a thought', CTRL_X, CTRL_E)
    expect(screen.took()).toContainEqual({ type: 'editText', room: 'lobby', text: 'half a thought' })
    screen.dispatch({ type: 'edited', room: 'lobby', answer: success('a whole\none') })
    expect(screen.text).toBe('a whole\none')
    screen.dispatch({ type: 'edited', room: 'lobby', answer: failure(cleanLine('vi ended with 1')) })
    expect(screen.text).toBe('a whole\none')
    expect(screen.screen()).toContain('vi ended with 1')
  })

  test('a text comes back to the room that it was written for', () => {
    const screen = screenOf()
    screen.type('for the lobby', CTRL_X, CTRL_E, '\x1b3', 'a draft')
    screen.dispatch({ type: 'edited', room: 'lobby', answer: success('edited') })
    expect(screen.text).toBe('a draft')
    screen.type('\x1b1')
    expect(screen.text).toBe('edited')
  })

  test('Ctrl+X and another key is that key', () => {
    const screen = screenOf()
    screen.type('ab', CTRL_X, 'c')
    expect(screen.text).toBe('abc')
    screen.type(CTRL_E)
    expect(screen.took().filter(({ type }) => type === 'editText')).toEqual([])
  })
})

test('the size of a text is shown before it is too long', () => {
  const screen = screenOf()
  screen.client.limits.message = 1_000
  screen.type('x'.repeat(700))
  expect(screen.screen()).not.toContain('1000 bytes')
  screen.type('x'.repeat(150))
  expect(screen.screen()).toMatch(/850 bytes of 1000 bytes/)
  screen.type('x'.repeat(200))
  expect(screen.screen()).toMatch(/a message can have 1000 bytes/)
})
