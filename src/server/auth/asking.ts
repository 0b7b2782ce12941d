/** Connections of an address that were asked to sign in and did not yet. */
const PER_ADDRESS = 8

/** Counts, by address, the connections that were asked for a credential: each may stay for a minute. */
export class Asking {
  readonly #counts = new Map<string, number>()

  /** Counts one more; false where there are too many already. */
  enter(address: string): boolean {
    const count = this.#counts.get(address) ?? 0
    if (count >= PER_ADDRESS) return false
    this.#counts.set(address, count + 1)
    return true
  }

  /** One signed in, or is gone. */
  leave(address: string): void {
    const count = (this.#counts.get(address) ?? 0) - 1
    if (count > 0) this.#counts.set(address, count)
    else this.#counts.delete(address)
  }
}
