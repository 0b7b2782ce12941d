import { type Result, success } from '../../protocol/errors.ts'
import { foldName } from '../../protocol/names.ts'
import { newSecret, secretHash } from '../auth/secretHash.ts'
import type { AccountChange, AccountSession, AccountStore } from '../log/accounts.ts'
import type { KeptSession, SessionChange } from '../log/entries.ts'
import type { SessionStore } from '../log/log.ts'
import { changedNotify, NOTHING_SET, type Notify, type NotifyChange } from '../log/notify.ts'
import type { Share } from '../shares.ts'

const DAY = 86_400_000
/** Of so many names it is known which session had them last. */
const HOLDERS_KEPT = 10_000

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
  /** What it has set for them. */
  readonly notify: ReadonlyMap<string, Notify>
}

interface OwnSession extends Session {
  /** The hash of its secret; undefined for that of an account, which its devices open. */
  hash: string | undefined
  began: number
  readonly reads: Map<string, number>
  readonly notify: Map<string, Notify>
  /** How many connections have it. */
  connections: number
  /** How many of its changes are on their way to the log. */
  changes: number
  /** The day of the last use that was noted. */
  usedOn: number
}

/** How many sessions without an account are kept. */
export interface SessionLimits {
  readonly sessionsOfPerson: number
  readonly sessions: number
}

/** A session that begins. */
export interface NewSession {
  /** The name as it is spelled. */
  readonly name: string
  /** The position of the log. */
  readonly began: number
  /** Numbers of the person's sessions that are connected: they are not forgotten for it. */
  readonly connected: readonly number[]
  readonly share: Share
  /** The number that was reserved for it; by default the next one. */
  readonly number?: number | undefined
}

/**
 * The one owner of sessions; the log keeps them, and decides which are forgotten where there are too many. Memory holds those
 * that are connected, or have changes on their way; the others are read when their secret comes. The hash of a secret is
 * held, never the secret.
 */
export class Sessions {
  readonly #store: SessionStore
  readonly #limits: SessionLimits
  readonly #held = new Map<number, OwnSession>()
  /** Which session had a name last, by folded name; the oldest first. */
  readonly #holders = new Map<string, number>()
  readonly #byHash = new Map<string, OwnSession>()
  readonly #accounts: AccountStore | undefined

  /** @param accounts tells which sessions become those of accounts */
  constructor(store: SessionStore, limits: SessionLimits, accounts?: AccountStore) {
    this.#store = store
    this.#limits = limits
    this.#accounts = accounts
    accounts?.onAccounts(change => this.#accountsChanged(change))
    store.onForgotten(numbers => this.#forgotten(numbers))
  }

  /** The number of a session that the log is to begin: no other session gets it. */
  reserve(): number {
    return this.#store.reserveSession()
  }

  /** The session of an account. */
  ofAccount(number: number): Session | undefined {
    const held = this.#held.get(number)
    if (held !== undefined) return held
    const kept = this.#store.sessionOf(number)
    return kept === undefined ? undefined : this.#hold(kept, undefined)
  }

  /** Begins a session. */
  begin({ name, began, connected, share, number = this.reserve() }: NewSession): {
    readonly secret: string
    readonly session: Session
  } {
    const secret = newSecret()
    const hash = secretHash(secret)
    const session = this.#hold(
      { number, person: foldName(name), began, reads: new Map(), notify: new Map() },
      hash,
    )
    this.noteHolder(session)
    this.#storeBeginning(session, name, connected, share)
    return { secret, session }
  }

  /** The open session of a person (a folded name) with this secret. */
  find(person: string, secret: string): Session | undefined {
    const hash = secretHash(secret)
    const kept = this.#byHash.get(hash) ?? this.#store.openSession(hash)
    if (kept === undefined || kept.person !== person) return undefined
    return this.#held.get(kept.number) ?? this.#hold(kept, hash)
  }

  /** A connection has a session. */
  connect(session: Session): void {
    this.#mutable(session).connections++
  }

  /** A room was deleted: no session lists it any more. The log forgets it by itself. */
  unlist(roomKey: string): void {
    for (const { reads, notify } of this.#held.values()) {
      reads.delete(roomKey)
      notify.delete(roomKey)
    }
  }

  /** A connection of a session is gone. */
  disconnect(session: Session): void {
    const own = this.#mutable(session)
    own.connections--
    this.#drop(own)
  }

  /**
   * A guest comes with a session of a name. Where another one had the name meanwhile, or perhaps had, only the oldest sees
   * what was said to it then; a younger one sees direct conversations from now on.
   * @param last the position of the log
   */
  takeName(session: Session, last: number, share?: Share): void {
    const { number, person } = session
    const before = this.#holders.get(person)
    this.noteHolder(session)
    if (before === number || number <= (this.#store.oldestSession(person) ?? number)) return
    const own = this.#mutable(session)
    own.began = Math.max(own.began, last)
    this.#owe(own, { kind: 'floor', session: number, began: own.began }, share)
  }

  /** Notes the use of an open session, once a day. Nothing waits for it, and it may be lost. */
  noteUse(session: Session, now: number = Date.now()): void {
    const own = this.#mutable(session)
    const day = Math.floor(now / DAY)
    if (this.#accounts === undefined || own.usedOn === day) return
    own.usedOn = day
    this.#accounts.changeAccounts(
      { kind: 'account', deed: { deed: 'used', session: own.number } },
      () => undefined,
    )
  }

  /** Puts a room into a session's list, read up to a position. The log stores that as soon as it can. */
  enlist(session: Session, roomKey: string, seq: number, share?: Share): void {
    const own = this.#mutable(session)
    own.reads.set(roomKey, seq)
    this.#owe(own, { kind: 'read', session: own.number, roomKey, seq }, share)
  }

  /** Moves a read position; resolves when that is durable, or refused and taken back. */
  async moveRead(session: Session, roomKey: string, seq: number, share?: Share): Promise<Result<undefined>> {
    const own = this.#mutable(session)
    const { reads } = own
    const before = reads.get(roomKey)
    reads.set(roomKey, seq)
    const kept = await this.#change(own, { kind: 'read', session: own.number, roomKey, seq }, share)
    // The client is told that its position was refused, so it must not show. A later change stands.
    if (!kept.ok && reads.get(roomKey) === seq) {
      if (before === undefined) reads.delete(roomKey)
      else reads.set(roomKey, before)
    }
    return kept
  }

  /** Changes which messages of a room call the person; resolves with what is set then when that is durable. */
  async setNotify(
    session: Session,
    roomKey: string,
    change: NotifyChange,
    share?: Share,
  ): Promise<Result<Notify | undefined>> {
    const own = this.#mutable(session)
    const kept = await this.#change(own, { kind: 'notify', session: own.number, roomKey, change }, share)
    // Changes are settled in the order in which the log applied them, so memory comes to the same.
    if (!kept.ok) return kept
    const notify = changedNotify(own.notify.get(roomKey), change)
    if (notify === undefined) own.notify.delete(roomKey)
    else own.notify.set(roomKey, notify)
    return success(notify)
  }

  /**
   * Takes a room out of a session's list; undefined where it was not in it. Resolves when that is durable, or when the
   * log owes it: the client was told that it left.
   */
  leave(session: Session, roomKey: string, share?: Share): Promise<void> | undefined {
    const own = this.#mutable(session)
    const hadSet = own.notify.delete(roomKey)
    if (!own.reads.delete(roomKey) && !hadSet) return undefined
    const change = { kind: 'left', session: own.number, roomKey } as const
    return this.#change(own, change, share).then(kept => {
      // A change that was on its way before this one set it again.
      if (kept.ok) own.notify.delete(roomKey)
      // Where the room was joined again, what is set for it goes nevertheless.
      else if (own.reads.has(roomKey))
        this.#owe(own, { kind: 'notify', session: own.number, roomKey, change: NOTHING_SET }, share)
      else this.#owe(own, change, share)
    })
  }

  /** Forgets all sessions of a person (a folded name): the log has erased them. */
  forget(person: string): void {
    for (const session of this.#held.values()) if (session.person === person) this.#release(session)
  }

  /** A session has a name: here, or at another daemon. */
  noteHolder({ number, person }: Pick<Session, 'number' | 'person'>): void {
    this.#holders.delete(person)
    this.#holders.set(person, number)
    const oldest = this.#holders.keys().next()
    if (this.#holders.size > HOLDERS_KEPT && !oldest.done) this.#holders.delete(oldest.value)
  }

  /** Others may have had any name meanwhile, at other daemons that were not heard. */
  forgetHolders(): void {
    this.#holders.clear()
  }

  #storeBeginning(session: OwnSession, name: string, connected: readonly number[], share?: Share): void {
    const { number, hash, person, began } = session
    if (hash === undefined) return
    const { sessionsOfPerson: ofPerson, sessions: inAll } = this.#limits
    const bounds = { ofPerson, inAll, connected }
    this.#owe(session, { kind: 'began', session: { number, hash, person, began }, name, bounds }, share)
  }

  /** The log forgot sessions for others. One that is connected begins once more, with the same secret. */
  #forgotten(numbers: readonly number[]): void {
    for (const number of numbers) {
      const session = this.#held.get(number)
      if (session === undefined) continue
      if (session.connections === 0) this.#release(session)
      else {
        this.#storeBeginning(session, session.person, [])
        for (const [roomKey, seq] of session.reads)
          this.#owe(session, { kind: 'read', session: number, roomKey, seq })
        for (const [roomKey, notify] of session.notify)
          this.#owe(session, { kind: 'notify', session: number, roomKey, change: notify })
      }
    }
  }

  #accountsChanged({ sessions, ended }: AccountChange): void {
    for (const session of sessions) this.#becameAccounts(session)
    for (const number of ended) {
      const session = this.#held.get(number)
      if (session !== undefined) this.#release(session)
    }
  }

  /** A session began, was registered, or took another one over. Connected clients hold its object, which stays. */
  #becameAccounts(kept: AccountSession): void {
    const session = this.#held.get(kept.number)
    if (session === undefined) return
    if (session.hash !== undefined) this.#byHash.delete(session.hash)
    session.hash = undefined
    session.began = Math.min(session.began, kept.began)
    // Changes that are still on their way to the log stand.
    for (const [roomKey, seq] of kept.reads)
      session.reads.set(roomKey, Math.max(seq, session.reads.get(roomKey) ?? 0))
    for (const [roomKey, notify] of kept.notify)
      if (!session.notify.has(roomKey)) session.notify.set(roomKey, notify)
  }

  #change(session: OwnSession, change: SessionChange, share?: Share): Promise<Result<undefined>> {
    session.changes++
    return new Promise(resolve => {
      const settled = (result: Result<undefined>): void => {
        this.#changed(session)
        resolve(result)
      }
      this.#store.changeSession(change, { settled, ...(share === undefined ? {} : { share }) })
    })
  }

  #owe(session: OwnSession, change: SessionChange, share?: Share): void {
    session.changes++
    const kept = (): void => this.#changed(session)
    this.#store.changeSession(change, { kept, ...(share === undefined ? {} : { share }) })
  }

  #changed(session: OwnSession): void {
    session.changes--
    this.#drop(session)
  }

  #hold(kept: Omit<KeptSession, 'hash'>, hash: string | undefined): OwnSession {
    const { number, person, began, reads, notify } = kept
    const session: OwnSession = {
      number,
      person,
      began,
      reads: new Map(reads),
      notify: new Map(notify),
      hash,
      connections: 0,
      changes: 0,
      usedOn: 0,
    }
    this.#held.set(number, session)
    if (hash !== undefined) this.#byHash.set(hash, session)
    // A client that asked for it may not come in.
    setImmediate(() => this.#drop(session))
    return session
  }

  /** Drops a session that nothing needs in memory. */
  #drop(session: OwnSession): void {
    if (session.connections === 0 && session.changes === 0) this.#release(session)
  }

  #release(session: OwnSession): void {
    if (this.#held.get(session.number) === session) this.#held.delete(session.number)
    if (session.hash !== undefined && this.#byHash.get(session.hash) === session)
      this.#byHash.delete(session.hash)
  }

  /** Others read sessions; only this class changes them. */
  #mutable(session: Session): OwnSession {
    return session as OwnSession
  }
}
