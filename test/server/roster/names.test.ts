import { describe, expect, test, vi } from 'vitest'
import { type Claim, type Claimed, Names } from '../../../src/server/roster/names.ts'
import { MemoryLog } from '../log/memoryLog.ts'
import { Peer, type Server } from '../peer.ts'
import { startAmong } from './amongDaemons.ts'
import { MemoryBroker, type MemoryBus } from './memoryBus.ts'

const within = { timeout: 10_000, interval: 10 }

/** The names of some daemons, of which `dead` are gone. */
function daemons(broker: MemoryBroker, dead: ReadonlySet<string> = new Set()) {
  return ['a', 'b'].map(self => {
    const bus = broker.join()
    const names = new Names({
      self,
      keys: bus.keys,
      isUp: () => bus.isUp,
      mayLive: daemon => !dead.has(daemon),
      has: () => true,
    })
    return { bus, names }
  }) as [{ bus: MemoryBus; names: Names }, { bus: MemoryBus; names: Names }]
}

function claimed(answer: Claimed): Claim {
  if (typeof answer === 'string') throw new Error(`it is ${answer}`)
  return answer
}

describe('the names of guests', () => {
  test('are given to one of those that come at once', async () => {
    const [{ names: a }, { names: b }] = daemons(new MemoryBroker())
    const answers = await Promise.all([
      a.claim('bob', 1),
      b.claim('bob', 2),
      a.claim('bob', 3),
      b.claim('bob', undefined),
    ])
    expect(answers.filter(answer => answer !== 'taken')).toHaveLength(1)
  })

  test('are held by one session at several daemons, and free when the last has let go', async () => {
    const broker = new MemoryBroker()
    const [{ names: a }, { names: b }] = daemons(broker)
    const first = claimed(await a.claim('bob', 1))
    const again = claimed(await a.claim('bob', 1))
    const second = claimed(await b.claim('bob', 1, true))
    expect(JSON.parse(broker.key('bob') ?? '')).toEqual({ session: 1, daemons: ['a', 'b'] })
    first.release()
    await a.settled()
    expect(await b.claim('bob', 2)).toBe('taken')
    again.release()
    await a.settled()
    expect(JSON.parse(broker.key('bob') ?? '')).toEqual({ session: 1, daemons: ['b'] })
    second.release()
    await b.settled()
    expect(broker.key('bob')).toBeUndefined()
    claimed(await a.claim('bob', 7))
  })

  test('go to an older session, and not to a younger one or a plain client', async () => {
    const broker = new MemoryBroker()
    const [{ names: a }, { names: b }] = daemons(broker)
    const younger = claimed(await a.claim('bob', 5))
    expect(await b.claim('bob', 6)).toBe('taken')
    expect(await b.claim('bob', undefined)).toBe('taken')
    // A session that begins may have a lower number, from numbers that its daemon got earlier.
    expect(await b.claim('bob', 4)).toBe('taken')
    claimed(await b.claim('bob', 4, true))
    // What it lost is not its own to give back.
    younger.release()
    await a.settled()
    expect(JSON.parse(broker.key('bob') ?? '')).toEqual({ session: 4, daemons: ['b'] })
  })

  test('go to an older session also while a younger one, or a plain client, comes in at the same daemon', async () => {
    for (const young of [5, undefined]) {
      const broker = new MemoryBroker()
      const [{ names: a }] = daemons(broker)
      const younger = a.claim('bob', young)
      claimed(await a.claim('bob', 4, true))
      const answer = await younger
      if (answer !== 'taken') claimed(answer).release()
      await a.settled()
      expect(JSON.parse(broker.key('bob') ?? '')).toEqual({ session: 4, daemons: ['a'] })
    }
  })

  test('of a daemon that is gone are free', async () => {
    const dead = new Set<string>()
    const [{ names: a }, { names: b }] = daemons(new MemoryBroker(), dead)
    claimed(await a.claim('bob', undefined))
    expect(await b.claim('bob', undefined)).toBe('taken')
    dead.add('a')
    claimed(await b.claim('bob', undefined))
  })

  test('are claimed later where no broker answers, given back later, and claimed again where the brokers lost them', async () => {
    const broker = new MemoryBroker()
    const [{ bus, names: a }, { names: b }] = daemons(broker)
    const kept = claimed(await a.claim('ann', 1))
    bus.isUp = false
    expect(await a.claim('bob', 2)).toBe('unanswered')
    const held = a.hold('bob', 2)
    kept.release()
    bus.isUp = true
    await a.sweep()
    expect(broker.key('ann')).toBeUndefined()
    expect(await b.claim('bob', 3)).toBe('taken')
    broker.loseKeys()
    await a.sweep(true)
    expect(await b.claim('bob', 3)).toBe('taken')
    held.release()
    await a.settled()
    claimed(await b.claim('bob', 3))
  })
})

describe('guests of two daemons', () => {
  test('whose machine lost its connection come back through another daemon', async () => {
    const broker = new MemoryBroker()
    const log = new MemoryLog()
    const proxies = [{ network: '127.0.0.0', prefix: 8 }]
    const one = await startAmong(broker.join(), log, { proxies })
    const other = await startAmong(broker.join(), log, { proxies })
    const enter = async (server: Server, from: string): Promise<Peer> => {
      const peer = await Peer.open(server)
      peer.raw(`PROXY TCP4 ${from} 198.51.100.1 1 9011\r\n`)
      peer.send({ action: 'connect', username: 'bob' })
      peer.send({ action: 'joinroom', room: 'dev' })
      return peer
    }
    const lost = await enter(other, '192.0.2.1')
    await vi.waitFor(() => expect(one.daemon.live.room('dev')?.people).toBe(1), within)
    const stranger = await enter(one, '192.0.2.9')
    expect(await stranger.next('error')).toMatchObject({ code: 'name_taken' })
    const back = await enter(one, '192.0.2.1')
    // It waits for the end of the old one, which is doubted, and nothing is refused.
    await vi.waitFor(() => expect(one.daemon.connections).toBe(2), within)
    lost.socket.destroy()
    await vi.waitFor(() => expect(one.daemon.people).toBe(1), within)
    expect(back.of('error')).toEqual([])
  })

  test('without brokers a known session comes in, a new one is told to try again', async () => {
    const broker = new MemoryBroker()
    const buses = [broker.join(), broker.join()] as const
    const log = new MemoryLog()
    const one = await startAmong(buses[0], log)
    const other = await startAmong(buses[1], log)
    const bob = await Peer.full(one, 'bob')
    const session = String((await bob.next('welcome'))['session'])
    const { connections } = one.daemon
    bob.socket.destroy()
    await vi.waitFor(() => expect(one.daemon.connections).toBeLessThan(connections), within)
    for (const bus of buses) bus.isUp = false
    const back = await Peer.full(other, 'bob', session)
    expect(back.of('welcome')[0]).toMatchObject({ username: 'bob' })
    const fresh = await Peer.open(other)
    fresh.send({ action: 'connect', username: 'carol', protocol: 1 })
    expect(await fresh.next('error')).toMatchObject({ code: 'storage_unavailable' })
  })

  test('who got one name while the daemons did not hear each other keep it by the older session', async () => {
    const broker = new MemoryBroker()
    const buses = [broker.join(), broker.join()] as const
    const log = new MemoryLog()
    const one = await startAmong(buses[0], log)
    const other = await startAmong(buses[1], log)
    const sessions: string[] = []
    for (let i = 0; i < 2; i++) {
      const peer = await Peer.full(one, 'bob')
      sessions.push(String((await peer.next('welcome'))['session']))
      peer.socket.destroy()
      await vi.waitFor(() => expect(one.daemon.connections).toBe(0), within)
      await vi.waitFor(() => expect(broker.key('bob')).toBeUndefined(), within)
    }
    for (const bus of buses) bus.isUp = false
    const older = await Peer.full(one, 'bob', sessions[0])
    const younger = await Peer.full(other, 'bob', sessions[1])
    for (const bus of buses) bus.isUp = true
    expect(await younger.next('bye')).toMatchObject({ reason: 'name_taken' })
    await older.settled()
    await vi.waitFor(() => expect(JSON.parse(broker.key('bob') ?? '{}').daemons).toHaveLength(1), within)
  })

  test('the older session gets its name back from another daemon', async () => {
    const broker = new MemoryBroker()
    const log = new MemoryLog()
    const one = await startAmong(broker.join(), log)
    const other = await startAmong(broker.join(), log)
    const bob = await Peer.full(one, 'bob')
    const session = String((await bob.next('welcome'))['session'])
    bob.socket.destroy()
    await vi.waitFor(() => expect(one.daemon.connections).toBe(0), within)
    await vi.waitFor(() => expect(broker.key('bob')).toBeUndefined(), within)
    const stranger = await Peer.full(other, 'bob')
    await vi.waitFor(async () => {
      const watcher = await Peer.open(one)
      watcher.send({ action: 'connect', username: 'bob', protocol: 1 })
      expect(await watcher.next('error')).toMatchObject({ code: 'name_taken' })
    }, within)
    const back = await Peer.full(one, 'bob', session)
    expect(await stranger.next('bye')).toMatchObject({ reason: 'name_taken' })
    await back.settled()
  })
})
