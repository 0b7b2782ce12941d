import { PassThrough, Readable, Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { ChatClient } from '../../src/client/client.ts'
import { type LineOptions, runLineMode } from '../../src/tui/lineMode.ts'
import { join, joined, texts, until } from '../client/session.ts'
import { eventually, Peer, type Server, startServer } from '../server/peer.ts'

/** Line mode on streams instead of a pipe. */
class Lines {
  readonly client: ChatClient
  readonly input: Readable
  out = ''
  err = ''
  readonly ended: Promise<number>

  constructor(
    server: Pick<Server, 'port'>,
    more: Partial<LineOptions> & { readonly user?: string; readonly session?: string } = {},
  ) {
    const { user = 'ci', session, ...options } = more
    const { rooms = ['dev'], input = new PassThrough() } = options
    this.client = join(server.port, user, rooms, session === undefined ? {} : { session })
    this.input = input
    this.ended = runLineMode({
      client: this.client,
      server: 'the server',
      output: collect(text => {
        this.out += text
      }),
      errors: collect(text => {
        this.err += text
      }),
      ...options,
      rooms,
      input,
    })
  }

  /** Puts lines in. */
  write(text: string): void {
    if (this.input instanceof PassThrough) this.input.write(text)
  }

  /** Ends the input; resolves with the exit code. */
  end(text = ''): Promise<number> {
    if (this.input instanceof PassThrough) this.input.end(text)
    return this.ended
  }
}

function collect(onText: (text: string) => void): Writable {
  return new Writable({
    write(chunk, _, done) {
      onText(String(chunk))
      done()
    },
  })
}

/** A client in room dev. */
async function member(server: Server, name = 'alice', room = 'dev'): Promise<Peer> {
  const peer = await Peer.full(server, name)
  await peer.ask({ action: 'joinroom', room })
  return peer
}

describe('what goes in', () => {
  test('is said in the first room, in order, and all of it before it ends', async () => {
    const server = await startServer()
    const lines = new Lines(server, { rooms: ['dev', 'ops'] })
    expect(await lines.end('one\n\n  two  \n/quit\r\nlast')).toBe(0)
    const reader = join(server.port, 'reader', ['dev'])
    expect(texts(await joined(reader, 'dev'))).toEqual(['one', '  two  ', '/quit', 'last'])
    expect([lines.out, lines.err]).toEqual(['', ''])
  })

  test('is read no further ahead than what is acknowledged', async () => {
    const server = await startServer({ messageBurst: 20 })
    let taken = 0
    const endless = Readable.from(
      (function* () {
        for (;;) yield `${taken++}\n`
      })(),
    )
    const lines = new Lines(server, { input: endless })
    const peer = await member(server)
    await peer.wait(frame => frame['message'] === '15')
    const heard = peer.frames.filter(frame => frame.action === 'chat').length
    expect(taken - heard).toBeLessThan(100)
    expect(lines.client.rooms.get('dev')?.outbox.length).toBeLessThanOrEqual(32)
  })

  test('waits for a server that is not there yet, says so, and gives up after a while', async () => {
    const server = await startServer()
    await server.daemon.stop()
    const lines = new Lines(server, { deliveryTimeout: 200 })
    expect(await lines.end('one\ntwo\n')).toBe(1)
    expect(lines.err).toBe(
      'chat-tui: no connection to the server: no server listens there; trying again\n' +
        'chat-tui: 2 lines were not delivered: the server acknowledged none within 0.2 seconds\n',
    )
  })

  test('a room that cannot be joined is an error sentence, exit code 1', async () => {
    const server = await startServer()
    const lines = new Lines(server, { rooms: ['@nobody-ever'] })
    expect(await lines.end('hello\n')).toBe(1)
    expect(lines.err).toMatch(/^chat-tui: .*nobody-ever.*\n$/)
  })

  test('an input that breaks is a sentence, exit code 1, and what came before is said', async () => {
    const server = await startServer()
    const peer = await member(server)
    const lines = new Lines(server)
    lines.write('before\n')
    await peer.wait(frame => frame['message'] === 'before')
    lines.input.destroy(new Error('the disk is gone'))
    expect(await lines.ended).toBe(1)
    expect(lines.err).toBe('chat-tui: cannot read the input: the disk is gone\n')
  })
})

describe('what comes out', () => {
  test('is what others say in any of the rooms, each line with its room and name', async () => {
    const server = await startServer()
    const lines = new Lines(server, { rooms: ['dev', 'ops'] })
    await until(lines.client, () => [...lines.client.rooms.values()].every(room => room.status === 'joined'))
    const [alice, bob] = [await member(server), await member(server, 'Bob', 'ops')]
    await alice.ask({ action: 'chat', room: 'dev', message: 'one\n\nthree\u202e\x1b[2J' })
    await eventually(() => lines.out.includes('three'))
    await bob.ask({ action: 'chat', room: 'ops', message: 'hi' })
    await eventually(() => lines.out.includes('hi'))
    expect(lines.out).toBe('dev alice: one\ndev alice: \ndev alice: three\nops Bob: hi\n')
    expect(await lines.end()).toBe(0)
  })

  test('is not what was put in here, but what is said elsewhere under the same name', async () => {
    const server = await startServer()
    const desk = join(server.port, 'ci', ['dev'])
    await joined(desk, 'dev')
    let session = ''
    const phone = join(server.port, 'observer', ['dev'])
    phone.subscribe(event => {
      if (event.type === 'session') session = event.session
    })
    await joined(phone, 'dev')
    const lines = new Lines(server, { user: 'observer', session })
    await joined(lines.client, 'dev')
    lines.write('from here\n')
    await until(phone, () => texts(phone.rooms.get('dev') ?? raise()).includes('from here'))
    phone.say('dev', 'from the phone')
    await eventually(() => lines.out !== '')
    desk.say('dev', 'from the desk')
    await eventually(() => lines.out.includes('desk'))
    expect(lines.out).toBe('dev observer: from the phone\ndev ci: from the desk\n')
  })

  test('a whole flood, without gap or duplicate', async () => {
    const server = await startServer()
    const lines = new Lines(server)
    await joined(lines.client, 'dev')
    const alice = await member(server)
    const messages = Array.from({ length: 3_000 }, (_, number) => `message ${number}`)
    for (const message of messages) alice.send({ action: 'chat', room: 'dev', message })
    await eventually(() => lines.out.includes('message 2999\n'))
    expect(lines.out).toBe(messages.map(message => `dev alice: ${message}\n`).join(''))
  })
})

test('it ends when it is told to, and says what was left', async () => {
  const server = await startServer()
  await server.daemon.stop()
  const abort = new AbortController()
  const lines = new Lines(server, { abort: abort.signal })
  lines.write('one\n')
  await until(lines.client, () => lines.client.hasUnsent)
  abort.abort('the port is taken')
  expect(await lines.ended).toBe(1)
  expect(lines.err).toContain('chat-tui: one line was not delivered: the port is taken\n')
})

function raise(): never {
  throw new Error('the room is gone')
}
