/** Credentials that a connection may get wrong. */
const MOST_TRIES = 6
/** How long a credential vouches for its person, ms: for what only the owner may do. */
const FRESH_FOR_MS = 5 * 60_000

/** What is known of the credentials of one connection. */
export class Entrance {
  /** For signatures of this connection alone; undefined before it was asked for. */
  nonce: string | undefined
  /** When a credential was last checked and right, by `performance.now()`. */
  provedAt = Number.NEGATIVE_INFINITY
  /** When a connection that was asked must be in, by `performance.now()`. */
  deadline: number | undefined
  #tries = 0

  /** Counts a wrong credential; true where it was one too many. */
  failed(): boolean {
    return ++this.#tries >= MOST_TRIES
  }

  /** Whether the person was there just now. */
  get isFresh(): boolean {
    return performance.now() - this.provedAt < FRESH_FOR_MS
  }
}
