import { expect, test } from 'vitest'
import { thisCaller } from '../../../src/server/admin/caller.ts'
import { objects, startOperated } from '../operator.ts'
import { eventually, Peer } from '../peer.ts'

const isJson = true

test('who tells of every connection; by room, by name in any case, and before connect', async () => {
  const server = await startOperated()
  const alice = await Peer.open(server)
  alice.send({ action: 'connect', username: 'Alice', protocol: 1, client: 'ed\u009b31m 1.0' })
  await alice.next('welcome')
  await alice.ask({ action: 'joinroom', room: 'dev' })
  const bob = await Peer.plain(server, 'bob')
  bob.send({ action: 'joinroom', room: 'ops' })
  const stranger = await Peer.open(server)
  stranger.raw(' ')
  await eventually(async () => objects(await server.run({ task: 'who', isJson })).length === 3)
  await eventually(async () => (await server.run({ task: 'who', room: 'ops', isJson })).lines.length === 1)
  const who = await server.run({ task: 'who', isJson })
  expect(who.result).toMatchObject({ ok: true })
  expect(objects(who)).toMatchObject([
    { connection: 'c1', name: 'Alice', kind: 'guest', speaks: 'full', tls: false, rooms: ['dev'] },
    { connection: 'c2', name: 'bob', kind: 'guest', speaks: 'plain', rooms: ['ops'], address: '127.0.0.1' },
    { connection: 'c3', rooms: [] },
  ])
  const [first] = objects(who)
  expect(first).toMatchObject({ client: 'ed\u009b31m 1.0', idle: expect.any(Number) })
  expect(Number(first?.['received'])).toBeGreaterThan(50)
  expect(who.lines[0]).not.toContain('\u009b')
  const byName = await server.run({ task: 'who', name: 'ALICE', isJson })
  expect(objects(byName)).toMatchObject([{ name: 'Alice' }])
  const forPeople = await server.run({ task: 'who', isJson: false })
  expect(forPeople.lines[0]).toMatch(/^NUMBER +NAME +KIND/)
  expect(forPeople.lines[1]).toMatch(/^c1 +Alice +guest +full +no +.* 127\.0\.0\.1 +ed\ufffd31m_1\.0 +dev$/)
  expect(await server.run({ task: 'who', room: 'nowhere', isJson })).toMatchObject({
    lines: [],
    result: { ok: false, error: { code: 'unknown' } },
  })
  expect(await server.run({ task: 'who', name: '@#!', isJson })).toMatchObject({
    result: { error: { code: 'invalid' } },
  })
})

test('who stops where its reader does, and lets clients have their turn', async () => {
  const server = await startOperated({ connectionsPerAddress: 1_000 })
  const peers = await Promise.all([...Array(300).keys()].map(() => Peer.open(server)))
  for (const peer of peers) peer.raw(' ')
  await eventually(() => server.daemon.live.connections().length === peers.length)
  const some = await server.run({ task: 'who', isJson }, 5)
  expect(some).toMatchObject({ result: { ok: true } })
  expect(some.lines).toHaveLength(5)
  let turns = 0
  const counting = setInterval(() => turns++, 0)
  const all = await server.run({ task: 'who', isJson })
  clearInterval(counting)
  expect(all.lines).toHaveLength(300)
  expect(turns).toBeGreaterThan(1)
})

test('kick ends every connection of a name, with a reason for each kind of client, and the audit says who', async () => {
  const server = await startOperated()
  const full = await Peer.full(server, 'bob')
  const session = String((await full.next('welcome'))['session'])
  const second = await Peer.full(server, 'bob', session)
  const alice = await Peer.full(server, 'alice')
  await alice.ask({ action: 'joinroom', room: 'dev' })
  await full.ask({ action: 'joinroom', room: 'dev' })
  const kicked = await server.run({ task: 'kick', whom: 'BOB', isName: false, reason: 'a flood', isJson })
  expect(objects(kicked)).toMatchObject([
    { connection: 'c1', name: 'bob' },
    { connection: 'c2', name: 'bob' },
  ])
  const message = 'the operator ended this connection: a flood'
  expect(await full.next('bye')).toMatchObject({ reason: 'kicked', message, retryAfter: 30_000 })
  expect(await second.next('bye')).toMatchObject({ reason: 'kicked' })
  await eventually(() => full.socket.readableEnded && second.socket.readableEnded)
  expect(objects(await server.run({ task: 'who', isJson }))).toMatchObject([{ name: 'alice' }])
  const plain = await Peer.plain(server, 'carol')
  await eventually(async () => (await server.run({ task: 'who', name: 'carol', isJson })).lines.length === 1)
  await server.run({ task: 'kick', whom: 'c4', isName: false, isJson })
  expect(await plain.next('error')).toMatchObject({ code: 'forbidden', from: 'chatd' })
  await eventually(() => plain.socket.readableEnded)
  const { user } = thisCaller()
  const [last, before] = await server.log.audit(undefined, 10)
  expect(last).toMatchObject({ deed: 'kick', detail: expect.stringContaining(`c4, by ${user} (uid`) })
  expect(before).toMatchObject({
    deed: 'kick',
    target: 'bob',
    detail: expect.stringContaining('c1 c2 a flood'),
  })
})

test('kick names what is not there, what looks like it, and tells names from numbers', async () => {
  const server = await startOperated()
  await Peer.full(server, 'alice')
  const kick = (whom: string, more: object = {}) =>
    server.run({ task: 'kick', whom, isName: false, isJson, ...more })
  expect(await kick('aIice')).toMatchObject({
    result: {
      error: { code: 'unknown', message: expect.stringContaining('"alice", who is, looks like it') },
    },
  })
  expect(await kick('c99')).toMatchObject({
    result: { error: { code: 'unknown', message: expect.stringContaining('add --name') } },
  })
  await Peer.full(server, 'c99')
  expect((await kick('c99', { isName: true })).lines).toHaveLength(1)
  expect(await kick('alice', { reason: 'x'.repeat(300) })).toMatchObject({
    result: { error: { code: 'invalid' } },
  })
  expect(await kick('alice', { reason: 'a\u001b[2Jb' })).toMatchObject({
    result: { error: { code: 'invalid' } },
  })
  expect(server.daemon.live.connections().some(({ person }) => person === 'alice')).toBe(true)
  // Two at once: one of them finds the connection.
  const both = await Promise.all([kick('alice'), kick('alice')])
  expect(both.filter(({ result }) => result?.ok)).toHaveLength(1)
})

test('announce reaches full clients, those of a room alone where one is named, and counts plain ones', async () => {
  const server = await startOperated()
  const alice = await Peer.full(server, 'alice')
  await alice.ask({ action: 'joinroom', room: 'dev' })
  const bob = await Peer.full(server, 'bob')
  const carol = await Peer.plain(server, 'carol')
  carol.send({ action: 'joinroom', room: 'dev' })
  await eventually(async () => (await server.run({ task: 'who', room: 'dev', isJson })).lines.length === 2)
  const text = 'restart at 18:00 👩‍🔧'
  expect(objects(await server.run({ task: 'announce', text, room: 'DEV', isJson }))).toEqual([
    { told: 1, plain: 1 },
  ])
  expect(await alice.next('notice')).toEqual({ action: 'notice', message: `#dev: ${text}` })
  expect((await server.run({ task: 'announce', text, isJson: false })).lines).toEqual([
    'told 2 connections; 1 connection of plain clients cannot be told',
  ])
  expect(await bob.next('notice')).toMatchObject({ message: text })
  for (const bad of ['', ' \u200b', 'two\nlines', '\u001b[31m', 'a\u202eb', 'x'.repeat(2_000_000 / 20)])
    expect(await server.run({ task: 'announce', text: bad, isJson })).toMatchObject({
      result: { error: { code: 'invalid' } },
    })
  expect(await server.run({ task: 'announce', text, room: 'nowhere', isJson })).toMatchObject({
    result: { error: { code: 'unknown' } },
  })
  expect(bob.frames.filter(({ action }) => action === 'notice')).toHaveLength(1)
  expect(carol.frames).toEqual([])
})

test('an announcement to an empty server is done, and a task with an odd sender too', async () => {
  const server = await startOperated()
  expect(objects(await server.run({ task: 'announce', text: 'hello', isJson }))).toEqual([
    { told: 0, plain: 0 },
  ])
  const odd = { task: 'announce', text: 'hello', isJson, by: { user: 'a\u001bb' } } as const
  expect((await server.run(odd)).result).toMatchObject({ ok: true })
})

test('log-level changes the level of the running daemon, and shows it', async () => {
  const server = await startOperated()
  expect(objects(await server.run({ task: 'logLevel', isJson }))).toEqual([{ level: 'silent' }])
  expect(objects(await server.run({ task: 'logLevel', level: 'fatal', isJson }))).toEqual([
    { level: 'fatal', before: 'silent' },
  ])
  expect(server.daemon.live.logLevel).toBe('fatal')
  expect(await server.log.audit(undefined, 1)).toMatchObject([{ deed: 'logLevel', by: undefined }])
})

test('a drain sends all away, says so, stands in the audit, and can be cancelled', async () => {
  const server = await startOperated()
  const alice = await Peer.full(server, 'alice')
  const plain = await Peer.plain(server, 'plain')
  expect(await server.run({ task: 'drain', isJson: false })).toMatchObject({
    result: { error: { code: 'invalid', message: 'this daemon takes connections already' } },
  })
  const ended = Promise.all([alice.ended(), plain.ended()])
  const drained = await server.run({ task: 'drain', within: 0.3, isJson: false })
  expect(drained).toMatchObject({ result: { ok: true } })
  expect(drained.lines).toEqual([
    'takes no more connections; sends 2 connections away within 0.3 s',
    expect.stringMatching(/^no connection is left; chatd runs on/),
  ])
  await ended
  expect(alice.frames.at(-1)).toEqual({
    ...{ action: 'bye', reason: 'draining', message: expect.any(String), retryAfter: 0 },
  })
  expect(plain.of('bye', 'error')).toEqual([])
  await expect(Peer.full(server, 'late')).rejects.toThrow('ECONNREFUSED')
  const again = await server.run({ task: 'drain', within: 0, isJson })
  expect(objects(again)).toEqual([{ connections: 0, within: 0 }, { connections: 0 }])
  expect(await server.run({ task: 'drain', isJson })).toMatchObject({ lines: ['{"cancelled":true}'] })
  await Peer.full(server, 'late')
  const audit = await server.run({ task: 'audit', limit: 10 })
  expect(audit.lines.join('\n')).toContain('2 connections within 0.3 s')
})
