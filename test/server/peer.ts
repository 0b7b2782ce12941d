import { randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { inject, onTestFinished } from 'vitest'
import { success } from '../../src/protocol/errors.ts'
import type { ServerFrame } from '../../src/protocol/responses.ts'
import { type Daemon, type DaemonOptions, startDaemon } from '../../src/server/daemon.ts'
import type { WholeLog } from '../../src/server/log/log.ts'
import { SqliteLog } from '../../src/server/log/sqlite/sqliteLog.ts'
import { createLogger } from '../../src/server/logger.ts'
import { DEFAULT_SETTINGS, type ListenAddress, type Settings } from '../../src/server/settings.ts'
import { createTlsServer } from '../../src/server/tls/createTlsServer.ts'
import { temporaryDirectory } from './directory.ts'
import { MemoryLog } from './log/memoryLog.ts'

/** A received frame, with all its fields. */
export type Received = { readonly action: ServerFrame['action'] } & Readonly<Record<string, unknown>>

const PATIENCE = 25_000

/** What a daemon of a test is started with. */
export interface ServerOptions {
  readonly settings: Partial<Settings>
  readonly listen: ListenAddress
  readonly told: Pick<DaemonOptions, 'journal' | 'peers'> & Partial<Pick<DaemonOptions, 'logger'>>
}

/**
 * A daemon on a port of loopback, by default a free one, that ends with the test. In the project `contract` of the tests it
 * is three daemons with one log; what they cannot do there is listed in `test/cluster/contract/exclusions.ts`.
 * @param log by default one in memory, or the one that the daemons share
 */
export async function startServer(
  settings: Partial<Settings> = {},
  log?: WholeLog,
  listen: ListenAddress = { host: '127.0.0.1', port: 0 },
  told: ServerOptions['told'] = {},
): Promise<Server> {
  const brokers = inject('brokers')
  if (brokers === undefined)
    return startOne({ settings, log: log ?? new MemoryLog(), listen, told, data: temporaryDirectory() })
  if (log !== undefined) throw new Error('a test with a log of its own does not run on three daemons')
  const { startDaemons } = await import('../cluster/contract/daemons.ts')
  return startDaemons(brokers, { settings, listen, told })
}

/** Starts one daemon: with `among`, one of several. `data`: where its certificate is. */
export async function startOne({
  settings,
  log,
  listen,
  told,
  data,
  among,
}: ServerOptions & Pick<DaemonOptions, 'log' | 'among'> & { readonly data: string }): Promise<Server> {
  const all = { ...DEFAULT_SETTINGS, messageBurst: Number.POSITIVE_INFINITY, ...settings }
  const logger = told.logger ?? (await createLogger('silent'))
  const tls = createTlsServer({ data, listen: [listen], names: [], files: undefined, settings: all, logger })
  const erase = (person: string) =>
    log instanceof SqliteLog ? log.erase(person) : Promise.resolve(success(undefined))
  const options = { ...told, listen: [listen], settings: all, logger, log, among, tls, erase }
  const started = await startDaemon(options)
  if (!started.ok) throw new Error(started.error)
  const daemon = started.value
  onTestFinished(() => daemon.stop())
  const [address] = daemon.addresses
  return { daemon, port: address !== undefined && 'port' in address ? address.port : 0, log }
}

/** By port: what is waited for before a request is asked there. */
const waits = new Map<number, () => Promise<void>>()

/** Has peers and operators wait before they ask something, until the end of the test. */
export function waitBefore(port: number, wait: () => Promise<void>): void {
  waits.set(port, wait)
  onTestFinished(() => void waits.delete(port))
}

/** What those who ask at this port wait for. */
export function waitOf(port: number): (() => Promise<void>) | undefined {
  return waits.get(port)
}

/** Waits until something holds that no frame tells of. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('waited in vain')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

/** A running daemon. */
export interface Server {
  readonly daemon: Daemon
  readonly port: number
  readonly log: WholeLog
}

/** A bare socket: sends lines, and keeps the received ones. */
export class Peer {
  readonly socket: Socket
  readonly frames: Received[] = []
  /** Everything that came, as text. */
  text = ''
  closed = false
  #rest = ''
  #waiting: (() => void)[] = []
  /** Ids are for ever: two peers of one name must not use the same. */
  readonly #prefix = randomUUID().slice(0, 8)
  #nextId = 0

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => this.#received(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  /** A connection to a daemon; closed with the test. */
  static async open({ port }: { readonly port: number }): Promise<Peer> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const peer = new Peer(socket)
    onTestFinished(() => {
      socket.destroy()
    })
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return peer
  }

  /** A connection that is open already, such as an encrypted one; closed with the test. */
  static over(socket: Socket): Peer {
    onTestFinished(() => {
      socket.destroy()
    })
    return new Peer(socket)
  }

  /** A plain client that has connected. */
  static async plain(server: { readonly port: number }, username: string): Promise<Peer> {
    const peer = await Peer.open(server)
    peer.send({ action: 'connect', username })
    return peer
  }

  /** A full client that has been welcomed; `welcome` is its first frame. */
  static async full(
    server: { readonly port: number },
    username: string,
    session?: string,
    features?: readonly string[],
  ): Promise<Peer> {
    const peer = await Peer.open(server)
    peer.send({
      action: 'connect',
      username,
      protocol: 1,
      ...(session === undefined ? {} : { session }),
      ...(features === undefined ? {} : { features }),
    })
    await peer.next('welcome')
    return peer
  }

  /** Sends one frame. */
  send(frame: object): void {
    this.raw(`${JSON.stringify(frame)}\n`)
  }

  /** Sends bytes as they are. */
  raw(bytes: string | Buffer): void {
    this.socket.write(bytes)
  }

  /** Sends a request with an id and waits for its one answer. */
  async ask(frame: Readonly<Record<string, unknown>> & { readonly id?: string }): Promise<Received> {
    const id = frame.id ?? `${this.#prefix}-${++this.#nextId}`
    const waiting = waitOf(this.socket.remotePort ?? 0)
    if (waiting !== undefined) await waiting()
    this.send({ ...frame, id })
    return this.wait(answer => answer['id'] === id && (answer.action === 'ok' || answer.action === 'error'))
  }

  /** The first frame of this action that has come or comes. */
  next(action: ServerFrame['action']): Promise<Received> {
    return this.wait(frame => frame.action === action)
  }

  /** The first frame that this holds for, come or to come. */
  wait(wanted: (frame: Received) => boolean): Promise<Received> {
    return this.until(() => this.frames.find(wanted))
  }

  /** Waits until the condition gives something. */
  async until<T>(condition: () => T | undefined | false): Promise<T> {
    const deadline = Date.now() + PATIENCE
    for (;;) {
      const value = condition()
      if (value !== undefined && value !== false) return value
      if (Date.now() > deadline) throw new Error(`waited in vain; got:\n${this.text.slice(-2_000)}`)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, deadline - Date.now() + 1)
        this.#waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
      if (this.closed && !condition())
        throw new Error(`closed while waiting; got:\n${this.text.slice(-2_000)}`)
    }
  }

  /** Everything sent before was handled: a ping came back. Only for full clients. */
  async settled(): Promise<void> {
    await this.ask({ action: 'ping' })
  }

  /** Frames of these actions, in order. */
  of(...actions: readonly ServerFrame['action'][]): Received[] {
    return this.frames.filter(frame => actions.includes(frame.action))
  }

  /** Resolves when the server has closed the connection. */
  async ended(): Promise<void> {
    if (!this.closed) {
      if (this.socket.readableEnded) this.socket.end()
      else this.socket.once('end', () => this.socket.end())
      await new Promise(resolve => this.socket.once('close', resolve))
    }
  }

  #received(chunk: string): void {
    this.text += chunk
    this.#rest += chunk
    const lines = this.#rest.split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.frames.push(JSON.parse(line) as Received)
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}
