import { createHash, randomBytes } from 'node:crypto'
import type { Result } from '../../protocol/errors.ts'
import { foldName } from '../../protocol/names.ts'
import type { KeptSession, SessionChange } from '../log/entries.ts'
import type { SessionStore } from '../log/log.ts'

/** With more sessions than this, those longest unused are forgotten. */
const SESSIONS_KEPT = 100_000

/** A session of a name: the client that brings its secret continues it. It outlives connections and the daemon. */
export interface Session {
  /** The log marks events of the session with it. */
  readonly number: number
  /** The folded name that it belongs to. */
  readonly person: string
  /** The position of the log when it began: it sees nothing of direct conversations before. */
  readonly began: number
  /** The rooms that it joined and did not leave, and direct conversations that it read, each with its read position. */
  readonly reads: ReadonlyMap<string, number>
}

interface OwnSession extends Session {
  readonly reads: Map<string, number>
}

/** The one owner of sessions; the log keeps them. It holds the hash of each secret, never the secret. */
export class Sessions {
  readonly #store: SessionStore
  readonly #byHash = new Map<string, OwnSession>()
  #lastNumber = 0

  constructor(store: SessionStore) {
    this.#store = store
    for (const session of store.keptSessions()) this.#put(session)
  }

  /** Begins a session for a person, by the name as it is spelled, at a position of the log. */
  begin(name: string, began: number): { readonly secret: string; readonly session: Session } {
    const secret = randomBytes(24).toString('base64url')
    const hash = hashOf(secret)
    const begun = { number: this.#lastNumber + 1, hash, person: foldName(name), began }
    const session = this.#put({ ...begun, reads: new Map() })
    this.#store.changeSession({ kind: 'began', session: begun, name })
    if (this.#byHash.size > SESSIONS_KEPT) this.#forgetOldest()
    return { secret, session }
  }

  /** The session of a person (a folded name) with this secret. */
  find(person: string, secret: string): Session | undefined {
    const hash = hashOf(secret)
    const session = this.#byHash.get(hash)
    if (session === undefined || session.person !== person) return undefined
    // The last in the map was used last; forgetting goes by that.
    this.#byHash.delete(hash)
    this.#byHash.set(hash, session)
    return session
  }

  /** Puts a room into a session's list, read up to a position. The log stores that as soon as it can. */
  enlist(session: Session, roomKey: string, seq: number): void {
    this.#own(session).reads.set(roomKey, seq)
    this.#store.changeSession({ kind: 'read', session: session.number, roomKey, seq })
  }

  /** Moves a read position; resolves when that is durable, or refused and taken back. */
  async moveRead(session: Session, roomKey: string, seq: number): Promise<Result<undefined>> {
    const { reads } = this.#own(session)
    const before = reads.get(roomKey)
    reads.set(roomKey, seq)
    const kept = await this.#change({ kind: 'read', session: session.number, roomKey, seq })
    // The client is told that its position was refused, so it must not show. A later change stands.
    if (!kept.ok && reads.get(roomKey) === seq) {
      if (before === undefined) reads.delete(roomKey)
      else reads.set(roomKey, before)
    }
    return kept
  }

  /**
   * Takes a room out of a session's list; undefined where it was not in it. Resolves when that is durable, or when the
   * log owes it: the client was told that it left.
   */
  leave(session: Session, roomKey: string): Promise<void> | undefined {
    if (!this.#own(session).reads.delete(roomKey)) return undefined
    const change = { kind: 'read', session: session.number, roomKey, seq: undefined } as const
    return this.#change(change).then(kept => {
      if (!kept.ok && !this.#own(session).reads.has(roomKey)) this.#store.changeSession(change)
    })
  }

  /** Forgets all sessions of a person (a folded name): the log has erased them. */
  forget(person: string): void {
    for (const [hash, session] of this.#byHash) if (session.person === person) this.#byHash.delete(hash)
  }

  #change(change: SessionChange): Promise<Result<undefined>> {
    return new Promise(resolve => this.#store.changeSession(change, resolve))
  }

  #put({ number, hash, person, began, reads }: KeptSession): OwnSession {
    const session = { number, person, began, reads: new Map(reads) }
    this.#byHash.set(hash, session)
    this.#lastNumber = Math.max(this.#lastNumber, number)
    return session
  }

  /** Others read sessions; only this class changes them. */
  #own(session: Session): OwnSession {
    return session as OwnSession
  }

  #forgetOldest(): void {
    const oldest = this.#byHash.entries().next()
    if (oldest.done) return
    const [hash, session] = oldest.value
    this.#byHash.delete(hash)
    this.#store.changeSession({ kind: 'forgotten', session: session.number })
  }
}

// The secret is 192 random bits: a fast hash is enough, and looking it up leaks nothing that could be guessed.
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
