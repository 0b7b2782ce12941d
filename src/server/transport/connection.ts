import type { Socket } from 'node:net'
import { type Decoded, requestDecoder } from '../../protocol/codec.ts'
import type { Request } from '../../protocol/requests.ts'
import type { Counters, DisconnectReason } from '../counters.ts'
import type { Journal } from '../journal.ts'
import type { Settings } from '../settings.ts'
import { OWN_SHARE, type Share } from '../shares.ts'
import type { FrameHandler } from './frameHandler.ts'
import type { Line } from './line.ts'
import { LinkDoubt } from './linkDoubt.ts'
import type { Ends, WatchedLink } from './linkWatch.ts'
import { Outbound } from './outbound.ts'
import type { Admitted } from './reception.ts'
import type { Tick } from './tick.ts'
import type { Turns, TurnTaker } from './turns.ts'

/** How long one turn may take, ms: then the other connections have theirs, however costly the requests of this one. */
const TURN_MS = 2
/** Node reads at most this at once; a full read means that more is waiting. */
const WHOLE_READ_BYTES = 64 * 1024
/** Likewise through TLS: a whole record. */
const WHOLE_RECORD_BYTES = 16 * 1024
/** With more output than this left over the connection reads no further request: answers never pile up. */
const READ_BELOW_BYTES = 64 * 1024
/** What may come before `connect` is done, tries and empty lines included. */
const MAX_BYTES_BEFORE = 256 * 1024
/** How long the peer of a closing connection may take to read the last frames, ms. */
const LINGER = 2_000
/** What all connections of a daemon share. */
export interface SharedTransport {
  readonly tick: Tick
  /** Of connections that have not said `connect` yet. */
  readonly entrance: Turns
  /** Of the others. */
  readonly turns: Turns
  readonly settings: Settings
  readonly journal: Journal
  readonly counters: Counters
}

/** One socket: cuts its input into lines and takes them in turns, writes frames through {@link Outbound}, and decides when it ends. */
export class Connection implements TurnTaker, WatchedLink {
  readonly number: number
  /** The peer's address, IPv4 in its short form. */
  readonly address: string
  /** The address whose limits count; undefined: none, see `Admitted`. */
  readonly limitedBy: string | undefined
  /** Whether it came by a unix socket. */
  readonly isUnix: boolean
  /** Whether it comes from this machine. */
  readonly isLocal: boolean
  /** Whether it speaks through TLS of this process. */
  readonly isEncrypted: boolean
  /** What a signature of this connection must hold; undefined where none can: see `Admitted`. */
  readonly channel: () => string | undefined
  readonly outbound: Outbound
  readonly #socket: Socket
  readonly #entrance: Turns
  readonly #turns: Turns
  readonly #settings: Settings
  readonly #journal: Journal
  readonly #counters: Counters
  readonly #doubt: LinkDoubt
  readonly #decoder
  readonly #openedAt: number
  readonly #wholeRead: number
  /** What the reception has read of it. */
  #first: Buffer | undefined
  #handler: FrameHandler | undefined
  #heardAt = performance.now()
  /** How much came before `connect`. */
  #bytesBefore = 0
  /** Holds lines back: a rate limit, or congestion. */
  #holdTimer: NodeJS.Timeout | undefined
  /** Whether a request is not fulfilled yet, which holds the next line back too. */
  #isAwaiting = false
  /** Whether lines wait until the peer has read more. */
  #waitsForOutput = false
  #inputEnded = false
  /** The daemon stops: no further line is taken; answers still go out. */
  #stopping = false
  #closingSince: number | undefined
  /** Why it ends; undefined: its peer closes it. */
  #reason: DisconnectReason | undefined

  constructor(admitted: Admitted, shared: SharedTransport) {
    const { tick, entrance, turns, settings, journal, counters } = shared
    const { socket, address, openedAt, isEncrypted } = admitted
    this.limitedBy = admitted.limitedBy
    this.isUnix = admitted.isUnix
    this.isLocal = admitted.isLocal
    this.isEncrypted = isEncrypted
    this.channel = admitted.channel
    this.#socket = socket
    this.#first = admitted.first
    this.#openedAt = openedAt
    this.#wholeRead = isEncrypted ? WHOLE_RECORD_BYTES : WHOLE_READ_BYTES
    this.#entrance = entrance
    this.#turns = turns
    this.number = admitted.number
    this.address = address
    this.#settings = settings
    this.#journal = journal
    this.#counters = counters
    this.#doubt = new LinkDoubt(socket, settings.unansweredAfter)
    this.#decoder = requestDecoder(settings.limits.frame)
    const { leftOverBytes: cutAt, behindBytes: behindAt } = settings
    this.outbound = new Outbound(
      socket,
      tick,
      { cutAt, behindAt, isEncrypted },
      {
        overflowed: () => this.cut('slow'),
        behindChanged: behind => this.#guarded(() => this.#handler?.behindChanged(behind)),
        drained: () => {
          if (this.#waitsForOutput) this.takeTurn()
        },
      },
    )
  }

  /** For the operator: times by `performance.now()`, bytes as the socket counts them. */
  get facts(): Readonly<Record<'openedAt' | 'heardAt' | 'received' | 'sent', number>> {
    const { bytesRead: received, bytesWritten: sent } = this.#socket
    return { openedAt: this.#openedAt, heardAt: this.#heardAt, received, sent }
  }

  get ends(): Ends {
    return this.#socket
  }

  /** The name of its user, once it has connected. */
  get name(): string | undefined {
    return this.#handler?.shownName
  }

  /** Bytes that came, and that went or wait to go. */
  get bytesRead(): number {
    return this.#socket.bytesRead
  }

  get bytesWritten(): number {
    return this.#socket.bytesWritten
  }

  answers(isAnswering: boolean, now: number): void {
    if (this.#doubt.isVanished(isAnswering, now)) this.cut('vanished')
  }

  /** For some seconds: ends it soon where its machine answers nothing. */
  doubt(): void {
    this.#doubt.begin()
  }

  /** Whose turn its lines take. */
  get share(): Share {
    return this.#handler?.share ?? OWN_SHARE
  }

  /** Starts reading. */
  open(handler: FrameHandler): void {
    this.#handler = handler
    this.#socket.setNoDelay(true)
    this.#doubt.probeIdle()
    this.#socket.on('data', chunk => this.#received(chunk))
    this.#socket.on('end', () => {
      this.#inputEnded = true
      this.takeTurn()
    })
    // The close that follows a reset is handled below.
    this.#socket.on('error', error => {
      this.#reason ??= 'reset'
      this.#journal.debug(this, { reason: error.message }, 'socket')
    })
    this.#socket.on('close', () => {
      clearTimeout(this.#holdTimer)
      this.#noteEnd()
      this.#guarded(() => this.#handler?.gone())
    })
    this.#socket.resume()
    if (this.#first !== undefined) this.#received(this.#first)
    this.#first = undefined
  }

  /** Owes the peer a line. */
  send(line: Line): void {
    if (this.#closingSince === undefined) this.outbound.send(line)
  }

  /** Likewise a line that may wait a moment: see {@link Outbound}. */
  sendSoon(line: Line): void {
    if (this.#closingSince === undefined) this.outbound.sendSoon(line)
  }

  /** Reads nothing for a while. After it `again` says for how long to go on holding, 0: no longer. */
  hold(ms: number, again: () => number = () => 0): void {
    this.#socket.pause()
    clearTimeout(this.#holdTimer)
    this.#holdTimer = setTimeout(() => {
      this.#holdTimer = undefined
      this.#guarded(() => {
        const more = again()
        if (more > 0) this.hold(more, again)
        else this.#release()
      })
    }, ms)
  }

  /** Takes no further line. */
  stopReading(): void {
    this.#stopping = true
    clearTimeout(this.#holdTimer)
    this.#socket.pause()
  }

  /** Counts it among those that ended, and tells the log. */
  #noteEnd(): void {
    const reason = this.#reason ?? 'closed'
    const { bytesRead: bytesIn, bytesWritten: bytesOut } = this.#socket
    this.#counters.disconnects[reason]++
    this.#counters.bytesIn += bytesIn
    this.#counters.bytesOut += bytesOut
    const seconds = Math.round(performance.now() - this.#openedAt) / 1_000
    this.#journal.disconnect(this, { reason, seconds, bytesIn, bytesOut })
  }

  /** A request failed by a bug, which costs this connection alone. While the daemon stops, a request may also find the log closed. */
  failed(error: unknown, request?: Decoded<Request>): void {
    if (this.#stopping) return
    try {
      this.#handler?.broke(error, request)
    } catch {
      this.cut('bug')
    }
  }

  /** Whether only what is owed is still sent. */
  get isEnding(): boolean {
    return this.#closingSince !== undefined
  }

  /** Whether only its peer can go on: the kernel has taken everything, or nothing since a time. */
  waitsForPeer(since: number): boolean {
    return this.outbound.isEmpty || this.outbound.stuckFor(since) > 0
  }

  /** Sends what is owed, then closes. Drops further input. */
  end(reason: DisconnectReason = 'closed'): void {
    if (this.isEnding) return
    this.#reason ??= reason
    this.#closingSince = performance.now()
    this.outbound.end()
    // With unread input at the close the kernel would throw away sent frames, the last ones too.
    this.#socket.resume()
  }

  /** Closes at once. */
  cut(reason: DisconnectReason): void {
    if (this.#socket.destroyed) return
    this.#reason ??= reason
    this.#socket.destroy()
  }

  /** Looks at the clocks of this connection; for calling about once a second with `performance.now()`. */
  check(now: number): void {
    this.#guarded(() => this.#check(now))
  }

  #check(now: number): void {
    this.#doubt.sweep(now)
    if (this.outbound.stuckFor(now) > this.#settings.stuckAfter) this.cut('slow')
    else if (this.#closingSince !== undefined) {
      if (now - this.#closingSince > LINGER && this.outbound.isEmpty) this.cut('lingered')
    } else if (this.#handler?.hasConnected === false) {
      const until = this.#handler.mayConnectUntil ?? this.#openedAt + this.#settings.connectTimeout
      if (now > until) this.#handler.neverConnected()
    } else if (this.#socket.isPaused()) {
      // While this side does not read, the peer is not silent.
      this.#heardAt = now
    } else if (this.#handler?.isFull && now - this.#heardAt > this.#settings.silentAfter) {
      this.#handler.fellSilent()
    }
  }

  /** An awaited answer was given: after the end of input the connection may close now. */
  settled(): void {
    if (this.#inputEnded) this.takeTurn()
  }

  #received(chunk: Buffer | string): void {
    if (this.#closingSince !== undefined) return
    this.#heardAt = performance.now()
    if (this.#handler?.hasConnected === false && !this.#mayStillConnect(chunk.length)) return
    this.#decoder.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    const isIn = this.#handler?.hasConnected === true
    if (isIn && chunk.length < this.#wholeRead) return this.takeTurn()
    // Nothing more is read until its turn.
    this.#socket.pause()
    if (isIn) this.#turns.add(this)
    else this.#entrance.add(this)
  }

  /** Counts what comes before `connect`; more than some lines ends the connection. */
  #mayStillConnect(bytes: number): boolean {
    this.#bytesBefore += bytes
    if (this.#bytesBefore <= MAX_BYTES_BEFORE) return true
    this.#handler?.neverConnected()
    return false
  }

  /** Takes lines for a while, if there are any and nothing holds them back. */
  takeTurn(): void {
    let current: Decoded<Request> | undefined
    this.#guarded(
      () => {
        this.#takeLines(decoded => {
          current = decoded
        })
      },
      () => current,
    )
  }

  /** @param taking told of each line before it is handled */
  #takeLines(taking: (decoded: Decoded<Request>) => void): void {
    if (this.#isHeld || this.#stopping || this.#closingSince !== undefined) return
    // The socket may have closed while it waited: a client that connected now would never leave.
    if (this.#handler === undefined || this.#socket.destroyed) return
    const began = performance.now()
    do {
      this.#waitsForOutput = this.outbound.leftOver > READ_BELOW_BYTES
      if (this.#waitsForOutput) {
        this.#socket.pause()
        return // `drained` goes on
      }
      const decoded = this.#decoder.next()
      if (decoded === undefined) {
        this.#endOfLines(this.#handler)
        return
      }
      taking(decoded)
      const pending = this.#handler.take(decoded)
      if (pending !== undefined) {
        this.#await(pending, decoded)
        return
      }
      if (this.#isHeld || this.#closingSince !== undefined) return
    } while (performance.now() - began < TURN_MS)
    this.#socket.pause()
    this.#turns.add(this)
  }

  /** Runs code of this one connection: a throw is a bug, and costs the connection, never the daemon. */
  #guarded(work: () => void, request: () => Decoded<Request> | undefined = () => undefined): void {
    try {
      work()
    } catch (error) {
      this.failed(error, request())
    }
  }

  #endOfLines(handler: FrameHandler): void {
    if (!this.#inputEnded) this.#socket.resume()
    else if (!handler.isBusy) this.end()
  }

  #await(pending: Promise<void>, request: Decoded<Request>): void {
    this.#isAwaiting = true
    this.#socket.pause()
    pending.then(
      () => {
        this.#isAwaiting = false
        this.#release()
      },
      (error: unknown) => this.failed(error, request),
    )
  }

  get #isHeld(): boolean {
    return this.#isAwaiting || this.#holdTimer !== undefined
  }

  /** Goes on with the next line, unless something else still holds it back. */
  #release(): void {
    if (this.#isHeld) return
    this.#heardAt = performance.now()
    // After the tick, so that the answer counts as left over if the peer does not take it.
    this.#turns.add(this)
  }
}
