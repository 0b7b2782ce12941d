import { WindowCounter } from './windowCounter.ts'

const MINUTE = 60_000
/** Sessions without an account that an address begins in ten minutes. */
const SESSIONS = 5
/** Rooms that a session without an account makes in an hour. */
const ROOMS = 3
/** A fresh session says so many messages at once, and one a second after that. */
const FRESH_BURST = 5
/** How long a session is fresh, ms. */
const FRESH_FOR = 10 * MINUTE

/** The bounds of people without an account from other machines. Those of this machine have none. */
export class Strangers {
  readonly #sessions = new WindowCounter(SESSIONS, 10 * MINUTE)
  readonly #rooms = new WindowCounter(ROOMS, 60 * MINUTE)
  /** Tokens of fresh sessions, each with the time when they were right, by session. */
  readonly #fresh = new Map<number, { tokens: number; at: number; readonly until: number }>()

  /** How long until an address may begin another session, ms; counts one where that is now. */
  begin(address: string, now: number): number {
    const wait = this.#sessions.waitFor(address, now)
    if (wait === 0) this.#sessions.add(address, now)
    return wait
  }

  /** Notes that a session began now: it is paced for a while. */
  began(session: number, now: number): void {
    this.#fresh.set(session, { tokens: FRESH_BURST, at: now, until: now + FRESH_FOR })
  }

  /** How long until a session, or the plain clients of an address, may make another room, ms; counts one where that is now. */
  makeRoom(session: number | undefined, address: string, now: number): number {
    const key = session === undefined ? `plain ${address}` : String(session)
    const wait = this.#rooms.waitFor(key, now)
    if (wait === 0) this.#rooms.add(key, now)
    return wait
  }

  /** Whether a session is paced. */
  isFresh(session: number, now: number): boolean {
    return now < (this.#fresh.get(session)?.until ?? 0)
  }

  /** Counts a message of a session; how long to wait before the next, ms. */
  speak(session: number, now: number): number {
    const pace = this.#fresh.get(session)
    if (pace === undefined || now >= pace.until) return 0
    pace.tokens = Math.min(FRESH_BURST, pace.tokens + (now - pace.at) / 1_000) - 1
    pace.at = now
    return pace.tokens >= 1 ? 0 : Math.ceil((1 - pace.tokens) * 1_000)
  }

  /** Forgets what no longer counts; for calling about once a second. */
  sweep(now: number): void {
    this.#sessions.sweep(now)
    this.#rooms.sweep(now)
    for (const [session, { until }] of this.#fresh) {
      if (now < until) return
      this.#fresh.delete(session)
    }
  }
}
