import { execFileSync, spawnSync } from 'node:child_process'
import {
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { eventually, Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, type Ran, runChatd } from './programs.ts'

const LOCK = new URL('../../src/server/dataDirectory.ts', import.meta.url).href
/** The user id of `nobody`, on most systems. */
const OTHER_USER = 65_534

/** Writes until the disk is full. */
function fill(file: string): void {
  const opened = openSync(file, 'w')
  try {
    for (const size of [65_536, 4_096]) {
      try {
        for (;;) if (writeSync(opened, Buffer.alloc(size)) < size) break
      } catch {}
    }
  } finally {
    closeSync(opened)
  }
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port })
    const settle = (isConnected: boolean): void => {
      socket.destroy()
      resolve(isConnected)
    }
    socket.on('connect', () => settle(true))
    socket.on('error', () => settle(false))
  })
}

async function say(server: { readonly port: number }, name: string, ...texts: string[]): Promise<Peer> {
  const peer = await Peer.full(server, name)
  await peer.ask({ action: 'joinroom', room: 'dev' })
  for (const [i, message] of texts.entries()) {
    await peer.ask({ action: 'chat', room: 'dev', message, id: `m-${i}` })
  }
  return peer
}

describe('one daemon a data directory', () => {
  test('a second daemon names the first one; after kill -9 the next starts at once, with everything', async () => {
    const home = new Home()
    const daemon = await Chatd.start(home)
    const alice = await say(daemon, 'alice', 'kept')
    const session = String((await alice.next('welcome'))['session'])
    const second = await runChatd(home, '--listen', '127.0.0.1:0', '--data', home.join('data'))
    expect(second).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(
        /^chatd: .*data is in use by another chatd \(process \d+\); stop that one.*\n$/,
      ),
    })
    await daemon.end('SIGKILL')
    await daemon.startAgain()
    const again = await Peer.full(daemon, 'Alice', session)
    expect(await again.next('welcome')).toMatchObject({ username: 'alice', session })
    const { rooms } = await again.ask({ action: 'rooms' })
    expect(rooms).toMatchObject([{ room: 'dev', last: 1, unread: 0 }])
    const { events } = await again.ask({ action: 'history', room: 'dev' })
    expect(events).toMatchObject([{ message: 'kept', from: 'alice' }])
    await again.ask({ action: 'joinroom', room: 'dev' })
    expect(await again.ask({ action: 'edit', room: 'dev', target: 1, message: 'changed' })).toMatchObject({
      action: 'ok',
    })
  })

  test('only its user can read the data or send tasks', async () => {
    const home = new Home()
    await Chatd.start(home)
    for (const file of ['chatd.db', 'control']) {
      expect([file, statSync(home.join('data', file)).mode & 0o077]).toEqual([file, 0])
    }
  })

  test('a file that is no log is refused and left alone', async () => {
    const home = new Home()
    mkdirSync(home.join('data'))
    const letter = `a letter ${'that goes on '.repeat(100)}`
    writeFileSync(home.join('data', 'chatd.db'), letter)
    for (const args of [['--listen', '127.0.0.1:0'], ['check']]) {
      expect(await runChatd(home, ...args, '--data', home.join('data'))).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^chatd: .*chatd\.db is damaged .*restore a backup.*\n$/),
      })
    }
    expect(readFileSync(home.join('data', 'chatd.db'), 'utf8')).toBe(letter)
  })
})

describe.each(['while the daemon runs', 'while none runs'])('commands of the operator, %s', when => {
  const runs = when === 'while the daemon runs'

  async function prepared(): Promise<{
    home: Home
    daemon: Chatd
    run: (...args: string[]) => Promise<Ran>
  }> {
    const home = new Home()
    const daemon = await Chatd.start(home)
    const alice = await say(daemon, 'alice', 'one', 'two')
    await alice.ask({ action: 'react', room: 'dev', target: 1, emoji: '👍', on: true, id: 'r' })
    await say(daemon, 'bob', 'three')
    if (!runs) await daemon.end('SIGTERM')
    return { home, daemon, run: (...args) => runChatd(home, ...args, '--data', home.join('data')) }
  }

  test('export prints every event in its present state', async () => {
    const { run } = await prepared()
    const { code, out, err } = await run('export', 'DEV')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const events = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as unknown)
    expect(events).toMatchObject([
      { seq: 1, message: 'one', reactions: { '👍': { names: ['alice'] } } },
      { seq: 2, message: 'two', prev: 1 },
      { seq: 3, action: 'react' },
      { seq: 4, message: 'three', from: 'bob' },
    ])
    expect(await run('export', 'nowhere')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('no room "nowhere" has any event'),
    })
  })

  test('backup makes a log of its own, with another epoch, and overwrites nothing', async () => {
    const { home, daemon, run } = await prepared()
    mkdirSync(home.join('copy'))
    expect(await run('backup', 'copy/chatd.db')).toMatchObject({ code: 0, err: '' })
    expect(await run('backup', 'copy/chatd.db')).toMatchObject({
      code: 1,
      err: expect.stringContaining('is there already'),
    })
    expect(await run('backup', 'no/such/place')).toMatchObject({
      code: 1,
      err: expect.stringContaining('could not be written'),
    })
    expect(readdirSync(home.join('copy'))).toEqual(['chatd.db'])
    if (!runs) await daemon.startAgain()
    const original = await (await Peer.full(daemon, 'carl')).next('welcome')
    const copyHome = new Home()
    const exported = await runChatd(copyHome, 'export', 'dev', '--data', home.join('copy'))
    expect(exported.out.trim().split('\n')).toHaveLength(4)
    expect(exported.out).not.toContain(String(original['epoch']))
  })

  test('what removes messages asks first, and a name that never was is an error', async () => {
    const { run } = await prepared()
    for (const args of [
      ['retain', '--days', '0'],
      ['retain', 'dev', '--messages', '1'],
      ['erase', 'alice'],
    ]) {
      expect(await run(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--yes') })
    }
    expect((await run('export', 'dev')).out.trim().split('\n')).toHaveLength(4)
    expect(await run('erase', 'nobody', '--yes')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('no user called "nobody" was ever here'),
    })
    expect(await run('retain', '--forever')).toMatchObject({ code: 0 })
  })

  test('erase deletes by events and takes the name away', async () => {
    const { daemon, run } = await prepared()
    const bob = runs ? await Peer.full(daemon, 'carl') : undefined
    await bob?.ask({ action: 'joinroom', room: 'dev' })
    expect(await run('erase', 'alice')).toMatchObject({ code: 2, err: expect.stringContaining('--yes') })
    expect(await run('erase', 'Alice', '--yes')).toMatchObject({
      code: 0,
      out: expect.stringContaining('2 messages deleted'),
    })
    if (bob !== undefined) {
      await bob.wait(frame => frame.action === 'delete' && frame['target'] === 2)
      expect(bob.of('delete').map(frame => frame['target'])).toEqual([1, 2])
    }
    const { out } = await run('export', 'dev')
    expect(out).not.toMatch(/alice|one|two/)
    expect(out).toContain('three')
    if (!runs) await daemon.startAgain()
    const stranger = await Peer.full(daemon, 'dora')
    expect(await stranger.ask({ action: 'joinroom', room: '@alice' })).toMatchObject({ code: 'not_found' })
  })

  test('retain sets and shows what is kept', async () => {
    const { run } = await prepared()
    expect(await run('retain')).toMatchObject({ code: 0, out: 'everything is kept\n' })
    expect(await run('retain', 'dev', '--messages', '1', '--yes')).toMatchObject({
      out: 'dev: kept for 1 messages\n',
    })
    expect((await run('export', 'dev')).out.trim().split('\n')).toHaveLength(1)
    expect(await run('retain', '--days', '30', '--yes')).toMatchObject({
      out: 'all other rooms: kept for 30 days\ndev: kept for 1 messages\n',
    })
    expect(await run('retain', '--days', '-1')).toMatchObject({ code: 2 })
  })

  test('check says that all is well, a new epoch only where no daemon serves the log', async () => {
    const { run } = await prepared()
    expect(await run('check')).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^integrity: ok\norder: .*\nreferences: .*\nids: .*\nlayout: .*\nnames: .*\nsize: 4 events in 1 rooms.*\nfree: .*\nsync: /,
      ),
    })
    const renewed = await run('check', '--new-epoch')
    if (runs)
      expect(renewed).toMatchObject({ code: 1, err: expect.stringContaining('in use by another chatd') })
    else expect(renewed).toMatchObject({ code: 0, out: expect.stringContaining('new epoch') })
  })
})

test('a command that does not exist is named', async () => {
  const home = new Home()
  expect(await runChatd(home, 'bakcup')).toMatchObject({
    code: 2,
    err: 'chatd: there is no command "bakcup"; see chatd --help\n',
  })
})

test('0.0.0.0 and [::] of one port listen beside each other', async () => {
  const home = new Home()
  const port = await freePort()
  const listens = [`0.0.0.0:${port}`, `[::]:${port}`].flatMap(address => ['--listen', address])
  await Chatd.start(home, listens)
  // The daemon was waited for until it told of its first address.
  for (const host of ['127.0.0.1', '::1']) await eventually(() => connects(host, port))
})

const isRoot = process.getuid?.() === 0
if (!isRoot) console.warn('SKIPPED: without root there is no full disk and no other user to test with')

describe.skipIf(!isRoot)('a full disk', () => {
  test('a stop says bye and exits 0, and a check says what is wrong', async () => {
    const home = new Home()
    mkdirSync(home.join('data'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', home.join('data')])
    onTestFinished(() => {
      execFileSync('umount', ['--lazy', home.join('data')])
    })
    const daemon = await Chatd.start(home)
    const alice = await say(daemon, 'alice', 'kept')
    fill(home.join('data', 'ballast'))
    const refused = await alice.ask({ action: 'chat', room: 'dev', message: 'x'.repeat(16_000) })
    for (let n = 0; n < 400 && refused.action === 'ok'; n++) {
      const answer = await alice.ask({ action: 'chat', room: 'dev', message: 'x'.repeat(16_000) })
      if (answer.action === 'error') break
    }
    expect(await runChatd(home, 'check', '--data', home.join('data'))).toMatchObject({
      code: 1,
      out: expect.stringMatching(/integrity: ok(.|\n)*the disk takes no write/),
    })
    expect(await daemon.end('SIGTERM')).toBe(0)
    expect(await alice.next('bye')).toMatchObject({ reason: 'shutting_down' })
  })
})

describe.skipIf(!isRoot)('the lock of the data directory', () => {
  test('a file that the daemon cannot write is no lock: a second daemon does not start', async () => {
    const home = new Home()
    mkdirSync(home.join('data'))
    writeFileSync(home.join('data', 'lock'), '', { mode: 0o644 })
    chownSync(home.join('data'), OTHER_USER, OTHER_USER)
    const program = `const { lockDirectory } = await import(${JSON.stringify(LOCK)});
      const lock = lockDirectory(${JSON.stringify(home.join('data'))});
      process.stdout.write(lock.ok ? 'locked' : lock.error)`
    const ran = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      uid: OTHER_USER,
      gid: OTHER_USER,
      env: { PATH: process.env['PATH'] },
      encoding: 'utf8',
    })
    expect(ran.stdout).toMatch(/cannot be opened .*check its owner/)
  })
})
