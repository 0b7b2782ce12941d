import type { Socket } from 'node:net'
import { failure, type Result, success } from '../protocol/errors.ts'
import type { AccountContext } from './admin/accountTasks.ts'
import type { LiveServer } from './admin/liveServer.ts'
import { Accounts } from './auth/accounts.ts'
import { Asking } from './auth/asking.ts'
import { Guesses } from './auth/guesses.ts'
import { InviteAddress } from './auth/inviteAddress.ts'
import { Passwords } from './auth/passwords.ts'
import { Strangers } from './auth/strangers.ts'
import { Counters } from './counters.ts'
import { Emptying } from './emptying.ts'
import { DEFAULT_JOURNAL, Journal, type JournalOptions } from './journal.ts'
import type { WholeLog } from './log/log.ts'
import type { Logger } from './logger.ts'
import { type Look, lookAround } from './look.ts'
import { type AmongDaemons, amongDaemons } from './requests/amongDaemons.ts'
import { Client } from './requests/client.ts'
import { FEATURES, HANDLERS } from './requests/dispatch.ts'
import { Drain } from './requests/drain.ts'
import { farewell } from './requests/farewell.ts'
import { followLog } from './requests/followLog.ts'
import { liveServer } from './requests/liveServer.ts'
import { Paces } from './requests/paces.ts'
import type { Services } from './requests/services.ts'
import { People } from './rooms/people.ts'
import { Presence } from './rooms/presence.ts'
import { Rooms } from './rooms/rooms.ts'
import { Sessions } from './rooms/sessions.ts'
import type { ListenAddress, Settings } from './settings.ts'
import type { TlsServer } from './tls/tlsServer.ts'
import { Connection, type SharedTransport } from './transport/connection.ts'
import { LinkWatch } from './transport/linkWatch.ts'
import { Listeners } from './transport/listeners.ts'
import { type Admitted, Reception } from './transport/reception.ts'
import { Tick } from './transport/tick.ts'
import { Turns } from './transport/turns.ts'

const SWEEP_EVERY = 1_000
/** How often the kernel is asked which links acknowledge nothing, ms. */
const LOOK_AT_LINKS_EVERY = 5_000
/**
 * How long the turns of connected clients take in one pass of the event loop together, ms. Node accepts one connection in each
 * pass: with long passes the kernel's queue of new connections runs over while others are busy.
 */
const TURNS_MS = 1
/** New connections that have their turn in one pass. Their first line takes about 0.1 ms, and connected clients wait for it. */
const ENTRANCE_COUNT = 4
/** The end of a tick waits for a commit of at least so many events. */
const GATHER_FROM = 8
/** How long the peers of a stopping daemon may take to close, ms; then those are cut that have all, or take nothing. */
const LEAVE_WITHIN = 250

/** What a daemon works with. */
export interface DaemonOptions {
  readonly listen: readonly ListenAddress[]
  /** Listening sockets that systemd handed over, as file descriptors. */
  readonly handed?: readonly number[]
  readonly settings: Settings
  readonly logger: Logger
  /** What the lines about connections show. */
  readonly journal?: JournalOptions
  readonly log: WholeLog
  /** Of a daemon that shares its log with others. */
  readonly among?: AmongDaemons | undefined
  readonly tls: TlsServer
  /** Names of this server in invitations; by default those of `listen` and the machine's. */
  readonly names?: readonly string[]
  /** `host:port` of the other daemons that serve the same log, as clients reach them; by default none. */
  readonly peers?: () => readonly string[]
  /** Erases a person (a folded name) from the log; without it `eraseme` is refused. The error is a sentence. */
  readonly erase?: (person: string) => Promise<Result<unknown, string>>
}

/** A daemon that listens. */
export interface Daemon {
  /** Where it listens, with the real ports. */
  readonly addresses: readonly ListenAddress[]
  /** How many connections are open, those on the way in or out included. */
  readonly connections: number
  /** How many people are connected. */
  readonly people: number
  /** How many rooms have members. */
  readonly rooms: number
  /** The accounts, for the tasks of the operator. */
  readonly accounts: AccountContext
  readonly counters: Counters
  /** Whether it takes connections. */
  readonly isListening: boolean
  /** Whether its clients are sent to other daemons, or were. */
  readonly isDraining: boolean
  /** Looks at all connections and rooms. */
  look(): Look
  /** What runs now, for the tasks of the operator. */
  readonly live: LiveServer
  /** `host:port` where clients reach the other daemons with the same log. */
  otherAddresses(): readonly string[]
  /** Resolves when the daemon has been idle for `settings.exitWhenIdle`. */
  readonly idle: Promise<void>
  /** Stops accepting, commits what is queued, tells clients, flushes; resolves when every socket is closed. */
  stop(): Promise<void>
}

/** Starts a daemon on all addresses, or on none. The error is a sentence that says what to do. */
export async function startDaemon(options: DaemonOptions): Promise<Result<Daemon, string>> {
  const daemon = new ListeningDaemon(options)
  await daemon.begin()
  const problem = await daemon.listen(options)
  if (problem === undefined) return success(daemon)
  await daemon.stop()
  return failure(problem)
}

const cannotErase = (): Promise<Result<unknown, string>> =>
  Promise.resolve(failure('this server erases nothing'))

class ListeningDaemon implements Daemon {
  readonly idle: Promise<void>
  readonly counters = new Counters()
  readonly #logger: Logger
  readonly #services: Services
  readonly #tick: Tick
  readonly #entrance = new Turns({ count: ENTRANCE_COUNT })
  readonly #turns = new Turns({ ms: TURNS_MS })
  readonly #listeners: Listeners
  readonly #drain: Drain
  readonly #clients = new Set<Client>()
  readonly #sweep: NodeJS.Timeout
  #lookedAt = 0
  readonly #reception: Reception
  readonly #tls: TlsServer
  #acceptFailed = false
  #idleTimer: NodeJS.Timeout | undefined
  #becameIdle: () => void = () => undefined
  #stopped: Promise<void> | undefined
  readonly #emptying = new Emptying(() => this.#reception.open === 0 && this.#clients.size === 0)

  constructor(options: DaemonOptions) {
    const {
      settings,
      logger,
      log,
      tls,
      names = [],
      erase = cannotErase,
      peers = () => this.otherAddresses(),
    } = options
    const { counters } = this
    const journal = new Journal(logger, options.journal ?? DEFAULT_JOURNAL)
    this.#tls = tls
    this.#logger = logger
    this.#reception = new Reception({
      settings,
      logger,
      journal,
      counters,
      tls,
      admit: admitted => this.#admit(admitted),
      emptied: () => {
        this.#noteIdle()
        this.#emptying.note()
      },
    })
    this.#listeners = new Listeners({
      logger,
      socketMode: () => settings.socketMode,
      accept: (socket, isUnix) => this.#accept(socket, isUnix),
      failed: error => this.#failedToAccept(error),
    })
    this.#drain = new Drain({
      clients: () => this.#clients,
      open: () => this.#reception.open,
      cutArrivals: () => this.#reception.cutArrivals(),
      peers,
      pause: () => this.#listeners.pause(),
      resume: () => this.#listeners.resume(),
    })
    const people = new People(name => log.spelling(name))
    const rooms = new Rooms(log, people, settings.leftAfter)
    this.#tick = new Tick(() => log.committing >= GATHER_FROM)
    // After the rooms, which send the events of the commit to their members.
    log.subscribe(() => this.#tick.commitCame())
    const accounts = new Accounts(log)
    const services: Services = {
      settings,
      log,
      rooms,
      people,
      sessions: new Sessions(log, settings, log),
      accounts,
      passwords: new Passwords(),
      guesses: new Guesses(),
      asking: new Asking(),
      strangers: new Strangers(settings),
      inviteAddress: new InviteAddress(
        names,
        () => this.addresses,
        () => tls.open(),
      ),
      erase,
      erasing: new Set(),
      presence: new Presence(rooms, people, settings.leftAfter),
      paces: new Paces(settings),
      links: new LinkWatch(() => [...this.#clients].map(({ connection }) => connection)),
      journal,
      counters,
      peers,
      roster: undefined,
      features: FEATURES,
    }
    this.#services = amongDaemons(services, options.among, () => this.addresses, logger)
    followLog(this.#services, () => this.#clients)
    this.idle = new Promise(resolve => {
      this.#becameIdle = resolve
    })
    this.#sweep = setInterval(() => this.#sweepClients(), SWEEP_EVERY)
    this.#noteIdle()
  }

  get accounts(): AccountContext {
    const { accounts, sessions, inviteAddress } = this.#services
    return {
      accounts,
      reserveSession: () => sessions.reserve(),
      linkTo: code => inviteAddress.linkTo(code),
    }
  }

  get live(): LiveServer {
    return liveServer(this.#services, this.#logger, () => this.#clients, this.#drain)
  }

  /** Resolves when it knows the other daemons. */
  async begin(): Promise<void> {
    await this.#services.roster?.begin()
  }

  otherAddresses(): readonly string[] {
    return this.#services.roster?.otherAddresses() ?? []
  }

  get connections(): number {
    return this.#reception.open
  }

  get people(): number {
    return this.#services.people.connected
  }

  get rooms(): number {
    return this.#services.rooms.inUse
  }

  get isListening(): boolean {
    return this.addresses.length > 0 && this.#stopped === undefined && !this.isDraining
  }

  get isDraining(): boolean {
    return this.#drain.isOn
  }

  look(): Look {
    return lookAround(this.#services, this.#clients, this.#reception.open)
  }

  get addresses(): readonly ListenAddress[] {
    return this.#listeners.addresses
  }

  /** Listens on all addresses; a sentence where one fails. */
  listen({ listen, handed = [] }: Pick<DaemonOptions, 'listen' | 'handed'>): Promise<string | undefined> {
    return this.#listeners.open(listen, handed)
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  #failedToAccept(error: Error): void {
    if (this.#acceptFailed) return
    this.#acceptFailed = true
    this.#logger.error({ err: error }, 'a connection could not be accepted')
  }

  #accept(socket: Socket, isUnix: boolean): void {
    // By a socket that systemd handed over: a client that is refused at once goes to another daemon at once.
    if (this.isDraining) return void socket.destroy()
    clearTimeout(this.#idleTimer)
    this.#reception.accept(socket, isUnix)
    // A socket that was turned away at once tells nothing when it closes.
    this.#noteIdle()
  }

  #admit(admitted: Admitted): void {
    const { settings, journal, counters } = this.#services
    const shared: SharedTransport = {
      tick: this.#tick,
      entrance: this.#entrance,
      turns: this.#turns,
      settings,
      journal,
      counters,
    }
    const connection = new Connection(admitted, shared)
    const client = new Client(this.#services, connection, HANDLERS, gone => this.#left(gone))
    this.#clients.add(client)
    journal.debug(connection, { encrypted: admitted.isEncrypted }, 'accepted')
    connection.open(client)
  }

  #left(client: Client): void {
    this.#clients.delete(client)
    this.#emptying.note()
  }

  #noteIdle(): void {
    const { exitWhenIdle } = this.#services.settings
    if (exitWhenIdle === undefined || this.#reception.open > 0) return
    clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(this.#becameIdle, exitWhenIdle)
  }

  #sweepClients(): void {
    const now = performance.now()
    for (const client of this.#clients) {
      client.connection.check(now)
      client.checkClock(Date.now())
    }
    this.#reception.check(now)
    if (now - this.#lookedAt >= LOOK_AT_LINKS_EVERY) {
      this.#lookedAt = now
      void this.#services.links.look()
    }
    this.#acceptFailed = false
    this.#services.rooms.tellPeople()
    const { paces, guesses, strangers, journal } = this.#services
    for (const sweeping of [paces, guesses, strangers, journal]) sweeping.sweep(now)
  }

  async #stop(): Promise<void> {
    const { log, rooms, presence, sessions, roster, settings, peers } = this.#services
    clearTimeout(this.#idleTimer)
    this.#drain.stop()
    this.#listeners.close()
    this.#reception.close()
    this.#tls.close()
    for (const { connection } of this.#clients) connection.stopReading()
    sessions.end()
    // Requests that were read are stored and answered before clients are sent away, which happens in any case.
    const closed = await log.close().then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    for (const [n, client] of [...this.#clients].entries())
      client.sendAway(farewell(n, this.#listeners.hasHanded, peers()), 'shutting_down')
    roster?.stop()
    await this.#emptying.within(Math.min(LEAVE_WITHIN, settings.stopWithin))
    // A machine that sleeps never closes, and all others would wait for it.
    const now = performance.now()
    for (const { connection } of this.#clients)
      if (connection.waitsForPeer(now - LEAVE_WITHIN)) connection.cut('shutting_down')
    await this.#emptying.within(settings.stopWithin)
    for (const { connection } of this.#clients) connection.cut('shutting_down')
    await this.#emptying.within(settings.stopWithin)
    clearInterval(this.#sweep)
    rooms.close()
    presence.close()
    await roster?.close()
    await this.#services.passwords.close()
    if (closed !== undefined) throw closed.error
  }
}
