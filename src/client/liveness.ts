import { PING_AFTER_MS, PING_TIMEOUT_MS } from '../protocol/limits.ts'

/** The actions of a {@link Liveness} on its connection. */
export interface LivenessActions {
  /** Sends a `ping`. */
  readonly ping: () => void
  /** The server did not answer: closes the connection. */
  readonly giveUp: () => void
}

/**
 * Watches a connection in two states: it listens; after too long a silence, or when an answer is late, it pings, and waits
 * for any byte. A late answer alone does not end the connection: the server may wait for its disk.
 */
export class Liveness {
  readonly #actions: LivenessActions
  #timer: NodeJS.Timeout | undefined
  #isProbing = false

  constructor(actions: LivenessActions) {
    this.#actions = actions
  }

  /** A byte came, or the connection is up: listens from now on. */
  heard(): void {
    clearTimeout(this.#timer)
    this.#isProbing = false
    this.#timer = setTimeout(() => this.probe(), PING_AFTER_MS)
  }

  /** Pings, unless a ping waits for an answer. */
  probe(): void {
    if (this.#isProbing) return
    this.#isProbing = true
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#actions.giveUp, PING_TIMEOUT_MS)
    this.#actions.ping()
  }

  /** The connection is closed. */
  stop(): void {
    clearTimeout(this.#timer)
  }
}
