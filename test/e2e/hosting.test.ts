import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../server/peer.ts'
import { Home } from './home.ts'
import { chatTui, Pipe, stored } from './programs.ts'
import { KEY } from './terminal.ts'

/** A free port of loopback. */
async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise(resolve => server.close(resolve))
  return port
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Something on a port that is not chatd. */
async function listenOtherwise(greet: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    greet(socket)
  })
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return listen(server)
}

describe('without --host', () => {
  test('without a server it starts a daemon, says so, joins, and the daemon outlives it for a while', async () => {
    const home = new Home({ CHAT_TUI_IDLE_SECONDS: '1' })
    const port = await freePort()
    const alice = chatTui(['--port', String(port), '--user', 'alice'], { home, columns: 200 })
    await alice.waitFor('● online')
    await alice.waitFor(`started a chat server on 127.0.0.1:${port} (log:`)
    await alice.waitFor(/^ #lobby/)
    expect(home.daemons()).toHaveLength(1)
    // Only its owner can read its files.
    const state = home.join('.local', 'state', 'chat-tui')
    expect(statSync(state).mode & 0o777).toBe(0o700)
    expect(statSync(`${state}/chatd-${port}.log`).mode & 0o777).toBe(0o600)
    expect(statSync(home.join('.local', 'share', 'chat-tui', 'chatd', String(port))).mode & 0o777).toBe(0o700)

    alice.type(KEY.ctrlC + KEY.ctrlC)
    expect((await alice.exited).code).toBe(0)
    expect(home.daemons()).toHaveLength(1)
    await eventually(() => home.daemons().length === 0)
    expect(readFileSync(`${state}/chatd-${port}.log`, 'utf8')).toContain('"reason":"idle"')
  })

  test('a second client joins the running daemon, and neither Ctrl+C nor the end of the first client ends it', async () => {
    const home = new Home({ CHAT_TUI_IDLE_SECONDS: '5' })
    const port = await freePort()
    const alice = chatTui(['--port', String(port), '--user', 'alice', '--room', 'dev'], { home })
    await alice.waitFor('● online')
    const bob = chatTui(['--port', String(port), '--user', 'bob', '--room', 'dev'], { home })
    await bob.waitFor('2 people')
    expect(bob.screen()).not.toContain('started a chat server')
    alice.signal('SIGKILL')
    await alice.exited
    bob.type(`still here${KEY.enter}`)
    await bob.waitFor(stored('still here'))
    expect(home.daemons()).toHaveLength(1)
  })

  test('started at once, several clients end with one daemon', async () => {
    const home = new Home({ CHAT_TUI_IDLE_SECONDS: '5' })
    const port = await freePort()
    const people = ['a', 'b', 'c', 'd'].map(user =>
      chatTui(['--port', String(port), '--user', user, '--room', 'dev'], { home, columns: 200 }),
    )
    for (const person of people)
      await person.waitFor(screen => /● online/.test(screen) && /4 people/.test(screen))
    await eventually(() => home.daemons().length === 1)
    // Those that lost the race do not say that they started it.
    const said = people.filter(person => person.screen().includes('started a chat server'))
    expect(said).toHaveLength(1)
    for (const person of people) expect(person.screen()).not.toContain('did not start')
  })

  test('a daemon that is gone is started again', async () => {
    const home = new Home({ CHAT_TUI_IDLE_SECONDS: '5' })
    const port = await freePort()
    const alice = chatTui(['--port', String(port), '--user', 'alice', '--room', 'dev'], {
      home,
      columns: 200,
    })
    await alice.waitFor('● online')
    alice.type(`kept${KEY.enter}`)
    await alice.waitFor(stored('kept'))
    const [first = 0] = home.daemons()
    process.kill(first, 'SIGKILL')
    await eventually(() => home.daemons().some(pid => pid !== first))
    await alice.waitFor('● online')
    alice.type(`again${KEY.enter}`)
    await alice.waitFor(stored('again'))
  })

  test('a daemon that cannot be started again: its error on the screen, and the client goes on trying', async () => {
    const home = new Home({ CHAT_TUI_IDLE_SECONDS: '5' })
    const port = await freePort()
    const data = home.join('.local', 'share', 'chat-tui', 'chatd', String(port))
    const alice = chatTui(['--port', String(port), '--user', 'alice'], { home, columns: 300 })
    await alice.waitFor('● online')
    rmSync(data, { recursive: true })
    writeFileSync(data, 'in the way')
    for (const pid of home.daemons()) process.kill(pid, 'SIGKILL')
    // However long the path is: the row may go on in the next, within a word.
    await alice.waitFor(screen =>
      /chatddidnotstart:cannotwritetothedatadirectory.*\(log:.*chatd-\d+\.log\)/.test(
        screen.replace(/[\s│]/g, ''),
      ),
    )
    alice.type(`kept${KEY.enter}`)
    rmSync(data)
    await alice.waitFor(stored('kept'))
  })

  test('in lines, too', async () => {
    const home = new Home({ CHAT_TUI_IDLE_SECONDS: '1' })
    const port = await freePort()
    const ci = new Pipe(['--port', String(port), '--user', 'ci', '--room', '#dev'], home)
    expect(await ci.end('done\n')).toBe(0)
    expect(ci.err).toMatch(/^chat-tui: started a chat server on 127\.0\.0\.1:\d+ \(log: .*\)\n$/)
    expect(ci.out).toBe('')
  })
})

describe('what is in the way is named', () => {
  test('another server that greets', async () => {
    const port = await listenOtherwise(socket => socket.write('220 mail.example.org ESMTP\r\n'))
    const alice = chatTui(['--port', String(port), '--user', 'alice'], { columns: 200 })
    await alice.waitFor(
      `something other than chatd answers on 127.0.0.1:${port}; choose another port with --port`,
    )
  })

  test('another server that says nothing, after 2 seconds', async () => {
    const port = await listenOtherwise(() => undefined)
    const alice = chatTui(['--port', String(port), '--user', 'alice'], { columns: 200 })
    await alice.waitFor(
      `something other than chatd answers on 127.0.0.1:${port}; choose another port with --port`,
    )
  })

  test('--host without a server there: it says so, keeps trying, starts nothing, and joins once one listens', async () => {
    const home = new Home()
    const port = await freePort()
    const alice = chatTui(['--host', '127.0.0.1', '--port', String(port), '--user', 'alice'], { home })
    await alice.waitFor(/○ offline, next try in .*no server listens there/)
    expect(home.daemons()).toEqual([])
    const other = new Home({ CHAT_TUI_IDLE_SECONDS: '5' })
    const bob = chatTui(['--port', String(port), '--user', 'bob'], { home: other })
    await bob.waitFor('● online')
    await alice.waitFor('● online')
  })

  test('directories that cannot be written: a sentence, exit code 1, no screen', async () => {
    const home = new Home()
    const port = await freePort()
    mkdirSync(home.join('.local'))
    writeFileSync(home.join('.local', 'state'), 'a file where a directory should be')
    const alice = chatTui(['--port', String(port), '--user', 'alice'], { home, columns: 200 })
    expect((await alice.exited).code).toBe(1)
    await alice.waitFor('chat-tui: cannot write to the directory')
    expect(alice.raw).not.toContain('\x1b[?1049h')
    expect(alice.raw.trimEnd().split('\n')).toHaveLength(1)
  })

  test('a daemon that ends at once: its error sentence', async () => {
    const home = new Home()
    const port = await freePort()
    // The directory is there when the client looks, and is none when the daemon does.
    const data = home.join('.local', 'share', 'chat-tui', 'chatd')
    mkdirSync(data, { recursive: true })
    writeFileSync(`${data}/${port}`, 'in the way')
    chmodSync(`${data}/${port}`, 0o700)
    const ci = new Pipe(['--port', String(port), '--user', 'ci'], home)
    expect(await ci.end('done\n')).toBe(1)
    expect(ci.err).toMatch(/^chat-tui: .*cannot write to the/)
  })
})
