import { createHash, randomBytes } from 'node:crypto'
import type { Result } from '../../protocol/errors.ts'
import { foldName } from '../../protocol/names.ts'
import type { KeptSession, SessionChange } from '../log/entries.ts'
import type { SessionStore } from '../log/log.ts'

/** More sessions than this, and those longest unused are forgotten. */
const IDENTITIES_KEPT = 100_000

/** Who somebody is under an open name: whoever brings the secret. Outlives connections, and the daemon. */
export interface Identity {
  /** What it said is marked with this. */
  readonly number: number
  /** The folded name that it belongs to. */
  readonly person: string
  /** The position of the log when it began: it sees nothing of direct conversations before. */
  readonly began: number
  /** The rooms that it joined and did not leave, and direct conversations that it read, each with its read position. */
  readonly reads: ReadonlyMap<string, number>
}

interface OwnIdentity extends Identity {
  readonly reads: Map<string, number>
}

/** The one owner of sessions; the log remembers them. Keeps the hash of a secret, never the secret. */
export class Identities {
  readonly #log: SessionStore
  readonly #byHash = new Map<string, OwnIdentity>()
  #lastNumber = 0

  constructor(log: SessionStore) {
    this.#log = log
    for (const session of log.keptSessions()) this.#put(session)
  }

  /** Begins a session for a person, by the name as it is spelled, at a position of the log. */
  begin(name: string, began: number): { secret: string; identity: Identity } {
    const secret = randomBytes(24).toString('base64url')
    const hash = hashOf(secret)
    const session = { number: this.#lastNumber + 1, hash, person: foldName(name), began }
    const identity = this.#put({ ...session, reads: new Map() })
    this.#log.changeSession({ kind: 'began', session, name })
    if (this.#byHash.size > IDENTITIES_KEPT) this.#forgetOldest()
    return { secret, identity }
  }

  /** The session of a person (a folded name) with this secret. */
  find(person: string, secret: string): Identity | undefined {
    const hash = hashOf(secret)
    const identity = this.#byHash.get(hash)
    if (identity === undefined || identity.person !== person) return undefined
    // Last in the map is last used, which is what forgetting goes by.
    this.#byHash.delete(hash)
    this.#byHash.set(hash, identity)
    return identity
  }

  /** Moves a read position, which also puts a room into the session's list; resolves when that is durable or refused. */
  moveRead(identity: Identity, roomKey: string, seq: number): Promise<Result<undefined>> {
    this.#own(identity).reads.set(roomKey, seq)
    return this.#change({ kind: 'read', session: identity.number, roomKey, seq })
  }

  /** Takes a room out of a session's list; undefined where it was not in it, else as {@link moveRead}. */
  leave(identity: Identity, roomKey: string): Promise<Result<undefined>> | undefined {
    if (!this.#own(identity).reads.delete(roomKey)) return undefined
    return this.#change({ kind: 'read', session: identity.number, roomKey, seq: undefined })
  }

  /** Forgets all sessions of a person (a folded name): the log has erased them. */
  forget(person: string): void {
    for (const [hash, identity] of this.#byHash) if (identity.person === person) this.#byHash.delete(hash)
  }

  #change(change: SessionChange): Promise<Result<undefined>> {
    return new Promise(resolve => this.#log.changeSession(change, resolve))
  }

  #put({ number, hash, person, began, reads }: KeptSession): OwnIdentity {
    const identity = { number, person, began, reads: new Map(reads) }
    this.#byHash.set(hash, identity)
    this.#lastNumber = Math.max(this.#lastNumber, number)
    return identity
  }

  /** Identities are handed out to be read, and changed here alone. */
  #own(identity: Identity): OwnIdentity {
    return identity as OwnIdentity
  }

  #forgetOldest(): void {
    const oldest = this.#byHash.entries().next()
    if (oldest.done) return
    const [hash, identity] = oldest.value
    this.#byHash.delete(hash)
    this.#log.changeSession({ kind: 'forgotten', session: identity.number })
  }
}

// The secret is 192 random bits: a fast hash is enough, and looking it up leaks nothing that could be guessed.
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
