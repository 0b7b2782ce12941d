import { connect, createServer, type Server as NetServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Addresses } from '../../src/client/addresses.ts'
import type { ChatClient, ClientEvent, ClientOptions } from '../../src/client/client.ts'
import { createClient } from '../../src/client/core.ts'
import { KnownServers } from '../../src/client/knownServers.ts'
import type { LinkState } from '../../src/client/link.ts'
import type { ServerAddress } from '../../src/client/serverAddress.ts'
import { Trust, type TrustIn } from '../../src/client/trust.ts'
import { encodeFrame } from '../../src/protocol/codec.ts'
import { temporaryDirectory } from '../server/directory.ts'
import { MemoryLog } from '../server/log/memoryLog.ts'
import { eventually, type Server, startServer } from '../server/peer.ts'
import { joined, record, texts, until } from './session.ts'

const LOOPBACK = { host: '127.0.0.1', port: 0 }

/** Two daemons that serve one log, each of which tells where the other one is. */
async function twoDaemons(
  isTelling = true,
): Promise<{ readonly servers: readonly [Server, Server]; readonly log: MemoryLog }> {
  const log = new MemoryLog()
  const ports: number[] = []
  const peersOf =
    (own: number): (() => readonly string[]) =>
    () =>
      isTelling ? ports.filter((_, n) => n !== own).map(port => `127.0.0.1:${port}`) : []
  const one = await startServer({}, log, LOOPBACK, { peers: peersOf(0) })
  const two = await startServer({}, log, LOOPBACK, { peers: peersOf(1) })
  ports.push(one.port, two.port)
  return { servers: [one, two], log }
}

/** A client of the daemons on these ports of loopback. */
function clientOf(ports: readonly number[], username: string, more: Partial<ClientOptions> = {}): ChatClient {
  const given = ports.map(port => ({ host: '127.0.0.1', port, isExact: true }))
  const addresses = new Addresses({ given })
  const options = { host: '127.0.0.1', port: ports[0] ?? 0, addresses, username }
  const client = createClient({ ...options, clientName: 'test', rooms: ['dev'], ...more })
  onTestFinished(() => client.close())
  client.start()
  return client
}

/** The states of the connection from now on. */
function statesOf(client: ChatClient): LinkState[] {
  const states: LinkState[] = []
  client.subscribe(() => {
    if (states.at(-1) !== client.link) states.push(client.link)
  })
  return states
}

function notices(events: readonly ClientEvent[]): string[] {
  return events.flatMap(event => (event.type === 'notice' ? [event.message] : []))
}

/** A port of loopback on which no program listens. */
async function deadPort(): Promise<number> {
  const server = createServer()
  const port = await listening(server)
  await new Promise(resolve => server.close(resolve))
  return port
}

/** A line to a daemon that breaks as at its `kill -9`. */
async function lineTo(port: number): Promise<{ readonly port: number; readonly die: () => void }> {
  const sockets: Socket[] = []
  const relay = createServer(near => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) sockets.push(socket.on('error', () => undefined))
    near.pipe(far).pipe(near)
  })
  const die = (): void => {
    relay.close()
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(die)
  return { port: await listening(relay), die }
}

/** The port of loopback on which a server listens from now on. */
async function listening(server: NetServer): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('a server of several addresses', () => {
  test('a dead one is passed over without a pause', async () => {
    const { port } = await startServer()
    const dead = await Promise.all([deadPort(), deadPort(), deadPort()])
    const client = clientOf([...dead, port], 'alice')
    const states = statesOf(client)
    await joined(client, 'dev')
    expect(states.filter(({ status }) => status === 'waiting')).toEqual([])
  })

  test('one that takes connections and says nothing is passed over too', async () => {
    const silent = createServer(socket => void socket.on('error', () => undefined))
    onTestFinished(() => void silent.close())
    const mute = await listening(silent)
    const { port } = await startServer()
    const ports = [mute, port]
    const addresses = new Addresses({
      given: ports.map(one => ({ host: '127.0.0.1', port: one, isExact: true })),
    })
    addresses.prefer({ host: '127.0.0.1', port: mute })
    await joined(clientOf(ports, 'alice', { addresses, welcomeTimeout: 200 }), 'dev')
  })

  test('a whole round that failed is followed by a pause, with the reason', async () => {
    const client = clientOf([await deadPort(), await deadPort()], 'alice')
    const states = statesOf(client)
    await until(client, () => client.link.status === 'waiting' && client.link.attempt >= 2)
    const waits = states.filter(state => state.status === 'waiting')
    expect(waits[0]).toMatchObject({ reason: 'no server listens there; 1 other failed too', attempt: 1 })
    expect(waits[0]).not.toHaveProperty('isMoving')
  })

  test('when its daemon dies, the client goes to another one, has everything, and says what waits once', async () => {
    const { servers, log } = await twoDaemons(false)
    const [one, two] = servers
    const bob = clientOf([two.port], 'bob')
    await joined(bob, 'dev')
    const line = await lineTo(one.port)
    const ports = [line.port, two.port]
    const addresses = new Addresses({
      given: ports.map(port => ({ host: '127.0.0.1', port, isExact: true })),
    })
    addresses.prefer({ host: '127.0.0.1', port: line.port })
    const alice = clientOf(ports, 'alice', { addresses })
    const room = await joined(alice, 'dev')
    alice.say('dev', 'before')
    await until(alice, () => room.outbox.length === 0)
    expect(one.daemon.people).toBe(1)
    const states = statesOf(alice)
    const since = Date.now()
    line.die()
    await until(alice, () => alice.link.status === 'waiting')
    alice.say('dev', 'meanwhile')
    bob.say('dev', 'hello')
    await until(alice, () => room.timeline.length === 3 && room.outbox.length === 0)
    expect(Date.now() - since).toBeLessThan(5_000)
    expect(texts(room).toSorted()).toEqual(['before', 'hello', 'meanwhile'])
    for (const state of states) if (state.status !== 'online') expect(state).toHaveProperty('isMoving', true)
    expect(log.last).toBe(3)
    expect(two.daemon.people).toBe(2)
  })
})

describe('a daemon that goes', () => {
  test('fifty clients of one are at the other one, none is told of an error, none is lost', async () => {
    const { servers } = await twoDaemons()
    const [one, two] = servers
    const clients = Array.from({ length: 50 }, (_, n) => clientOf([one.port], `p${n}`))
    await Promise.all(clients.map(client => joined(client, 'dev')))
    const told = clients.map(client => record(client))
    const states = clients.map(statesOf)
    const { connections, done } = one.daemon.live.drain(500)
    expect(connections).toBe(50)
    expect(one.daemon.isListening).toBe(false)
    for (const [n, client] of clients.entries()) client.say('dev', `from ${n}`)
    expect(await done).toBe(true)
    await eventually(() => two.daemon.people === 50)
    for (const client of clients)
      await until(client, () => {
        const room = client.rooms.get('dev')
        return room?.status === 'joined' && room.outbox.length === 0 && room.timeline.length === 50
      })
    for (const client of clients)
      expect(texts(client.rooms.get('dev') ?? { timeline: [] }).toSorted()).toEqual(
        Array.from({ length: 50 }, (_, n) => `from ${n}`).toSorted(),
      )
    expect(told.flatMap(notices)).toEqual([])
    const away = states.flat().filter(({ status }) => status === 'waiting')
    expect(away).toHaveLength(50)
    for (const state of away) expect(state).toMatchObject({ isMoving: true })
    expect(one.daemon.connections).toBe(0)

    expect(await one.daemon.live.cancelDrain()).toBeUndefined()
    await joined(clientOf([one.port], 'late'), 'dev')
    expect(await one.daemon.live.cancelDrain()).toContain('takes connections already')
  })

  test('one that stops sends its clients on likewise, without the time that a restart takes', async () => {
    const { servers } = await twoDaemons()
    const [one, two] = servers
    const client = clientOf([one.port], 'alice')
    await joined(client, 'dev')
    const events = record(client)
    await Promise.all([one.daemon.stop(), until(client, () => client.link.status === 'waiting')])
    expect(client.link).toMatchObject({ status: 'waiting', isMoving: true })
    await eventually(() => two.daemon.people === 1)
    expect(notices(events)).toEqual([])
  })

  test('one that names no other daemon is waited for, and its words are told', async () => {
    const { servers } = await twoDaemons(false)
    const client = clientOf([servers[0].port], 'alice')
    await joined(client, 'dev')
    const events = record(client)
    await servers[0].daemon.live.drain(0).done
    await until(client, () => client.link.status === 'waiting')
    expect(client.link).not.toHaveProperty('isMoving')
    expect(notices(events)).toEqual(['this daemon takes no users now'])
    await servers[0].daemon.live.cancelDrain()
    await until(client, () => client.link.status === 'online')
  })

  test('a drain that ends before all are gone says so, and a new one sends the rest away', async () => {
    const { servers } = await twoDaemons()
    const [one, two] = servers
    const client = clientOf([one.port], 'alice')
    await joined(client, 'dev')
    const raw = connect(one.port, '127.0.0.1')
    onTestFinished(() => void raw.destroy())
    await eventually(() => one.daemon.connections === 2)
    const slow = one.daemon.live.drain(3_600_000)
    const quick = one.daemon.live.drain(0)
    expect(await slow.done).toBe(false)
    expect(await quick.done).toBe(true)
    await eventually(() => two.daemon.people === 1)
  })
})

test('daemons that send a client to each other without end do not keep it busy', async () => {
  const { port } = await startServer()
  const came: number[] = []
  const ports: number[] = []
  const bye = (): string =>
    encodeFrame({
      ...{ action: 'bye', reason: 'draining', message: 'go', retryAfter: 0 },
      peers: [...ports, ...Array(2_000).fill(1)].map(one => `127.0.0.1:${one}`),
    })
  // Each of two servers hands on the welcome of a real one, and sends the client away at once.
  const sending = [0, 1].map(() =>
    createServer(near => {
      came.push(performance.now())
      const far = connect(port, '127.0.0.1')
      for (const socket of [near, far]) socket.on('error', () => undefined)
      near.pipe(far)
      far.once('data', (welcome: Buffer) => {
        near.end(Buffer.concat([welcome, Buffer.from(bye())]))
        far.destroy()
      })
    }),
  )
  for (const server of sending) {
    ports.push(await listening(server))
    onTestFinished(() => void server.close())
  }
  clientOf(ports, 'alice')
  await eventually(() => came.length >= 4)
  const [first = 0, , , last = 0] = came
  expect(last - first).toBeGreaterThanOrEqual(3 * 240)
})

describe('whom the client trusts', () => {
  /** Trust by a file of known servers. */
  function trusts(path: string, sameServer: readonly ServerAddress[] = []): { readonly trust: TrustIn } {
    const known = new KnownServers(path)
    const flags = { known, sameServer, fingerprint: undefined, ca: undefined, tell: () => undefined }
    const trusted = new Map<number, Trust>()
    const trust: TrustIn = ({ identity: { host, port }, isTold }) => {
      const one = trusted.get(port) ?? new Trust({ ...flags, host, port, isTold })
      trusted.set(port, one)
      return one
    }
    return { trust }
  }

  test('a daemon that the server named, with a key that is not known, gets nothing and is passed over', async () => {
    // Two keys: each of these daemons has made its own.
    const { servers } = await twoDaemons()
    const [one, two] = servers
    const { trust } = trusts(`${temporaryDirectory()}/known_servers`)
    const client = clientOf([one.port], 'alice', { trust })
    await joined(client, 'dev')
    await one.daemon.live.drain(0).done
    await until(client, () => client.link.status === 'waiting' && client.link.attempt >= 2)
    expect(client.link).toMatchObject({ status: 'waiting' })
    expect(two.daemon.people).toBe(0)
    await one.daemon.live.cancelDrain()
    await until(client, () => client.link.status === 'online')
    expect(one.daemon.people).toBe(1)
  })

  test.each([[true], [false]])(
    'another address with the key that is known needs no question, although a session is sent (told: %s)',
    async isTold => {
      const peers: string[] = []
      const server = await startServer({}, new MemoryLog(), LOOPBACK, { peers: () => peers })
      const line = await lineTo(server.port)
      const given = [line.port, ...(isTold ? [] : [server.port])]
      if (isTold) peers.push(`127.0.0.1:${server.port}`)
      const addresses = new Addresses({
        given: given.map(port => ({ host: '127.0.0.1', port, isExact: true })),
      })
      addresses.prefer({ host: '127.0.0.1', port: line.port })
      const path = `${temporaryDirectory()}/known_servers`
      const sameServer = given.map(port => ({ host: '127.0.0.1', port }))
      const client = clientOf(given, 'alice', { addresses, ...trusts(path, sameServer) })
      await joined(client, 'dev')
      const session = record(client)
      line.die()
      await until(client, () => client.link.status === 'waiting')
      await joined(client, 'dev')
      await until(client, () => client.link.status === 'online')
      // The session of before: a new one would have been told.
      expect(session.filter(({ type }) => type === 'session')).toEqual([])
      const known = new KnownServers(path).read('')
      const kept = known.ok ? known.value.map(({ server: name }) => name) : []
      expect(kept).toEqual(given.map(port => `127.0.0.1:${port}`))
    },
  )

  test('a key that has to be asked about waits for the user; who is away is not asked while the first may come back', async () => {
    // Each of the two has made its own key.
    const { servers } = await twoDaemons(false)
    const [one, two] = servers
    const line = await lineTo(one.port)
    const ports = [line.port, two.port]
    const addresses = new Addresses({
      given: ports.map(port => ({ host: '127.0.0.1', port, isExact: true })),
    })
    addresses.prefer({ host: '127.0.0.1', port: line.port })
    const client = clientOf(ports, 'alice', { addresses, ...trusts(`${temporaryDirectory()}/known_servers`) })
    await joined(client, 'dev')
    line.die()
    await until(client, () => client.link.status === 'waiting' && client.link.attempt >= 2)
    expect(client.link).toMatchObject({ reason: expect.stringMatching(/; 1 other failed too$/) })
    expect(two.daemon.people).toBe(0)
    client.reconnectNow()
    await until(client, () => client.link.status === 'refused')
    expect(client.link).toMatchObject({ code: 'key_unknown', accepts: expect.stringMatching(/^SHA256:/) })
    expect(two.daemon.people).toBe(0)
    client.acceptKey(client.link.status === 'refused' ? (client.link.accepts ?? '') : '')
    await until(client, () => client.link.status === 'online')
    expect(two.daemon.people).toBe(1)
  })

  test('behind a name of DNS, the key is that of the name, wherever DNS leads', async () => {
    const { port } = await startServer()
    const other = await startServer()
    let led = port
    const find = () => Promise.resolve([{ name: 'localhost', port: led, priority: 0, weight: 0 }])
    const given = [{ host: 'chat.example.org', port: 9011, isExact: false }]
    const path = `${temporaryDirectory()}/known_servers`
    const first = clientOf([port], 'alice', { addresses: new Addresses({ given, find }), ...trusts(path) })
    await joined(first, 'dev')
    const known = new KnownServers(path).read('')
    expect(known.ok && known.value.map(({ server }) => server)).toEqual(['chat.example.org:9011'])
    led = other.port
    const second = clientOf([port], 'bob', { addresses: new Addresses({ given, find }), ...trusts(path) })
    await until(second, () => second.link.status === 'refused')
    expect(second.link).toMatchObject({ code: 'key_changed' })
    expect(other.daemon.people).toBe(0)
  })
})
