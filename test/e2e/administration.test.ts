import { expect, test } from 'vitest'
import { eventually, Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, joined, runChatd } from './programs.ts'
import { KEY } from './terminal.ts'

test('the commands about a running daemon, as scripts use them', async () => {
  const home = new Home()
  const data = ['--data', home.join('data')]
  const daemon = await Chatd.start(home)
  const alice = await Peer.full(daemon, 'alice')
  await alice.ask({ action: 'joinroom', room: 'dev' })
  await alice.ask({ action: 'chat', room: 'dev', message: 'hello' })
  const who = await runChatd(home, 'who', '--room', 'DEV', '--json', ...data)
  expect(who).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(who.out)).toMatchObject({ connection: 'c1', name: 'alice', rooms: ['dev'] })
  expect(await runChatd(home, 'announce', 'restart at 18:00', ...data)).toEqual({
    code: 0,
    out: 'told 1 connection\n',
    err: '',
  })
  expect(await alice.next('notice')).toMatchObject({ message: 'restart at 18:00' })
  expect(await runChatd(home, 'room', 'topic', 'dev', 'release', ...data)).toMatchObject({
    code: 0,
    out: 'dev: topic set\n',
  })
  const unknown = await runChatd(home, 'kick', 'bob', '--json', ...data)
  expect(unknown).toMatchObject({ code: 1, out: '' })
  expect(JSON.parse(unknown.err)).toEqual({ failed: 'unknown', message: '"bob" is not connected' })
  expect(await runChatd(home, 'log-level', 'loud', ...data)).toMatchObject({ code: 2, out: '' })
  expect(await runChatd(home, 'kick', ...data)).toMatchObject({ code: 2, out: '' })
  // Without a terminal a deletion has to be confirmed.
  expect(await runChatd(home, 'room', 'delete', 'dev', ...data)).toMatchObject({ code: 2 })
  expect(await runChatd(home, 'kick', 'c1', '--reason', 'lunch', ...data)).toMatchObject({ code: 0 })
  expect(await alice.next('bye')).toMatchObject({ reason: 'kicked' })
  expect(await runChatd(home, 'log-level', 'debug', '--json', ...data)).toMatchObject({
    out: '{"level":"debug","before":"info"}\n',
  })
  await Peer.full(daemon, 'bob')
  await eventually(() => daemon.log.includes('"level":"debug"'))
  expect(daemon.log).toMatch(/"task":"kick","by":\{"user":"[^"]+","uid":\d+\}/)
  expect(daemon.log).not.toMatch(/lunch|restart at/)
  const audit = await runChatd(home, 'audit', ...data)
  expect(audit.out).toMatch(/logLevel {2}- {2}debug, by \S+ \(uid \d+\)\n.* kick {2}alice {2}c1 lunch, by /)
  await daemon.end('SIGTERM')
  // Without a daemon: rooms are in the files; connections are not.
  expect(await runChatd(home, 'who', ...data)).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(
      /^chatd: no chatd runs in .*data; start it, or name its directory with --data\n$/,
    ),
  })
  expect((await runChatd(home, 'room', 'list', ...data)).out).toMatch(/^ROOM .*\ndev +0 +20\S+ release\n$/)
  expect(await runChatd(home, 'room', 'delete', 'dev', '--yes', '--json', ...data)).toMatchObject({
    code: 0,
    out: '{"room":"dev","removed":2}\n',
  })
  for (const command of [
    ['who'],
    ['kick'],
    ['announce'],
    ['room', 'list'],
    ['room', 'rename'],
    ['room', 'delete'],
    ['log-level'],
  ])
    expect((await runChatd(home, ...command, '--help')).out).toMatch(/Examples:\n {2}chatd /)
})

test('a room is renamed under a screen, an older client and a plain one, and all of its names go with it', async () => {
  const home = new Home()
  const data = ['--data', home.join('data')]
  const daemon = await Chatd.start(home)
  const older = await Peer.full(daemon, 'bob')
  await older.ask({ action: 'joinroom', room: 'dev' })
  await older.ask({ action: 'chat', room: 'dev', message: 'before the rename' })
  const plain = await Peer.plain(daemon, 'ci')
  plain.send({ action: 'joinroom', room: 'dev' })
  const alice = await joined(daemon, 'alice', 'dev', { home })
  await alice.waitFor('before the rename')
  await alice.waitFor('3 people')
  expect(await runChatd(home, 'room', 'rename', 'dev', 'platform', ...data)).toEqual({
    code: 0,
    out: 'dev: it is called platform now\n"dev" and its other names go on leading to it\n',
    err: '',
  })
  await alice.waitFor('#dev is called #platform now')
  const shown = await alice.settle()
  expect(shown).toMatch(/^ #platform /)
  expect(shown).toMatch(/▌1 platform /)
  expect(await older.next('notice')).toMatchObject({ message: expect.stringContaining('"platform"') })
  alice.type(`hello all${KEY.enter}`)
  expect(await older.wait(frame => frame['message'] === 'hello all')).toMatchObject({ room: 'dev' })
  expect(await plain.wait(frame => frame['message'] === 'hello all')).toMatchObject({ room: 'dev' })
  // What others may not have, and what is no name.
  await older.ask({ action: 'joinroom', room: 'ops' })
  await older.ask({ action: 'chat', room: 'ops', message: 'x' })
  const taken = await runChatd(home, 'room', 'rename', 'ops', 'dev', '--json', ...data)
  expect(taken).toMatchObject({ code: 1, out: '' })
  expect(JSON.parse(taken.err)).toMatchObject({ failed: 'exists' })
  expect(await runChatd(home, 'room', 'rename', 'ops', ...data)).toMatchObject({ code: 2 })
  // Over a restart of the daemon and of the client, which finds the room by either name.
  expect(await daemon.end('SIGTERM')).toBe(0)
  await alice.waitFor('○ ')
  alice.hangUp()
  await alice.exited
  await daemon.startAgain()
  const again = await joined(daemon, 'alice', 'platform', { home })
  await again.waitFor('hello all')
  expect(await again.settle()).toMatch(/^ #platform /)
  expect(again.screen()).not.toMatch(/\bdev\b.*│/)
  const bot = await Peer.plain(daemon, 'ci')
  bot.send({ action: 'joinroom', room: 'dev' })
  bot.send({ action: 'chat', room: 'dev', message: 'by the old name' })
  await again.waitFor('by the old name')
  again.type(`/join dev${KEY.enter}`)
  await again.settle()
  again.type(`still here${KEY.enter}`)
  expect(await bot.wait(frame => frame['message'] === 'still here')).toMatchObject({ room: 'dev' })
  expect(await again.settle()).not.toMatch(/2 dev/)
  expect(
    JSON.parse((await runChatd(home, 'room', 'list', '--json', ...data)).out.split('\n')[0] ?? ''),
  ).toMatchObject({
    room: 'platform',
    identity: 'dev',
  })
  expect((await runChatd(home, 'check', ...data)).out).toContain('names: every name of a room leads to it')
  expect((await runChatd(home, 'audit', ...data)).out).toMatch(
    /renameRoom {2}- {2}room dev, now platform, by /,
  )
  // Deleted, all of its names are free.
  expect(await runChatd(home, 'room', 'delete', 'dev', '--yes', ...data)).toMatchObject({ code: 0 })
  await again.waitFor('deleted this room')
  for (const name of ['dev', 'platform'])
    expect(await runChatd(home, 'room', 'rename', 'ops', name, ...data)).toMatchObject({ code: 0 })
})
