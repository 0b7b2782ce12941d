import type { Settings } from '../settings.ts'
import { WindowCounter } from './windowCounter.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** A fresh session says so many messages at once, and one a second after that. */
const FRESH_BURST = 5
/** How long a session is fresh, ms. */
const FRESH_FOR = 10 * MINUTE

/** Where somebody without an account comes from. */
export interface Origin {
  /** The group of addresses; undefined where it does not count: that of a unix socket, or one that many share. */
  readonly address: string | undefined
  /** Whether it is this machine. */
  readonly isLocal: boolean
}

/** The settings of the bounds. */
export type StrangerSettings = Pick<
  Settings,
  'namesOfAddress' | 'namesOfThisMachine' | 'accountsOfAddress' | 'roomsOfGuest' | 'roomsOfAddress'
>

/** How many names and rooms people without an account make, and accounts make rooms: within a time, by their address. */
export class Strangers {
  readonly #names: WindowCounter
  readonly #localNames: WindowCounter
  readonly #accounts: WindowCounter
  readonly #roomsOfGuest: WindowCounter
  readonly #rooms: WindowCounter
  /** Tokens of fresh sessions, each with the time when they were right, by session. */
  readonly #fresh = new Map<number, { tokens: number; at: number; readonly until: number }>()

  constructor(settings: StrangerSettings) {
    this.#names = new WindowCounter(() => settings.namesOfAddress, 10 * MINUTE)
    this.#localNames = new WindowCounter(() => settings.namesOfThisMachine, HOUR)
    this.#accounts = new WindowCounter(() => settings.accountsOfAddress, HOUR)
    this.#roomsOfGuest = new WindowCounter(() => settings.roomsOfGuest, HOUR)
    this.#rooms = new WindowCounter(() => settings.roomsOfAddress, HOUR)
  }

  /** How long until an address may begin another session, or take a new name, ms. */
  waitToBegin({ address, isLocal }: Origin, now: number): number {
    return address === undefined ? 0 : this.#namesBy(isLocal).waitFor(address, now)
  }

  /** Counts a session that an address begins, or a new name that it takes. */
  begin({ address, isLocal }: Origin, now: number): void {
    if (address !== undefined) this.#namesBy(isLocal).add(address, now)
  }

  /** How long until somebody may register from an address, ms; counts one where that is now. This machine may always. */
  register({ address, isLocal }: Origin, now: number): number {
    return address === undefined || isLocal ? 0 : count(this.#accounts, address, now)
  }

  /** Notes that a session from elsewhere began now: it is paced for a while. */
  began(session: number, now: number): void {
    this.#fresh.set(session, { tokens: FRESH_BURST, at: now, until: now + FRESH_FOR })
  }

  /**
   * How long until an address, or an account, may make another room, ms; counts one where that is now.
   * @param guest the session of a guest, or a name for all plain guests of an address
   */
  makeRoom(maker: string | undefined, guest: string | undefined, now: number): number {
    const ofGuest = guest === undefined ? 0 : this.#roomsOfGuest.waitFor(guest, now)
    const ofMaker = maker === undefined ? 0 : this.#rooms.waitFor(maker, now)
    if (ofGuest > 0 || ofMaker > 0) return Math.max(ofGuest, ofMaker)
    if (guest !== undefined) this.#roomsOfGuest.add(guest, now)
    if (maker !== undefined) this.#rooms.add(maker, now)
    return 0
  }

  #namesBy(isLocal: boolean): WindowCounter {
    return isLocal ? this.#localNames : this.#names
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
    const counters = [this.#names, this.#localNames, this.#accounts, this.#roomsOfGuest, this.#rooms]
    for (const counter of counters) counter.sweep(now)
    for (const [session, { until }] of this.#fresh) {
      if (now < until) return
      this.#fresh.delete(session)
    }
  }
}

function count(counter: WindowCounter, key: string, now: number): number {
  const wait = counter.waitFor(key, now)
  if (wait === 0) counter.add(key, now)
  return wait
}
