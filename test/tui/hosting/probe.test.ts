import { createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isListening, probe } from '../../../src/tui/hosting/probe.ts'
import { eventually, Peer, startServer } from '../../server/peer.ts'

/** A server that does what it is told with each connection; closed with the test. */
async function listen(greet: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    greet(socket)
  })
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A port that a server listened on a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('the programs behind a port are distinguished', () => {
  test('chatd, whose clients notice nothing', async () => {
    const server = await startServer()
    const peer = await Peer.full(server, 'alice')
    await peer.ask({ action: 'joinroom', room: 'dev' })
    const before = peer.frames.length
    expect(await probe(server.port)).toBe('chatd')
    expect(await isListening(server.port)).toBe(true)
    expect(await peer.ask({ action: 'joinroom', room: 'dev' })).toMatchObject({ people: 1 })
    expect(peer.frames.slice(before).map(frame => frame.action)).toEqual(['ok'])
  })

  test('nothing', async () => {
    const port = await freePort()
    expect(await probe(port)).toBe('nothing')
    expect(await isListening(port)).toBe(false)
  })

  test.each<[string, (socket: Socket) => void]>([
    ['a mail server', socket => socket.write('220 mail.example.org ESMTP\r\n')],
    ['one that echoes', socket => socket.pipe(socket)],
    ['one that hangs up', socket => socket.end()],
    ['one that breaks', socket => socket.resetAndDestroy()],
    ['JSON of another kind', socket => socket.write('{"action":"error","code":"bad_frame"}\n')],
    ['one that says nothing', () => undefined],
    ['one that never ends a line', socket => socket.write('x'.repeat(2_000_000))],
  ])('something else: %s', async (_, greet) => {
    expect(await probe(await listen(greet))).toBe('other')
  })

  test('chatd that is stopping is not something else: it is asked again', async () => {
    const { daemon, port } = await startServer()
    const answers = Promise.all(Array.from({ length: 20 }, () => probe(port)))
    await daemon.stop()
    for (const answer of await answers) expect(answer).not.toBe('other')
    expect(await probe(port)).toBe('nothing')
  })

  test('no connection is left behind', async () => {
    const open = new Set<Socket>()
    const port = await listen(socket => {
      open.add(socket)
      socket.on('close', () => open.delete(socket))
      socket.resume()
      socket.write('hello\n')
    })
    await probe(port)
    await eventually(() => open.size === 0)
  })
})
