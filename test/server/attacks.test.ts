import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { logFile } from '../../src/server/dataDirectory.ts'
import { openForWriting } from '../../src/server/log/sqlite/database.ts'
import { openSqliteLog, type SqliteLog } from '../../src/server/log/sqlite/sqliteLog.ts'
import { Writer } from '../../src/server/log/sqlite/worker/writer.ts'
import { temporaryDirectory } from './directory.ts'
import { eventually, Peer, type Server, startServer } from './peer.ts'

/** The attackers come from here, the others from 127.0.0.1. */
const ELSEWHERE = '127.0.0.66'

async function openFrom(server: Server, localAddress = ELSEWHERE): Promise<Peer> {
  const socket = connect({ port: server.port, host: '127.0.0.1', localAddress, allowHalfOpen: true })
  await once(socket, 'connect')
  return Peer.over(socket)
}

async function fullFrom(server: Server, username: string, localAddress = ELSEWHERE): Promise<Peer> {
  const peer = await openFrom(server, localAddress)
  peer.send({ action: 'connect', username, protocol: 1 })
  await peer.next('welcome')
  return peer
}

/** A log with so many messages in one room. */
async function filledLog(messages: number): Promise<SqliteLog> {
  const file = logFile(temporaryDirectory())
  const database = openForWriting(file, 'epoch')
  database.exec('PRAGMA synchronous = OFF')
  const writer = new Writer(database)
  for (let n = 0; n < messages; n += 1_000)
    writer.commit({
      ts: Date.now(),
      entries: Array.from({ length: 1_000 }, (_, at) => ({
        kind: 'event',
        roomKey: 'long',
        roomName: 'long',
        from: 'talker',
        body: { action: 'chat', message: `a common word and number ${n + at}` },
      })),
    })
  while (writer.indexMore());
  database.close()
  const opened = await openSqliteLog(file)
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

const secretOf = (peer: Peer): string => String(peer.of('welcome')[0]?.['session'])

/** Counts the answers that have come so far. */
const answered = (peers: readonly Peer[]): number =>
  peers.reduce((sum, peer) => sum + peer.of('ok', 'error').length, 0)

// The numbers are those of the list of attacks that the server was tried with; the others are in costs, guests, linkWatch and badLuck.
describe('attacks of one address, beside a bystander', () => {
  test('2: many sessions push out no session that is connected, that holds something, or of an account', async () => {
    const server = await startServer({ sessions: 50, sessionsOfPerson: 4 })
    const alice = await Peer.full(server, 'alice')
    const bob = await Peer.full(server, 'bob')
    expect((await bob.ask({ action: 'register', password: 'correct horse' })).action).toBe('ok')
    const carol = await Peer.full(server, 'carol')
    await carol.ask({ action: 'joinroom', room: 'dev' })
    carol.socket.destroy()
    for (let n = 0; n < 400; n++) (await fullFrom(server, `many${n % 64}`)).socket.destroy()
    await eventually(() => server.daemon.connections <= 2)
    for (const [name, peer] of [
      ['alice', alice],
      ['bob', bob],
      ['carol', carol],
    ] as const) {
      const again = await Peer.full(server, name, secretOf(peer))
      expect(secretOf(again)).toBe(secretOf(peer))
    }
  }, 60_000)

  test('4: a page of history waits for one turn of the searches, not for all', async () => {
    const server = await startServer({}, await filledLog(60_000))
    const searchers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => fullFrom(server, `searcher${n}`)),
    )
    for (const peer of searchers) await peer.ask({ action: 'joinroom', room: 'long' })
    const bystander = await Peer.full(server, 'bystander')
    await bystander.ask({ action: 'joinroom', room: 'long' })
    const before = answered(searchers)
    const searches = 20
    for (const [n, peer] of searchers.entries())
      for (let at = 0; at < searches; at++)
        peer.send({ action: 'search', id: `s${n}-${at}`, query: 'common nowhere' })
    await searchers[0]?.wait(frame => String(frame['id']).startsWith('s'))
    expect((await bystander.ask({ action: 'history', room: 'long' })).action).toBe('ok')
    expect(answered(searchers) - before).toBeLessThan(searchers.length * searches)
  }, 60_000)

  test('6: an acknowledgement does not wait for a flood of long messages', async () => {
    const server = await startServer({ messageBurst: 20 }, await filledLog(1_000))
    const writers = await Promise.all(Array.from({ length: 30 }, (_, n) => fullFrom(server, `writer${n}`)))
    for (const peer of writers) await peer.ask({ action: 'joinroom', room: 'flooded' })
    const bystander = await Peer.full(server, 'bystander')
    await bystander.ask({ action: 'joinroom', room: 'dev' })
    const before = answered(writers)
    for (const [n, peer] of writers.entries())
      for (let at = 0; at < 20; at++)
        peer.send({
          action: 'chat',
          id: `w${n}-${at}`,
          room: 'flooded',
          message: `${n} ${at} `.repeat(2_000).slice(0, 16_000),
        })
    expect((await bystander.ask({ action: 'chat', room: 'dev', message: 'hello' })).action).toBe('ok')
    expect((await bystander.ask({ action: 'ping' })).action).toBe('ok')
    expect(answered(writers) - before).toBeLessThan(writers.length * 20)
  }, 60_000)

  test('7: new names buy no messages', async () => {
    const [messageBurst, messagesPerSecond, peopleOfAddress] = [20, 5, 10]
    const server = await startServer({ messageBurst, messagesPerSecond, peopleOfAddress })
    const witness = await Peer.full(server, 'witness')
    await witness.ask({ action: 'joinroom', room: 'dev' })
    const began = performance.now()
    for (let n = 0; n < 60; n++) {
      const peer = await openFrom(server)
      peer.send({ action: 'connect', username: `fresh${n}` })
      peer.send({ action: 'joinroom', room: 'dev' })
      for (let at = 0; at < 20; at++) peer.send({ action: 'chat', room: 'dev', message: `${n} ${at}` })
    }
    await witness.settled()
    const seconds = (performance.now() - began) / 1_000
    // The last message of each connection is taken, and the next one is late.
    const most = peopleOfAddress * (messageBurst + messagesPerSecond * seconds) + 60
    expect(witness.of('chat').length).toBeLessThanOrEqual(most)
    expect(witness.of('chat').length).toBeGreaterThan(100)
  }, 60_000)

  test('8: empty lines before connect end their connections, and a newcomer comes in', async () => {
    const server = await startServer()
    const peers = await Promise.all(Array.from({ length: 100 }, () => openFrom(server)))
    for (const peer of peers) peer.raw('\n'.repeat(1_000_000))
    await Peer.full(server, 'newcomer')
    for (const peer of peers) expect(await peer.next('error')).toMatchObject({ fatal: true })
  }, 60_000)

  test.each([
    ['a hello of TLS', '\u0015\u0003\u0001\u0000\u0002'],
    ['HTTP', 'OPTIONS / HTTP/1.1\r\nContent-Length: 200\r\n\r\n'],
    ['a proxy', 'PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n'],
    ['mail', 'EHLO mallory\r\n'],
    ['IRC', 'NICK mallory\r\nUSER mallory 0 * :mallory\r\n'],
    ['a number', '1\n'],
    ['a list', '[]\n'],
    ['a text', '"connect"\n'],
    ['an empty line, then HTTP', '\n\nGET / HTTP/1.1\r\n\r\n'],
  ])('9: %s in the first line ends the connection, whatever follows', async (_, first) => {
    const server = await startServer()
    const witness = await Peer.full(server, 'witness')
    await witness.ask({ action: 'joinroom', room: 'dev' })
    const peer = await openFrom(server)
    peer.raw(
      `${first}\n{"action":"connect","username":"mallory"}\n{"action":"joinroom","room":"dev"}\n{"action":"chat","room":"dev","message":"in"}\n`,
    )
    await peer.ended()
    await witness.settled()
    expect(witness.of('joined', 'chat')).toEqual([])
  })

  test('11: the newest conversation is the first of the list, however many strangers wrote', async () => {
    const server = await startServer()
    const alice = await Peer.full(server, 'alice')
    const strangers = 300
    for (let n = 0; n < strangers; n++) {
      const stranger = await fullFrom(server, `stranger${n}`)
      await stranger.ask({ action: 'chat', room: '@alice', message: 'hello' })
      stranger.socket.destroy()
    }
    const bob = await Peer.full(server, 'bob')
    await bob.ask({ action: 'chat', room: '@alice', message: 'lunch?' })
    const names: unknown[] = []
    let cursor: unknown
    do {
      const page = await alice.ask({
        action: 'rooms',
        limit: 50,
        ...(cursor === undefined ? {} : { cursor }),
      })
      names.push(...(page['rooms'] as { room: string }[]).map(({ room }) => room))
      cursor = page['cursor']
    } while (cursor !== undefined)
    expect(names[0]).toBe('@bob')
    expect(names).toEqual([
      '@bob',
      ...Array.from({ length: strangers }, (_, n) => `@stranger${strangers - 1 - n}`),
    ])
  }, 60_000)

  test('12: joining and leaving new rooms is paced, and leaves nothing behind', async () => {
    const [joinBurst, joinsPerSecond, peopleOfAddress] = [50, 20, 2]
    const server = await startServer({ joinBurst, joinsPerSecond, peopleOfAddress })
    const began = performance.now()
    const peers = await Promise.all(Array.from({ length: 10 }, (_, n) => fullFrom(server, `joiner${n}`)))
    for (const [n, peer] of peers.entries())
      for (let at = 0; at < 100; at++) {
        peer.send({ action: 'joinroom', id: `j${at}`, room: `new${n}-${at}` })
        peer.send({ action: 'leaveroom', id: `l${at}`, room: `new${n}-${at}` })
      }
    await eventually(() => answered(peers) >= 2 * joinBurst * peopleOfAddress)
    const seconds = (performance.now() - began) / 1_000
    expect(answered(peers)).toBeLessThanOrEqual(
      2 * (peopleOfAddress * (joinBurst + joinsPerSecond * seconds) + peers.length),
    )
    for (const peer of peers) peer.socket.destroy()
    await eventually(() => server.daemon.connections === 0)
    const witness = await Peer.full(server, 'witness')
    expect((await witness.ask({ action: 'rooms', all: true }))['rooms']).toEqual([])
  }, 60_000)
})
