import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { eventually } from '../server/peer.ts'
import { Home } from './home.ts'
import {
  Authority,
  answering,
  answeringTls,
  downgradingProxy,
  type Impostor,
  manInTheMiddle,
} from './manInTheMiddle.ts'
import { canMakeNetworks, FarMachine } from './network.ts'
import { CHAT_TUI, Chatd, Pipe, runChatd } from './programs.ts'
import { Terminal, type TerminalOptions } from './terminal.ts'

const networks = canMakeNetworks()
const EVERYWHERE = ['--listen', '0.0.0.0:0']
const HELLO = 0x16

/** A person on another machine. */
class Traveller {
  readonly home = new Home()
  readonly #machine: FarMachine
  readonly #server: string
  readonly #port: number

  constructor(machine: FarMachine, port: number, server = machine.near) {
    this.#machine = machine
    this.#server = server
    this.#port = port
  }

  get file(): string {
    return this.home.join('.local/share/chat-tui/known_servers')
  }

  known(): string {
    return existsSync(this.file) ? readFileSync(this.file, 'utf8') : ''
  }

  #args(more: readonly string[]): readonly string[] {
    return ['--host', this.#server, '--port', String(this.#port), '--user', 'bob', '--room', 'dev', ...more]
  }

  /** Starts the client in lines. */
  lines(...more: readonly string[]): Pipe {
    return new Pipe(this.#args(more), this.home, this.#machine.prefix)
  }

  /** Says one line, and ends; without a text it only connects. */
  async says(text: string, ...more: readonly string[]): Promise<{ code: unknown; err: string }> {
    const pipe = this.lines(...more)
    const code = await pipe.end(`${text}\n`)
    return { code, err: pipe.err }
  }

  /** Starts the screen. */
  screen(options: Partial<TerminalOptions> = {}, ...more: readonly string[]): Terminal {
    const [program, ...rest] = [...this.#machine.prefix, process.execPath, CHAT_TUI, ...this.#args(more)]
    return new Terminal(program, rest, { home: this.home, ...options })
  }
}

/** What an impostor heard before it: nothing but hellos. */
function nothingWasSaidTo({ heard }: Impostor): boolean {
  const bytes = heard()
  return bytes.length > 0 && bytes[0] === HELLO && !bytes.includes('connect') && !bytes.includes('bob')
}

describe.skipIf(!networks)('over a network', () => {
  test('the first contact is encrypted, pinned and told; the next one is silent', async () => {
    const machine = new FarMachine()
    const home = new Home()
    const chatd = await Chatd.start(home, EVERYWHERE)
    const bob = new Traveller(machine, chatd.port)
    const screen = bob.screen()
    await screen.waitFor('first time at')
    await screen.waitFor('● online')
    const fingerprint = (await runChatd(home, 'fingerprint', '--data', home.join('data'))).out.trim()
    expect(chatd.log).toContain(fingerprint)
    expect(bob.known()).toMatch(
      new RegExp(`^${machine.near}:${chatd.port} SHA256:\\S{43} \\d{4}-\\d\\d-\\d\\d\\n$`),
    )
    expect(bob.known()).toContain(fingerprint)
    expect(statSync(bob.file).mode & 0o777).toBe(0o600)
    screen.type('\x03')
    screen.type('\x03')
    await screen.exited
    expect(await bob.says('again')).toEqual({ code: 0, err: '' })
  })

  test('plain text from another machine gets tls_required, in a sentence', async () => {
    const machine = new FarMachine()
    const chatd = await Chatd.start(new Home(), EVERYWHERE)
    const bob = new Traveller(machine, chatd.port)
    const { code, err } = await bob.says('hello', '--plaintext')
    expect(code).toBe(1)
    expect(err).toMatch(/no encryption with .*--plaintext/)
    expect(err).toMatch(/takes only encrypted connections .*ncat --ssl/)
    expect(bob.known()).toBe('')
  })

  test('--allow-plaintext lets some networks in, and warns at the start', async () => {
    const machine = new FarMachine()
    const range = machine.near.replace(/\d+$/, '0/24')
    const chatd = await Chatd.start(new Home(), [...EVERYWHERE, '--allow-plaintext', range])
    expect(await new Traveller(machine, chatd.port).says('hello', '--plaintext')).toMatchObject({ code: 0 })
    expect(chatd.log).toMatch(/"level":"warn".*plain text is taken from other machines/)
    const others = await Chatd.start(new Home(), [...EVERYWHERE, '--allow-plaintext', '192.0.2.0/24'])
    expect(await new Traveller(machine, others.port).says('hello', '--plaintext')).toMatchObject({ code: 1 })
  })

  test('a man in the middle learns nothing: the changed key stops the client, which says what to do', async () => {
    const machine = new FarMachine()
    const chatd = await Chatd.start(new Home(), EVERYWHERE)
    const bob = new Traveller(machine, chatd.port)
    expect(await bob.says('hello')).toMatchObject({ code: 0 })
    const known = bob.known()
    await chatd.end()
    const mallory = await manInTheMiddle(chatd.port, 1)
    const { code, err } = await bob.says('a secret')
    expect(code).toBe(1)
    expect(err).toMatch(
      /The key of .* has changed\. Nothing was sent\.\n.*Known since .*SHA256:.*\n.*Now: SHA256:/,
    )
    expect(err).toMatch(/chat-tui --host \S+ --port \d+ --fingerprint SHA256:\S{43}\n/)
    expect(mallory.heard()).toHaveLength(0)
    expect(bob.known()).toBe(known)
    for (const [columns, rows] of [
      [80, 24],
      [40, 12],
    ] as const) {
      const screen = bob.screen({ columns, rows })
      await screen.waitFor('Not connected')
      screen.type('\x1b')
      await screen.waitFor('✗ The key of')
    }
    expect(mallory.heard()).toHaveLength(0)
  })

  test('the command that the client gives accepts the new key', async () => {
    const machine = new FarMachine()
    const home = new Home()
    const chatd = await Chatd.start(home, EVERYWHERE)
    const bob = new Traveller(machine, chatd.port)
    await bob.says('hello')
    await chatd.end()
    rmSync(home.join('data', 'tls.pem'))
    await chatd.startAgain()
    const { err } = await bob.says('lost?')
    const fingerprint = /--fingerprint (SHA256:\S{43})/.exec(err)?.[1] ?? ''
    expect(await bob.says('with the flag', '--fingerprint', fingerprint)).toEqual({ code: 0, err: '' })
    expect(await bob.says('without it')).toEqual({ code: 0, err: '' })
    expect(bob.known().trim().split('\n')).toHaveLength(1)
  })

  test('a session is not sent to a key that is not known: the client asks first', async () => {
    const machine = new FarMachine()
    const chatd = await Chatd.start(new Home(), EVERYWHERE)
    const bob = new Traveller(machine, chatd.port)
    await bob.says('hello')
    rmSync(bob.file)
    await chatd.end()
    const mallory = await manInTheMiddle(chatd.port, 1)
    const { code, err } = await bob.says('a secret')
    expect(code).toBe(1)
    expect(err).toMatch(/is not known yet, and your session there is a secret: nothing was sent/)
    expect(err).toMatch(/--fingerprint SHA256:\S{43}\n/)
    expect(mallory.heard()).toHaveLength(0)
    await mallory.close()
    await chatd.startAgain()
    const screen = bob.screen()
    await screen.waitFor('Ctrl+Y accepts the key')
    // What the user was typing accepts nothing.
    screen.type('y\r')
    screen.type('\x19')
    await screen.waitFor('● online')
    expect(bob.known()).toContain('SHA256:')
  })

  test('a proxy that takes no TLS gets a hello and nothing else: there is no way back to plain text', async () => {
    const machine = new FarMachine()
    const plain = await Chatd.start()
    const proxy = await downgradingProxy(0, plain.port)
    const bob = new Traveller(machine, proxy.port)
    const pipe = bob.lines()
    // It goes on trying; what it tries never becomes plain.
    await eventually(() => proxy.heard().indexOf(HELLO, 1_000) > 0)
    expect(nothingWasSaidTo(proxy)).toBe(true)
    await eventually(() => pipe.err.includes('does not speak TLS, and nothing was sent'))
  })

  test.each([
    [
      'an older chatd',
      '{"action":"error","code":"bad_frame","message":"the line is not UTF-8","from":"chatd"}\n',
    ],
    [
      'a web server, or the sign-in page of a network',
      'HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n',
    ],
    ['a mail server', '220 mail.example ESMTP\r\n'],
  ])('%s gets nothing but a hello, and the user a sentence', async (_, answer) => {
    const machine = new FarMachine()
    const server = await answering(answer)
    const bob = new Traveller(machine, server.port)
    const { code, err } = await bob.says('')
    expect(code).toBe(1)
    expect(err).toMatch(
      /does not speak TLS, and nothing was sent: an older chatd must be upgraded .*--plaintext/,
    )
    expect(nothingWasSaidTo(server)).toBe(true)
    const screen = bob.screen()
    await screen.waitFor('does not speak TLS')
    await screen.waitFor('--plaintext')
  })

  test('a terminator that speaks HTTP behind TLS is not chatd, and its key is not kept', async () => {
    const machine = new FarMachine()
    const files = new Authority(machineDirectory()).issue('DNS:web.example')
    const web = await answeringTls('HTTP/1.1 400 Bad Request\r\n\r\n', files)
    const bob = new Traveller(machine, web.port)
    const { code, err } = await bob.says('')
    expect(code).toBe(1)
    expect(err).toMatch(/is not chatd: is it the right port/)
    expect(bob.known()).toBe('')
  })

  test('an expired certificate is refused with its day, and nothing is sent', async () => {
    const machine = new FarMachine()
    const authority = new Authority(machineDirectory())
    const expired = await answeringTls('', authority.issue(`IP:${machine.near}`, -1))
    const bob = new Traveller(machine, expired.port)
    const { code, err } = await bob.says('', '--ca', authority.file)
    expect(code).toBe(1)
    expect(err).toMatch(/expired on \d{4}-\d\d-\d\d: its operator must renew it .*nothing was sent/)
    expect(expired.heard()).toHaveLength(0)
  })

  test('an authority vouches: no question, and from then on no self-made key', async () => {
    const machine = new FarMachine()
    const authority = new Authority(machineDirectory())
    const { certificate, key } = authority.issue(`IP:${machine.near}`)
    const home = new Home()
    const chatd = await Chatd.start(home, [...EVERYWHERE, '--tls-cert', certificate, '--tls-key', key])
    const bob = new Traveller(machine, chatd.port)
    Object.assign(bob.home.env, { NODE_EXTRA_CA_CERTS: authority.file })
    expect(await bob.says('hello')).toEqual({ code: 0, err: '' })
    expect(bob.known()).toContain(' CA ')
    await chatd.end()
    const mallory = await manInTheMiddle(chatd.port, 1)
    const { code, err } = await bob.says('a secret')
    expect(code).toBe(1)
    expect(err).toMatch(/has changed\. Nothing was sent\.\n.*a certificate of an authority/)
    expect(mallory.heard()).toHaveLength(0)
    await mallory.close()
    // Another key with a certificate of the authority is fine; for another name it is not.
    const renewed = authority.issue(`IP:${machine.near}`)
    writeFileSync(certificate, readFileSync(renewed.certificate))
    writeFileSync(key, readFileSync(renewed.key))
    await chatd.startAgain()
    expect(await bob.says('renewed')).toEqual({ code: 0, err: '' })
    const other = authority.issue('DNS:other.example')
    writeFileSync(certificate, readFileSync(other.certificate))
    writeFileSync(key, readFileSync(other.key))
    chatd.signal('SIGHUP')
    await eventually(() => chatd.log.includes('another certificate'))
    expect(await bob.says('to the wrong one')).toMatchObject({
      code: 1,
      err: expect.stringContaining('for other names'),
    })
  })

  test('over IPv6', async () => {
    const machine = new FarMachine()
    const chatd = await Chatd.start(new Home(), ['--listen', '[::]:0'])
    const bob = new Traveller(machine, chatd.port, machine.nearIpv6)
    expect(await bob.says('hello')).toMatchObject({ code: 0 })
    expect(bob.known()).toContain(`[${machine.nearIpv6}]:${chatd.port} SHA256:`)
  })

  test('a damaged file of known servers stops the client; one that cannot be written is a warning', async () => {
    const machine = new FarMachine()
    const chatd = await Chatd.start(new Home(), EVERYWHERE)
    const bob = new Traveller(machine, chatd.port)
    mkdirSync(join(bob.file, '..'), { recursive: true })
    writeFileSync(bob.file, `${machine.near}:${chatd.port} SHA256:cut\n`)
    expect(await bob.says('hello')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/line 1 of .* is damaged/),
    })
    rmSync(bob.file)
    mkdirSync(`${bob.file}.new/x`, { recursive: true })
    const { code, err } = await bob.says('hello')
    expect(code).toBe(0)
    expect(err).toMatch(/cannot be kept/)
  })

  test.each([
    [
      'ncat --ssl',
      'ncat',
      (host: string, port: number, ca: string) => [
        '--ssl-verify',
        '--ssl-trustfile',
        ca,
        '--ssl-servername',
        'chat.example',
        host,
        String(port),
      ],
    ],
    [
      'socat',
      'socat',
      (host: string, port: number, ca: string) => [
        '-',
        `OPENSSL:${host}:${port},cafile=${ca},commonname=chat.example`,
      ],
    ],
    [
      'gnutls-cli',
      'gnutls-cli',
      (host: string, port: number, ca: string) => [
        '--logfile',
        '/dev/null',
        '--x509cafile',
        ca,
        '--verify-hostname',
        'chat.example',
        '-p',
        String(port),
        host,
      ],
    ],
    [
      'Python, strict',
      'python3',
      (host: string, port: number, ca: string) => ['-c', PYTHON, host, String(port), ca],
    ],
  ])('%s takes the certificate as a CA file', async (_, program, args) => {
    const isHere = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
    if (!isHere) return console.warn(`SKIPPED: ${program} is not installed`)
    const machine = new FarMachine()
    const home = new Home()
    const chatd = await Chatd.start(home, [...EVERYWHERE, '--name', 'chat.example'])
    const { out } = await runChatd(home, 'fingerprint', '--pem', '--data', home.join('data'))
    expect(out).not.toContain('PRIVATE')
    writeFileSync(home.join('ca.pem'), out)
    const [first, ...rest] = [
      ...machine.prefix,
      program,
      ...args(machine.near, chatd.port, home.join('ca.pem')),
    ]
    const lines = '{"action":"connect","username":"ci","protocol":1}\n{"action":"ping","id":"last"}\n'
    const ran = spawnSync('sh', ['-c', '(printf "%s" "$0"; sleep 1) | "$@"', lines, first, ...rest], {
      encoding: 'utf8',
      env: home.env,
      timeout: 20_000,
    })
    expect(ran.stdout, ran.stderr).toContain('"action":"welcome"')
    expect(ran.stdout).toContain('"id":"last"')
  })
})

const PYTHON = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[3])
context.verify_flags |= ssl.VERIFY_X509_STRICT
raw = socket.create_connection((sys.argv[1], int(sys.argv[2])))
secured = context.wrap_socket(raw, server_hostname='chat.example')
secured.sendall(sys.stdin.buffer.read())
said = b''
while b'"last"' not in said: said += secured.recv(65536)
print(said.decode())
`

function machineDirectory(): string {
  return new Home().path
}
