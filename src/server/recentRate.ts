/** What is older counts for less: after this long, for a third; seconds. */
const MEMORY = 5

/** How much of something happens a second, of late. To add costs one power of e. */
export class RecentRate {
  #amount = 0
  #at = 0

  /** @param now ms, of a clock that is never set back */
  add(amount: number, now: number): void {
    this.#amount = this.#amountAt(now) + amount
    this.#at = now
  }

  perSecond(now: number): number {
    return this.#amountAt(now) / MEMORY
  }

  #amountAt(now: number): number {
    return this.#amount === 0 ? 0 : this.#amount * Math.exp((this.#at - now) / (MEMORY * 1_000))
  }
}
