import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { SessionChange } from '../../../src/server/log/entries.ts'
import { MemoryLog } from '../log/memoryLog.ts'
import { eventually, Peer, startServer } from '../peer.ts'

/** A log that stores no session change until it is told to. */
class BusyLog extends MemoryLog {
  readonly changes: SessionChange[] = []
  #keeps = false
  readonly #waiting: (() => void)[] = []

  override changeSession(change: SessionChange, settled?: Parameters<MemoryLog['changeSession']>[1]): void {
    this.changes.push(change)
    if (this.#keeps) super.changeSession(change, settled)
    else this.#waiting.push(() => super.changeSession(change, settled))
  }

  keepAll(): void {
    this.#keeps = true
    for (const keep of this.#waiting) keep()
  }
}

describe('a bad client hurts itself', () => {
  test('twenty bad lines in a row are fatal, a good one between starts the count again', async () => {
    const server = await startServer()
    const peer = await Peer.full(server, 'alice')
    peer.raw('garbage\n'.repeat(19))
    await peer.settled()
    peer.raw('{"action":"dance"}\n'.repeat(19))
    await peer.settled()
    peer.raw(`${'x'.repeat(70_000)}\n`)
    peer.raw('{"action":"chat"}\n'.repeat(19))
    await peer.ended()
    expect(peer.of('error')).toHaveLength(58)
    expect(peer.frames.at(-1)).toMatchObject({ action: 'error', fatal: true })
    expect(peer.of('error').filter(frame => frame['fatal'] === true)).toHaveLength(1)
  })

  test('a line that never ends is refused while it arrives, and its end is found', async () => {
    const server = await startServer()
    const peer = await Peer.full(server, 'alice')
    peer.raw('x'.repeat(70_000))
    expect(await peer.next('error')).toMatchObject({ code: 'frame_too_long' })
    peer.raw(`${'x'.repeat(500_000)}\n`)
    await peer.settled()
    expect(peer.of('error')).toHaveLength(1)
  })

  test('HTTP is refused and closed, so that a web page cannot make a browser send messages', async () => {
    const server = await startServer()
    const peer = await Peer.open(server)
    peer.raw('POST / HTTP/1.1\r\nHost: localhost\r\n\r\n{"action":"connect","username":"mallory"}\n')
    await peer.ended()
    expect(peer.frames).toMatchObject([{ code: 'bad_frame', fatal: true }])
  })

  test('random bytes end one connection and disturb no other', async () => {
    const server = await startServer()
    const alice = await Peer.full(server, 'alice')
    await alice.ask({ action: 'joinroom', room: 'dev' })
    const noise = await Peer.open(server)
    for (let i = 0; i < 200; i++)
      noise.raw(Buffer.from(Array.from({ length: 999 }, (_, k) => (i * 7919 + k * k * 31) % 256)))
    await noise.ended()
    expect(await alice.ask({ action: 'chat', room: 'dev', message: 'still here' })).toMatchObject({
      action: 'ok',
    })
  })

  test('a client that stops reading is cut, and the others notice nothing', async () => {
    const server = await startServer({ stuckAfter: 500 })
    const alice = await Peer.full(server, 'alice')
    const lazy = await Peer.full(server, 'lazy')
    const bob = await Peer.full(server, 'bob')
    for (const peer of [alice, lazy, bob]) await peer.ask({ action: 'joinroom', room: 'dev' })
    lazy.socket.pause()
    const text = 'x'.repeat(15_000)
    for (let i = 0; server.daemon.connections === 3; i++) {
      await alice.ask({ action: 'chat', room: 'dev', message: `${i} ${text}` })
      if (i > 2_000) throw new Error('the lazy one was never cut')
    }
    const { seq } = await alice.ask({ action: 'chat', room: 'dev', message: 'end' })
    await bob.wait(frame => frame['seq'] === seq)
    const seqs = bob.of('chat').map(frame => frame['seq'])
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => Number(a) - Number(b)))
    expect(seqs).toHaveLength(Number(seq))
  })

  test('a slow reader that goes on reading keeps its connection and gets everything it asked for', async () => {
    const server = await startServer({ stuckAfter: 2_000 })
    const alice = await Peer.full(server, 'alice')
    await alice.ask({ action: 'joinroom', room: 'dev' })
    for (let i = 0; i < 60; i++)
      alice.send({ action: 'chat', room: 'dev', message: `${i} ${'x'.repeat(15_000)}` })
    await alice.until(() => alice.of('chat').length === 60)
    // Fifty pages of half a mebibyte each at once: answers wait for the reader, not in the server's memory.
    const before = process.memoryUsage.rss()
    for (let i = 0; i < 50; i++) alice.send({ action: 'history', room: 'dev', id: `h${i}` })
    alice.socket.pause()
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024)
    alice.socket.resume()
    await alice.wait(frame => frame['id'] === 'h49')
    expect(alice.of('ok').filter(frame => String(frame['id']).startsWith('h'))).toHaveLength(50)
  })

  test('costly requests in a row take turns with other clients', async () => {
    const server = await startServer({ connectionsPerAddress: 1_000 })
    const crowd = await Promise.all(Array.from({ length: 400 }, (_, i) => Peer.full(server, `p${i}`)))
    await Promise.all(crowd.map(peer => peer.ask({ action: 'joinroom', room: 'big' })))
    const [greedy, alice] = crowd
    if (greedy === undefined || alice === undefined) throw new Error('a crowd')
    let order = ''
    greedy.raw('{"action":"members","room":"big","limit":1,"id":"m"}\n'.repeat(5_000))
    greedy.send({ action: 'ping', id: 'last' })
    await greedy.wait(frame => frame['id'] === 'm')
    const asked = alice.settled().then(() => {
      order += 'alice '
    })
    await Promise.all([
      asked,
      greedy
        .wait(frame => frame['id'] === 'last')
        .then(() => {
          order += 'greedy'
        }),
    ])
    expect(order).toBe('alice greedy')
  })

  test('read positions of a room are gathered, and leaves wait for the log, so that a flood of them delays no other client', async () => {
    const log = new BusyLog()
    const server = await startServer({}, log)
    const greedy = await Peer.full(server, 'greedy')
    for (const room of ['dev', 'ops']) await greedy.ask({ action: 'joinroom', room })
    const before = log.changes.length
    for (let i = 0; i < 100; i++) greedy.send({ action: 'read', room: 'dev', seq: 0, id: `r${i}` })
    greedy.send({ action: 'leaveroom', room: 'ops', id: 'leave' })
    greedy.send({ action: 'ping', id: 'last' })
    await eventually(() => log.changes.length > before)
    const alice = await Peer.full(server, 'alice')
    for (let i = 0; i < 20; i++) await alice.settled()
    expect(log.changes.slice(before).map(({ kind }) => kind)).toEqual(['read', 'began'])
    log.keepAll()
    await greedy.wait(frame => frame['id'] === 'last')
    await greedy.until(() => greedy.of('ok').filter(({ id }) => /^r\d/.test(String(id))).length === 100)
    expect(log.changes.slice(before).map(({ kind }) => kind)).toEqual(['read', 'began', 'left', 'read'])
  })

  test('more connections of one address than allowed get an error and are closed', async () => {
    const server = await startServer({ connectionsPerAddress: 3 })
    const peers = await Promise.all([1, 2, 3].map(() => Peer.open(server)))
    await eventually(() => server.daemon.connections === 3)
    const fourth = await Peer.open(server)
    // One that goes on sending, and never closes its side, is not left open either.
    const chatter = setInterval(() => fourth.raw('x'), 50)
    await fourth.next('error')
    await eventually(() => fourth.closed)
    clearInterval(chatter)
    expect(fourth.frames).toMatchObject([{ action: 'error', code: 'limit_reached', fatal: true }])
    peers[0]?.socket.destroy()
    await eventually(() => server.daemon.connections === 2)
    const fifth = await Peer.full(server, 'alice')
    await fifth.settled()
  })

  test('an address that comes and goes without end is closed at once for a while; another one comes in', async () => {
    const server = await startServer({ arrivalsOfAddress: 20 })
    const from = async (localAddress: string): Promise<Peer> => {
      const socket = connect({ port: server.port, host: '127.0.0.1', localAddress })
      await new Promise(resolve => socket.once('connect', resolve))
      return Peer.over(socket)
    }
    const welcomed = async (n: number, address: string): Promise<boolean> => {
      const peer = await from(address)
      peer.send({ action: 'connect', username: `u${n}`, protocol: 1 })
      await peer.until(() => peer.closed || peer.of('welcome').length > 0).catch(() => undefined)
      const isIn = peer.of('welcome').length > 0
      peer.socket.destroy()
      return isIn
    }
    const known: boolean[] = []
    for (let n = 0; n < 30; n++) known.push(await welcomed(n, '127.0.0.66'))
    expect(known.filter(isIn => isIn)).toHaveLength(20)
    expect(await welcomed(99, '127.0.0.67')).toBe(true)
  })

  test('a full server says so', async () => {
    const server = await startServer({ connections: 1 })
    await Peer.full(server, 'alice')
    const second = await Peer.open(server)
    await second.ended()
    expect(second.frames).toMatchObject([{ code: 'server_full', fatal: true }])
  })

  test('a client that is gone does not connect by lines that it sent before', async () => {
    const gone = Promise.withResolvers<void>()
    const log = new MemoryLog()
    const read = log.read.bind(log)
    log.read = async (...asked) => gone.promise.then(() => read(...asked))
    const server = await startServer({}, log)
    const watcher = await Peer.full(server, 'watcher')
    await watcher.ask({ action: 'joinroom', room: 'dev' })
    const peer = await Peer.full(server, 'ghost')
    peer.send({ action: 'joinroom', room: 'dev' })
    peer.send({ action: 'history', room: 'dev' })
    peer.send({ action: 'connect', username: 'ghost', protocol: 1 })
    peer.send({ action: 'joinroom', room: 'dev' })
    await watcher.next('joined')
    peer.socket.resetAndDestroy()
    // The daemon sends it its own event, and the kernel reports that the peer is gone.
    await watcher.ask({ action: 'chat', room: 'dev', message: 'anybody?' })
    await watcher.ask({ action: 'chat', room: 'dev', message: 'nobody' })
    await eventually(() => server.daemon.connections === 1)
    gone.resolve()
    for (let i = 0; i < 10; i++) await watcher.settled()
    expect(await watcher.ask({ action: 'members', room: 'dev' })).toMatchObject({
      members: [{ name: 'watcher' }],
    })
  })

  test('connections that come and go at once, in any state, leave nothing behind', async () => {
    const server = await startServer({ connectionsPerAddress: 1_000 })
    const sockets = Array.from({ length: 200 }, (_, i) => {
      const socket = connect(server.port, '127.0.0.1')
      socket.on('error', () => undefined)
      if (i % 2 === 0)
        socket.write(`{"action":"connect","username":"u${i}"${i % 4 === 0 ? ',"protocol":1' : ''}}\n`)
      if (i % 3 === 0)
        socket.write('{"action":"joinroom","room":"dev","since":0}\n{"action":"chat","room":"dev","mess')
      return socket
    })
    await eventually(() => server.daemon.connections > 0)
    sockets.forEach((socket, i) => {
      if (i % 5 === 0) socket.resetAndDestroy()
      else socket.destroy()
    })
    await eventually(() => server.daemon.connections === 0)
  })
})

describe('rate limits', () => {
  test('a burst goes through at once, later messages are read later, none is lost and none refused', async () => {
    const server = await startServer({ messageBurst: 5, messagesPerSecond: 20 })
    const peer = await Peer.full(server, 'alice')
    await peer.ask({ action: 'joinroom', room: 'dev' })
    const began = Date.now()
    for (let i = 0; i < 15; i++) peer.send({ action: 'chat', room: 'dev', message: `${i}` })
    await peer.until(() => peer.of('chat').length === 15)
    // Ten beyond the burst at twenty a second; timers are never early by more than a tick.
    expect(Date.now() - began).toBeGreaterThan(400)
    expect(peer.of('error')).toEqual([])
    expect(peer.of('chat').map(frame => frame['message'])).toEqual(
      Array.from({ length: 15 }, (_, i) => `${i}`),
    )
  })

  test('signals that other clients get are limited too', async () => {
    const server = await startServer({ messageBurst: 5, messagesPerSecond: 50 })
    const peer = await Peer.full(server, 'alice')
    await peer.ask({ action: 'joinroom', room: 'dev' })
    for (const signal of [
      { action: 'away', message: 'lunch' },
      { action: 'typing', room: 'dev', on: true },
    ]) {
      const began = Date.now()
      for (let i = 0; i < 25; i++) {
        peer.send(signal)
        peer.send(signal.action === 'away' ? { action: 'away' } : { ...signal, on: false })
      }
      await peer.settled()
      // At least forty five beyond the burst at fifty a second.
      expect(Date.now() - began).toBeGreaterThan(800)
    }
    // A change without effect is not announced.
    const began = Date.now()
    for (let i = 0; i < 100; i++) peer.send({ action: 'away' })
    await peer.settled()
    expect(Date.now() - began).toBeLessThan(1_500)
  })

  test('the bucket belongs to the name: a second connection brings no second burst', async () => {
    const server = await startServer({ messageBurst: 5, messagesPerSecond: 20 })
    const one = await Peer.full(server, 'alice')
    const two = await Peer.full(server, 'alice', String((await one.next('welcome'))['session']))
    for (const peer of [one, two]) await peer.ask({ action: 'joinroom', room: 'dev' })
    const began = Date.now()
    for (let i = 0; i < 8; i++)
      for (const peer of [one, two]) peer.send({ action: 'chat', room: 'dev', message: `${i}` })
    await one.until(() => one.of('chat').length === 16)
    expect(Date.now() - began).toBeGreaterThan(400)
  })

  test('while most of a room cannot keep up, its senders are read later; a slow minority delays no sender', async () => {
    const server = await startServer({
      behindBytes: 64 * 1024,
      leftOverBytes: 64 * 1024 * 1024,
      stuckAfter: 60_000,
    })
    const alice = await Peer.full(server, 'alice')
    await alice.ask({ action: 'joinroom', room: 'dev' })
    const lazy = await Promise.all(['p', 'q', 'r'].map(name => Peer.full(server, name)))
    for (const peer of lazy) {
      await peer.ask({ action: 'joinroom', room: 'dev' })
      peer.socket.pause()
    }
    const text = 'x'.repeat(15_000)
    let sent = 0
    let stored = 0
    alice.socket.on('data', () => {
      stored = alice.of('chat').length
    })
    const flood = setInterval(() => {
      for (let i = 0; i < 20 && alice.socket.writableLength < 1_000_000; i++, sent++) {
        alice.send({ action: 'chat', room: 'dev', message: `${sent} ${text}` })
      }
    }, 1)
    try {
      // The kernel's buffers fill first; then the sender is no longer read and backs up itself.
      let heldAt = 0
      await eventually(async () => {
        heldAt = stored
        await new Promise(resolve => setTimeout(resolve, 300))
        return alice.socket.writableLength >= 1_000_000 && stored - heldAt < 60
      })
      for (const peer of lazy.slice(0, 2)) peer.socket.resume()
      await eventually(() => stored > heldAt + 200)
    } finally {
      clearInterval(flood)
    }
  })
})
