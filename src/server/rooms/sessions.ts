import type { Result } from '../../protocol/errors.ts'
import { foldName } from '../../protocol/names.ts'
import { newSecret, secretHash } from '../auth/secretHash.ts'
import type { AccountChange, AccountSession, AccountStore } from '../log/accounts.ts'
import type { KeptSession, SessionChange } from '../log/entries.ts'
import type { SessionStore } from '../log/log.ts'

const DAY = 86_400_000
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
  began: number
  readonly reads: Map<string, number>
}

/**
 * The one owner of sessions; the log keeps them. It holds the hash of each secret, never the secret. The session of an
 * account is opened by the account's devices, which `Accounts` knows, and is never forgotten.
 */
export class Sessions {
  readonly #store: SessionStore
  /** Open sessions, by the hash of their secret, the one that was used last at the end. */
  readonly #byHash = new Map<string, OwnSession>()
  /** Sessions of accounts. */
  readonly #ofAccounts = new Map<number, OwnSession>()
  /** The day of the last use that was noted, by session. */
  readonly #usedOn = new Map<number, number>()
  readonly #accounts: AccountStore | undefined
  #lastNumber = 0

  /** @param accounts tells which sessions are those of accounts */
  constructor(store: SessionStore, accounts?: AccountStore) {
    this.#store = store
    this.#accounts = accounts
    const ofAccounts = new Set(accounts?.keptAccounts().accounts.map(({ session }) => session))
    for (const session of store.keptSessions()) {
      if (ofAccounts.has(session.number))
        this.#ofAccounts.set(session.number, this.#own(session, session.reads))
      else this.#put(session)
      this.#lastNumber = Math.max(this.#lastNumber, session.number)
    }
    accounts?.onAccounts(change => this.#accountsChanged(change))
  }

  /** The number of a session that the log is to begin: no other session gets it. */
  reserve(): number {
    return ++this.#lastNumber
  }

  /** The session of an account. */
  ofAccount(number: number): Session | undefined {
    return this.#ofAccounts.get(number)
  }

  /** Begins a session for a person, by the name as it is spelled, at a position of the log. */
  begin(name: string, began: number): { readonly secret: string; readonly session: Session } {
    const secret = newSecret()
    const hash = secretHash(secret)
    const begun = { number: this.reserve(), hash, person: foldName(name), began }
    const session = this.#put({ ...begun, reads: new Map() })
    this.#store.changeSession({ kind: 'began', session: begun, name })
    if (this.#byHash.size > SESSIONS_KEPT) this.#forgetOldest()
    return { secret, session }
  }

  /** The open session of a person (a folded name) with this secret. */
  find(person: string, secret: string): Session | undefined {
    const hash = secretHash(secret)
    const session = this.#byHash.get(hash)
    if (session === undefined || session.person !== person) return undefined
    // The last in the map was used last; forgetting goes by that.
    this.#byHash.delete(hash)
    this.#byHash.set(hash, session)
    return session
  }

  /** Notes the use of an open session, once a day. Nothing waits for it, and it may be lost. */
  noteUse({ number }: Session, now: number = Date.now()): void {
    const day = Math.floor(now / DAY)
    if (this.#accounts === undefined || this.#usedOn.get(number) === day) return
    this.#usedOn.set(number, day)
    this.#accounts.changeAccounts(
      { kind: 'account', deed: { deed: 'used', session: number } },
      () => undefined,
    )
  }

  /** Puts a room into a session's list, read up to a position. The log stores that as soon as it can. */
  enlist(session: Session, roomKey: string, seq: number): void {
    this.#mutable(session).reads.set(roomKey, seq)
    this.#store.changeSession({ kind: 'read', session: session.number, roomKey, seq })
  }

  /** Moves a read position; resolves when that is durable, or refused and taken back. */
  async moveRead(session: Session, roomKey: string, seq: number): Promise<Result<undefined>> {
    const { reads } = this.#mutable(session)
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
    if (!this.#mutable(session).reads.delete(roomKey)) return undefined
    const change = { kind: 'read', session: session.number, roomKey, seq: undefined } as const
    return this.#change(change).then(kept => {
      if (!kept.ok && !this.#mutable(session).reads.has(roomKey)) this.#store.changeSession(change)
    })
  }

  /** Forgets all sessions of a person (a folded name): the log has erased them. */
  forget(person: string): void {
    for (const [hash, session] of this.#byHash) if (session.person === person) this.#byHash.delete(hash)
  }

  #accountsChanged({ sessions, ended }: AccountChange): void {
    for (const session of sessions) this.#becameAccounts(session)
    if (ended.length === 0) return
    const gone = new Set(ended)
    for (const number of ended) this.#ofAccounts.delete(number)
    for (const [hash, { number }] of this.#byHash) if (gone.has(number)) this.#byHash.delete(hash)
  }

  /** A session began, was registered, or took another one over. Connected clients hold its object, which stays. */
  #becameAccounts(kept: AccountSession): void {
    const session = this.#ofAccounts.get(kept.number) ?? this.#takeOpen(kept.number) ?? this.#own(kept, [])
    session.began = Math.min(session.began, kept.began)
    // Changes that are still on their way to the log stand.
    for (const [roomKey, seq] of kept.reads)
      session.reads.set(roomKey, Math.max(seq, session.reads.get(roomKey) ?? 0))
    this.#ofAccounts.set(kept.number, session)
  }

  #takeOpen(wanted: number): OwnSession | undefined {
    for (const [hash, session] of this.#byHash) {
      if (session.number !== wanted) continue
      this.#byHash.delete(hash)
      return session
    }
    return undefined
  }

  #change(change: SessionChange): Promise<Result<undefined>> {
    return new Promise(resolve => this.#store.changeSession(change, resolve))
  }

  #put(kept: KeptSession): OwnSession {
    const session = this.#own(kept, kept.reads)
    this.#byHash.set(kept.hash, session)
    return session
  }

  #own(
    { number, person, began }: Omit<KeptSession, 'hash' | 'reads'>,
    reads: Iterable<readonly [string, number]>,
  ): OwnSession {
    return { number, person, began, reads: new Map(reads) }
  }

  /** Others read sessions; only this class changes them. */
  #mutable(session: Session): OwnSession {
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
