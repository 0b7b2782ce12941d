import { describe, expect, test } from 'vitest'
import { NOON } from '../fakeClient.ts'
import { Updates } from './world.ts'

const KEY = `SHA256:${'a'.repeat(43)}`
const ENTER = '\r'
const ESCAPE = '\x1b'
const CTRL_Y = '\x19'
const DOWN = '\x1b[B'

const CHANGED = {
  status: 'refused',
  code: 'key_changed',
  message: ['The key of h:9011 has changed. Nothing was sent.', `Now: ${KEY}`, 'Ask its operator.'].join(
    '\n',
  ),
} as const

const UNKNOWN = {
  status: 'refused',
  code: 'key_unknown',
  message: 'The key of h:9011 is not known yet.',
  accepts: KEY,
} as const

/** A screen whose server is refused. */
function refused(link: typeof CHANGED | typeof UNKNOWN, columns = 80, rows = 24): Updates {
  const screen = new Updates(undefined, columns, rows)
  screen.client.setLink(link)
  screen.dispatch({ type: 'changed' })
  return screen
}

describe('a server that is refused', () => {
  test('is said to be in a box, whole, and in the first sentence on the status line', () => {
    const screen = refused(CHANGED)
    for (const part of [
      'Not connected',
      'Nothing was sent.',
      KEY,
      'Ask its operator.',
      '✗ The key of h:9011',
    ])
      expect(screen.screen()).toContain(part)
    screen.type(ESCAPE)
    expect(screen.screen()).not.toContain('Ask its operator.')
    expect(screen.screen()).toContain('✗ The key of h:9011 has changed.')
  })

  test('a changed key cannot be accepted with a key of the keyboard', () => {
    const screen = refused(CHANGED)
    screen.type(CTRL_Y, ENTER, 'y')
    expect(screen.took()).toEqual([])
    expect(screen.screen()).toContain('Not connected')
  })

  test('an unknown key is accepted by Ctrl+Y alone: the box can open while the user types', () => {
    const screen = refused(UNKNOWN)
    expect(screen.screen()).toContain('Ctrl+Y accepts the key')
    screen.type('yes', ENTER, ' ')
    expect(screen.took()).toEqual([])
    screen.type(CTRL_Y)
    expect(screen.took()).toEqual([{ type: 'acceptKey', fingerprint: KEY }])
    expect(screen.state.overlay).toBeUndefined()
  })

  test('on a small screen the box scrolls to its end, and not beyond', () => {
    const screen = refused(CHANGED, 30, 9)
    expect(screen.screen()).not.toContain('Ask its operator.')
    screen.type(...Array<string>(30).fill(DOWN))
    expect(screen.screen()).toContain('Ask its operator.')
    screen.type('\x1b[A', '\x1b[A', '\x1b[A', '\x1b[A', '\x1b[A', '\x1b[A')
    expect(screen.screen()).toContain('│ The key of h:9011 has')
  })

  test('the box goes when the connection is tried again, and comes back with the next refusal', () => {
    const screen = refused(CHANGED)
    screen.client.setLink({ status: 'connecting', attempt: 1 })
    screen.dispatch({ type: 'changed' })
    expect(screen.state.overlay).toBeUndefined()
    screen.client.setLink({ ...CHANGED })
    screen.dispatch({ type: 'changed' })
    expect(screen.screen()).toContain('Not connected')
  })

  test('a long reason of a lost connection is told whole, once', () => {
    const screen = new Updates()
    const reason =
      'the server does not speak TLS, and nothing was sent: an older chatd must be upgraded, or take --plaintext'
    const lost = (): void => {
      screen.client.setLink({ status: 'waiting', attempt: 1, retryAt: NOON + 4_000, reason })
      screen.dispatch({ type: 'changed' })
    }
    lost()
    expect(screen.screen()).toContain('--plaintext')
    screen.type(ESCAPE)
    expect(screen.screen()).not.toContain('--plaintext')
    lost()
    expect(screen.screen()).not.toContain('--plaintext')
  })
})

test('after a kick the box says how to come back, and the user does', () => {
  const screen = new Updates()
  const message = 'the operator ended this connection: lunch'
  screen.client.setLink({ status: 'refused', code: 'kicked', message })
  screen.dispatch({ type: 'changed' })
  expect(screen.screen()).toContain(message)
  expect(screen.screen()).toContain('Esc closes this; then /reconnect connects again.')
})
