import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import * as z from 'zod'
import { requests, results } from '../../src/protocol/requests.ts'
import { serverFrame, welcome } from '../../src/protocol/responses.ts'
import { DEFAULT_LIMITS } from '../../src/protocol/serverLimits.ts'
import { Generator, pick, type Random, type Schema } from './generate.ts'
import { bytesOf, noFrames } from './mutate.ts'

const schemaOf = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { reused: 'inline', unrepresentable: 'any' }) as Schema
const ANY_FRAME = schemaOf(serverFrame)
const WELCOME = schemaOf(welcome)
const RESULTS = new Map(Object.entries(results).map(([action, result]) => [action, schemaOf(result)]))
/** Of the lines that a client sends, so many are answered as they should be. */
const FAITHFUL = 0.75

const KNOWN = {
  room: ['dev', 'ops', '@mallory', 'Dev', 'другая'],
  from: ['mallory', 'user', 'trudy', 'chatd'],
  username: ['user'],
  seq: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 2 ** 53 - 1],
  prev: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  epoch: ['one', 'two'],
  ts: [0, Date.now(), Date.now() + 10 ** 12, 8.64e15 + 1, -1],
  limits: [DEFAULT_LIMITS],
  features: [Object.keys(requests)],
  code: [
    'name_taken',
    'rate_limited',
    'auth_required',
    'storage_unavailable',
    'internal',
    'not_found',
    'unheard_of',
  ],
  reason: ['shutting_down', 'silent', 'revoked', 'erased', 'name_registered', 'long', 'FUZZ'],
  retryAfter: [0, 1, 50, 2 ** 31, 2 ** 53 - 1],
} as const

/** A server that answers as it should now and then, and sends frames of every kind, whole and broken, unasked. */
export class HostileServer {
  readonly frames = noFrames()
  connections = 0
  readonly #random: Random
  readonly #generator: Generator
  readonly #server = createServer(socket => this.#serve(socket))
  readonly #sockets = new Set<Socket>()

  constructor(random: Random) {
    this.#random = random
    this.#generator = new Generator(random, KNOWN)
  }

  /** Listens on a free port of loopback. */
  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #serve(socket: Socket): void {
    this.connections++
    this.#sockets.add(socket)
    let rest = ''
    socket.on('error', () => undefined)
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#answer(socket, line)
    })
    const unasked = setInterval(() => this.#say(socket, this.#frame()), 5 + 30 * this.#random())
    socket.on('close', () => {
      clearInterval(unasked)
      this.#sockets.delete(socket)
    })
  }

  /** Any frame; seldom one after which the client waits for its user. */
  #frame(): unknown {
    for (;;) {
      const frame = this.#generator.make(ANY_FRAME) as Record<string, unknown>
      const isEnd = frame['action'] === 'bye' || frame['action'] === 'error'
      if (!isEnd || this.#random() < 0.02) return frame
    }
  }

  #answer(socket: Socket, line: string): void {
    if (this.#random() > FAITHFUL) return this.#say(socket, this.#frame())
    let request: Record<string, unknown>
    try {
      request = JSON.parse(line) as Record<string, unknown>
    } catch {
      // A hello of TLS: this server takes none.
      return socket.destroy() && undefined
    }
    const { action, id } = request
    if (action === 'connect') {
      const frame = this.#generator.make(WELCOME) as Record<string, unknown>
      const { username } = request
      return this.#write(socket, { ...frame, id, username, protocol: 1, limits: DEFAULT_LIMITS })
    }
    const schema = RESULTS.get(String(action))
    const result = schema === undefined ? {} : (this.#generator.make(schema) as Record<string, unknown>)
    if (id !== undefined)
      this.#write(socket, {
        ...result,
        action: 'ok',
        id,
        ...(request['room'] === undefined ? {} : { room: request['room'] }),
      })
  }

  #say(socket: Socket, frame: unknown): void {
    if (!socket.writable || socket.writableLength > 2 ** 20) return
    const { kind, bytes } = bytesOf(frame as Record<string, unknown>, this.#random, this.#generator)
    this.frames[kind]++
    socket.write(bytes)
    if (this.#random() < 0.004) pick(this.#random, [() => socket.destroy(), () => socket.end()])()
  }

  #write(socket: Socket, frame: Record<string, unknown>): void {
    this.frames.valid++
    if (socket.writable) socket.write(`${JSON.stringify(frame)}\n`)
  }
}
