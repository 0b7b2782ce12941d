import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { encodeFrame } from '../protocol/codec.ts'
import type { Refusal } from '../protocol/errors.ts'
import { SERVER_NAME } from '../protocol/names.ts'
import { addressGroup, showAddress } from './address.ts'
import type { WholeLog } from './log/log.ts'
import { MemoryLog } from './log/memoryLog.ts'
import type { Logger } from './logger.ts'
import { Session } from './requests/client.ts'
import { Pace } from './requests/rateLimit.ts'
import type { Hall } from './requests/services.ts'
import { People } from './rooms/people.ts'
import { Presence } from './rooms/presence.ts'
import { Rooms } from './rooms/rooms.ts'
import { Identities } from './rooms/sessions.ts'
import type { ListenAddress, Settings } from './settings.ts'
import { Connection } from './transport/connection.ts'
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
/** A commit of so many entries is waited for at the end of a tick; less is not worth a wait. */
const GATHER_FROM = 8
const ACCEPT_BACKLOG = 4_096
const TURNED_AWAY_LINGER = 2_000
/** How long clients are asked to wait after a stop: about what a restart takes. */
const RETRY_AFTER_STOP = 1_000

/** What a daemon is started with. */
export interface DaemonOptions {
  readonly listen: readonly ListenAddress[]
  readonly settings: Settings
  readonly logger: Logger
  /** The log to serve; a new {@link MemoryLog} unless given. */
  readonly log?: WholeLog
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

/** Why a daemon could not start, as a sentence that says what to do. */
export type StartResult =
  | { readonly ok: true; readonly daemon: Daemon }
  | { readonly ok: false; readonly message: string }

/** Starts a daemon on all addresses, or on none. */
export async function startDaemon(options: DaemonOptions): Promise<StartResult> {
  const daemon = new ListeningDaemon(options)
  for (const address of options.listen) {
    const problem = await daemon.listen(address)
    if (problem !== undefined) {
      await daemon.stop()
      return { ok: false, message: problem }
    }
  }
  return { ok: true, daemon }
}

class ListeningDaemon implements Daemon {
  readonly addresses: ListenAddress[] = []
  readonly idle: Promise<void>
  readonly #hall: Hall
  readonly #tick: Tick
  readonly #entrance = new Turns({ count: ENTRANCE_COUNT })
  readonly #turns = new Turns({ ms: TURNS_MS })
  readonly #servers: Server[] = []
  readonly #sessions = new Set<Session>()
  readonly #perAddress = new Map<string, number>()
  readonly #sweep: NodeJS.Timeout
  #accepted = 0
  #idleTimer: NodeJS.Timeout | undefined
  #becameIdle: () => void = () => undefined
  #stopped: Promise<void> | undefined
  #allGone: (() => void) | undefined

  constructor({ settings, logger, log = new MemoryLog() }: DaemonOptions) {
    const people = new People(log.keptNames())
    const rooms = new Rooms(log, people, settings.leftAfter)
    this.#tick = new Tick(() => log.committing >= GATHER_FROM)
    // After the rooms, which owe the members what the commit brought.
    log.subscribe(() => this.#tick.commitCame())
    this.#hall = {
      settings,
      log,
      rooms,
      people,
      identities: new Identities(log),
      presence: new Presence(rooms, settings.leftAfter),
      pace: new Pace(settings),
      logger,
      left: session => this.#left(session),
    }
    this.idle = new Promise(resolve => {
      this.#becameIdle = resolve
    })
    this.#sweep = setInterval(() => this.#look(), SWEEP_EVERY)
    this.#noteIdle()
  }

  get connections(): number {
    return this.#sessions.size
  }

  /** Listens on one address more; a sentence where that fails. */
  listen(address: ListenAddress): Promise<string | undefined> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => this.#accept(socket))
    return new Promise(resolve => {
      server.once('error', (error: NodeJS.ErrnoException) => resolve(listenProblem(address, error)))
      server.listen({ ...address, backlog: ACCEPT_BACKLOG }, () => {
        server.removeAllListeners('error')
        server.on('error', error => this.#hall.logger.error({ error: error.message }, 'accepting failed'))
        this.#servers.push(server)
        const { address: host, port } = server.address() as AddressInfo
        this.addresses.push({ host, port })
        this.#hall.logger.info({ host, port, pid: process.pid }, 'listening')
        resolve(undefined)
      })
    })
  }

  sendAway(key: string): void {
    const { people, identities } = this.#hall
    for (const session of people.find(key)?.sessions ?? []) {
      const message = 'what was said under this name is erased'
      if (session.isFull) session.sendFrame({ action: 'bye', reason: 'erased', message })
      session.connection.end()
    }
    identities.forget(key)
    people.forget(key)
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  #accept(socket: Socket): void {
    const { settings, logger } = this.#hall
    const address = addressGroup(socket.remoteAddress)
    const fromAddress = this.#perAddress.get(address) ?? 0
    if (this.#stopped !== undefined)
      return turnAway(socket, 'shutting_down', 'the server is stopping; try again soon')
    if (this.#sessions.size >= settings.connections) {
      return turnAway(socket, 'server_full', 'the server has no room for more connections; try again later')
    }
    if (fromAddress >= settings.connectionsPerAddress) {
      const message = `there are ${fromAddress} connections from your address already; close one first`
      return turnAway(socket, 'limit_reached', message)
    }
    this.#perAddress.set(address, fromAddress + 1)
    const shared = { tick: this.#tick, entrance: this.#entrance, turns: this.#turns, settings, logger }
    const connection = new Connection(socket, ++this.#accepted, address, shared)
    const session = new Session(this.#hall, connection)
    this.#sessions.add(session)
    clearTimeout(this.#idleTimer)
    logger.debug({ connection: connection.number, address }, 'accepted')
    connection.open(session)
  }

  #left(session: Session): void {
    this.#sessions.delete(session)
    const { address } = session.connection
    const fromAddress = (this.#perAddress.get(address) ?? 1) - 1
    if (fromAddress > 0) this.#perAddress.set(address, fromAddress)
    else this.#perAddress.delete(address)
    this.#noteIdle()
    if (this.#sessions.size === 0) this.#allGone?.()
  }

  #noteIdle(): void {
    const { exitWhenIdle } = this.#hall.settings
    if (exitWhenIdle === undefined || this.#sessions.size > 0) return
    clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(this.#becameIdle, exitWhenIdle)
  }

  #look(): void {
    const now = performance.now()
    for (const { connection } of this.#sessions) connection.check(now)
    this.#hall.rooms.tellPeople()
    this.#hall.pace.sweep(now)
  }

  async #stop(): Promise<void> {
    const { log, rooms, presence, settings } = this.#hall
    clearTimeout(this.#idleTimer)
    for (const server of this.#servers) server.close()
    for (const { connection } of this.#sessions) connection.stopReading()
    // What was read is stored and answered before anybody is sent away.
    await log.close()
    const bye = Line.of({
      action: 'bye',
      reason: 'shutting_down',
      message: 'the server is stopping',
      retryAfter: RETRY_AFTER_STOP,
    })
    for (const session of this.#sessions) {
      if (session.isFull) session.send(bye)
      session.connection.end()
    }
    await this.#everybodyGone(settings.stopWithin)
    for (const { connection } of this.#sessions) connection.cut('stopping')
    await this.#everybodyGone(settings.stopWithin)
    clearInterval(this.#sweep)
    rooms.close()
    presence.close()
  }

  #everybodyGone(within: number): Promise<void> {
    if (this.#sessions.size === 0) return Promise.resolve()
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
  // Not an idle timer: who goes on sending would be there for ever, and is counted nowhere.
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
