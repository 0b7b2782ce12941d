import { expect, test } from 'vitest'
import { type OperatedServer, objects, startOperated } from '../operator.ts'
import { eventually, Peer, type Received } from '../peer.ts'

const isJson = true

function rename(server: OperatedServer, room: string, name: string) {
  return server.run({ task: 'roomRename', room, name, isJson })
}

/** A client that understands renames. */
function modern(server: OperatedServer, name: string, session?: string): Promise<Peer> {
  return Peer.full(server, name, session, ['renames', 'of another version'])
}

function said(peer: Peer): unknown[] {
  return peer.of('chat').map(({ room, message }) => [room, message])
}

function join(room: string, more: object = {}): Readonly<Record<string, unknown>> {
  return { action: 'joinroom', room, ...more }
}

test('every kind of member goes on under the name by which it joined, and hears of the new one', async () => {
  const server = await startOperated()
  const alice = await modern(server, 'alice')
  const bob = await Peer.full(server, 'bob')
  const carol = await Peer.plain(server, 'carol')
  expect(await alice.ask(join('Dev'))).not.toHaveProperty('title')
  await bob.ask(join('dev'))
  carol.send(join('dev'))
  await alice.wait(frame => frame.action === 'joined' && frame['from'] === 'carol')
  const { seq } = await bob.ask({ action: 'chat', room: 'dev', message: 'one' })
  expect(objects(await rename(server, 'DEV', 'Infra'))).toEqual([
    { room: 'Infra', before: 'Dev', identity: 'Dev' },
  ])
  expect(await alice.next('renamed')).toEqual({ action: 'renamed', room: 'Dev', title: 'Infra' })
  expect(await bob.next('notice')).toEqual({
    action: 'notice',
    message: 'the room "Dev" is called "Infra" now; here it keeps the name by which you joined it',
  })
  // Later members, by the new name: the one that knows renames gets the first one all the same.
  const dave = await modern(server, 'dave')
  expect(await dave.ask(join('infra'))).toMatchObject({ room: 'Dev', title: 'Infra', last: seq })
  const erin = await Peer.full(server, 'erin')
  const joined = await erin.ask(join('INFRA', { since: 0 }))
  expect(joined).toMatchObject({ room: 'INFRA', last: seq })
  expect(joined).not.toHaveProperty('title')
  const frank = await Peer.plain(server, 'frank')
  frank.send(join('infra'))
  await bob.wait(frame => frame.action === 'joined' && frame['from'] === 'frank')
  frank.send({ action: 'chat', room: 'infra', message: 'two' })
  expect(await erin.ask({ action: 'chat', room: 'infra', message: 'three' })).toMatchObject({ room: 'INFRA' })
  await erin.ask({ action: 'typing', room: 'infra', on: true })
  for (const peer of [alice, bob, carol, dave, erin, frank])
    await peer.wait(frame => frame.action === 'chat' && frame['message'] === 'three')
  const all = [['Dev', 'one']]
  expect(said(alice)).toEqual([...all, ['Dev', 'two'], ['Dev', 'three']])
  expect(said(bob)).toEqual(said(alice))
  expect(said(carol)).toEqual(said(alice))
  expect(said(dave)).toEqual([
    ['Dev', 'two'],
    ['Dev', 'three'],
  ])
  expect(said(erin)).toEqual([
    ['INFRA', 'one'],
    ['INFRA', 'two'],
    ['INFRA', 'three'],
  ])
  // A plain client does not get its own messages.
  expect(said(frank)).toEqual([['infra', 'three']])
  expect(await alice.next('typing')).toMatchObject({ room: 'Dev', from: 'erin' })
  expect(await erin.next('joined')).toMatchObject({ room: 'INFRA', from: 'frank' })
  // Back to the first name: it is a name like the others.
  expect((await rename(server, 'infra', 'dev')).result?.ok).toBe(true)
  expect(await dave.wait(frame => frame.action === 'renamed')).toMatchObject({ room: 'Dev', title: 'dev' })
  expect((await rename(server, 'infra', 'Dev')).result?.ok).toBe(true)
  expect(await dave.ask(join('dev'))).not.toHaveProperty('title')
})

test('every request takes any name of the room, and lists name it as its client knows it', async () => {
  const server = await startOperated()
  const alice = await modern(server, 'alice')
  const bob = await Peer.full(server, 'bob')
  await alice.ask(join('dev'))
  const { seq } = await alice.ask({ action: 'chat', room: 'dev', message: 'hello @bob' })
  await rename(server, 'dev', 'ops')
  await rename(server, 'dev', 'Infra')
  await bob.ask(join('ops'))
  for (const [peer, room] of [
    [alice, 'dev'],
    [bob, 'ops'],
  ] as const) {
    for (const name of ['dev', 'ops', 'infra', 'INFRA']) {
      const ask = (frame: Readonly<Record<string, unknown>>): Promise<Received> =>
        peer.ask({ ...frame, room: name })
      expect(await ask({ action: 'history' })).toMatchObject({ events: [{ room }] })
      expect(await ask({ action: 'search', query: 'hello' })).toMatchObject({ hits: [{ room }] })
      expect(await ask({ action: 'members' })).toMatchObject({
        members: [{ name: 'alice' }, { name: 'bob' }],
      })
      expect(await ask({ action: 'read', seq })).toMatchObject({ action: 'ok', room })
      expect(await ask({ action: 'notify', level: 'all' })).toMatchObject({ action: 'ok', room })
    }
    expect(await peer.ask({ action: 'search', query: 'hello' })).toMatchObject({ hits: [{ room }] })
    const listed = await peer.ask({ action: 'rooms', all: true })
    expect(listed['rooms']).toMatchObject([{ room, unread: 0, level: 'all' }])
    expect(listed['rooms']).toEqual([
      room === 'dev'
        ? expect.objectContaining({ title: 'Infra' })
        : expect.not.objectContaining({ title: 'Infra' }),
    ])
  }
  expect((await bob.ask({ action: 'mentions' }))['hits']).toMatchObject([{ room: 'ops' }])
  expect(await bob.ask({ action: 'topic', room: 'dev', topic: 'all' })).toMatchObject({ room: 'ops' })
  expect(await alice.next('topic')).toMatchObject({ room: 'dev', topic: 'all' })
  // Another connection of the person hears of the read position under its own name.
  const session = String((await bob.next('welcome'))['session'])
  const phone = await modern(server, 'bob', session)
  await phone.ask(join('infra'))
  await bob.ask({ action: 'read', room: 'infra', seq: 0 })
  expect(await phone.next('read')).toEqual({ action: 'read', room: 'dev', seq: 0 })
  // The session has one room, whatever its devices call it.
  expect((await phone.ask({ action: 'rooms' }))['rooms']).toMatchObject([{ room: 'dev', title: 'Infra' }])
  expect(await bob.ask({ action: 'leaveroom', room: 'dev' })).toMatchObject({ action: 'ok', room: 'ops' })
  // The operator's tasks.
  for (const room of ['dev', 'ops', 'infra']) {
    expect(objects(await server.run({ task: 'who', room, isJson }))).toMatchObject([
      { name: 'alice', rooms: ['Infra'] },
      { name: 'bob', rooms: ['Infra'] },
    ])
    expect(objects(await server.run({ task: 'announce', room, text: 'x', isJson }))).toEqual([
      { told: 2, plain: 0 },
    ])
    expect(objects(await server.run({ task: 'roomTopic', room, topic: 'x', isJson }))).toMatchObject([
      { room: 'Infra' },
    ])
    expect((await server.run({ task: 'export', room })).lines.length).toBeGreaterThan(1)
  }
  expect(objects(await server.run({ task: 'roomList', isJson }))).toMatchObject([
    { room: 'Infra', identity: 'dev', people: 2, topic: 'x' },
  ])
})

test('a client that does not know renames is in a room by one name', async () => {
  const server = await startOperated()
  const alice = await Peer.full(server, 'alice')
  await alice.ask(join('dev'))
  await alice.ask({ action: 'chat', room: 'dev', message: 'one' })
  await rename(server, 'dev', 'infra')
  expect(await alice.ask(join('infra'))).toMatchObject({
    code: 'forbidden',
    message: 'you are in this room as "dev"; leave it first to join it as "infra"',
  })
  await alice.ask({ action: 'chat', room: 'infra', message: 'two' })
  expect(said(alice)).toEqual([
    ['dev', 'one'],
    ['dev', 'two'],
  ])
  expect(await alice.ask(join('DEV'))).toMatchObject({ action: 'ok', room: 'dev' })
  await alice.ask({ action: 'leaveroom', room: 'infra' })
  expect(await alice.ask(join('infra'))).toMatchObject({ action: 'ok', room: 'infra' })
  const plain = await Peer.plain(server, 'carol')
  for (const room of ['infra', 'dev']) plain.send(join(room))
  expect(await plain.next('error')).toMatchObject({
    code: 'forbidden',
    message: expect.stringContaining('you are in this room as "infra"'),
  })
})

test('what a client holds under a name is not continued in another room of the name', async () => {
  const server = await startOperated()
  const alice = await Peer.full(server, 'alice')
  const first = await alice.ask(join('ops'))
  const one = await alice.ask({ action: 'chat', room: 'ops', message: 'one' })
  const two = await alice.ask({ action: 'chat', room: 'ops', message: 'two' })
  await alice.ask(join('dev'))
  const { seq } = await alice.ask({ action: 'chat', room: 'dev', message: 'in dev' })
  // The room goes, and its name is given to another one.
  await server.run({ task: 'roomDelete', room: 'ops', isJson })
  await rename(server, 'dev', 'ops')
  const resume = join('ops', { since: one['seq'], epoch: first['epoch'] })
  const old = await Peer.full(server, 'bob')
  const joined = await old.ask(resume)
  expect(joined).toMatchObject({ room: 'ops', last: seq })
  expect(joined['epoch']).not.toBe(first['epoch'])
  const current = await modern(server, 'carol')
  expect(await current.ask(resume)).toMatchObject({ room: 'dev', title: 'ops', epoch: first['epoch'] })
  for (const peer of [old, current]) {
    await peer.settled()
    expect(said(peer)).toEqual([])
  }
  // It goes on where it holds the room under its first name.
  await current.ask(join('dev', { since: two['seq'], epoch: first['epoch'] }))
  expect(await current.next('chat')).toMatchObject({ room: 'dev', message: 'in dev' })
  // Deleted by any name, for every kind of client; both names are free, and begin afresh.
  expect(objects(await server.run({ task: 'roomDelete', room: 'ops', isJson }))).toEqual([
    { room: 'ops', removed: 1 },
  ])
  expect(await old.next('ended')).toEqual({ action: 'ended', room: 'ops' })
  expect(await current.next('ended')).toEqual({ action: 'ended', room: 'dev' })
  const again = await old.ask(join('ops', { since: seq, epoch: joined['epoch'] }))
  expect(again).toMatchObject({ room: 'ops', last: 0 })
  expect(again['epoch']).not.toBe(joined['epoch'])
  expect(await current.ask(join('dev'))).toMatchObject({ room: 'dev', last: 0 })
})

test('what cannot be renamed, and names that are not free', async () => {
  const server = await startOperated()
  const alice = await modern(server, 'alice')
  for (const room of ['dev', 'ops', 'empty']) await alice.ask(join(room))
  for (const room of ['dev', 'ops']) await alice.ask({ action: 'chat', room, message: 'x' })
  for (const [room, name, code] of [
    ['nowhere', 'x', 'unknown'],
    ['@alice', 'x', 'invalid'],
    ['dev', '@bob', 'invalid'],
    ['dev', 'a b', 'invalid'],
    ['empty', 'x', 'unknown'],
    ['dev', 'ops', 'exists'],
    // It has members and no event.
    ['dev', 'empty', 'exists'],
    ['dev', '0ps', 'invalid'],
  ] as const)
    expect((await rename(server, room, name)).result).toMatchObject({ error: { code } })
  await rename(server, 'ops', 'web')
  expect((await rename(server, 'dev', 'ops')).result).toMatchObject({ error: { code: 'exists' } })
  // Names of a room that is there are taken for makers of rooms too.
  expect(await alice.ask(join('w\u0435b'))).toMatchObject({ code: 'room_invalid' })
  expect(await server.log.audit(undefined, 5)).toMatchObject([
    { deed: 'renameRoom', detail: expect.stringMatching(/^room ops, now web, by /) },
  ])
  // The same name again changes nothing, and is no failure.
  expect((await rename(server, 'ops', 'web')).result?.ok).toBe(true)
  expect(await server.log.audit(undefined, 5)).toHaveLength(1)
})

test('a room in which nothing was said gives its name away, and is listed no more', async () => {
  const server = await startOperated({ leftAfter: 0 })
  const alice = await modern(server, 'alice')
  const session = String((await alice.next('welcome'))['session'])
  for (const room of ['dev', 'empty']) await alice.ask(join(room))
  await alice.ask({ action: 'chat', room: 'dev', message: 'x' })
  alice.socket.end()
  await alice.ended()
  await eventually(() => server.daemon.live.room('empty') === undefined)
  await rename(server, 'dev', 'empty')
  const again = await modern(server, 'alice', session)
  expect((await again.ask({ action: 'rooms' }))['rooms']).toMatchObject([{ room: 'dev', title: 'empty' }])
  expect(await again.ask(join('empty'))).toMatchObject({ room: 'dev', title: 'empty' })
})

test('a token is for the room under each of its names', async () => {
  const server = await startOperated()
  const alice = await modern(server, 'alice')
  await alice.ask(join('dev'))
  await alice.ask({ action: 'chat', room: 'dev', message: 'one' })
  await rename(server, 'dev', 'infra')
  await server.run({ task: 'userAdd', name: 'ci', keys: [], role: 'bot' })
  const made = await server.run({ task: 'tokenAdd', name: 'ci', rooms: ['infra'], may: 'speak', label: 'x' })
  const password = /chatd_\S+/.exec(made.lines.join(' '))?.[0]
  for (const room of ['dev', 'infra']) {
    const bot = await Peer.open(server)
    bot.send({ action: 'connect', username: 'ci', password })
    bot.send(join(room))
    bot.send({ action: 'chat', room, message: `by ${room}` })
    expect(await alice.wait(frame => frame['message'] === `by ${room}`)).toMatchObject({ room: 'dev' })
  }
})
