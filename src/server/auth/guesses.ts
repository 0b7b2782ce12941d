import { WindowCounter } from './windowCounter.ts'

const WINDOW_MS = 15 * 60_000
const PER_ACCOUNT = 10
const PER_ADDRESS = 20

/**
 * Bounds the guessing of passwords: so many wrong ones of an account and of an address in 15 minutes. Keys, devices and
 * tokens do not ask it, so that no stranger locks an owner out of them. Names without an account count alike.
 */
export class Guesses {
  readonly #ofAccount = new WindowCounter(() => PER_ACCOUNT, WINDOW_MS)
  readonly #ofAddress = new WindowCounter(() => PER_ADDRESS, WINDOW_MS)

  /** How long to wait before a password is checked, ms; 0: not at all. @param address undefined for unix sockets */
  waitFor(person: string, address: string | undefined, now: number): number {
    const ofAddress = address === undefined ? 0 : this.#ofAddress.waitFor(address, now)
    return Math.max(this.#ofAccount.waitFor(person, now), ofAddress)
  }

  /** Counts a password as wrong while it is checked: many at once must not slip through. */
  add(person: string, address: string | undefined, now: number): void {
    this.#ofAccount.add(person, now)
    if (address !== undefined) this.#ofAddress.add(address, now)
  }

  /** It was right, or was not checked. */
  takeBack(person: string, address: string | undefined): void {
    this.#ofAccount.takeBack(person)
    if (address !== undefined) this.#ofAddress.takeBack(address)
  }

  /** Forgets what no longer counts; for calling about once a second. */
  sweep(now: number): void {
    this.#ofAccount.sweep(now)
    this.#ofAddress.sweep(now)
  }
}
