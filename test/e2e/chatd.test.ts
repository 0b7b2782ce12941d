import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { Home } from './home.ts'
import { runChatd } from './programs.ts'

const CHATD = new URL('../../bin/chatd.cjs', import.meta.url).pathname

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chatd-test-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** Starts chatd on a free port; ends with the test. */
async function start(
  ...args: readonly string[]
): Promise<{ child: ChildProcess; port: number; log: () => string }> {
  const all = [CHATD, '--listen', '127.0.0.1:0', '--data', join(directory, 'data'), ...args]
  const child = spawn(process.execPath, all, { env: new Home().env, stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let log = ''
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`chatd ended: ${log}`)))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log += text
      const found = /"port":(\d+)/.exec(log)?.[1]
      if (found !== undefined) resolve(Number(found))
    })
  })
  return { child, port, log: () => log }
}

/** A socket that sends some lines; closed with the test. */
function say(port: number, ...lines: readonly object[]): Socket {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
  })
  socket.on('error', () => undefined)
  for (const line of lines) socket.write(`${JSON.stringify(line)}\n`)
  return socket
}

/** Resolves when what the socket has received holds the text. */
function heard(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = ''
    socket.on('data', chunk => {
      all += chunk.toString()
      if (all.includes(text)) resolve(all)
    })
    socket.once('close', () => reject(new Error(`closed after: ${all.slice(-500)}`)))
  })
}

const exited = (child: ChildProcess): Promise<number | null> =>
  new Promise(resolve => child.once('exit', resolve))

describe('bad usage: one line that says what to do, no stack trace', () => {
  test.each([
    ['a bad address', ['--listen', 'nonsense:x'], 2, /--listen.*HOST:PORT/],
    ['an unknown flag', ['--speed'], 2, /unknown option '--speed'/],
    ['an argument too much', ['hello'], 2, /there is no command "hello"/],
    ['a bad level', ['--log-level', 'loud'], 2, /--log-level.*silent, fatal/],
    ['bad seconds', ['--exit-when-idle', 'soon'], 2, /number of seconds/],
    [
      'a limit that there is not',
      ['--limit', 'people=5'],
      2,
      /connections, connections-per-address, .*people-of-address/s,
    ],
    ['a limit of nothing', ['--limit', 'sessions=0'], 2, /A limit is at least 1/],
    ['a limit without its number', ['--limit', 'sessions'], 2, /with = and a number/],
    ['no limits for the world', ['--no-limits', '--listen', '0.0.0.0:0'], 2, /loopback/],
    ['an address of another machine', ['--listen', '192.0.2.1:9'], 1, /no address of this machine/],
    ['a name that is none', ['--listen', 'nowhere.invalid:9'], 1, /not known/],
  ])('%s', async (_, args, code, sentence) => {
    const result = await runChatd(new Home(), ...args, '--data', join(directory, 'data'))
    expect(result.err).toMatch(sentence)
    expect(result.err.trimEnd().split('\n')).toHaveLength(1)
    expect(result.code).toBe(code)
    expect(result.out).toBe('')
  })

  test('a port that is taken', async () => {
    const other = createServer()
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      other.close()
    })
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const result = await runChatd(
      new Home(),
      '--listen',
      `127.0.0.1:${port}`,
      '--data',
      join(directory, 'data'),
    )
    expect(result).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^chatd: 127\.0\.0\.1:\d+ is taken: .*--listen\n$/),
    })
  })

  test('a data directory that cannot be written', async () => {
    const file = join(directory, 'file')
    writeFileSync(file, '')
    const result = await runChatd(new Home(), '--data', join(file, 'data'))
    expect(result).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^chatd: cannot write to the data directory .*--data.*\n$/),
    })
  })

  test('--help and --version go to standard output', async () => {
    const help = await runChatd(new Home(), '--help')
    expect(help).toMatchObject({ code: 0, err: '' })
    for (const flag of ['--listen', '--data', '--log-level', '--no-limits', '--exit-when-idle'])
      expect(help.out).toContain(flag)
    expect(await runChatd(new Home(), '--version')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    })
  })
})

describe('stopping', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s: bye to full clients, exit 0', async signal => {
    const { child, port } = await start()
    const alice = say(port, { action: 'connect', username: 'alice', protocol: 1 })
    await heard(alice, '"welcome"')
    const bye = heard(alice, '"bye"')
    const code = exited(child)
    child.kill(signal)
    expect(await bye).toContain('"reason":"shutting_down"')
    expect(await code).toBe(0)
  })

  test('in seconds with a thousand connections, some of which do not read', async () => {
    const { child, port } = await start('--no-limits')
    const sockets: Socket[] = []
    for (let i = 0; i < 1_000; i++) {
      const protocol = i % 2 === 0 ? { protocol: 1 } : {}
      sockets.push(
        say(port, { action: 'connect', username: `u${i}`, ...protocol }, { action: 'joinroom', room: 'dev' }),
      )
    }
    const [first, last] = [sockets[0], sockets[999]]
    if (first === undefined || last === undefined) throw new Error('a thousand sockets')
    sockets.forEach((socket, i) => {
      if (i % 10 === 5) socket.pause()
      else if (i > 0) socket.resume()
    })
    // The last one's message reaches the first: all others are in the room.
    const ready = heard(first, 'ready')
    last.write('{"action":"chat","room":"dev","message":"ready"}\n')
    await ready
    for (let i = 0; i < 500; i++)
      last.write(`{"action":"chat","room":"dev","message":"${'x'.repeat(8_000)}"}\n`)
    await heard(first, 'xxxx')
    const began = Date.now()
    const code = exited(child)
    child.kill('SIGTERM')
    expect(await code).toBe(0)
    // Five seconds are promised on a machine that is not busy with other tests.
    expect(Date.now() - began).toBeLessThan(15_000)
  })

  test('a hangup does not stop it, idleness does where asked for', async () => {
    const { child, port, log } = await start('--exit-when-idle', '1')
    const alice = say(port, { action: 'connect', username: 'alice', protocol: 1 })
    await heard(alice, '"welcome"')
    child.kill('SIGHUP')
    const answered = heard(alice, '"ok"')
    alice.write('{"action":"ping","id":"p"}\n')
    await answered
    const code = exited(child)
    alice.destroy()
    expect(await code).toBe(0)
    expect(log()).toContain('"reason":"idle"')
  })
})

test('at the default level the log holds nothing that users wrote', async () => {
  const { child, port, log } = await start()
  const secret = (part: string): string => `unmistakable${part}`
  const alice = say(
    port,
    { action: 'connect', username: secret('Name'), protocol: 1, client: secret('Client') },
    { action: 'joinroom', room: secret('Room') },
    { action: 'chat', room: secret('Room'), message: secret('Message') },
    { action: 'topic', room: secret('Room'), topic: secret('Topic') },
    { action: 'away', message: secret('Away') },
    { action: secret('Action') },
    { action: 'ping', id: 'end' },
  )
  await heard(alice, '"id":"end"')
  alice.write('garbage unmistakable\n'.repeat(20))
  await heard(alice, '"fatal":true')
  const code = exited(child)
  child.kill('SIGTERM')
  await code
  expect(log()).toContain('listening')
  expect(log()).not.toContain('unmistakable')
})

test('the log tells which connections came, from where, and which were refused', async () => {
  const { port, log } = await start()
  const alice = say(port, { action: 'connect', username: 'alice', protocol: 1 })
  await heard(alice, '"welcome"')
  const other = say(port, { action: 'connect', username: 'alice', protocol: 1 })
  await heard(other, '"name_taken"')
  const lines = log()
    .split('\n')
    .flatMap(line => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []))
  expect(lines.find(({ msg }) => msg === 'connected')).toMatchObject({ address: '127.0.0.1', session: 1 })
  expect(lines.find(({ msg }) => msg === 'refused')).toMatchObject({
    address: '127.0.0.1',
    event: 'refused',
    reason: 'name_taken',
  })
})
