import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { seeded } from '../seeded.ts'
import { Peer, startServer } from '../server/peer.ts'
import { lineBefore } from './lineBefore.ts'
import { join, joined, record, texts, until } from './session.ts'

const fair = { random: seeded(1), cut: 0, delay: 0, halve: 0 }

/** A daemon that can be stopped and started again on its port. */
async function restartable(port = 0): Promise<{ port: number; stop: () => Promise<void> }> {
  const server = await startServer({ stopWithin: 50 }, undefined, { host: '127.0.0.1', port })
  return { port: server.port, stop: () => server.daemon.stop() }
}

describe('a client without a screen', () => {
  test('two of them talk; each message is sending, sent, and then in the timeline', async () => {
    const { port } = await startServer()
    const alice = join(port, 'alice', ['dev'])
    const hers = await joined(alice, 'dev')
    const bob = join(port, 'bob', ['dev'])
    const his = await joined(bob, 'dev')
    const states: string[] = []
    alice.subscribe(() => states.push(hers.outbox[0]?.state.status ?? 'in the timeline'))
    const said = alice.say('dev', 'hello @bob')
    await until(bob, () => his.timeline.length === 1)
    await until(alice, () => hers.timeline.length === 1 && hers.outbox.length === 0)
    expect(hers.timeline).toEqual(his.timeline)
    expect(his.timeline[0]).toMatchObject({
      kind: 'message',
      from: 'alice',
      text: 'hello @bob',
      id: said.ok && said.value,
    })
    expect([his.unread, his.mentions, hers.unread]).toEqual([1, 1, 0])
    expect(states[0]).toBe('sending')
    expect(states.at(-1)).toBe('in the timeline')
    expect(his.people).toBe(2)
    expect([...(his.members?.keys() ?? [])]).toEqual(['alice', 'bob'])
  })

  test('reading clears what is unread here and on my other connections', async () => {
    const { port } = await startServer()
    const alice = join(port, 'alice', ['dev'])
    const told = record(alice)
    const room = await joined(alice, 'dev')
    const session = told.find(event => event.type === 'session')?.session
    const phone = join(port, 'alice', [], { session })
    const theirs = await joined(phone, 'dev')
    const bob = join(port, 'bob', ['dev'])
    await joined(bob, 'dev')
    for (const text of ['one', 'two @alice', 'three']) bob.say('dev', text)
    await until(alice, () => room.unread === 3)
    await until(phone, () => theirs.unread === 3)
    const [, second] = room.timeline
    alice.markRead('dev', second?.kind === 'message' ? second.seq : 0)
    expect([room.unread, room.mentions]).toEqual([1, 0])
    await until(phone, () => theirs.unread === 1 && theirs.mentions === 0)
    const later = join(port, 'alice', [], { session })
    const there = await joined(later, 'dev')
    await until(later, () => there.unread === 1)
  })

  test('opens with the newest page, pages back on demand, and knows where the beginning is', async () => {
    const { port } = await startServer()
    const bob = await Peer.full({ port }, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev' })
    for (let i = 0; i < 250; i++) bob.send({ action: 'chat', room: 'dev', message: `${i}` })
    await bob.until(() => bob.of('chat').length === 250)
    const alice = join(port, 'alice', ['dev'])
    const room = await joined(alice, 'dev')
    expect(texts(room)).toEqual(Array.from({ length: 100 }, (_, i) => `${150 + i}`))
    expect([room.unread, room.moreBefore]).toEqual([0, true])
    while (room.moreBefore) {
      alice.loadBefore('dev')
      alice.loadBefore('dev')
      await until(alice, () => !room.loadingBefore)
    }
    expect(texts(room)).toEqual(Array.from({ length: 250 }, (_, i) => `${i}`))
  })

  test('reaches any seq of a long room, with gaps between, which fill from both ends until the room is whole', async () => {
    const { port } = await startServer()
    const bob = await Peer.full({ port }, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev' })
    const all = Array.from({ length: 1_500 }, (_, i) => `${i}`)
    for (const message of all) bob.send({ action: 'chat', room: 'dev', message })
    await bob.until(() => bob.of('chat').length === all.length)
    const seqs = bob.of('chat').map(event => Number(event['seq']))
    const alice = join(port, 'alice', ['dev'])
    const room = await joined(alice, 'dev')
    const gaps = () => room.timeline.filter(entry => entry.kind === 'gap')

    // The second lies in the gap that the first makes; the last is held by then. A page is on its way meanwhile.
    alice.loadBefore('dev')
    for (const seq of [0, seqs[700] ?? 0, seqs[701] ?? 0]) {
      expect(await alice.reach('dev', seq)).toMatchObject({ ok: true })
    }
    expect(room.moreBefore).toBe(false)
    expect(texts(room).slice(0, 100)).toEqual(all.slice(0, 100))
    expect(room.messageAt(seqs[700] ?? 0)?.text).toBe('700')
    expect(texts(room).slice(-200)).toEqual(all.slice(-200))
    expect(gaps()).toHaveLength(2)

    for (let turn = 0; gaps().length > 0; turn++) {
      alice.fillGap('dev', gaps()[0]?.before ?? 0, turn % 2 === 0 ? 'oldest' : 'newest')
      await until(alice, () => !gaps().some(gap => gap.loading))
    }
    expect(texts(room)).toEqual(all)
  })

  test('messages that are sent without a connection wait, and go out in order after the reconnect', async () => {
    const { port } = await startServer()
    const proxy = await lineBefore(port, fair)
    const alice = join(proxy.port, 'alice', ['dev'])
    const room = await joined(alice, 'dev')
    const bob = join(port, 'bob', ['dev'])
    const his = await joined(bob, 'dev')
    proxy.cutAll()
    await until(alice, () => alice.link.status === 'waiting')
    for (const text of ['one', 'two', 'three']) alice.say('dev', text)
    bob.say('dev', 'meanwhile')
    expect(room.outbox.map(entry => entry.state.status)).toEqual(['waiting', 'waiting', 'waiting'])
    expect(alice.hasUnsent).toBe(true)
    await until(alice, () => room.outbox.length === 0 && room.status === 'joined')
    await until(bob, () => his.timeline.length === 4)
    expect(texts(room)).toEqual(['meanwhile', 'one', 'two', 'three'])
    expect(room.timeline).toEqual(his.timeline)
    expect(alice.hasUnsent).toBe(false)
  })

  test('a server that comes back with another log: the old messages stay above a row that says so, unsent ones are sent again', async () => {
    const first = await restartable()
    const alice = join(first.port, 'alice', ['dev'])
    const room = await joined(alice, 'dev')
    alice.say('dev', 'before')
    await until(alice, () => room.timeline.length === 1 && room.outbox.length === 0)
    await first.stop()
    await until(alice, () => alice.link.status === 'waiting')
    alice.say('dev', 'between')
    await restartable(first.port)
    await until(
      alice,
      () => room.status === 'joined' && room.outbox.length === 0 && room.timeline.length === 3,
    )
    expect(texts(room)).toEqual(['before', '[restart]', 'between'])
    alice.say('dev', 'after')
    await until(alice, () => room.timeline.length === 4)
    expect(texts(room)).toEqual(['before', '[restart]', 'between', 'after'])
  })

  test('direct conversations appear unasked, and are there again after a reconnect', async () => {
    const { port } = await startServer()
    const proxy = await lineBefore(port, fair)
    const alice = join(proxy.port, 'alice', [])
    await until(alice, () => alice.link.status === 'online')
    const bob = join(port, 'Bob', ['@alice'])
    const his = await joined(bob, '@alice')
    bob.say('@alice', 'psst')
    const room = await joined(alice, '@bob')
    await until(alice, () => room.timeline.length === 1)
    expect(room).toMatchObject({ kind: 'direct', name: '@Bob', unread: 1, mentions: 1 })
    proxy.cutAll()
    await until(alice, () => alice.link.status === 'waiting')
    bob.say('@alice', 'still there?')
    await until(alice, () => room.timeline.length === 2)
    alice.say('@bob', 'yes')
    await until(bob, () => his.timeline.length === 3)
    expect(texts(his)).toEqual(['psst', 'still there?', 'yes'])
  })

  test('a text that can never be sent is refused at once, and the next ones are sent', async () => {
    const { port } = await startServer()
    const alice = join(port, 'alice', ['dev'])
    const room = await joined(alice, 'dev')
    expect(alice.say('dev', '  \n ')).toMatchObject({ ok: false, error: { code: 'bad_frame' } })
    expect(alice.say('dev', 'a\0b')).toMatchObject({ ok: false })
    expect(alice.say('dev', 'x'.repeat(16_385))).toMatchObject({
      ok: false,
      error: { code: 'message_too_long' },
    })
    expect(alice.say('nowhere', 'x')).toMatchObject({ ok: false, error: { code: 'not_in_room' } })
    expect(alice.edit('dev', 1, '\n')).toMatchObject({ ok: false, error: { code: 'bad_frame' } })
    expect(alice.join('no spaces')).toMatchObject({ ok: false, error: { code: 'room_invalid' } })
    expect(room.outbox).toEqual([])
  })

  test('a room that the server refuses says why; a name that is taken asks the user', async () => {
    const { port } = await startServer()
    const alice = join(port, 'alice', ['@nobody'])
    const room = await until(alice, () => {
      const found = alice.rooms.get('@nobody')
      return found?.status === 'failed' ? found : undefined
    })
    expect(room.error).toContain('nobody')
    const other = join(port, 'Alice', ['dev'])
    await until(other, () => other.link.status === 'refused')
    expect(other.link).toMatchObject({ code: 'name_taken' })
    other.rename('carol')
    await joined(other, 'dev')
    expect(other.username).toBe('carol')
  })

  test('leaving without a connection is sent after the reconnect', async () => {
    const { port } = await startServer()
    const proxy = await lineBefore(port, fair)
    const alice = join(proxy.port, 'alice', ['dev', 'ops'])
    await joined(alice, 'dev')
    await joined(alice, 'ops')
    proxy.cutAll()
    await until(alice, () => alice.link.status === 'waiting')
    alice.leave('ops')
    await joined(alice, 'dev')
    const { value: rooms } = await untilAnswer(() => alice.listRooms(false), 1)
    expect(rooms.map(({ room }) => room)).toEqual(['dev'])
    expect([...alice.rooms.keys()]).toEqual(['dev'])
  })

  test('typing and away reach the others, and end with the connection', async () => {
    const { port } = await startServer()
    const alice = join(port, 'alice', ['dev'])
    const room = await joined(alice, 'dev')
    const proxy = await lineBefore(port, fair)
    const bob = join(proxy.port, 'bob', ['dev'])
    await joined(bob, 'dev')
    bob.typing('dev', true)
    await until(alice, () => room.typing.includes('bob'))
    bob.say('dev', 'done')
    await until(alice, () => room.typing.length === 0)
    bob.away('lunch')
    await until(alice, () => room.members?.get('bob')?.away === 'lunch')
    expect(await alice.members('dev')).toMatchObject({
      ok: true,
      value: [{ name: 'alice' }, { name: 'bob', away: 'lunch' }],
    })
    bob.away(undefined)
    await until(alice, () => room.members?.get('bob')?.away === undefined)
  })

  test('a person who went away earlier is shown as away in a conversation that opens, and in a room', async () => {
    const { port } = await startServer({ leftAfter: 30 })
    const bob = join(port, 'Bob', ['dev'])
    await joined(bob, 'dev')
    bob.away('lunch')
    const alice = join(port, 'alice', ['@bob', 'dev', 'ops'])
    const [direct, dev, ops] = await Promise.all(['@bob', 'dev', 'ops'].map(key => joined(alice, key)))
    await until(alice, () => direct?.members?.get('bob')?.away === 'lunch')
    expect(dev?.members?.get('bob')).toEqual({ name: 'Bob', away: 'lunch' })
    bob.join('ops')
    await until(alice, () => ops?.members?.get('bob')?.away === 'lunch')
    // Both share no room, and have said nothing to each other yet.
    alice.leave('dev')
    alice.leave('ops')
    await untilAnswer(() => alice.listRooms(false), 0)
    bob.away(undefined)
    await until(alice, () => direct?.members?.get('bob')?.away === undefined)
    await bob.close()
    await until(alice, () => direct?.members?.has('bob') === false)
  })

  test('a conversation with a person the server did not know opens once it does', async () => {
    const { port } = await startServer()
    const proxy = await lineBefore(port, fair)
    const alice = join(proxy.port, 'alice', ['@bob', '@carol'])
    const failed = (key: string): Promise<true> =>
      until(alice, () => alice.rooms.get(key)?.status === 'failed' || undefined)
    await Promise.all([failed('@bob'), failed('@carol')])
    const bob = join(port, 'bob', ['@alice'])
    await joined(bob, '@alice')
    // A message of theirs opens it at once.
    bob.say('@alice', 'here I am')
    const withBob = await joined(alice, '@bob')
    expect([texts(withBob), withBob.error]).toEqual([['here I am'], undefined])
    // So does a new connection.
    await joined(join(port, 'carol', ['dev']), 'dev')
    proxy.cutAll()
    expect((await joined(alice, '@carol')).error).toBeUndefined()
  })
})

/** Asks again until the answer has so many items: the server may still be storing earlier messages. */
async function untilAnswer<T>(
  ask: () => Promise<{ ok: true; value: readonly T[] } | { ok: false; error: { message: string } }>,
  length: number,
): Promise<{ value: readonly T[] }> {
  for (let tries = 0; ; tries++) {
    const answer = await ask()
    if (answer.ok && answer.value.length === length) return answer
    if (tries > 200) throw new Error('never')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

describe('the server may be any program', () => {
  async function impostor(answer: (write: (text: string) => void) => void): Promise<number> {
    const server = createServer(socket => {
      socket.on('error', () => undefined)
      answer(text => socket.write(text))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.close()
    })
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  test('a server that answers nothing is reported as another program', async () => {
    const port = await impostor(() => undefined)
    const client = join(port, 'alice', ['dev'], { welcomeTimeout: 100 })
    await until(client, () => client.link.status === 'waiting')
    expect(client.link).toMatchObject({ reason: expect.stringContaining('nothing that speaks like chatd') })
  })

  test('a server of another protocol too', async () => {
    const port = await impostor(write => write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const client = join(port, 'alice', ['dev'])
    await until(client, () => client.link.status === 'waiting')
    expect(client.link).toMatchObject({ reason: expect.stringContaining('is not chatd') })
  })

  test('no server listens: the client reports it and goes on trying', async () => {
    const port = await impostor(() => undefined)
    const closed = await startServer()
    await closed.daemon.stop()
    const client = join(closed.port, 'alice', ['dev'])
    await until(client, () => client.link.status === 'waiting' && client.link.attempt === 2)
    expect(client.link).toMatchObject({ reason: 'no server listens there' })
    expect(port).toBeGreaterThan(0)
  })

  test('a server that reports endless direct conversations opens only as many rooms as a client may join', async () => {
    const { port: real } = await startServer()
    const peer = await Peer.full({ port: real }, 'alice')
    const welcome = JSON.stringify(await peer.next('welcome'))
    const whisper = (i: number): string =>
      JSON.stringify({
        action: 'chat',
        room: `@x${i}`,
        seq: i + 1,
        prev: i,
        ts: 1,
        from: `x${i}`,
        id: `x${i}`,
        message: 'hi',
      })
    const whispers = Array.from({ length: 5_000 }, (_, i) => whisper(i)).join('\n')
    const port = await impostor(write =>
      write(`${welcome}\n${whispers}\n{"action":"notice","message":"end"}\n`),
    )
    const client = join(port, 'alice', [])
    const told = record(client)
    await until(client, () => told.some(item => item.type === 'notice'))
    expect(client.rooms.size).toBe(2_000)
  })

  test('a server that sends a welcome and then only false frames does no harm', async () => {
    const { port: real } = await startServer()
    const peer = await Peer.full({ port: real }, 'alice')
    const welcome = JSON.stringify(await peer.next('welcome'))
    const event = { action: 'chat', room: 'dev', seq: 5, prev: 3, ts: 1, from: 'x', id: 'x', message: 'hi' }
    const lies: object[] = [
      { action: 'ok', id: 'q-1', rooms: 'none' },
      { action: 'ok', id: 'q-1', rooms: [] },
      { action: 'ok', id: 'q-99' },
      { action: 'ok', id: 'q-2', room: 'dev', epoch: 'e', topic: '', people: 1, first: 1, last: 9, read: 0 },
      event,
      event,
      { ...event, seq: 2, prev: 9 },
      { ...event, seq: 4, prev: 3 },
      { ...event, room: '__proto__' },
      { ...event, room: 'elsewhere' },
      { ...event, room: '@' },
      {
        ...event,
        seq: 7,
        prev: 6,
        reactions: JSON.parse('{"__proto__":{"names":["a"],"count":1}}') as object,
      },
      { ...event, action: 'react', seq: 8, prev: 7, target: 7, emoji: '__proto__', on: true },
      { action: 'gap', room: 'dev', after: 0, before: 9_007_199_254_740_991, reason: 'long' },
      { action: 'people', room: 'dev', people: 9_007_199_254_740_991 },
      { action: 'error', code: 'made_up', message: 'x', from: 'chatd' },
      { action: 'unheard_of' },
    ]
    const port = await impostor(write =>
      write(`${welcome}\n${lies.map(lie => JSON.stringify(lie)).join('\n')}\nnonsense\n`),
    )
    const client = join(port, 'alice', ['dev'])
    const told = record(client)
    await until(client, () => told.some(item => item.type === 'error' && item.code === 'made_up'))
    const room = client.rooms.get('dev')
    const seqs = room?.timeline.flatMap(entry => (entry.kind === 'message' ? [entry.seq] : [])) ?? []
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
    expect(new Set(seqs).size).toBe(seqs.length)
    expect(({} as Record<string, unknown>)['names']).toBeUndefined()
    expect(client.link.status).toBe('online')
  })
})
