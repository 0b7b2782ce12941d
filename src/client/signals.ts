import { TYPING_RENEW_MS } from '../protocol/limits.ts'
import type { Request } from '../protocol/requests.ts'

/** Read positions that move within this time go out together, ms. */
const READ_DELAY_MS = 150

/** What {@link Signals} ask of the client. */
export interface SignalsOptions {
  /** Sends a request; false without a connection. */
  readonly send: (request: Request) => boolean
  /** The name of a room by its key. */
  readonly nameOf: (roomKey: string) => string
}

/** Signals of this user: typing, away, and the read position of each room. */
export class Signals {
  readonly #options: SignalsOptions
  #awayMessage: string | undefined
  /** Read positions that the server does not have yet, by room key. */
  readonly #reads = new Map<string, number>()
  #readTimer: NodeJS.Timeout | undefined
  /** When `typing` was last sent, by room key; our clock, ms. */
  readonly #typingAt = new Map<string, number>()

  constructor(options: SignalsOptions) {
    this.#options = options
  }

  /** The user types in a room, or stopped. Renewals are sent no more often than the protocol allows. */
  typing(roomKey: string, on: boolean): void {
    const at = this.#typingAt.get(roomKey)
    if (on ? at !== undefined && Date.now() - at < TYPING_RENEW_MS : at === undefined) return
    if (!this.#options.send({ action: 'typing', room: this.#options.nameOf(roomKey), on })) return
    if (on) this.#typingAt.set(roomKey, Date.now())
    else this.#typingAt.delete(roomKey)
  }

  /** A message went out, which ends the typing for its readers. */
  typed(roomKey: string): void {
    this.#typingAt.delete(roomKey)
  }

  /** The user is away with a message, or back with undefined. */
  away(message: string | undefined): void {
    this.#awayMessage = message
    this.#sendAway()
  }

  /** The user has read a room up to a position. */
  read(roomKey: string, seq: number): void {
    this.#reads.set(roomKey, seq)
    this.#readTimer ??= setTimeout(() => this.flush(), READ_DELAY_MS)
  }

  /** The room was left: drops its pending read position. */
  forget(roomKey: string): void {
    this.#reads.delete(roomKey)
  }

  /** The server has another log: read positions of the old one have no meaning in it. */
  forgetReads(): void {
    this.#reads.clear()
  }

  /** The connection is up again: sends the signals that the server has forgotten or did not get. */
  resume(): void {
    if (this.#awayMessage !== undefined) this.#sendAway()
    this.flush()
  }

  /** The connection is lost: the server forgets that the user types. */
  interrupt(): void {
    this.#typingAt.clear()
  }

  /** Sends the pending read positions; those that cannot be sent stay pending. */
  flush(): void {
    clearTimeout(this.#readTimer)
    this.#readTimer = undefined
    for (const [key, seq] of this.#reads) {
      if (this.#options.send({ action: 'read', room: this.#options.nameOf(key), seq }))
        this.#reads.delete(key)
    }
  }

  #sendAway(): void {
    const message = this.#awayMessage
    this.#options.send({ action: 'away', ...(message === undefined ? {} : { message }) })
  }
}
