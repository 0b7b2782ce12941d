import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hasOpenSsh, makeKey, publicLine, startAgent } from '../client/openssh.ts'
import { eventually, Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { manInTheMiddle } from './manInTheMiddle.ts'
import { canMakeNetworks, FarMachine } from './network.ts'
import { CHAT_TUI, Chatd, chatTui, Pipe, runChatd, stored } from './programs.ts'
import { Terminal, type TerminalOptions } from './terminal.ts'

const PASSWORD = 'correct horse battery'
const ENTER = '\r'
const DOWN = '\x1b[B'
const hasNcat = spawnSync('ncat', ['--version']).error === undefined
if (!hasOpenSsh)
  console.warn('SKIPPED: ssh-keygen and ssh-agent are not here (Debian package: openssh-client)')

/** A home with an SSH key in its usual place. */
function homeWithKey(passphrase = '', more: Readonly<Record<string, string>> = {}): Home {
  const home = new Home(more)
  const file = makeKey('ed25519', { passphrase })
  mkdirSync(home.join('.ssh'), { mode: 0o700 })
  for (const end of ['', '.pub']) cpSync(`${file}${end}`, home.join(`.ssh/id_ed25519${end}`))
  return home
}

function screenOf(chatd: Chatd, user: string, home: Home, more: readonly string[] = []): Terminal {
  return chatTui(
    ['--host', '127.0.0.1', '--port', String(chatd.port), '--user', user, '--room', 'dev', ...more],
    { home },
  )
}

/** Types a line as a person does: Enter is a key of its own. */
async function enter(screen: Terminal, line: string): Promise<void> {
  screen.type(line)
  await screen.settle(150)
  screen.type(ENTER)
}

async function operate(home: Home, ...args: readonly string[]): Promise<string> {
  const ran = await runChatd(home, ...args, '--data', home.join('data'))
  expect([ran.err, ran.code]).toEqual(['', 0])
  return ran.out.trim()
}

/** Every file below a directory that holds a text. */
function filesWith(directory: string, text: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(file => readFileSync(file).includes(text))
}

describe.skipIf(!hasOpenSsh)('a name that is yours', () => {
  test('registers by the SSH key that is there, and signs in by it on another machine', async () => {
    const chatd = await Chatd.start()
    const home = homeWithKey()
    const first = screenOf(chatd, 'bob', home)
    await first.waitFor('● online')
    await enter(first, '/register')
    await first.waitFor('▌ key SHA256:')
    first.type(ENTER)
    await first.waitFor('bob is yours now')
    await enter(first, 'hello from the first')
    await first.waitFor('hello from the first')
    const other = new Home()
    cpSync(home.join('.ssh'), other.join('.ssh'), { recursive: true })
    const second = screenOf(chatd, 'bob', other)
    await second.waitFor('Sign in as bob')
    second.type(ENTER)
    await second.waitFor('● online')
    await enter(second, 'hello from the second')
    await first.waitFor('hello from the second')
    expect(first.screen()).not.toContain('~bob')
    // The next start needs nothing.
    await enter(second, '/quit')
    await second.exited
    await screenOf(chatd, 'bob', other).waitFor('● online')
  })

  test('a stranger sees that the name is taken, may take another, and is marked as a guest', async () => {
    const chatd = await Chatd.start()
    const bob = screenOf(chatd, 'bob', homeWithKey())
    await bob.waitFor('● online')
    await enter(bob, '/register')
    await bob.waitFor('▌ key')
    bob.type(ENTER)
    await bob.waitFor('bob is yours now')
    const stranger = screenOf(chatd, 'bob', new Home())
    await stranger.waitFor('"bob" belongs to somebody')
    stranger.type(DOWN)
    await stranger.waitFor('▌ another name')
    stranger.type(ENTER)
    await stranger.waitFor('› bob')
    await enter(stranger, '2')
    await stranger.waitFor('● online')
    await enter(stranger, 'hi')
    await bob.waitFor(/~bob2 +\d\d:\d\d +hi/)
    await enter(bob, '/who')
    await bob.waitFor('~bob2')
  })

  test('a password is typed twice, never shown, and opens it elsewhere; a wrong one is typed again', async () => {
    const chatd = await Chatd.start()
    const carol = screenOf(chatd, 'carol', new Home())
    await carol.waitFor('● online')
    await enter(carol, '/register')
    await carol.waitFor('▌ password')
    carol.type('p')
    await carol.waitFor('New password of carol')
    await enter(carol, PASSWORD)
    await carol.waitFor('The same password again')
    await enter(carol, 'something else')
    await carol.waitFor('were not the same')
    await enter(carol, PASSWORD)
    await carol.waitFor('The same password again')
    await enter(carol, PASSWORD)
    await carol.waitFor('carol is yours now')
    const elsewhere = screenOf(chatd, 'carol', new Home())
    await elsewhere.waitFor('Sign in as carol')
    elsewhere.type('p')
    await elsewhere.waitFor('Password of carol')
    await enter(elsewhere, 'wrong password')
    await elsewhere.waitFor('name or credential is not right')
    await enter(elsewhere, PASSWORD)
    await elsewhere.waitFor('● online')
    for (const terminal of [carol, elsewhere]) expect(terminal.raw).not.toContain(PASSWORD)
  })

  test('a laptop that is revoked stops at once and asks; the others are told of each new device', async () => {
    const chatd = await Chatd.start()
    const home = homeWithKey()
    const desktop = screenOf(chatd, 'bob', home)
    await desktop.waitFor('● online')
    await enter(desktop, '/register')
    await desktop.waitFor('▌ key')
    desktop.type(ENTER)
    await desktop.waitFor('bob is yours now')
    const away = new Home()
    cpSync(home.join('.ssh'), away.join('.ssh'), { recursive: true })
    const laptop = screenOf(chatd, 'bob', away)
    await laptop.waitFor('Sign in as bob')
    laptop.type(ENTER)
    await laptop.waitFor('● online')
    await desktop.waitFor('a new device signed in')
    await enter(desktop, '/devices')
    await desktop.waitFor('Your devices')
    desktop.type(DOWN)
    desktop.type('d')
    await desktop.waitFor('Ctrl+D revokes it')
    desktop.type('\x04')
    await laptop.waitFor('this device or token was revoked')
    expect(desktop.screen()).toContain('● online')
  })

  test('a key file with a passphrase: ssh-keygen asks on the terminal, before the screen', async () => {
    const home = new Home()
    const chatd = await Chatd.start(home)
    const owner = homeWithKey('open sesame')
    await operate(home, 'user', 'add', 'bob', '--key', owner.join('.ssh/id_ed25519.pub'))
    const screen = screenOf(chatd, 'bob', owner, ['--key', owner.join('.ssh/id_ed25519')])
    await screen.waitFor(/passphrase/i)
    await enter(screen, 'open sesame')
    await screen.waitFor('● online')
    // In the screen, where nothing may ask, the agent or --key is named.
    const again = new Home()
    cpSync(owner.join('.ssh'), again.join('.ssh'), { recursive: true })
    const inside = screenOf(chatd, 'bob', again)
    await inside.waitFor('Sign in as bob')
    inside.type(ENTER)
    await inside.waitFor('wants its passphrase')
  })

  test('without a screen it is asked on the terminal, and a password is not shown', async () => {
    const home = new Home()
    const chatd = await Chatd.start(home)
    const owner = homeWithKey('', { TERM: 'dumb' })
    await operate(home, 'user', 'add', 'bob', '--key', owner.join('.ssh/id_ed25519.pub'))
    const listener = await Peer.full(chatd, 'listener')
    await listener.ask({ action: 'joinroom', room: 'dev' })
    const lines = screenOf(chatd, 'bob', owner)
    await lines.waitFor('Enter, or p for a password')
    await enter(lines, 'p')
    await lines.waitFor('Password of bob')
    await enter(lines, 'wrong password')
    await lines.waitFor('name or credential is not right')
    await lines.waitFor(screen => screen.split('Enter, or p').length > 2)
    lines.type(ENTER)
    await lines.settle(500)
    await enter(lines, 'from a dumb terminal')
    await listener.wait(({ message }) => message === 'from a dumb terminal')
    expect(lines.raw).not.toContain('wrong password')
  })

  test('a key for a name without an account says that it was not needed', async () => {
    const chatd = await Chatd.start()
    const owner = homeWithKey()
    const screen = screenOf(chatd, 'free', owner, ['--key', owner.join('.ssh/id_ed25519')])
    await screen.waitFor('"free" has no account at')
    await screen.waitFor('● online')
  })

  test('an agent signs; without one on the machine, nothing waits', async () => {
    const home = new Home()
    const chatd = await Chatd.start(home)
    const file = makeKey('ecdsa')
    await operate(home, 'user', 'add', 'bob', '--key', `${file}.pub`)
    const { socket } = await startAgent(file)
    const bob = screenOf(chatd, 'bob', new Home({ SSH_AUTH_SOCK: socket }))
    await bob.waitFor('▌ key SHA256:')
    bob.type(ENTER)
    await bob.waitFor('● online')
    const without = screenOf(chatd, 'bob', new Home({ SSH_AUTH_SOCK: '/nonexistent' }))
    await without.waitFor('is gone')
  })

  test('survives kill -9 of the daemon: accounts, devices, tokens and the policy', async () => {
    const home = new Home()
    const chatd = await Chatd.start(home)
    const file = makeKey('ed25519')
    await operate(home, 'user', 'add', 'bob', '--key', `${file}.pub`)
    const token = await operate(home, 'token', 'add', 'bob', '--rooms', 'dev')
    await operate(home, 'policy', 'invite')
    await chatd.end('SIGKILL')
    await chatd.startAgain()
    const peer = await Peer.open(chatd)
    peer.send({ action: 'connect', username: 'bob', protocol: 1, session: token })
    expect(await peer.next('welcome')).toMatchObject({ policy: 'invite', account: { role: 'user' } })
    expect(await operate(home, 'user', 'keys', 'bob')).toContain('SHA256:')
  })
})

describe('recovery and leaving', () => {
  /** An account that opens by a password, made by a link of the operator. */
  async function carol() {
    const home = new Home()
    const chatd = await Chatd.start(home)
    const link =
      (await operate(home, 'user', 'add', 'carol')).split(' ').find(word => word.startsWith('chat://')) ?? ''
    const own = new Home()
    return { home, chatd, own, screen: await joined(link, own) }
  }

  /** Takes a link that gives carol a password. */
  async function joined(link: string, home: Home): Promise<Terminal> {
    const screen = chatTui(['join', link, '--user', 'carol'], { home })
    await screen.waitFor('Choose a password for carol')
    await enter(screen, PASSWORD)
    await screen.waitFor('The same again')
    await enter(screen, PASSWORD)
    await screen.waitFor('● online')
    return screen
  }

  test('a link of the operator gives another password, once; the devices stay', async () => {
    const { home, screen } = await carol()
    const again = (await operate(home, 'user', 'passwd', 'carol'))
      .split(' ')
      .find(word => word.startsWith('chat://'))
    const other = await joined(String(again), new Home())
    await enter(other, '/devices')
    await other.waitFor(text => text.split('since').length > 2)
    expect(screen.screen()).toContain('● online')
    const late = chatTui(['join', String(again), '--user', 'carol'], { home: new Home() })
    await late.waitFor('not known here')
  })

  test('/mydata saves everything in a file for the owner alone, and overwrites none', async () => {
    const { own, screen } = await carol()
    await enter(screen, 'what I said')
    await screen.waitFor(stored('what I said'))
    await enter(screen, '/mydata mine.jsonl')
    await screen.waitFor('records about you are in mine.jsonl')
    const lines = readFileSync(own.join('mine.jsonl'), 'utf8').trim().split('\n')
    const records = lines.map(line => JSON.parse(line) as Record<string, unknown>)
    expect(records[0]).toMatchObject({ record: 'account', name: 'carol', password: true })
    expect(records.at(-1)).toMatchObject({ record: 'event', message: 'what I said' })
    expect(statSync(own.join('mine.jsonl')).mode & 0o077).toBe(0)
    await enter(screen, '/mydata mine.jsonl')
    await screen.waitFor('is there already')
  })

  test('/eraseme deletes what was said and the account, after the name and the password', async () => {
    const { home, screen } = await carol()
    await enter(screen, 'to be forgotten')
    await screen.waitFor(stored('to be forgotten'))
    await enter(screen, '/eraseme')
    await screen.waitFor('/eraseme carol')
    screen.type('\x15')
    await enter(screen, '/eraseme carol')
    await screen.waitFor('Is it you, carol?')
    screen.type('p')
    await screen.waitFor('Password of carol')
    await enter(screen, PASSWORD)
    await screen.waitFor('everything said under this name is erased')
    expect(await operate(home, 'user', 'list')).not.toContain('carol')
    expect(await operate(home, 'export', 'lobby')).not.toContain('to be forgotten')
    expect(await operate(home, 'audit')).not.toContain('carol')
  })

  test('/logout signs this device out, and the next start asks', async () => {
    const { chatd, own, screen } = await carol()
    await enter(screen, '/logout')
    await screen.waitFor('Sign in as carol')
    screen.type('\x1b')
    await screen.waitFor(text => !text.includes('Sign in as carol'))
    await enter(screen, '/quit')
    await screen.exited
    await screenOf(chatd, 'carol', own).waitFor('Sign in as carol')
  })
})

describe('programs', () => {
  async function withBot() {
    const home = new Home()
    const chatd = await Chatd.start(home)
    await operate(home, 'user', 'add', 'ci', '--bot')
    const token = await operate(home, 'token', 'add', 'ci', '--rooms', 'dev', '--label', 'builds')
    const listener = await Peer.full(chatd, 'listener')
    await listener.ask({ action: 'joinroom', room: 'dev' })
    return { home, chatd, token, listener }
  }
  const args = (chatd: Chatd, ...more: readonly string[]) => [
    ...['--host', '127.0.0.1', '--port', String(chatd.port), '--user', 'ci', '--room', 'dev'],
    ...more,
  ]

  test('speak by CHAT_TOKEN, by a file, and by a command; a wrong one says so and sends nothing', async () => {
    const { chatd, token, listener } = await withBot()
    const file = new Home()
    writeFileSync(file.join('token'), `${token}\n`, { mode: 0o600 })
    const ways: readonly (readonly [string, Home, readonly string[]])[] = [
      ['by the environment', new Home({ CHAT_TOKEN: token }), []],
      ['by a file', file, ['--token-file', file.join('token')]],
      ['by a command', file, ['--password-command', `cat ${file.join('token')}`]],
    ]
    for (const [text, home, flags] of ways) {
      const pipe = new Pipe(args(chatd, ...flags), home)
      expect([await pipe.end(`${text}\n`), pipe.err]).toEqual([0, ''])
      expect(await listener.wait(({ message }) => message === text)).toMatchObject({ from: 'ci' })
    }
    for (const [home, flags, wanted] of [
      [new Home({ CHAT_TOKEN: `${token.slice(0, -1)}!` }), [], /CHAT_TOKEN is no token/],
      [new Home(), ['--token-file', '/nonexistent'], /cannot read \/nonexistent/],
      [new Home(), ['--password-command', 'exit 3'], /exit code 3/],
      [new Home(), [], /belongs to somebody[\s\S]*CHAT_TOKEN/],
    ] as const) {
      const pipe = new Pipe(args(chatd, ...flags), home)
      expect(await pipe.end('never\n')).toBe(1)
      expect(pipe.err).toMatch(wanted)
      expect(pipe.err).not.toContain(token.slice(6, -1))
    }
  })

  test.skipIf(!hasNcat)('speak in four lines of ncat, and are cut when the token is revoked', async () => {
    const { home, chatd, token, listener } = await withBot()
    const lines = [
      { action: 'connect', username: 'ci', password: token },
      { action: 'joinroom', room: 'dev' },
      { action: 'chat', room: 'dev', message: 'build 512 is green' },
    ]
    const input = lines.map(line => `${JSON.stringify(line)}\n`).join('')
    const ncat = spawnSync('ncat', ['--ssl', '127.0.0.1', String(chatd.port)], { input, encoding: 'utf8' })
    expect([ncat.status, ncat.stdout]).toEqual([0, ''])
    const said = await listener.wait(({ message }) => message === 'build 512 is green')
    expect(said).not.toHaveProperty('guest')
    const [number] = /^ci +(\d+)/.exec(await operate(home, 'token', 'list'))?.slice(1) ?? []
    expect(await operate(home, 'token', 'revoke', String(number))).toContain('revoked')
    const late = spawnSync('ncat', ['--ssl', '127.0.0.1', String(chatd.port)], { input, encoding: 'utf8' })
    expect(late.stdout).toContain('"auth_failed"')
  })

  test('no secret is in a log, in an argument, or in a file that others can read', async () => {
    const { home, chatd, token, listener } = await withBot()
    listener.send({ action: 'register', id: 'r', password: PASSWORD })
    await listener.next('ok')
    const session = String((await listener.next('welcome'))['session'])
    const link = await operate(home, 'invite')
    const code = /join\/([A-Z2-7]{20})/.exec(link)?.[1] ?? ''
    const wrong = await Peer.open(chatd)
    wrong.send({ action: 'connect', username: 'listener', protocol: 1, password: 'wrongwrong', id: 'w' })
    await wrong.next('error')
    for (const secret of [token, PASSWORD, session, code, 'wrongwrong']) {
      expect(secret.length).toBeGreaterThan(8)
      expect(chatd.log).not.toContain(secret)
      expect(filesWith(home.join('data'), secret)).toEqual([])
    }
    expect(
      home
        .processes()
        .map(({ command }) => command)
        .join('\n'),
    ).not.toContain(token)
    const client = new Home({ CHAT_TOKEN: token })
    await new Pipe(args(chatd), client).end('hello\n')
    expect(filesWith(client.path, token)).toEqual([])
  })
})

describe('an operator', () => {
  test('makes, lists, disables and removes accounts, with and without the daemon', async () => {
    const home = new Home()
    const chatd = await Chatd.start(home)
    const link = await operate(home, 'user', 'add', 'carol')
    expect(link).toMatch(/chat-tui join chat:\/\/127\.0\.0\.1:\d+\/join\/[A-Z2-7]{20} --user carol$/)
    await chatd.end('SIGTERM')
    expect(await operate(home, 'user', 'list')).toMatch(/^carol {2}user/)
    await operate(home, 'user', 'disable', 'carol')
    await operate(home, 'user', 'role', 'carol', 'admin')
    await chatd.startAgain()
    expect(await operate(home, 'user', 'list')).toContain('admin, disabled')
    expect(await operate(home, 'audit')).toMatch(/operator {2}setRole {2}carol {2}admin/)
    const peer = await Peer.open(chatd)
    peer.send({ action: 'connect', username: 'carol', protocol: 1 })
    expect(await peer.next('error')).toMatchObject({ code: 'auth_required' })
    await operate(home, 'user', 'remove', 'carol', '--yes')
    peer.send({ action: 'connect', username: 'carol', protocol: 1 })
    await peer.next('welcome')
  })

  test('takes keys from standard input, many at once, and refuses what is none', async () => {
    const home = new Home()
    await Chatd.start(home)
    const keys = hasOpenSsh ? [makeKey('ed25519'), makeKey('ecdsa')].map(publicLine) : []
    if (keys.length === 0) return
    const args = ['user', 'add', 'bob', '--key', '-', '--data', home.join('data')]
    const bin = new URL('../../bin/chatd.cjs', import.meta.url).pathname
    const added = spawnSync(process.execPath, [bin, ...args], {
      input: `# keys\n\n${keys.join('\n')}\n`,
      encoding: 'utf8',
      env: home.env,
    })
    expect([added.stderr, added.status]).toEqual(['', 0])
    expect((await operate(home, 'user', 'keys', 'bob')).split('\n')).toHaveLength(2)
    const wrong = await runChatd(
      home,
      'user',
      'add',
      'eve',
      '--key',
      'ssh-rsa AAAA nonsense',
      '--data',
      home.join('data'),
    )
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('the key is none that is taken')])
    expect(await operate(home, 'user', 'list')).not.toContain('eve  user')
  })
})

describe.skipIf(!canMakeNetworks())('over a network', () => {
  async function far() {
    const machine = new FarMachine()
    const home = new Home()
    const chatd = await Chatd.start(home, ['--listen', '0.0.0.0:0', '--name', machine.near])
    const link = async (...more: readonly string[]): Promise<string> =>
      (await operate(home, 'invite', ...more)).replace('chat-tui join ', '')
    const join = (
      url: string,
      options: Partial<TerminalOptions> = {},
      ...more: readonly string[]
    ): Terminal => {
      const [program, ...rest] = [...machine.prefix, process.execPath, CHAT_TUI, 'join', url, ...more]
      return new Terminal(program, rest, { home: new Home(), ...options })
    }
    return { machine, home, chatd, link, join }
  }

  test('an invitation is one step: name, password, and the rooms are there; no question about the server', async () => {
    const { link, join } = await far()
    const url = await link('--room', 'dev')
    const home = new Home()
    const screen = join(url, { home })
    await screen.waitFor('Your name at')
    await enter(screen, 'carol')
    await screen.waitFor('Choose a password for carol')
    await enter(screen, PASSWORD)
    await screen.waitFor('The same again')
    await enter(screen, PASSWORD)
    await screen.waitFor('● online')
    await screen.waitFor('#dev')
    expect(screen.screen()).not.toMatch(/lobby|first time/)
    expect(screen.raw).not.toContain(PASSWORD)
    for (const name of readdirSync(home.join('.local/state/chat-tui/sessions')))
      expect(statSync(home.join('.local/state/chat-tui/sessions', name)).mode & 0o077).toBe(0)
    // It was for one person.
    const second = join(url, {}, '--user', 'dave')
    await second.waitFor('this invitation is not known here')
    expect((await second.exited).code).toBe(1)
  })

  test('man in the middle: an invitation, a password and a session go to no other key', async () => {
    const { machine, chatd, link, join } = await far()
    const impostor = await manInTheMiddle(0, chatd.port)
    const url = (await link()).replace(`:${chatd.port}/`, `:${impostor.port}/`)
    const screen = join(url, {}, '--user', 'carol')
    await screen.waitFor('is not the one of')
    expect(impostor.heard().includes('connect')).toBe(false)
    // With a password and no pin, the key is shown before anything is said.
    const [program, ...rest] = [...machine.prefix, process.execPath, CHAT_TUI]
    const args = [
      '--host',
      machine.near,
      '--port',
      String(impostor.port),
      '--user',
      'erin',
      '--password-command',
      `echo ${PASSWORD}`,
    ]
    const asked = new Terminal(program, [...rest, ...args], { home: new Home() })
    await eventually(async () => (await asked.settle(100)) !== '')
    expect(impostor.heard().includes(PASSWORD)).toBe(false)
  })

  test.skipIf(!hasOpenSsh)(
    'relay of a signature: a server in the middle gets nothing that it can use',
    async () => {
      const { machine, home, chatd } = await far()
      const owner = homeWithKey()
      await operate(home, 'user', 'add', 'bob', '--key', owner.join('.ssh/id_ed25519.pub'))
      const impostor = await manInTheMiddle(0, chatd.port)
      const [program, ...rest] = [...machine.prefix, process.execPath, CHAT_TUI]
      const args = ['--host', machine.near, '--port', String(impostor.port), '--user', 'bob', '--room', 'dev']
      const screen = new Terminal(program, [...rest, ...args], { home: owner })
      await screen.waitFor('Sign in as bob')
      screen.type(ENTER)
      await screen.waitFor('name or credential is not right')
      expect(impostor.heard().includes('signature')).toBe(true)
    },
  )
})
