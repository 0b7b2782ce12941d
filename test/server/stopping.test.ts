import { describe, expect, test } from 'vitest'
import type { Page } from '../../src/server/log/log.ts'
import { MemoryLog } from './log/memoryLog.ts'
import { eventually, Peer, startServer } from './peer.ts'

/** A log that answers reads only when it closes. */
class SlowLog extends MemoryLog {
  readonly closing = Promise.withResolvers<void>()
  reads = 0

  override async read(...asked: Parameters<MemoryLog['read']>): Promise<Page> {
    this.reads++
    await this.closing.promise
    return super.read(...asked)
  }

  override async close(): Promise<void> {
    this.closing.resolve()
    for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve))
    await super.close()
  }
}

describe('stopping is clean', () => {
  test('earlier requests are stored, answered and shown; full clients get a bye, plain ones are just closed', async () => {
    const { daemon, port } = await startServer()
    const alice = await Peer.full({ port }, 'alice')
    const plain = await Peer.plain({ port }, 'plain')
    await alice.ask({ action: 'joinroom', room: 'dev' })
    plain.send({ action: 'joinroom', room: 'dev' })
    plain.send({ action: 'chat', room: 'dev', message: 'ready' })
    await alice.next('chat')
    for (let i = 0; i < 300; i++) alice.send({ action: 'chat', room: 'dev', message: `${i}`, id: `m${i}` })
    await alice.wait(frame => frame['id'] === 'm0')
    const stopped = daemon.stop()
    await Promise.all([alice.ended(), plain.ended(), stopped])
    const oks = alice.of('ok').filter(frame => String(frame['id']).startsWith('m'))
    const shown = plain.of('chat').map(frame => frame['message'])
    expect(shown).toEqual(oks.map((_, i) => `${i}`))
    expect(alice.frames.at(-1)).toMatchObject({ action: 'bye', reason: 'shutting_down' })
    expect(plain.of('error', 'bye')).toEqual([])
    expect(daemon.connections).toBe(0)
  })

  test('a request in progress is answered, and no later line is handled', async () => {
    const log = new SlowLog()
    const { daemon, port } = await startServer({}, log)
    const alice = await Peer.full({ port }, 'alice')
    await alice.ask({ action: 'joinroom', room: 'dev' })
    for (let i = 0; i < 5; i++) alice.send({ action: 'history', room: 'dev', id: `h${i}` })
    alice.send({ action: 'chat', room: 'dev', message: 'too late', id: 'late' })
    await eventually(() => log.reads === 1)
    const stopped = daemon.stop()
    await Promise.all([alice.ended(), stopped])
    expect(alice.frames.slice(-2)).toMatchObject([{ action: 'ok', id: 'h0' }, { action: 'bye' }])
    expect(log.reads).toBe(1)
    expect(log.last).toBe(0)
  })

  test('a connection that does not read is cut in the end', async () => {
    const { daemon, port } = await startServer({ stopWithin: 200 })
    const lazy = await Peer.full({ port }, 'lazy')
    await lazy.ask({ action: 'joinroom', room: 'dev' })
    lazy.socket.pause()
    const alice = await Peer.full({ port }, 'alice')
    await alice.ask({ action: 'joinroom', room: 'dev' })
    for (let i = 0; i < 500; i++) alice.send({ action: 'chat', room: 'dev', message: 'x'.repeat(16_000) })
    await alice.until(() => alice.of('chat').length > 400)
    await daemon.stop()
    expect(daemon.connections).toBe(0)
  })

  test('each client has another time to return', async () => {
    const { daemon, port } = await startServer()
    const peers = await Promise.all(['a', 'b', 'c', 'd'].map(name => Peer.full({ port }, name)))
    await Promise.all([...peers.map(peer => peer.ended()), daemon.stop()])
    const times = peers.map(peer => Number(peer.of('bye')[0]?.['retryAfter']))
    expect(new Set(times).size).toBe(peers.length)
    expect(Math.min(...times)).toBe(1_000)
    expect(Math.max(...times)).toBeLessThan(1_100)
  })

  test('a peer that has everything and never closes does not hold up the others', async () => {
    const stopWithin = 60_000
    const { daemon, port } = await startServer({ stopWithin })
    const asleep = await Peer.full({ port }, 'asleep')
    asleep.socket.pause()
    const began = performance.now()
    await daemon.stop()
    expect(performance.now() - began).toBeLessThan(stopWithin / 2)
    expect(daemon.connections).toBe(0)
  })

  test('idle means that no client has been connected for that time', async () => {
    const { daemon, port } = await startServer({ exitWhenIdle: 100 })
    let idle = false
    void daemon.idle.then(() => {
      idle = true
    })
    const peer = await Peer.full({ port }, 'alice')
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(idle).toBe(false)
    peer.socket.destroy()
    await daemon.idle
  })
})
