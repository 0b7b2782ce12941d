import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from '../directory.ts'
import { MemoryLog } from '../log/memoryLog.ts'
import { eventually, Peer, type Server, startServer } from '../peer.ts'

const CONNECT = '{"action":"connect","username":"alice","protocol":1,"id":"c"}\n'
const PING = '{"action":"ping","id":"p"}\n'
const LOOPBACK = [{ network: '127.0.0.0', prefix: 8 }]

/** A TLS client that has shaken hands. */
async function encrypted(server: Server, socket?: Socket): Promise<Peer> {
  const where = socket === undefined ? { port: server.port, host: '127.0.0.1' } : { socket }
  const secured = connectTls({ ...where, rejectUnauthorized: false, allowHalfOpen: true } as object)
  await new Promise((resolve, reject) => secured.once('secureConnect', resolve).once('error', reject))
  return Peer.over(secured)
}

async function raw(server: Server): Promise<Socket> {
  const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => undefined)
  onTestFinished(() => {
    socket.destroy()
  })
  await new Promise(resolve => socket.once('connect', resolve))
  // Without a reader the end would not be seen.
  return socket.resume()
}

/** The first flight of a TLS client. */
function recordedHello(): Promise<Buffer> {
  return new Promise(resolve => {
    const server = createServer(socket => {
      socket.once('data', (hello: Buffer) => {
        socket.destroy()
        server.close()
        resolve(hello)
      })
    })
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') return
      connectTls({ port: address.port, host: '127.0.0.1' }).on('error', () => undefined)
    })
  })
}

/** A relay to the server that cuts what the client sends first into two writes, with a turn of the loop between. */
async function splitting(server: Server, at: number): Promise<Server> {
  const relay = createServer(near => {
    const far = connect({ port: server.port, host: '127.0.0.1', noDelay: true })
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
    far.pipe(near)
    near.once('data', (first: Buffer) => {
      far.write(first.subarray(0, at))
      setTimeout(() => {
        far.write(first.subarray(at))
        near.pipe(far)
      }, 2)
    })
  })
  await new Promise<void>(resolve => relay.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    relay.close()
  })
  const address = relay.address()
  return { ...server, port: typeof address === 'object' && address !== null ? address.port : 0 }
}

describe('one port', () => {
  test('serves TLS and lines side by side', async () => {
    const server = await startServer()
    const alice = await encrypted(server)
    alice.raw(CONNECT)
    await alice.next('welcome')
    const bob = await Peer.full(server, 'bob')
    for (const peer of [alice, bob]) await peer.ask({ action: 'joinroom', room: 'dev' })
    bob.send({ action: 'chat', room: 'dev', message: 'in plain text', id: 'm1' })
    expect(await alice.next('chat')).toMatchObject({ from: 'bob', message: 'in plain text' })
    alice.send({ action: 'chat', room: 'dev', message: 'x'.repeat(16_000), id: 'm2' })
    expect(await bob.wait(frame => frame['from'] === 'alice')).toMatchObject({ message: 'x'.repeat(16_000) })
  })

  test('a hello that is split anywhere is understood', async () => {
    const server = await startServer({ connectionsPerAddress: 10_000, arrivalsOfAddress: 10_000 })
    const { length } = await recordedHello()
    const welcomed = async (at: number): Promise<unknown> => {
      const peer = await encrypted(await splitting(server, at))
      peer.raw(`{"action":"connect","username":"u${at}","protocol":1}\n`)
      const { username } = await peer.next('welcome')
      peer.socket.destroy()
      return username
    }
    for (let at = 1; at < length; at += 50) {
      const some = Array.from({ length: Math.min(50, length - at) }, (_, index) => at + index)
      expect(await Promise.all(some.map(welcomed))).toEqual(some.map(split => `u${split}`))
    }
  }, 60_000)

  test('the first lines may be split anywhere', async () => {
    const server = await startServer({ connectionsPerAddress: 10_000 })
    for (let at = 1; at < CONNECT.length; at++) {
      const peer = await Peer.open(server)
      peer.raw(CONNECT.replace('alice', `u${at}`).slice(0, at))
      await new Promise(resolve => setImmediate(resolve))
      peer.raw(CONNECT.replace('alice', `u${at}`).slice(at) + PING)
      await peer.next('ok')
      peer.socket.destroy()
    }
  }, 30_000)

  test('a hello and nothing more is gone after the time for connecting', async () => {
    const server = await startServer({ connectTimeout: 200 })
    const hello = await recordedHello()
    const halves = await Promise.all(
      [1, 4, 5, hello.length - 1].map(async count => {
        const socket = await raw(server)
        socket.write(hello.subarray(0, count))
        return socket
      }),
    )
    const silent = await encrypted(server)
    const spoke = await raw(server)
    spoke.write(hello)
    await eventually(() => [...halves, spoke].every(socket => socket.destroyed))
    expect(silent.frames).toMatchObject([{ code: 'not_connected', fatal: true }])
    silent.socket.end()
    await eventually(() => server.daemon.connections === 0)
  })

  test('a peer that goes away during its handshake is gone at once', async () => {
    // Only leaving ends a handshake within the patience of the test.
    const server = await startServer({ connectTimeout: 120_000 })
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const sockets = Array.from({ length: 20 }, () => {
        const socket = connect(server.port, '127.0.0.1')
        const secured = connectTls({ socket, rejectUnauthorized: false })
        secured.on('error', () => undefined)
        secured.on('secureConnect', () => (leave === 'resetAndDestroy' ? socket : secured)[leave as 'end']())
        return socket
      })
      await Promise.all(sockets.map(socket => new Promise(resolve => socket.on('close', resolve))))
      await eventually(() => server.daemon.connections === 0)
    }
  })

  test.each([
    ['rubbish behind the first byte', Buffer.concat([Buffer.from([0x16]), Buffer.alloc(5_000, 0xff)])],
    ['a hello of nothing', Buffer.from([0x16, 3, 1, 0, 0])],
    ['a hello of zeros', Buffer.concat([Buffer.from([0x16, 3, 1, 2, 0]), Buffer.alloc(512)])],
    [
      'a hello that is too long',
      Buffer.concat([Buffer.from([0x16, 3, 1, 0xff, 0xff]), Buffer.alloc(70_000)]),
    ],
  ])('%s ends that connection alone', async (_, bytes) => {
    const server = await startServer({ connectTimeout: 500 })
    const bystander = await encrypted(server)
    bystander.raw(CONNECT)
    const socket = await raw(server)
    socket.write(bytes)
    await eventually(() => socket.destroyed)
    bystander.raw(PING)
    await bystander.next('ok')
    await eventually(() => server.daemon.connections === 1)
  })

  test('a refusal reaches a TLS client through TLS', async () => {
    const server = await startServer({ connectionsPerAddress: 1 })
    await Peer.full(server, 'alice')
    const second = await encrypted(server)
    await second.ended()
    expect(second.frames).toMatchObject([{ code: 'limit_reached', fatal: true }])
  })

  test('half-closed connections get their answers, as with ncat', async () => {
    const server = await startServer()
    const peer = await encrypted(server)
    peer.socket.end(CONNECT + PING)
    await peer.next('welcome')
    await peer.next('ok')
    await peer.ended()
  })

  test('a reader that stops costs its own connection, not the daemon', async () => {
    const server = await startServer({ leftOverBytes: 200_000, stuckAfter: 500 })
    const stuck = await encrypted(server)
    stuck.raw(CONNECT)
    await stuck.ask({ action: 'joinroom', room: 'dev' })
    const bob = await Peer.full(server, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev' })
    ;(stuck.socket as TLSSocket).pause()
    for (let i = 0; server.daemon.connections === 2 && i < 3_000; i++)
      await bob.ask({ action: 'chat', room: 'dev', message: 'x'.repeat(16_000) })
    await eventually(() => server.daemon.connections === 1)
  }, 60_000)
})

describe('behind a proxy', () => {
  test('200 people come in through one, each with the limits of an own address', async () => {
    const server = await startServer({ proxies: LOOPBACK, connectionsPerAddress: 2 })
    const peers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const peer = await Peer.open(server)
        peer.raw(`PROXY TCP4 192.0.2.${index} 198.51.100.1 ${1000 + index} 9011\r\n`)
        peer.raw(`{"action":"connect","username":"p${index}","protocol":1}\n`)
        await peer.next('welcome')
        return peer
      }),
    )
    expect(peers).toHaveLength(200)
    const third = await Promise.all([1, 2].map(() => Peer.open(server)))
    for (const peer of third) peer.raw('PROXY TCP4 192.0.2.7 198.51.100.1 1 9011\r\n{"action":"ping"}\n')
    await eventually(() =>
      third.some(({ frames }) => frames.some(frame => frame['code'] === 'limit_reached')),
    )
    expect(third.flatMap(({ frames }) => frames.map(frame => frame['code'])).sort()).toEqual([
      'limit_reached',
      'not_connected',
    ])
  })

  test('one client behind it cannot take the place of the others', async () => {
    const server = await startServer({ proxies: LOOPBACK, connectionsPerAddress: 2, connectTimeout: 120_000 })
    const greedy = await Promise.all(Array.from({ length: 100 }, () => raw(server)))
    for (const socket of greedy) socket.write('PROXY TCP4 192.0.2.1 198.51.100.1 1 9011\r\n')
    // Left are two, and those that wait to be told why they are not let in.
    await eventually(() => greedy.filter(socket => socket.destroyed).length === 100 - 2 - 32)
    const other = await Peer.open(server)
    other.raw(`PROXY TCP4 192.0.2.2 198.51.100.1 1 9011\r\n${CONNECT}`)
    await other.next('welcome')
  })

  test('TLS behind the header', async () => {
    const server = await startServer({ proxies: LOOPBACK })
    const socket = await raw(server)
    socket.write(Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000201c633640230392333', 'hex'))
    const peer = await encrypted(server, socket)
    peer.raw(CONNECT)
    await peer.next('welcome')
  })

  test('where a header is due, its absence is an error; where it is not, its presence', async () => {
    const behind = await Peer.open(await startServer({ proxies: LOOPBACK }))
    behind.raw(CONNECT)
    await behind.ended()
    expect(behind.frames).toMatchObject([
      { code: 'bad_frame', fatal: true, message: expect.stringContaining('cannot be read') },
    ])
    const open = await startServer()
    for (const header of ['PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\n', '\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c']) {
      const unasked = await Peer.open(open)
      unasked.raw(header)
      await unasked.ended()
      expect(unasked.frames).toMatchObject([
        { code: 'bad_frame', fatal: true, message: expect.stringContaining('--proxy-from') },
      ])
    }
  })

  test('health checks that say nothing, or speak for the proxy alone, leave no trace', async () => {
    const server = await startServer({ proxies: LOOPBACK })
    for (const bytes of ['', 'PROXY UNKNOWN\r\n', Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex')]) {
      const socket = await raw(server)
      socket.end(bytes)
    }
    await eventually(() => server.daemon.connections === 0)
  })
})

describe('a unix socket', () => {
  test('is a way in, without a limit for its one address', async () => {
    const path = join(temporaryDirectory(), 'chat')
    await startServer({ connectionsPerAddress: 1 }, new MemoryLog(), { path })
    const peers = await Promise.all(
      [1, 2, 3].map(async number => {
        const peer = Peer.over(connect({ path }))
        peer.raw(CONNECT.replace('alice', `u${number}`))
        await peer.next('welcome')
        return peer
      }),
    )
    expect(peers).toHaveLength(3)
    // A port that ssh forwards to it can carry TLS.
    const secured = connectTls({ path, rejectUnauthorized: false })
    await new Promise((resolve, reject) => secured.once('secureConnect', resolve).once('error', reject))
    const peer = Peer.over(secured)
    peer.raw(CONNECT)
    await peer.next('welcome')
  })
})
