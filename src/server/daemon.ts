import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { encodeFrame } from '../protocol/codec.ts'
import { failure, type Refusal, type Result, success } from '../protocol/errors.ts'
import { SERVER_NAME } from '../protocol/names.ts'
import { addressGroup, showAddress } from './address.ts'
import type { WholeLog } from './log/log.ts'
import type { Logger } from './logger.ts'
import { Client } from './requests/client.ts'
import { FEATURES, HANDLERS } from './requests/dispatch.ts'
import { RateLimiter } from './requests/rateLimiter.ts'
import type { Services } from './requests/services.ts'
import { People } from './rooms/people.ts'
import { Presence } from './rooms/presence.ts'
import { Rooms } from './rooms/rooms.ts'
import { Sessions } from './rooms/sessions.ts'
import type { ListenAddress, Settings } from './settings.ts'
import { Connection, type SharedTransport } from './transport/connection.ts'
import { Line } from './transport/line.ts'
import { Tick } from './transport/tick.ts'
import { Turns } from './transport/turns.ts'

const SWEEP_EVERY = 1_000
/** How long the turns of connected clients take in one pass of the event loop together, ms. */
const TURNS_MS = 5
/**
 * New connections that have their turn in one pass of the loop. Their first line takes about 0.1 ms: when thousands come
 * at once, as after a restart, connected clients wait some milliseconds, and not for all of them.
 */
const ENTRANCE_COUNT = 32
/** The end of a tick waits for a commit of at least so many events. */
const GATHER_FROM = 8
const ACCEPT_BACKLOG = 4_096
const TURNED_AWAY_LINGER = 2_000
/** How long a stop asks clients to wait before they connect again, ms: about the time of a restart. */
const RETRY_AFTER_STOP = 1_000

/** What a daemon works with. */
export interface DaemonOptions {
  readonly listen: readonly ListenAddress[]
  readonly settings: Settings
  readonly logger: Logger
  readonly log: WholeLog
}

/** A daemon that listens. */
export interface Daemon {
  /** Where it listens, with the real ports. */
  readonly addresses: readonly ListenAddress[]
  /** How many connections there are. */
  readonly connections: number
  /** Resolves when the daemon has been idle for `settings.exitWhenIdle`. */
  readonly idle: Promise<void>
  /** Ends the connections of a person (a folded name) and forgets the name and its sessions: the log erases them. */
  sendAway(person: string): void
  /** Stops accepting, commits what is queued, tells clients, flushes; resolves when every socket is closed. */
  stop(): Promise<void>
}

/** Starts a daemon on all addresses, or on none. The error is a sentence that says what to do. */
export async function startDaemon(options: DaemonOptions): Promise<Result<Daemon, string>> {
  const daemon = new ListeningDaemon(options)
  for (const address of options.listen) {
    // `[::]` takes IPv4 too, unless `0.0.0.0` of the same port is a listener of its own.
    const hasOwnIpv4 = options.listen.some(({ host, port }) => host === '0.0.0.0' && port === address.port)
    const problem = await daemon.listen(address, hasOwnIpv4)
    if (problem !== undefined) {
      await daemon.stop()
      return failure(problem)
    }
  }
  return success(daemon)
}

class ListeningDaemon implements Daemon {
  readonly addresses: ListenAddress[] = []
  readonly idle: Promise<void>
  readonly #services: Services
  readonly #tick: Tick
  readonly #entrance = new Turns({ count: ENTRANCE_COUNT })
  readonly #turns = new Turns({ ms: TURNS_MS })
  readonly #servers: Server[] = []
  readonly #clients = new Set<Client>()
  readonly #perAddress = new Map<string, number>()
  readonly #sweep: NodeJS.Timeout
  #accepted = 0
  /** Connections that were refused since the last sweep, without the first of each kind. */
  readonly #turnedAway = new Map<Refusal['code'], number>()
  #acceptFailed = false
  #idleTimer: NodeJS.Timeout | undefined
  #becameIdle: () => void = () => undefined
  #stopped: Promise<void> | undefined
  #allGone: (() => void) | undefined

  constructor({ settings, logger, log }: DaemonOptions) {
    const people = new People(log.keptNames())
    const rooms = new Rooms(log, people, settings.leftAfter)
    this.#tick = new Tick(() => log.committing >= GATHER_FROM)
    // After the rooms, which send the events of the commit to their members.
    log.subscribe(() => this.#tick.commitCame())
    this.#services = {
      settings,
      log,
      rooms,
      people,
      sessions: new Sessions(log),
      presence: new Presence(rooms, settings.leftAfter),
      rateLimiter: new RateLimiter(settings),
      logger,
      features: FEATURES,
    }
    this.idle = new Promise(resolve => {
      this.#becameIdle = resolve
    })
    this.#sweep = setInterval(() => this.#sweepClients(), SWEEP_EVERY)
    this.#noteIdle()
  }

  get connections(): number {
    return this.#clients.size
  }

  /**
   * Listens on one address more; a sentence where that fails.
   * @param ipv6Only leaves the IPv4 addresses of a port to another listener
   */
  listen(address: ListenAddress, ipv6Only: boolean): Promise<string | undefined> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => this.#accept(socket))
    return new Promise(resolve => {
      server.once('error', (error: NodeJS.ErrnoException) => resolve(listenProblem(address, error)))
      server.listen({ ...address, backlog: ACCEPT_BACKLOG, ipv6Only }, () => {
        server.removeAllListeners('error')
        server.on('error', error => this.#failedToAccept(error))
        this.#servers.push(server)
        const { address: host, port } = server.address() as AddressInfo
        this.addresses.push({ host, port })
        this.#services.logger.info({ host, port, pid: process.pid }, 'listening')
        resolve(undefined)
      })
    })
  }

  sendAway(key: string): void {
    const { people, sessions } = this.#services
    const message = 'everything said under this name is erased'
    const bye = Line.of({ action: 'bye', reason: 'erased', message })
    for (const peer of people.find(key)?.peers ?? []) peer.sendAway(bye)
    sessions.forget(key)
    people.forget(key)
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  /** Accepting fails where the process has no file descriptors left; it can fail thousands of times a second. */
  #failedToAccept(error: Error): void {
    if (this.#acceptFailed) return
    this.#acceptFailed = true
    this.#services.logger.error({ err: error }, 'a connection could not be accepted')
  }

  #accept(socket: Socket): void {
    const { settings, logger } = this.#services
    const address = addressGroup(socket.remoteAddress)
    const fromAddress = this.#perAddress.get(address) ?? 0
    if (this.#stopped !== undefined)
      return turnAway(socket, 'shutting_down', 'the server is stopping; try again soon')
    if (this.#clients.size >= settings.connections) {
      return this.#turnAway(
        socket,
        address,
        'server_full',
        'the server has no room for more connections; try again later',
      )
    }
    if (fromAddress >= settings.connectionsPerAddress) {
      const message = `there are ${fromAddress} connections from your address already; close one first`
      return this.#turnAway(socket, address, 'limit_reached', message)
    }
    this.#perAddress.set(address, fromAddress + 1)
    const shared: SharedTransport = {
      tick: this.#tick,
      entrance: this.#entrance,
      turns: this.#turns,
      settings,
      logger,
    }
    const connection = new Connection(socket, ++this.#accepted, address, shared)
    const client = new Client(this.#services, connection, HANDLERS, gone => this.#left(gone))
    this.#clients.add(client)
    clearTimeout(this.#idleTimer)
    logger.debug({ connection: connection.number, address }, 'accepted')
    connection.open(client)
  }

  /** Refuses a connection. The log has the first of a second, and how many followed: a flood must not fill it. */
  #turnAway(socket: Socket, address: string, code: Refusal['code'], message: string): void {
    const more = this.#turnedAway.get(code)
    if (more === undefined) this.#services.logger.warn({ address, code }, 'a connection was refused')
    this.#turnedAway.set(code, (more ?? -1) + 1)
    turnAway(socket, code, message)
  }

  #left(client: Client): void {
    this.#clients.delete(client)
    const { address } = client.connection
    const fromAddress = (this.#perAddress.get(address) ?? 1) - 1
    if (fromAddress > 0) this.#perAddress.set(address, fromAddress)
    else this.#perAddress.delete(address)
    this.#noteIdle()
    if (this.#clients.size === 0) this.#allGone?.()
  }

  #noteIdle(): void {
    const { exitWhenIdle } = this.#services.settings
    if (exitWhenIdle === undefined || this.#clients.size > 0) return
    clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(this.#becameIdle, exitWhenIdle)
  }

  #sweepClients(): void {
    const now = performance.now()
    for (const { connection } of this.#clients) connection.check(now)
    for (const [code, more] of this.#turnedAway) {
      if (more > 0) this.#services.logger.warn({ code, more }, 'more connections were refused')
    }
    this.#turnedAway.clear()
    this.#acceptFailed = false
    this.#services.rooms.tellPeople()
    this.#services.rateLimiter.sweep(now)
  }

  async #stop(): Promise<void> {
    const { log, rooms, presence, settings } = this.#services
    clearTimeout(this.#idleTimer)
    for (const server of this.#servers) server.close()
    for (const { connection } of this.#clients) connection.stopReading()
    // Requests that were read are stored and answered before clients are sent away, which happens in any case.
    const closed = await log.close().then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    const bye = Line.of({
      action: 'bye',
      reason: 'shutting_down',
      message: 'the server is stopping',
      retryAfter: RETRY_AFTER_STOP,
    })
    for (const client of this.#clients) client.sendAway(bye)
    await this.#allClosed(settings.stopWithin)
    for (const { connection } of this.#clients) connection.cut('stopping')
    await this.#allClosed(settings.stopWithin)
    clearInterval(this.#sweep)
    rooms.close()
    presence.close()
    if (closed !== undefined) throw closed.error
  }

  #allClosed(within: number): Promise<void> {
    if (this.#clients.size === 0) return Promise.resolve()
    return new Promise(resolve => {
      const timer = setTimeout(resolve, within)
      this.#allGone = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

function turnAway(socket: Socket, code: Refusal['code'], message: string): void {
  socket.on('error', () => undefined)
  // Not socket.setTimeout: a peer that keeps sending is never idle.
  const linger = setTimeout(() => socket.destroy(), TURNED_AWAY_LINGER)
  socket.on('close', () => clearTimeout(linger))
  socket.resume()
  socket.end(encodeFrame({ action: 'error', code, message, from: SERVER_NAME, fatal: true }))
}

function listenProblem(address: ListenAddress, error: NodeJS.ErrnoException): string {
  const shown = showAddress(address)
  switch (error.code) {
    case 'EADDRINUSE':
      return `${shown} is taken: another program listens there; stop it, or choose another address with --listen`
    case 'EACCES':
      return `${shown} may not be used: ports below 1024 need a privilege; choose a higher one with --listen`
    case 'EADDRNOTAVAIL':
      return `${address.host} is no address of this machine; choose one of its own with --listen`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${address.host} is not known; check the name after --listen`
    default:
      return `cannot listen on ${shown}: ${error.message}`
  }
}
