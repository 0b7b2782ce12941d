import { describe, expect, test } from 'vitest'
import { cleanLine } from '../../../src/tui/text/clean.ts'
import { Updates } from './world.ts'

const KEY = { fingerprint: `SHA256:${'a'.repeat(43)}`, comment: 'bob@laptop' }
const OTHER = { fingerprint: `SHA256:${'b'.repeat(43)}`, comment: '' }
const ENTER = '\r'
const ESCAPE = '\x1b'
const DOWN = '\x1b[B'
const CTRL_U = '\x15'
const CTRL_Y = '\x19'
const CTRL_D = '\x04'
const PASSWORD = 'correct horse'

const ASKED = {
  status: 'refused',
  code: 'auth_required',
  message: '"me" belongs to somebody: sign in',
  methods: ['key', 'password'],
} as const

/** A screen that is asked to sign in, with these keys. */
function asked(link: object = ASKED, keys = [KEY, OTHER], columns = 80, rows = 24): Updates {
  const screen = new Updates(undefined, columns, rows)
  screen.client.setLink({ ...ASKED, ...link })
  screen.dispatch({ type: 'changed' })
  expect(screen.took()).toEqual([{ type: 'findKeys' }])
  screen.dispatch({ type: 'keys', keys, problem: undefined })
  return screen
}

describe('signing in', () => {
  test('offers the keys, a password and another name; Enter takes the first key', () => {
    const screen = asked()
    for (const part of [
      'Sign in as me',
      'belongs to somebody',
      '▌ key SHA256:aaa',
      'bob@laptop',
      'password',
      'another name',
    ])
      expect(screen.screen()).toContain(part)
    screen.type(ENTER)
    expect(screen.took()).toEqual([{ type: 'signIn', proof: { by: 'key', fingerprint: KEY.fingerprint } }])
    expect(screen.screen()).not.toContain('Sign in as me')
  })

  test('offers no key where the server takes none, and says why there are none', () => {
    expect(asked({ methods: ['password'] }).screen()).not.toContain('SHA256')
    const screen = asked(ASKED, [])
    screen.dispatch({ type: 'keys', keys: [], problem: cleanLine('the ssh-agent is gone') })
    expect(screen.screen()).toContain('the ssh-agent is gone')
    screen.type(ENTER)
    expect(screen.screen()).toContain('Password of me')
  })

  test('by a password draws nothing of it; Esc goes back to the choice', () => {
    const screen = asked()
    screen.type('p', PASSWORD)
    expect(screen.screen()).toContain(`› ${'*'.repeat(PASSWORD.length)}`)
    expect(screen.screen()).not.toContain('horse')
    screen.type(ESCAPE)
    expect(screen.screen()).toContain('▌ key')
    screen.type('p', PASSWORD, ENTER)
    expect(screen.took()).toEqual([{ type: 'signIn', proof: { by: 'password', password: PASSWORD } }])
  })

  test('what is cut from a password comes back in no other line', () => {
    const screen = asked()
    screen.type('p', PASSWORD, CTRL_U, ESCAPE, ESCAPE)
    screen.client.setLink({ status: 'online', since: 0 })
    screen.dispatch({ type: 'changed' })
    screen.type(CTRL_Y)
    expect(screen.text).toBe('')
    expect(JSON.stringify(screen.state)).not.toContain(PASSWORD)
  })

  test('a pasted password counts, and a paste into the choice does nothing', () => {
    const screen = asked()
    screen.dispatch({ type: 'paste', text: 'stray', truncated: false })
    screen.type('p')
    screen.dispatch({ type: 'paste', text: PASSWORD, truncated: false })
    screen.type(ENTER)
    expect(screen.took()).toEqual([{ type: 'signIn', proof: { by: 'password', password: PASSWORD } }])
  })

  test('after a wrong password asks for it at once, with the reason', () => {
    const screen = asked()
    screen.type('p', 'wrong', ENTER)
    screen.client.setLink({ ...ASKED, code: 'auth_failed', message: 'name or credential is not right' })
    screen.dispatch({ type: 'changed' })
    expect(screen.screen()).toContain('Password of me')
    expect(screen.screen()).toContain('name or credential is not right')
  })

  test('takes another name instead', () => {
    const screen = asked()
    screen.type(DOWN, DOWN, DOWN)
    expect(screen.screen()).toContain('▌ another name')
    screen.type(ENTER, '2', ENTER)
    expect(screen.took()).toEqual([{ type: 'rename', name: 'me2' }])
  })

  test('opens also where another event is drawn before the refusal is told', () => {
    const screen = new Updates()
    screen.client.setLink(ASKED)
    screen.dispatch({ type: 'remark', room: undefined, tone: 'info', lines: [cleanLine('signed out')] })
    expect(screen.screen()).toContain('Sign in as me')
  })

  test('is closed when the connection is up, and letters typed for a message sign nobody in', () => {
    const screen = asked()
    screen.type('hello')
    expect(screen.took()).toEqual([])
    screen.client.setLink({ status: 'online', since: 0 })
    screen.dispatch({ type: 'changed' })
    expect(screen.screen()).not.toContain('Sign in as me')
  })

  test.each([
    [40, 12],
    [80, 24],
    [100, 30],
    [200, 60],
  ])('keeps the rows to act on, at %i x %i', (columns, rows) => {
    const screen = asked(
      ASKED,
      Array.from({ length: 6 }, (_, at) => ({ ...KEY, fingerprint: `SHA256:${at}${'c'.repeat(42)}` })),
      columns,
      rows,
    )
    expect(screen.screen()).toContain('another name')
    for (const line of screen.screen().split('\n')) expect(line.length).toBeLessThanOrEqual(columns)
    screen.type('p', PASSWORD)
    expect(screen.screen()).toContain('***')
  })
})

describe('an account', () => {
  test('is made by a key, or by a password that is typed twice', () => {
    const screen = new Updates()
    screen.client.server.features.push('register')
    screen.type('/register', ENTER)
    expect(screen.took()).toEqual([{ type: 'findKeys' }])
    screen.dispatch({ type: 'keys', keys: [KEY], problem: undefined })
    screen.type('p', 'short', ENTER)
    expect(screen.screen()).toContain('at least 8 characters')
    screen.type(PASSWORD, ENTER, 'another one', ENTER)
    expect(screen.screen()).toContain('not the same')
    screen.type(PASSWORD, ENTER, PASSWORD, ENTER)
    expect(screen.took()).toEqual([
      { type: 'account', request: { action: 'register', by: { by: 'password', password: PASSWORD } } },
    ])
  })

  test('its commands say that there is none yet, and what each needs', () => {
    const screen = new Updates()
    for (const command of [
      '/devices',
      '/keys',
      '/token dev',
      '/password',
      '/invite',
      '/logout',
      '/eraseme me',
    ]) {
      screen.type(command, ENTER)
      expect(screen.screen()).toContain('/register makes one')
      screen.type('\x03')
    }
    screen.client.role = 'user'
    screen.client.server.features.push('register')
    for (const [command, answer] of [
      ['/register', 'is yours already'],
      ['/revoke', 'which?'],
      ['/eraseme', '/eraseme me'],
    ] as const) {
      screen.type(command, ENTER)
      expect(screen.screen()).toContain(answer)
      screen.type('\x03')
    }
    expect(screen.took()).toEqual([])
  })

  test.each([
    ['/token', { action: 'list', kind: 'token' }],
    ['/token dev,#ops', { action: 'token', rooms: ['dev', 'ops'], may: 'speak', label: 'a program' }],
    ['/token dev read ci builds', { action: 'token', rooms: ['dev'], may: 'read', label: 'ci builds' }],
    ['/token dev builds', { action: 'token', rooms: ['dev'], may: 'speak', label: 'builds' }],
    ['/invite', { action: 'invite', room: 'lobby' }],
    ['/invite #ops', { action: 'invite', room: 'ops' }],
    ['/revoke 7', { action: 'revoke', n: 7 }],
    ['/eraseme ME', { action: 'eraseme', name: 'me' }],
    ['/logout', { action: 'logout' }],
  ])('%s', (command, request) => {
    const screen = new Updates()
    screen.client.role = 'user'
    screen.type(command, ENTER)
    expect(screen.took()).toEqual([{ type: 'account', request }])
  })

  test('the server may want to know that the user is there: the request goes again with the proof', () => {
    const screen = new Updates()
    const request = { action: 'revoke', n: 7 } as const
    screen.dispatch({ type: 'askedAgain', request, nonce: 'n1', message: cleanLine('show that it is you') })
    screen.dispatch({ type: 'keys', keys: [KEY], problem: undefined })
    expect(screen.screen()).toContain('show that it is you')
    screen.took()
    screen.type(ENTER)
    expect(screen.took()).toEqual([
      { type: 'account', request, proof: { by: 'key', fingerprint: KEY.fingerprint }, nonce: 'n1' },
    ])
  })

  test('the list of devices revokes with D and then Ctrl+D, and with no other key', () => {
    const screen = new Updates()
    const device = { kind: 'device', created: 0 } as const
    const secrets = [
      { ...device, n: 1, label: 'desktop', here: true as const },
      { ...device, n: 5, label: 'lost laptop', used: 86_400_000 },
      { n: 6, kind: 'token', label: 'not shown', created: 0 } as const,
    ]
    screen.dispatch({ type: 'secrets', of: 'device', secrets })
    expect(screen.screen()).toMatch(/▌ desktop · this device/)
    expect(screen.screen()).not.toContain('not shown')
    screen.type(DOWN, 'd', 'x', CTRL_D)
    expect(screen.took()).toEqual([])
    screen.type('d')
    expect(screen.screen()).toContain('Ctrl+D revokes it')
    screen.type(CTRL_D)
    expect(screen.took()).toEqual([{ type: 'account', request: { action: 'revoke', n: 5 } }])
  })
})
