import { type Result, success } from '../../protocol/errors.ts'
import { foldName } from '../../protocol/names.ts'
import { newSecret, secretHash } from '../auth/secretHash.ts'
import type { AccountChange, AccountSession, AccountStore } from '../log/accounts.ts'
import type { AppliedChange } from '../log/applied.ts'
import type { KeptSession, SessionChange } from '../log/entries.ts'
import type { Log, SessionStore } from '../log/log.ts'
import { NOTHING_SET, type Notify, type NotifyChange } from '../log/notify.ts'
import { directNames } from '../log/roomKeys.ts'
import type { Share } from '../shares.ts'
import { HeldSession, type Session, type SessionNews } from './heldSession.ts'
import { NameHolders } from './nameHolders.ts'
import { paceKey, ReadPace } from './readPace.ts'

const DAY = 86_400_000

/** How a change of a session is made. */
export interface SessionRequest {
  /** Comes back with the {@link SessionNews}. */
  readonly origin?: object
  readonly share?: Share
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
  /** Called when the log has it: the other daemons of a shared log know it then. */
  readonly stored?: (() => void) | undefined
}

type Beginning = Pick<NewSession, 'name' | 'connected' | 'stored'> & Partial<Pick<NewSession, 'share'>>

/**
 * The one owner of sessions; the log keeps them, and decides which are forgotten where there are too many. Memory holds those
 * that are connected, or have changes on their way; the others are read when their secret comes. The hash of a secret is
 * held, never the secret.
 */
export class Sessions {
  readonly #store: SessionStore
  readonly #limits: SessionLimits
  readonly #held = new Map<number, HeldSession>()
  /** Which session had each name last. */
  readonly holders = new NameHolders()
  readonly #byHash = new Map<string, HeldSession>()
  readonly #accounts: AccountStore | undefined
  readonly #pace = new ReadPace()
  readonly #listeners = new Set<(news: SessionNews) => void>()

  /** @param accounts tells which sessions become those of accounts */
  constructor(store: SessionStore & Pick<Log, 'onApplied'>, limits: SessionLimits, accounts?: AccountStore) {
    this.#store = store
    this.#limits = limits
    this.#accounts = accounts
    accounts?.onAccounts(({ change }) => this.#accountsChanged(change))
    store.onForgotten(numbers => this.#forgotten(numbers))
    store.onApplied(applied => this.#applied(applied))
  }

  /** Tells of read positions and levels that changed, here or at another daemon; returns the function that ends it. */
  subscribe(listener: (news: SessionNews) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The number of a session that the log is to begin: no other session gets it. */
  reserve(): number {
    return this.#store.reserveSession()
  }

  /** Likewise, and the log has only older sessions; undefined where the brokers of a shared log do not answer. */
  reserveFresh(): Promise<number | undefined> {
    return this.#store.freshSession()
  }

  /** The session of an account. */
  ofAccount(number: number): Session | undefined {
    const held = this.#held.get(number)
    if (held !== undefined) return held
    const kept = this.#store.sessionOf(number)
    return kept === undefined ? undefined : this.#hold(kept, undefined)
  }

  /** Begins a session. */
  begin(beginning: NewSession): { readonly secret: string; readonly session: Session } {
    const { name, began, number = this.reserve() } = beginning
    const secret = newSecret()
    const hash = secretHash(secret)
    const session = this.#hold(
      { number, person: foldName(name), began, reads: new Map(), notify: new Map() },
      hash,
    )
    this.holders.note(session)
    this.#storeBeginning(session, beginning)
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
    for (const session of this.#held.values()) {
      this.#pace.overtaken(paceKey(session, roomKey))
      session.positions.drop(roomKey)
      session.notify.delete(roomKey)
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
    const before = this.holders.of(person)
    this.holders.note(session)
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
    this.#pace.overtaken(paceKey(session, roomKey))
    const end = own.positions.move(roomKey, seq)
    this.#owe(own, { kind: 'read', session: own.number, roomKey, seq }, share, end)
  }

  /**
   * Moves a read position; resolves when that is durable, or refused and taken back. Of several in one second the newest is stored,
   * see {@link ReadPace}.
   */
  moveRead(
    session: Session,
    roomKey: string,
    seq: number,
    request: SessionRequest = {},
  ): Promise<Result<undefined>> {
    const own = this.#mutable(session)
    const end = own.positions.move(roomKey, seq)
    own.changes++
    const ended = (): void => {
      end()
      this.#changed(own)
    }
    return this.#pace.move(paceKey(session, roomKey), {
      store: async () => {
        const change = { kind: 'read', session: own.number, roomKey, seq } as const
        // By the origin it is told from those of other daemons.
        const kept = await this.#change(own, change, { origin: own, ...request })
        ended()
        return kept
      },
      drop: ended,
    })
  }

  /** Whether a read position of a room would wait for its turn: its connection can be read on meanwhile. */
  isPaced(session: Session, roomKey: string): boolean {
    return this.#pace.isPaced(paceKey(session, roomKey))
  }

  /** Hands what waits to the log, which is being closed. */
  end(): void {
    this.#pace.end()
  }

  /** Changes which messages of a room call the person; resolves with what is set then when that is durable. */
  async setNotify(
    session: Session,
    roomKey: string,
    change: NotifyChange,
    request: SessionRequest = {},
  ): Promise<Result<Notify | undefined>> {
    const own = this.#mutable(session)
    let notify: Notify | undefined
    const entry = { kind: 'notify', session: own.number, roomKey, change } as const
    const kept = await this.#change(own, entry, request, () => {
      notify = own.notify.get(roomKey)
    })
    return kept.ok ? success(notify) : kept
  }

  /**
   * Takes a room out of a session's list; undefined where it was not in it. Resolves when that is durable, or when the
   * log owes it: the client was told that it left.
   */
  leave(session: Session, roomKey: string, share?: Share): Promise<void> | undefined {
    const own = this.#mutable(session)
    this.#pace.overtaken(paceKey(session, roomKey))
    const hadSet = own.notify.delete(roomKey)
    if (!own.reads.has(roomKey) && !hadSet) return undefined
    const end = own.positions.move(roomKey, undefined)
    const change = { kind: 'left', session: own.number, roomKey } as const
    return this.#change(own, change, share === undefined ? {} : { share }).then(kept => {
      if (!kept.ok && !own.reads.has(roomKey)) return this.#owe(own, change, share, end)
      // Where the room was joined again, what is set for it goes nevertheless.
      if (!kept.ok)
        this.#owe(own, { kind: 'notify', session: own.number, roomKey, change: NOTHING_SET }, share)
      end()
    })
  }

  /** Forgets all sessions of a person (a folded name): the log has erased them. */
  forget(person: string): void {
    for (const session of this.#held.values()) if (session.person === person) this.#release(session)
  }

  #storeBeginning(session: HeldSession, { name, connected, share, stored }: Beginning): void {
    const { number, hash, person, began } = session
    if (hash === undefined) return
    const { sessionsOfPerson: ofPerson, sessions: inAll } = this.#limits
    const bounds = { ofPerson, inAll, connected }
    const entry = { kind: 'began', session: { number, hash, person, began }, name, bounds } as const
    this.#owe(session, entry, share, stored)
  }

  /** The log forgot sessions for others. One that is connected begins once more, with the same secret. */
  #forgotten(numbers: readonly number[]): void {
    for (const number of numbers) {
      const session = this.#held.get(number)
      if (session === undefined) continue
      if (session.connections === 0) this.#release(session)
      else {
        this.#storeBeginning(session, { name: session.person, connected: [] })
        for (const [roomKey, seq] of session.reads)
          this.#owe(session, { kind: 'read', session: number, roomKey, seq })
        for (const [roomKey, notify] of session.notify)
          this.#owe(session, { kind: 'notify', session: number, roomKey, change: notify })
      }
    }
  }

  /** The log applied a change. Those of this daemon come back in their place among those of others. */
  #applied(applied: AppliedChange): void {
    if (applied.kind !== 'session') return
    const { change, origin } = applied
    const session = this.#held.get(change.session)
    if (session === undefined) return
    switch (change.kind) {
      case 'read':
        return this.#appliedRead(session, change.roomKey, change.seq, origin)
      case 'left':
        session.positions.applied(change.roomKey, undefined)
        session.notify.delete(change.roomKey)
        return
      case 'notify':
        return this.#appliedNotify(session, change, origin)
      case 'floor':
        session.began = Math.max(session.began, change.began)
        return
      case 'forgotten':
        return this.#forgotten([change.session])
    }
  }

  #appliedRead(session: HeldSession, roomKey: string, seq: number, origin: object | undefined): void {
    if (origin === undefined) this.#pace.overtaken(paceKey(session, roomKey))
    // A position by which another daemon puts a room into the list is no news: the connections here are not in it.
    const isListed = session.positions.isLogged(roomKey) || directNames(roomKey) !== undefined
    const isNew = session.positions.applied(roomKey, seq)
    if (origin !== undefined || (isNew && isListed))
      this.#tell({ session, roomKey, change: { kind: 'read', seq }, origin })
  }

  #appliedNotify(
    session: HeldSession,
    { roomKey, change }: Pick<Extract<SessionChange, { kind: 'notify' }>, 'roomKey' | 'change'>,
    origin: object | undefined,
  ): void {
    const isNew = session.setNotify(roomKey, change)
    if (origin === undefined && !isNew) return
    this.#tell({ session, roomKey, change: { kind: 'notify', notify: session.notify.get(roomKey) }, origin })
  }

  #tell(news: SessionNews): void {
    for (const listener of this.#listeners) listener(news)
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
    if (session?.hash !== undefined) this.#byHash.delete(session.hash)
    session?.becomeAccount(kept)
  }

  /** @param asSettled called as it is settled: the log has told of it by then, and of none that came later */
  #change(
    session: HeldSession,
    change: SessionChange,
    request: SessionRequest,
    asSettled?: () => void,
  ): Promise<Result<undefined>> {
    session.changes++
    return new Promise(resolve => {
      const settled = (result: Result<undefined>): void => {
        asSettled?.()
        this.#changed(session)
        resolve(result)
      }
      this.#store.changeSession(change, { ...request, settled })
    })
  }

  /** @param ended called when the log has it */
  #owe(session: HeldSession, change: SessionChange, share?: Share, ended?: () => void): void {
    session.changes++
    const kept = (): void => {
      ended?.()
      this.#changed(session)
    }
    this.#store.changeSession(change, { kept, ...(share === undefined ? {} : { share }) })
  }

  #changed(session: HeldSession): void {
    session.changes--
    this.#drop(session)
  }

  #hold(kept: Omit<KeptSession, 'hash'>, hash: string | undefined): HeldSession {
    const session = new HeldSession(kept, hash)
    this.#held.set(session.number, session)
    if (hash !== undefined) this.#byHash.set(hash, session)
    // A client that asked for it may not come in.
    setImmediate(() => this.#drop(session))
    return session
  }

  /** Drops a session that nothing needs in memory. */
  #drop(session: HeldSession): void {
    if (session.connections === 0 && session.changes === 0) this.#release(session)
  }

  #release(session: HeldSession): void {
    if (this.#held.get(session.number) === session) this.#held.delete(session.number)
    if (session.hash !== undefined && this.#byHash.get(session.hash) === session)
      this.#byHash.delete(session.hash)
  }

  /** Others read sessions; only this class changes them. */
  #mutable(session: Session): HeldSession {
    return session as HeldSession
  }
}
