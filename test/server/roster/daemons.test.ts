import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { logFile } from '../../../src/server/dataDirectory.ts'
import { askApi } from '../../../src/server/log/jetstream/api.ts'
import { connectToBrokers } from '../../../src/server/log/jetstream/brokers.ts'
import { keyStreamOf } from '../../../src/server/log/jetstream/keyStream.ts'
import { openNatsBus } from '../../../src/server/log/jetstream/natsBus.ts'
import { openSqliteLog } from '../../../src/server/log/sqlite/sqliteLog.ts'
import type { Settings } from '../../../src/server/settings.ts'
import { BrokerCluster } from '../../cluster/brokerCluster.ts'
import { BrokerNetwork } from '../../cluster/brokerNetwork.ts'
import { testBrokers } from '../../cluster/testBrokers.ts'
import { temporaryDirectory } from '../directory.ts'
import { Peer, type Received, type Server } from '../peer.ts'
import { comings, inRoom, membersOf, startAmong } from './amongDaemons.ts'
import { BrokerProxy } from './brokerProxy.ts'

const { program, cluster, newStream } = testBrokers()

interface DaemonOn {
  readonly brokers?: BrokerCluster
  /** The way of what it tells the others; its log goes straight to the brokers. */
  readonly way?: BrokerProxy
  readonly settings?: Partial<Settings>
}

async function daemonOn(
  stream: string,
  { brokers = cluster(), way, settings }: DaemonOn = {},
): Promise<Server> {
  const of = brokers.brokersOf(stream)
  const log = await openSqliteLog(logFile(temporaryDirectory()), { brokers: of })
  if (!log.ok) throw new Error(log.error)
  onTestFinished(() => log.value.abandon())
  const servers = way === undefined ? of.servers : [`127.0.0.1:${way.port}`]
  const bus = await openNatsBus({ ...of, servers }, 'test')
  if (!bus.ok) throw new Error(bus.error)
  return startAmong(bus.value, log.value, settings)
}

async function three(stream: string): Promise<Three> {
  return Promise.all([daemonOn(stream), daemonOn(stream), daemonOn(stream)])
}

type Three = readonly [Server, Server, Server]

/** The daemons, beginning with another one each time. */
function turned([one, two, last]: Three, times: number): Three {
  return times === 0 ? [one, two, last] : turned([two, last, one], times - 1)
}

/** The secret of the session of a guest who came and lost the connection. */
async function comeAndGo(server: Server, username: string): Promise<string> {
  const guest = await Peer.full(server, username)
  guest.socket.destroy()
  return String(guest.of('welcome')[0]?.['session'])
}

function isAnswer({ action }: Received): boolean {
  return action === 'welcome' || action === 'error'
}

/** The answer to a connect that may be refused. */
async function tryToEnter(server: Server, username: string): Promise<Received> {
  const peer = await Peer.open(server)
  peer.send({ action: 'connect', username, protocol: 1 })
  return peer.wait(isAnswer)
}

const within = { timeout: 20_000, interval: 20 }

describe.skipIf(program === undefined)('daemons at brokers', () => {
  test('people in one room through three daemons see one another', { timeout: 60_000 }, async () => {
    const [one, two, last] = await three(await newStream())
    const { peer: alice } = await inRoom(one, 'alice')
    const { peer: bob } = await inRoom(two, 'bob')
    await vi.waitFor(() => expect(comings(alice)).toEqual(['bob joined 2']), within)
    const { peer: carol, joined } = await inRoom(last, 'carol')
    expect(joined).toMatchObject({ people: 3, members: ['alice', 'bob', 'carol'] })
    await vi.waitFor(() => expect(comings(bob)).toEqual(['carol joined 3']), within)
    await carol.ask({ action: 'typing', room: 'dev', on: true })
    await carol.ask({ action: 'away', message: 'lunch' })
    for (const peer of [alice, bob]) {
      expect(await peer.next('typing')).toMatchObject({ from: 'carol', on: true })
      expect(await peer.next('presence')).toMatchObject({ from: 'carol', state: 'away', message: 'lunch' })
      expect(await membersOf(peer)).toEqual(['alice', 'bob', 'carol'])
    }
    carol.socket.destroy()
    for (const peer of [alice, bob]) {
      await vi.waitFor(() => expect(comings(peer).at(-1)).toBe('carol left 2'), within)
      expect(await peer.wait(frame => frame['state'] === 'offline')).toMatchObject({ from: 'carol' })
    }
  })

  test('what is read through one daemon is told at another one where the same guest is', {
    timeout: 60_000,
  }, async () => {
    const [one, two] = await three(await newStream())
    const { peer: laptop, session } = await inRoom(one, 'alice')
    const seq = Number((await laptop.ask({ action: 'chat', room: 'dev', message: 'hello' }))['seq'])
    await vi.waitFor(() => expect(two.log.last).toBe(seq), within)
    const { peer: phone } = await inRoom(two, 'alice', 'dev', session)
    await laptop.ask({ action: 'read', room: 'dev', seq })
    expect(await phone.next('read')).toEqual({ action: 'read', room: 'dev', seq })
  })

  test('of two guests who come at once with one name, at two daemons, one is welcomed', {
    timeout: 60_000,
  }, async () => {
    const [one, two, last] = await three(await newStream())
    for (let pair = 0; pair < 50; pair++) {
      const name = `${['bob', 'b.o', '_b-'][pair % 3]}${pair}`
      const at = [one, two, last].toSpliced(pair % 3, 1)
      const answers = await Promise.all(
        at.map((server, n) => tryToEnter(server, n === 0 ? name : name.toUpperCase())),
      )
      const codes = answers.map(({ action, code }) => (action === 'welcome' ? 'welcome' : code))
      expect(codes.sort()).toEqual(['name_taken', 'welcome'])
    }
  })

  test('what one daemon has just stored of a guest or an account lets its client in at another one', {
    timeout: 60_000,
  }, async () => {
    const [one, two, last] = await three(await newStream())
    for (let round = 0; round < 20; round++) {
      const guest = await Peer.full(one, `guest${round}`)
      const session = guest.of('welcome')[0]?.['session']
      guest.socket.destroy()
      const moved = await Peer.full(two, `guest${round}`, String(session))
      expect(moved.of('welcome')[0]).toMatchObject({ session })
    }
    for (let round = 0; round < 5; round++) {
      const username = `owner${round}`
      const password = 'correct horse battery'
      const owner = await Peer.full(one, username)
      const session = owner.of('welcome')[0]?.['session']
      expect((await owner.ask({ action: 'register', password })).action).toBe('ok')
      const byDevice = await Peer.full(last, username, String(session))
      expect(byDevice.of('welcome')[0]).toMatchObject({ account: { role: 'user' } })
      const byPassword = await Peer.open(two)
      byPassword.send({ action: 'connect', username, protocol: 1, password })
      const answer = await byPassword.wait(({ action }) => action === 'welcome' || action === 'error')
      expect(answer).toMatchObject({ account: { role: 'user' } })
    }
  })

  test('a name goes back to the guest who had it first, at whichever daemons they came', {
    timeout: 60_000,
  }, async () => {
    const servers = await three(await newStream())
    for (let round = 0; round < 9; round++) {
      const username = `dave${round}`
      const [first, second, third] = turned(servers, round)
      const secret = await comeAndGo(first, username)
      const stranger = await vi.waitFor(async () => {
        const peer = await Peer.open(second)
        peer.send({ action: 'connect', username, protocol: 1 })
        expect((await peer.wait(isAnswer)).action).toBe('welcome')
        return peer
      }, within)
      await Peer.full(third, username, secret)
      expect(await stranger.next('bye')).toMatchObject({ reason: 'name_taken' })
    }
  })

  test('a name goes back to its guest also where a stranger comes at the same moment, there or at another daemon', {
    timeout: 60_000,
  }, async () => {
    const servers = await three(await newStream())
    for (let round = 0; round < 30; round++) {
      const username = `erin${round}`
      const [before, after, other] = turned(servers, round)
      const session = await comeAndGo(before, username)
      await vi.waitFor(() => {
        for (const { daemon } of servers)
          expect([...daemon.live.connections(), ...daemon.live.elsewhere()]).toEqual([])
      }, within)
      const [stranger, again] = [await Peer.open(round % 2 === 0 ? other : after), await Peer.open(after)]
      stranger.send({ action: 'connect', username, protocol: 1 })
      await wait(round)
      again.send({ action: 'connect', username, protocol: 1, session })
      expect(await again.wait(isAnswer)).toMatchObject({ action: 'welcome' })
      const { code, reason } = await stranger.wait(({ action }) => action === 'error' || action === 'bye')
      expect(code ?? reason).toBe('name_taken')
      for (const peer of [stranger, again]) peer.socket.destroy()
    }
  })

  test('a kick, an announcement and a list of connections are of all daemons', {
    timeout: 60_000,
  }, async () => {
    const [one, two] = await three(await newStream())
    const { peer: alice } = await inRoom(one, 'alice')
    const { peer: bob, session } = await inRoom(two, 'bob')
    await vi.waitFor(() => expect(comings(alice)).toEqual(['bob joined 2']), within)
    const { peer: again } = await inRoom(one, 'bob', 'dev', session)
    const { live } = one.daemon
    expect(live.elsewhere().map(connection => connection.facts())).toMatchObject([
      { name: 'bob', kind: 'guest', speaks: 'full', rooms: ['dev'], daemon: expect.stringMatching(/:\d+$/) },
    ])
    expect(live.announce('back at noon', () => true)).toEqual({ told: 3, plain: 0 })
    for (const peer of [alice, bob, again])
      expect(await peer.next('notice')).toMatchObject({ message: 'back at noon' })
    for (const connection of [...live.connections(), ...live.elsewhere()])
      if (connection.person === 'bob') connection.kick('enough')
    for (const peer of [bob, again])
      expect(await peer.next('bye')).toMatchObject({ reason: 'kicked', message: 'enough' })
    await vi.waitFor(() => expect(comings(alice).at(-1)).toBe('bob left 1'), within)
  })

  test('who moves from a daemon that is cut off has not left; it comes back without ghosts', {
    timeout: 60_000,
  }, async () => {
    const stream = await newStream()
    const way = await BrokerProxy.start(cluster().portOf(0))
    const [one, two, cut] = await Promise.all([daemonOn(stream), daemonOn(stream), daemonOn(stream, { way })])
    const { peer: alice } = await inRoom(one, 'alice')
    for (const name of ['bob', 'carol', 'dora']) await inRoom(cut, name)
    const { peer: eve, session } = await inRoom(cut, 'eve')
    expect((await eve.ask({ action: 'chat', room: 'dev', message: 'hello' })).action).toBe('ok')
    await vi.waitFor(() => expect(comings(alice).at(-1)).toBe('eve joined 5'), within)
    way.cut()
    const { peer: moved } = await inRoom(two, 'eve', 'dev', session)
    eve.socket.destroy()
    await vi.waitFor(() => expect(comings(alice).filter(one => one.includes('left'))).toHaveLength(3), within)
    expect(comings(alice).some(one => one.startsWith('eve left'))).toBe(false)
    expect(await membersOf(alice)).toEqual(['alice', 'eve'])
    const { connections } = cut.daemon
    cut.daemon.live
      .connections()
      .find(({ person }) => person === 'bob')
      ?.kick('go')
    await vi.waitFor(() => expect(cut.daemon.connections).toBeLessThan(connections), within)
    way.heal()
    for (const peer of [alice, moved])
      await vi.waitFor(
        async () => expect(await membersOf(peer)).toEqual(['alice', 'carol', 'dora', 'eve']),
        within,
      )
    const { peer: fay } = await inRoom(cut, 'fay')
    expect(await membersOf(fay)).toEqual(['alice', 'carol', 'dora', 'eve', 'fay'])
  })

  test.skipIf(!BrokerNetwork.isPossible)(
    'a daemon at a broker that is cut off from the others goes to another one before it is thought gone',
    { timeout: 90_000 },
    async () => {
      const network = new BrokerNetwork(3)
      onTestFinished(() => network.close())
      const brokers = await BrokerCluster.start(program ?? '', 3, network.hosts)
      onTestFinished(() => brokers.close())
      await brokers.init('cut')
      const [one, two] = await Promise.all(
        [0, 1].map(() => daemonOn('cut', { brokers, settings: { leftAfter: 5_000 } })),
      )
      if (one === undefined || two === undefined) throw new Error('there are two')
      const { peer: alice } = await inRoom(one, 'alice')
      const { peer: bob } = await inRoom(two, 'bob')
      await vi.waitFor(() => expect(comings(alice)).toEqual(['bob joined 2']), within)
      // Wherever the two have begun, one of these brokers is between them.
      for (const at of [0, 1, 2]) {
        network.cut(at)
        for (const [from, to] of [
          [alice, bob],
          [bob, alice],
        ] as const) {
          const message = `lunch ${at}`
          await from.ask({ action: 'away', message })
          await to.wait(frame => frame.action === 'presence' && frame['message'] === message)
        }
        network.heal(at)
      }
      expect([...comings(alice), ...comings(bob)].filter(line => line.includes('left'))).toEqual([])
    },
  )

  test('names stay taken where the brokers lost who has them', { timeout: 60_000 }, async () => {
    const stream = await newStream()
    const [one, two] = await three(stream)
    await inRoom(one, 'alice')
    const connection = await connectToBrokers(cluster().brokersOf(stream), 'test')
    onTestFinished(() => connection.close())
    await askApi(connection, `STREAM.DELETE.${keyStreamOf({ stream })}`, {}, 5_000)
    expect(await tryToEnter(two, 'alice')).toMatchObject({ code: 'name_taken' })
    await vi.waitFor(async () => {
      const answers = await Promise.all([one, two].map(server => tryToEnter(server, 'dora')))
      expect(answers.map(({ action }) => action).sort()).toEqual(['error', 'welcome'])
    }, within)
  })

  test('while the brokers are silent, guests come in who were here', { timeout: 60_000 }, async () => {
    const lone = await BrokerCluster.start(program ?? '', 1)
    onTestFinished(() => lone.close())
    await lone.init('lone')
    const server = await daemonOn('lone', { brokers: lone })
    const { peer: bob, session } = await inRoom(server, 'bob')
    // The log has the session.
    expect((await bob.ask({ action: 'chat', room: 'dev', message: 'hello' })).action).toBe('ok')
    bob.socket.destroy()
    await vi.waitFor(() => expect(server.daemon.connections).toBe(0), within)
    await lone.signal(0, 'SIGSTOP')
    const fresh = tryToEnter(server, 'carol')
    const back = await Peer.full(server, 'bob', session)
    expect(back.of('welcome')[0]).toMatchObject({ username: 'bob' })
    expect(await fresh).toMatchObject({ code: 'storage_unavailable' })
    await lone.signal(0, 'SIGCONT')
    await vi.waitFor(
      async () => expect(await tryToEnter(server, 'carol')).toMatchObject({ action: 'welcome' }),
      within,
    )
  })
})
