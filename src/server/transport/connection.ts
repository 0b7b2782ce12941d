import type { Socket } from 'node:net'
import { type Decoded, requestDecoder } from '../../protocol/codec.ts'
import type { Request } from '../../protocol/requests.ts'
import type { Logger } from '../logger.ts'
import type { Settings } from '../settings.ts'
import type { Entrance, Newcomer } from './entrance.ts'
import { type Line, Outbound, type Tick } from './outbound.ts'
import type { Talker, Turns } from './turns.ts'

/** How long one turn may take, ms: then the other connections have theirs, however dear this one's requests are. */
const TURN_MS = 2
/** So much is read at once at most; where it came whole, more is behind it. */
const WHOLE_READ_BYTES = 64 * 1024
/** With more than this left over, nothing more is read: answers to one's own requests never pile up. */
const READ_BELOW_BYTES = 64 * 1024
/** How long a connection that is closing may take to read the last words. */
const LINGER = 2_000
const KEEPALIVE_AFTER = 60_000

/** What a connection carries; see `Session`. */
export interface Conversation {
  /** Handles one line. A promise holds the next line back until it is fulfilled. */
  take(decoded: Decoded<Request>): Promise<void> | undefined
  /** True while answers are still to come: a closed sending side waits for them. */
  readonly isBusy: boolean
  /** True for a connection that must give a sign of life. */
  readonly isFull: boolean
  readonly hasConnected: boolean
  /** Nothing was heard for too long. */
  fellSilent(): void
  /** It never said who it is. */
  neverConnected(): void
  behindChanged(behind: boolean): void
  /** The socket is gone. */
  gone(): void
}

/** What connections have in common. */
export interface Shared {
  readonly tick: Tick
  readonly entrance: Entrance
  readonly turns: Turns
  readonly settings: Settings
  readonly logger: Logger
}

/** One socket: bytes in as lines taken in turns, frames out through {@link Outbound}, and when it ends. */
export class Connection implements Newcomer, Talker {
  readonly number: number
  /** The peer's address, IPv4 in its short form. */
  readonly address: string
  readonly outbound: Outbound
  readonly #socket: Socket
  readonly #entrance: Entrance
  readonly #turns: Turns
  readonly #settings: Settings
  readonly #logger: Logger
  readonly #decoder
  readonly #openedAt = performance.now()
  #conversation: Conversation | undefined
  #heardAt = performance.now()
  /** Why lines are not taken now: a timer, a pending answer, or a reader that is behind. */
  #held = false
  #holdTimer: NodeJS.Timeout | undefined
  #inputEnded = false
  /** The daemon stops: no further line is taken, whatever is answered still. */
  #stopping = false
  #closingSince: number | undefined

  constructor(socket: Socket, number: number, address: string, shared: Shared) {
    const { tick, entrance, turns, settings, logger } = shared
    this.#socket = socket
    this.#entrance = entrance
    this.#turns = turns
    this.number = number
    this.address = address
    this.#settings = settings
    this.#logger = logger
    this.#decoder = requestDecoder(settings.limits.frame)
    const bounds = { cutAt: settings.leftOverBytes, behindAt: settings.behindBytes }
    this.outbound = new Outbound(socket, tick, bounds, {
      overflowed: () => this.cut('slow'),
      behindChanged: behind => this.#conversation?.behindChanged(behind),
      drained: () => this.takeTurn(),
    })
  }

  /** Starts reading. */
  open(conversation: Conversation): void {
    this.#conversation = conversation
    this.#socket.setNoDelay(true)
    this.#socket.setKeepAlive(true, KEEPALIVE_AFTER)
    this.#socket.on('data', chunk => this.#received(chunk))
    this.#socket.on('end', () => {
      this.#inputEnded = true
      this.takeTurn()
    })
    // A reset says no more than the close that follows it.
    this.#socket.on('error', error =>
      this.#logger.debug({ connection: this.number, error: error.message }, 'socket'),
    )
    this.#socket.on('close', () => {
      clearTimeout(this.#holdTimer)
      this.#logger.debug({ connection: this.number }, 'closed')
      this.#conversation?.gone()
    })
  }

  enter(): void {
    this.takeTurn()
  }

  /** Owes the peer a line. */
  send(line: Line): void {
    if (this.#closingSince === undefined) this.outbound.send(line)
  }

  /** Reads nothing for a while; `again` is asked then how long to go on with that, 0 for no longer. */
  hold(ms: number, again: () => number = () => 0): void {
    this.#held = true
    this.#socket.pause()
    clearTimeout(this.#holdTimer)
    this.#holdTimer = setTimeout(() => {
      const more = again()
      if (more > 0) this.hold(more, again)
      else this.#release()
    }, ms)
  }

  /** Takes no further line. */
  stopReading(): void {
    this.#stopping = true
    clearTimeout(this.#holdTimer)
    this.#socket.pause()
  }

  /** A request failed by a bug; or because the log is closed already, which is none. */
  failed(error: unknown): void {
    if (this.#stopping) return
    this.#logger.error({ connection: this.number, error }, 'a request failed by a bug')
    this.cut('bug')
  }

  /** Sends what is owed, then closes; what the peer still sends is dropped. */
  end(): void {
    if (this.#closingSince !== undefined) return
    this.#closingSince = performance.now()
    this.outbound.end()
    // What lies unread when a socket closes makes the kernel throw away what was sent, the last words too.
    this.#socket.resume()
  }

  /** Closes at once. */
  cut(reason: string): void {
    if (this.#socket.destroyed) return
    this.#logger.info({ connection: this.number, reason }, 'cut')
    this.#socket.destroy()
  }

  /** Looks at the clocks of this connection; for calling about once a second with `performance.now()`. */
  check(now: number): void {
    if (this.outbound.stuckFor(now) > this.#settings.stuckAfter) this.cut('slow')
    else if (this.#closingSince !== undefined) {
      if (now - this.#closingSince > LINGER && this.outbound.isEmpty) this.cut('lingered')
    } else if (this.#conversation?.hasConnected === false) {
      if (now - this.#openedAt > this.#settings.connectTimeout) this.#conversation.neverConnected()
    } else if (this.#socket.isPaused()) {
      // While we do not listen, for whatever reason, nobody is silent.
      this.#heardAt = now
    } else if (this.#conversation?.isFull && now - this.#heardAt > this.#settings.silentAfter) {
      this.#conversation.fellSilent()
    }
  }

  /** Answers that were awaited may be complete: goes on reading, or ends where the input has ended. */
  settled(): void {
    if (this.#inputEnded) this.takeTurn()
  }

  #received(chunk: Buffer | string): void {
    if (this.#closingSince !== undefined) return
    this.#heardAt = performance.now()
    this.#decoder.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    const isIn = this.#conversation?.hasConnected === true
    if (isIn && chunk.length < WHOLE_READ_BYTES) return this.takeTurn()
    // No more is read of it until then.
    this.#socket.pause()
    if (isIn) this.#turns.add(this)
    else this.#entrance.add(this)
  }

  /** Takes lines for a while, if there are any and nothing holds them back. */
  takeTurn(): void {
    if (this.#held || this.#stopping || this.#closingSince !== undefined) return
    // It may have gone while it waited: whoever came in now would never leave.
    if (this.#conversation === undefined || this.#socket.destroyed) return
    const began = performance.now()
    do {
      if (this.outbound.leftOver > READ_BELOW_BYTES) {
        this.#socket.pause()
        return // `drained` goes on
      }
      const decoded = this.#decoder.next()
      if (decoded === undefined) {
        this.#endOfLines(this.#conversation)
        return
      }
      const pending = this.#conversation.take(decoded)
      if (pending !== undefined) {
        this.#await(pending)
        return
      }
      if (this.#held || this.#closingSince !== undefined) return
    } while (performance.now() - began < TURN_MS)
    this.#socket.pause()
    this.#turns.add(this)
  }

  #endOfLines(conversation: Conversation): void {
    if (!this.#inputEnded) this.#socket.resume()
    else if (!conversation.isBusy) this.end()
  }

  #await(pending: Promise<void>): void {
    this.#held = true
    this.#socket.pause()
    pending.then(
      () => this.#release(),
      (error: unknown) => this.failed(error),
    )
  }

  #release(): void {
    this.#held = false
    this.#heardAt = performance.now()
    // After the tick, so that the answer just given counts as left over if the peer does not take it.
    this.#turns.add(this)
  }
}
