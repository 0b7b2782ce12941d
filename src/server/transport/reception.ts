import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { channelBinding } from '../../protocol/channelBinding.ts'
import { encodeFrame } from '../../protocol/codec.ts'
import { isLoopback } from '../../protocol/loopback.ts'
import { SERVER_NAME } from '../../protocol/names.ts'
import { NO_CHANNEL } from '../../protocol/sshsig.ts'
import { addressGroup } from '../address.ts'
import { AddressRanges } from '../addressRanges.ts'
import { WindowCounter } from '../auth/windowCounter.ts'
import type { Counters, RefusedReason } from '../counters.ts'
import type { Journal } from '../journal.ts'
import type { Logger } from '../logger.ts'
import type { Settings } from '../settings.ts'
import type { TlsServer } from '../tls/tlsServer.ts'
import { Arrival, type ArrivalWatcher } from './arrival.ts'
import { NEVER_CONNECTED, TLS_REQUIRED, type TurnedAway, withReference } from './refusals.ts'
import { Turns } from './turns.ts'

/** Handshakes in one pass of the event loop: one costs about 1 ms of CPU, and connected clients wait for it. */
const HANDSHAKES = 1
/** Connections beyond a limit that are still read, to refuse them in a sentence; further ones are closed at once. */
const REFUSED_AT_ONCE = 32
/** The time in which the arrivals of an address are counted, ms. */
const ARRIVALS_WITHIN = 10_000
/** So many refused connections of a kind are told in a second one by one: a flood must not fill the log. */
const TOLD_EACH = 10
/** How long a refused peer may take to read why, ms. */
const LINGER = 2_000
/** How long the refusal of a silent peer waits: a hello of TLS comes at once, and its refusal goes through TLS. */
const REFUSE_SILENT_AFTER = 250

/** A connection that may say its lines. */
export interface Admitted {
  readonly socket: Socket
  /** The number of its connection. */
  readonly number: number
  /** The group of addresses that limits and logs go by. */
  readonly address: string
  /** The group whose limits count; undefined for unix sockets, and for addresses that many people share. */
  readonly limitedBy: string | undefined
  /** When it was accepted, by `performance.now()`. */
  readonly openedAt: number
  /** What was read of it; undefined: nothing yet. */
  readonly first: Buffer | undefined
  readonly isEncrypted: boolean
  readonly isUnix: boolean
  /** Whether it comes from this machine, by the address that limits go by. */
  readonly isLocal: boolean
  /**
   * What both ends of this connection alone know (RFC 9266), `-` for lines on this machine. Undefined where there is no
   * such thing: before TLS 1.3, and for lines from elsewhere.
   */
  readonly channel: () => string | undefined
}

/** What a {@link Reception} works with. */
export interface ReceptionOptions {
  readonly settings: Settings
  readonly logger: Logger
  readonly journal: Journal
  readonly counters: Counters
  readonly tls: TlsServer
  readonly admit: (admitted: Admitted) => void
  /** The last open socket, admitted ones included, has closed. */
  readonly emptied: () => void
}

/**
 * Receives accepted sockets: finds out whether they speak TLS or lines, makes the handshakes, refuses what is beyond the
 * limits, and admits the others.
 */
export class Reception implements ArrivalWatcher {
  readonly #options: ReceptionOptions
  readonly #plaintextFrom: AddressRanges
  readonly #proxies: AddressRanges
  readonly #shared: AddressRanges
  readonly #handshakes = new Turns({ count: HANDSHAKES })
  /** Those that are not admitted, the refused ones included. */
  readonly #arrivals = new Set<Arrival>()
  /** Open sockets by the group of their address. */
  readonly #perAddress = new Map<string, number>()
  readonly #arrived: WindowCounter
  #open = 0
  #isClosed = false
  /** Connections that were refused since the last check, by kind. */
  readonly #turnedAway = new Map<RefusedReason, number>()
  /** The number of the newest connection that was let in, or was told why it is not. */
  #number = 0

  constructor(options: ReceptionOptions) {
    this.#options = options
    const { settings } = options
    this.#arrived = new WindowCounter(() => settings.arrivalsOfAddress, ARRIVALS_WITHIN)
    this.#plaintextFrom = new AddressRanges(() => settings.plaintextFrom)
    this.#proxies = new AddressRanges(() => settings.proxies)
    this.#shared = new AddressRanges(() => settings.sharedAddresses)
  }

  /** How many sockets are open, the admitted ones included. */
  get open(): number {
    return this.#open
  }

  /** Receives one socket. @param isUnix whether it came by a unix socket */
  accept(socket: Socket, isUnix: boolean): void {
    const peer = isUnix ? undefined : socket.remoteAddress
    // Without an address it is closed already.
    if (!isUnix && peer === undefined) return void socket.destroy()
    const isProxied = peer !== undefined && this.#proxies.has(peer)
    const arrival = new Arrival(socket, peer, isProxied, this)
    if (this.#shared.has(arrival.address)) arrival.group = undefined
    if (this.#closesAtOnce(arrival)) return
    this.#open++
    this.#count(arrival.group, 1)
    this.#arrivals.add(arrival)
    socket.on('close', () => this.#closed(arrival))
    arrival.open()
    arrival.hasPlace = this.#refusalOf(arrival) === undefined
    if (!arrival.hasPlace) this.#refuseSilent(arrival)
  }

  /** Closes a connection without a sentence where too many wait for theirs already. */
  #closesAtOnce(arrival: Arrival): boolean {
    const { connections, connectionsPerAddress } = this.#options.settings
    const isFull = this.#open >= connections + REFUSED_AT_ONCE
    const isTooMany = this.#countOf(arrival.group) >= connectionsPerAddress + REFUSED_AT_ONCE
    const code = isFull ? 'server_full' : isTooMany ? 'limit_reached' : this.#comesTooFast(arrival)
    if (code === undefined) return false
    this.#noteTurnedAway(arrival, code)
    arrival.socket.destroy()
    return true
  }

  /** Counts an arrival: an address that comes and goes without end takes the place of newcomers in the kernel's queue. */
  #comesTooFast({ group }: Arrival): 'rate_limited' | undefined {
    if (group === undefined) return undefined
    const now = performance.now()
    if (this.#arrived.waitFor(group, now) > 0) return 'rate_limited'
    this.#arrived.add(group, now)
    return undefined
  }

  /** Looks at the clocks of the arrivals; for calling about once a second with `performance.now()`. */
  check(now: number): void {
    for (const arrival of this.#arrivals) {
      if (!arrival.isRefused && now - arrival.openedAt > this.#options.settings.connectTimeout)
        this.#late(arrival)
    }
    for (const [reason, count] of this.#turnedAway) {
      const more = count - TOLD_EACH
      if (more > 0)
        this.#options.logger.warn({ event: 'refused', reason, more }, 'more connections were refused')
    }
    this.#turnedAway.clear()
    this.#arrived.sweep(now)
  }

  /** Admits no further connection. */
  close(): void {
    this.#isClosed = true
    this.cutArrivals()
  }

  /** Closes the connections that are still on their way in. */
  cutArrivals(): void {
    for (const arrival of this.#arrivals) arrival.socket.destroy()
  }

  proxied(arrival: Arrival): void {
    if (this.#shared.has(arrival.address)) arrival.group = undefined
    this.#closesAtOnce(arrival)
    this.#count(arrival.group, 1)
    arrival.hasPlace &&= this.#addressRefusal(arrival) === undefined
  }

  hello(arrival: Arrival, hello: Buffer): void {
    this.#handshakes.add({ takeTurn: () => this.#shakeHands(arrival, hello) })
  }

  #shakeHands(arrival: Arrival, hello: Buffer): void {
    if (arrival.socket.destroyed) return
    this.#options.tls.secure(arrival.socket, hello, secured => {
      if (secured.ok) this.#admit(arrival, secured.value, undefined, true)
      else {
        this.#options.counters.refused.handshake++
        const subject = { number: ++this.#number, address: addressGroup(arrival.address) }
        this.#options.journal.debug(subject, { reason: secured.error }, 'no handshake')
      }
    })
  }

  line(arrival: Arrival, first: Buffer): void {
    if (this.#mayBePlain(arrival)) this.#admit(arrival, arrival.socket, first, false)
    else this.#turnAway(arrival, arrival.socket, TLS_REQUIRED)
  }

  wrong(arrival: Arrival, reason: string): void {
    this.#turnAway(arrival, arrival.socket, { code: 'bad_frame', message: reason })
  }

  gone(arrival: Arrival): void {
    arrival.socket.destroy()
  }

  #admit(arrival: Arrival, socket: Socket, first: Buffer | undefined, isEncrypted: boolean): void {
    const refusal = this.#refusalOf(arrival)
    if (refusal !== undefined) return this.#turnAway(arrival, socket, refusal)
    this.#arrivals.delete(arrival)
    const { group, address, openedAt } = arrival
    const isUnix = arrival.peer === undefined
    this.#options.admit({
      socket,
      number: ++this.#number,
      address: isUnix ? address : addressGroup(address),
      limitedBy: group,
      openedAt,
      first,
      isEncrypted,
      isUnix,
      isLocal: isUnix || isLoopback(address),
      channel: () => channelOf(socket, arrival),
    })
  }

  #refusalOf(arrival: Arrival): TurnedAway | undefined {
    if (this.#isClosed) return { code: 'shutting_down', message: 'the server is stopping; try again soon' }
    // Those that came later and wait for their refusal do not take it away.
    if (arrival.hasPlace) return undefined
    // This one is counted already.
    if (this.#open > this.#options.settings.connections)
      return { code: 'server_full', message: 'the server has no room for more connections; try again later' }
    return this.#addressRefusal(arrival)
  }

  #addressRefusal(arrival: Arrival): TurnedAway | undefined {
    const others = this.#countOf(arrival.group) - 1
    if (others < this.#options.settings.connectionsPerAddress) return undefined
    return {
      code: 'limit_reached',
      message: `there are ${others} connections from your address already; close one first`,
    }
  }

  #refuseSilent(arrival: Arrival): void {
    const timer = setTimeout(() => {
      const refusal = this.#refusalOf(arrival)
      if (refusal !== undefined && arrival.isSilent && !arrival.isRefused && this.#mayBePlain(arrival))
        this.#turnAway(arrival, arrival.socket, refusal)
    }, REFUSE_SILENT_AFTER)
    arrival.socket.on('close', () => clearTimeout(timer))
  }

  /** It sent no whole line or hello in time, or its handshake takes too long. */
  #late(arrival: Arrival): void {
    if (arrival.isSilent && this.#mayBePlain(arrival))
      this.#turnAway(arrival, arrival.socket, NEVER_CONNECTED)
    else arrival.socket.destroy()
  }

  /** Judged by the socket's own peer: an address that a proxy names says nothing about the way from the proxy. */
  #mayBePlain({ peer }: Arrival): boolean {
    return peer === undefined || isLoopback(peer) || this.#plaintextFrom.has(peer)
  }

  /** Refuses a connection, and closes it once the peer had time to read why. */
  #turnAway(arrival: Arrival, socket: Socket, { code, message }: TurnedAway): void {
    const ref = this.#noteTurnedAway(arrival, code)
    arrival.isRefused = true
    socket.on('error', () => undefined)
    // Not socket.setTimeout: a peer that keeps sending is never idle.
    const linger = setTimeout(() => socket.destroy(), LINGER)
    socket.on('close', () => clearTimeout(linger))
    socket.resume()
    const text = withReference(message, ref)
    socket.end(encodeFrame({ action: 'error', code, message: text, from: SERVER_NAME, fatal: true }))
  }

  /** The log has the first ones of a second, and how many followed. The reference of this one, where the log has it. */
  #noteTurnedAway(arrival: Arrival, reason: RefusedReason): string | undefined {
    this.#options.counters.refused[reason]++
    const count = (this.#turnedAway.get(reason) ?? 0) + 1
    this.#turnedAway.set(reason, count)
    if (count > TOLD_EACH) return undefined
    const address = arrival.peer === undefined ? arrival.address : addressGroup(arrival.address)
    return this.#options.journal.turnedAway({ number: ++this.#number, address }, reason)
  }

  #closed(arrival: Arrival): void {
    this.#arrivals.delete(arrival)
    this.#count(arrival.group, -1)
    this.#open--
    if (this.#open === 0) this.#options.emptied()
  }

  #countOf(group: string | undefined): number {
    return group === undefined ? 0 : (this.#perAddress.get(group) ?? 0)
  }

  #count(group: string | undefined, change: 1 | -1): void {
    if (group === undefined) return
    const count = this.#countOf(group) + change
    if (count > 0) this.#perAddress.set(group, count)
    else this.#perAddress.delete(group)
  }
}

function channelOf(socket: Socket, { peer, address }: Arrival): string | undefined {
  if (socket instanceof TLSSocket) return channelBinding(socket)
  // A proxy on this machine may have ended the TLS of a client elsewhere, whose channel is another one.
  return peer === undefined || isLoopback(address) ? NO_CHANNEL : undefined
}
