import { expect, test } from 'vitest'
import { eventually, Peer } from '../server/peer.ts'
import { Home } from './home.ts'
import { Chatd, runChatd } from './programs.ts'

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
    ['room', 'delete'],
    ['log-level'],
  ])
    expect((await runChatd(home, ...command, '--help')).out).toMatch(/Examples:\n {2}chatd /)
})
