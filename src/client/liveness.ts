import { PING_AFTER_MS, PING_TIMEOUT_MS } from '../protocol/limits.ts'

/** What a {@link Liveness} has its line do. */
export interface LivenessActions {
  /** Asks the server for a sign of life. */
  readonly ping: () => void
  /** The server gave none: the line is to be given up. */
  readonly giveUp: () => void
}

/** Watches a line in two states: it listens; after too long a silence it pings, and waits for any byte. */
export class Liveness {
  readonly #actions: LivenessActions
  #timer: NodeJS.Timeout | undefined

  constructor(actions: LivenessActions) {
    this.#actions = actions
  }

  /** A byte came, or the line is up: listens from now on. */
  heard(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#ping(), PING_AFTER_MS)
  }

  /** The line is down. */
  stop(): void {
    clearTimeout(this.#timer)
  }

  #ping(): void {
    this.#timer = setTimeout(this.#actions.giveUp, PING_TIMEOUT_MS)
    this.#actions.ping()
  }
}
