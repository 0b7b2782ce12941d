import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, type Ran, runChatd } from './programs.ts'

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
    expect(await run('retain', 'dev', '--messages', '1')).toMatchObject({ out: 'dev: kept for 1 messages\n' })
    expect((await run('export', 'dev')).out.trim().split('\n')).toHaveLength(1)
    expect(await run('retain', '--days', '30')).toMatchObject({
      out: 'all other rooms: kept for 30 days\ndev: kept for 1 messages\n',
    })
    expect(await run('retain', '--days', '-1')).toMatchObject({ code: 2 })
  })

  test('check says that all is well, a new epoch only where no daemon serves the log', async () => {
    const { run } = await prepared()
    expect(await run('check')).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^integrity: ok\norder: .*\nlayout: .*\nsize: 4 events in 1 rooms.*\nfree: .*\nsync: /,
      ),
    })
    const renewed = await run('check', '--new-epoch')
    if (runs)
      expect(renewed).toMatchObject({ code: 1, err: expect.stringContaining('in use by another chatd') })
    else expect(renewed).toMatchObject({ code: 0, out: expect.stringContaining('new epoch') })
  })
})
