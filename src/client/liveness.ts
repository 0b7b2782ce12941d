import { PING_AFTER_MS, PING_TIMEOUT_MS } from '../protocol/limits.ts'

/** The actions of a {@link Liveness} on its connection. */
export interface LivenessActions {
  /** Sends a `ping`. */
  readonly ping: () => void
  /** The server did not answer: closes the connection. */
  readonly giveUp: () => void
}

/** Watches a connection in two states: it listens; after too long a silence it pings, and waits for any byte. */
export class Liveness {
  readonly #actions: LivenessActions
  #timer: NodeJS.Timeout | undefined

  constructor(actions: LivenessActions) {
    this.#actions = actions
  }

  /** A byte came, or the connection is up: listens from now on. */
  heard(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#ping(), PING_AFTER_MS)
  }

  /** The connection is closed. */
  stop(): void {
    clearTimeout(this.#timer)
  }

  #ping(): void {
    this.#timer = setTimeout(this.#actions.giveUp, PING_TIMEOUT_MS)
    this.#actions.ping()
  }
}
