interface Count {
  of: number
  /** When the first of them was, ms. */
  since: number
}

/** Counts what happens to each key within a time, and says how long a key has to wait once it is too much. */
export class WindowCounter {
  readonly #most: () => number
  readonly #window: number
  /** In the order of their beginning. */
  readonly #counts = new Map<string, Count>()

  /**
   * @param most is asked each time: a reload of the configuration can change it
   * @param window how long a count stands, ms
   */
  constructor(most: () => number, window: number) {
    this.#most = most
    this.#window = window
  }

  /** How long until the next may happen, ms; 0: now. @param now of a clock that is never set back, ms */
  waitFor(key: string, now: number): number {
    const count = this.#counts.get(key)
    return count === undefined || count.of < this.#most() ? 0 : Math.max(0, count.since + this.#window - now)
  }

  /** Counts one. */
  add(key: string, now: number): void {
    const count = this.#counts.get(key)
    if (count !== undefined && now - count.since < this.#window) count.of++
    else {
      this.#counts.delete(key)
      this.#counts.set(key, { of: 1, since: now })
    }
  }

  /** Takes one back. */
  takeBack(key: string): void {
    const count = this.#counts.get(key)
    if (count !== undefined && --count.of <= 0) this.#counts.delete(key)
  }

  /** Forgets what no longer counts; for calling about once a second. */
  sweep(now: number): void {
    for (const [key, { since }] of this.#counts) {
      if (now - since < this.#window) return
      this.#counts.delete(key)
    }
  }
}
