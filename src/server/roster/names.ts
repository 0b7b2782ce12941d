import { setTimeout as wait } from 'node:timers/promises'
import type { Keys } from '../log/bus.ts'
import { type ClaimRecord, decodeClaim, encodeClaim } from './frames.ts'

/** How long a client waits for the answer of the brokers, ms. An election takes longer: the client tries again. */
const ANSWER_WITHIN = 3_000
const TRY_AGAIN = 100
/** A key that names a daemon without a connection under the name: one comes in there, or has just left. So long it is looked at, ms. */
const COMING_WITHIN = 500
const LOOK_EVERY = 25
/** How often a key is looked at that others change meanwhile. */
const MOST_TRIES = 50
/** Names that are written again at once. */
const TOGETHER = 64

/** A name that a connection may have. */
export interface Claim {
  /** The connection is gone, or was not let in. For calling once. */
  release(): void
}

/** What became of a claim: also that others have the name, or that no broker decides. */
export type Claimed = Claim | 'taken' | 'unanswered'

/** A name that connections of this daemon have. */
interface Held {
  readonly session: number | undefined
  connections: number
  /** That of the key; undefined while the brokers do not have it. */
  revision: number | undefined
  /** What became of the first try to set the key. */
  written: Promise<Written>
}

type Written = 'held' | 'taken' | 'unanswered'

/** What the names of guests need to know of the daemons. */
export interface NamesContext {
  readonly self: string
  readonly keys: Keys
  /** Whether a broker is connected. */
  readonly isUp: () => boolean
  /** Whether a daemon may be alive. */
  readonly mayLive: (daemon: string) => boolean
  /** Whether another daemon is known to have a connection under a name (folded). */
  readonly has: (daemon: string, person: string) => boolean
}

/**
 * The names of the guests of this daemon: each has a key at the brokers, which one session holds, at one or more daemons.
 * So of two guests who come at once, at two daemons, one gets the name.
 */
export class Names {
  readonly #context: NamesContext
  readonly #held = new Map<string, Held>()
  /** Names whose key may name this daemon without need. */
  readonly #owed = new Set<string>()
  /** The last work on each key: one after another. */
  readonly #working = new Map<string, Promise<unknown>>()
  #isSweeping = false

  constructor(context: NamesContext) {
    this.#context = context
  }

  /**
   * Claims a name (folded) for a connection.
   * @param session a plain client has none
   * @param isKnown the session was here before: it gets a name that a younger one has, or a plain client
   */
  async claim(person: string, session: number | undefined, isKnown = false): Promise<Claimed> {
    const known = this.#held.get(person)
    if (known !== undefined && !(isKnown && isOlder(session, known.session))) {
      if (session === undefined || known.session !== session) return 'taken'
      const answer = await known.written
      if (answer !== 'held') return answer
      // The other connection may have gone meanwhile.
      if (this.#held.get(person) !== known) return this.claim(person, session, isKnown)
      known.connections++
      return this.#claimOf(person, known)
    }
    const held: Held = { session, connections: 1, revision: undefined, written: Promise.resolve('held') }
    this.#held.set(person, held)
    held.written = this.#next(person, () => this.#write(person, held, isKnown, ANSWER_WITHIN))
    const answer = await held.written
    if (answer === 'held') return this.#claimOf(person, held)
    // An answer that was lost may have set the key.
    if (answer === 'unanswered') this.#owed.add(person)
    this.#forget(person, held)
    return answer
  }

  /** A connection has a name on what this daemon knows: the brokers are told when they answer. */
  hold(person: string, session: number): Claim {
    const known = this.#held.get(person)
    if (known?.session === session) {
      known.connections++
      return this.#claimOf(person, known)
    }
    const held: Held = { session, connections: 1, revision: undefined, written: Promise.resolve('held') }
    this.#held.set(person, held)
    return this.#claimOf(person, held)
  }

  /** Does what the brokers did not answer; for calling now and then. @param isLost they lost all keys */
  async sweep(isLost = false): Promise<void> {
    if (isLost) for (const held of this.#held.values()) held.revision = undefined
    if (this.#isSweeping) return
    this.#isSweeping = true
    try {
      const unwritten = [...this.#held].filter(([, { revision }]) => revision === undefined)
      const work = [
        ...[...this.#owed].map(person => () => this.#next(person, () => this.#giveBack(person))),
        ...unwritten.map(
          ([person, held]) =>
            () =>
              this.#next(person, () => this.#write(person, held, true, 0)),
        ),
      ]
      while (work.length > 0) await Promise.all(work.splice(0, TOGETHER).map(one => one()))
    } finally {
      this.#isSweeping = false
    }
  }

  /** Resolves when the releases that were begun are done. */
  async settled(): Promise<void> {
    await Promise.all(this.#working.values())
  }

  #claimOf(person: string, held: Held): Claim {
    let isReleased = false
    return {
      release: () => {
        if (isReleased) return
        isReleased = true
        if (--held.connections > 0) return
        this.#forget(person, held)
        this.#owed.add(person)
        void this.#next(person, () => this.#giveBack(person))
      },
    }
  }

  #forget(person: string, held: Held): void {
    if (this.#held.get(person) === held) this.#held.delete(person)
  }

  /** Sets the key, unless another session has it at a daemon that may live. */
  async #write(person: string, held: Held, isKnown: boolean, within: number): Promise<Written> {
    const { self, keys, has } = this.#context
    return this.#persistently(within, async () => {
      const until = performance.now() + COMING_WITHIN
      // Most names are free: the first try sets the key without a look at it.
      let found: { readonly record: ClaimRecord | undefined; readonly revision: number } | undefined
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        if (this.#held.get(person) !== held) return 'taken'
        const others = this.#others(found?.record)
        if (others.length > 0 && !(isKnown && mayTake(held.session, found?.record))) {
          if (performance.now() >= until || others.some(daemon => has(daemon, person))) return 'taken'
          await wait(LOOK_EVERY)
          found = await this.#look(person)
          continue
        }
        const isSame = held.session !== undefined && found?.record?.session === held.session
        const record: ClaimRecord = {
          session: held.session ?? null,
          daemons: isSame ? [...others, self] : [self],
        }
        const revision = await keys.put(person, encodeClaim(record), found?.revision ?? 0)
        if (revision !== undefined) {
          held.revision = revision
          this.#owed.delete(person)
          return 'held'
        }
        found = await this.#look(person)
      }
      return 'taken'
    })
  }

  async #look(
    person: string,
  ): Promise<{ readonly record: ClaimRecord | undefined; readonly revision: number } | undefined> {
    const key = await this.#context.keys.get(person)
    return key && { record: decodeClaim(key.value), revision: key.revision }
  }

  /** Takes this daemon out of a key; what no daemon has goes. */
  async #giveBack(person: string): Promise<void> {
    if (this.#held.has(person) || !this.#owed.has(person)) return
    const { self, keys } = this.#context
    const answer = await this.#persistently(0, async () => {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const { record, revision = 0 } = (await this.#look(person)) ?? {}
        if (record?.daemons.includes(self) !== true) return 'held'
        const daemons = this.#others(record)
        const done =
          daemons.length === 0
            ? await keys.delete(person, revision)
            : (await keys.put(person, encodeClaim({ ...record, daemons }), revision)) !== undefined
        if (done) return 'held'
      }
      return 'unanswered'
    })
    if (answer === 'held' && !this.#held.has(person)) this.#owed.delete(person)
  }

  #others(record: ClaimRecord | undefined): string[] {
    const { self, mayLive } = this.#context
    return (record?.daemons ?? []).filter(daemon => daemon !== self && mayLive(daemon))
  }

  /** Tries until the brokers answer, at least once. */
  async #persistently<T>(within: number, work: () => Promise<T>): Promise<T | 'unanswered'> {
    const until = performance.now() + within
    for (;;) {
      if (!this.#context.isUp()) return 'unanswered'
      try {
        return await work()
      } catch {
        if (performance.now() >= until) return 'unanswered'
        await wait(TRY_AGAIN)
      }
    }
  }

  #next<T>(person: string, work: () => Promise<T>): Promise<T> {
    const next = (this.#working.get(person) ?? Promise.resolve()).then(work)
    const settled = next.catch(() => undefined)
    this.#working.set(person, settled)
    void settled.then(() => {
      if (this.#working.get(person) === settled) this.#working.delete(person)
    })
    return next
  }
}

/** Whether a session may have a name that another one has: it is the same, or the older one. A plain client has none. */
function mayTake(session: number | undefined, record: ClaimRecord | undefined): boolean {
  return record === undefined || record.session === session || isOlder(session, record.session ?? undefined)
}

/** Whether a session is older than another one. Plain clients have none: any session counts as older. */
function isOlder(session: number | undefined, other: number | undefined): boolean {
  return session !== undefined && (other === undefined || session < other)
}
