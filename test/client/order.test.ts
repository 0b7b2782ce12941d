import { createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { join, joined, record, texts } from './session.ts'

const EPOCH = 'e1'

/** A chat event of room dev, as it goes over the wire. */
function said(seq: number, message: string): object {
  return { action: 'chat', room: 'dev', seq, prev: seq - 1, ts: 1, from: 'bob', id: `bob-${seq}`, message }
}

/**
 * A server with one room that bob is in, which answers `joinroom` as it is told; what it sends for one request leaves
 * in one packet. The port it listens on.
 */
async function serve(
  answer: (since: number | undefined, socket: Socket) => readonly object[],
): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    let rest = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) respond(socket, JSON.parse(line) as Request)
    })
  })
  const respond = (socket: Socket, { action, id, since }: Request): void => {
    if (action === 'connect') write(socket, [WELCOME])
    else if (action === 'rooms') write(socket, [{ action: 'ok', id, rooms: [] }])
    else if (action === 'history') {
      write(socket, [
        {
          action: 'ok',
          id,
          events: [said(1, 'old')],
          first: 1,
          moreBefore: false,
          moreAfter: false,
          last: 1,
        },
      ])
    } else if (action === 'joinroom') {
      const [first, ...others] = answer(since, socket)
      write(socket, [{ ...first, action: 'ok', id }, ...others])
    }
  }
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

type Request = { readonly action: string; readonly id: string; readonly since?: number }

const WELCOME = {
  action: 'welcome',
  server: { name: 'chatd', version: '0' },
  protocol: 1,
  username: 'alice',
  session: 's',
  epoch: EPOCH,
  limits: {
    frame: 65536,
    message: 16384,
    topic: 512,
    away: 256,
    emoji: 32,
    query: 256,
    reactions: 20,
    rooms: 1000,
    page: 200,
  },
  features: [],
  ts: 1,
}

function entered(last: number): object {
  return {
    room: 'dev',
    epoch: EPOCH,
    topic: '',
    people: 2,
    members: ['alice', 'bob'],
    first: 1,
    last,
    read: last,
  }
}

function write(socket: Socket, frames: readonly object[]): void {
  socket.write(frames.map(frame => `${JSON.stringify(frame)}\n`).join(''))
}

test('a person that joins in the packet of the answer to joinroom is in the room', async () => {
  const port = await serve(() => [entered(1), { action: 'joined', room: 'dev', from: 'carol', people: 3 }])
  const room = await joined(join(port, 'alice', ['dev']), 'dev')
  expect(room.people).toBe(3)
  expect([...(room.members?.keys() ?? [])]).toEqual(['alice', 'bob', 'carol'])
})

test('a replay in the packet of the answer is a replay, and what follows it is live', async () => {
  let round = 0
  const port = await serve((since, socket) => {
    if (++round === 1) {
      setImmediate(() => socket.destroy())
      return [entered(1)]
    }
    expect(since).toBe(1)
    return [entered(3), said(2, 'missed'), said(3, 'missed too'), said(4, 'live')]
  })
  const client = join(port, 'alice', ['dev'])
  const events = record(client)
  await expect
    .poll(() => texts(client.rooms.get('dev') ?? { timeline: [] }), { timeout: 10_000 })
    .toEqual(['old', 'missed', 'missed too', 'live'])
  expect(events.flatMap(event => (event.type === 'message' ? [event.event.seq] : []))).toEqual([4])
})
