import { describe, expect, test } from 'vitest'
import { REQUEST_ACTIONS } from '../../../src/protocol/requests.ts'
import { welcome } from '../../../src/protocol/responses.ts'
import { VERSION } from '../../../src/protocol/version.ts'
import { eventually, Peer, startServer } from '../peer.ts'

const connect = (username: string, more: object = {}): object => ({
  action: 'connect',
  username,
  protocol: 1,
  ...more,
})

describe('a full connect', () => {
  test('is answered by a welcome as the schema says', async () => {
    const server = await startServer()
    const peer = await Peer.open(server)
    peer.send(connect('alice', { id: 'c1', protocol: 7, client: 'test' }))
    const frame = await peer.next('welcome')
    expect(welcome.strict().safeParse(frame).error).toBeUndefined()
    expect(frame).toMatchObject({
      id: 'c1',
      protocol: 1,
      username: 'alice',
      server: { name: 'chatd', version: VERSION },
    })
    expect(frame['features']).toEqual(expect.arrayContaining([...REQUEST_ACTIONS]))
  })

  test('a session is let in beside its own links, under the spelling of the first', async () => {
    const server = await startServer()
    const first = await Peer.full(server, 'Alice')
    const session = String((await first.next('welcome'))['session'])
    const second = await Peer.full(server, 'aLICE', session)
    expect(await second.next('welcome')).toMatchObject({ username: 'Alice', session })
    expect(first.closed).toBe(false)
  })

  test('without the session, or with another, a name that lives is taken; plain or full', async () => {
    const server = await startServer()
    const first = await Peer.full(server, 'alice')
    const session = String((await first.next('welcome'))['session'])
    for (const [name, more] of [
      ['ALICE', {}],
      ['alice', { session: 'wrong' }],
    ] as const) {
      const peer = await Peer.open(server)
      peer.send(connect(name, { ...more, id: 'x' }))
      expect(await peer.next('error')).toMatchObject({ code: 'name_taken', id: 'x' })
    }
    const plain = await Peer.plain(server, 'alice')
    expect(await plain.next('error')).toMatchObject({ code: 'name_taken' })
    first.socket.end()
    await first.ended()
    // Once it is free, a plain client can have it, until the session's owner comes back.
    await eventually(() => server.daemon.connections === 3)
    plain.send({ action: 'connect', username: 'alice' })
    plain.send({ action: 'connect', username: 'alice' })
    await plain.wait(frame => frame['code'] === 'already_connected')
    await Peer.full(server, 'alice', session)
    expect(await plain.wait(frame => frame['code'] === 'forbidden')).toMatchObject({ action: 'error' })
  })

  test('an unknown session begins a new one; one of another name is no key', async () => {
    const server = await startServer()
    const alice = await Peer.full(server, 'alice')
    const session = String((await alice.next('welcome'))['session'])
    const bob = await Peer.full(server, 'bob', session)
    expect((await bob.next('welcome'))['session']).not.toBe(session)
  })

  test('a session keeps its rooms and read positions over connections', async () => {
    const server = await startServer()
    const alice = await Peer.full(server, 'alice')
    const session = String((await alice.next('welcome'))['session'])
    await alice.ask({ action: 'joinroom', room: 'dev' })
    await alice.ask({ action: 'joinroom', room: 'ops' })
    await alice.ask({ action: 'leaveroom', room: 'ops' })
    alice.socket.destroy()
    const bob = await Peer.full(server, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev' })
    await bob.ask({ action: 'chat', room: 'dev', message: 'are you there, @Alice?' })
    const { seq } = await bob.ask({ action: 'chat', room: 'dev', message: 'mail me at bob@alice.example' })
    const again = await Peer.full(server, 'alice', session)
    const { rooms } = await again.ask({ action: 'rooms' })
    expect(rooms).toEqual([{ room: 'dev', topic: '', people: 1, last: seq, read: 0, unread: 2, mentions: 1 }])
  })

  test('other requests before connect get an error, and ten seconds without connect end the connection', async () => {
    const server = await startServer({ connectTimeout: 300 })
    const peer = await Peer.open(server)
    peer.send({ action: 'ping', id: 'p' })
    expect(await peer.next('error')).toMatchObject({ code: 'not_connected', id: 'p' })
    await peer.ended()
    expect(peer.frames.at(-1)).toMatchObject({ code: 'not_connected', fatal: true })
  })

  test('a full client that falls silent is dropped with a bye, a plain one is not', async () => {
    const server = await startServer({ silentAfter: 300 })
    const plain = await Peer.plain(server, 'plain')
    const full = await Peer.full(server, 'full')
    await full.ended()
    expect(full.frames.at(-1)).toMatchObject({ action: 'bye', reason: 'silent' })
    expect(plain.closed).toBe(false)
  })
})
