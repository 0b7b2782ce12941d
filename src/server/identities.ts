import { createHash, randomBytes } from 'node:crypto'

/** More sessions than this, and those longest unused are forgotten. */
const IDENTITIES_KEPT = 100_000

/** Who somebody is under an open name: whoever brings the secret. Outlives connections. */
export interface Identity {
  /** The folded name that it belongs to. */
  readonly person: string
  /** The position of the log when it began: it sees nothing of direct conversations before. */
  readonly began: number
  /** The rooms that it joined and did not leave, and direct conversations that it read, each with its read position. */
  readonly reads: Map<string, number>
}

/** The one owner of sessions. Keeps the hash of a secret, never the secret. */
export class Identities {
  readonly #byHash = new Map<string, Identity>()

  /** Begins a session for a person (a folded name) at a position of the log. */
  begin(person: string, began: number): { secret: string; identity: Identity } {
    const secret = randomBytes(24).toString('base64url')
    const identity = { person, began, reads: new Map<string, number>() }
    this.#byHash.set(hashOf(secret), identity)
    if (this.#byHash.size > IDENTITIES_KEPT) {
      const oldest = this.#byHash.keys().next()
      if (!oldest.done) this.#byHash.delete(oldest.value)
    }
    return { secret, identity }
  }

  /** The session of a person with this secret. */
  find(person: string, secret: string): Identity | undefined {
    const hash = hashOf(secret)
    const identity = this.#byHash.get(hash)
    if (identity === undefined || identity.person !== person) return undefined
    // Last in the map is last used, which is what forgetting goes by.
    this.#byHash.delete(hash)
    this.#byHash.set(hash, identity)
    return identity
  }
}

// The secret is 192 random bits: a fast hash is enough, and looking it up leaks nothing that could be guessed.
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
