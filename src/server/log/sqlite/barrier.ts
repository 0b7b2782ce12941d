/** Brokers that choose a leader answer later than that: what is not known then counts as unknown, ms. Clients wait for it. */
const WITHIN = 1_000

/** Waits for what was done before a moment. Those who come while it waits for others wait together for the next time. */
export class Barrier {
  readonly #reach: () => Promise<void>
  #now: Promise<boolean> | undefined
  #next: Promise<boolean> | undefined

  /** @param reach resolves when all is there that was done before its call; it may reject, or never resolve */
  constructor(reach: () => Promise<void>) {
    this.#reach = reach
  }

  /** Resolves when all is there that was done before this call; false where it is not known to be, after a second at most. */
  pass(): Promise<boolean> {
    if (this.#now === undefined) return this.#begin()
    this.#next ??= this.#now.then(() => {
      this.#next = undefined
      return this.#begin()
    })
    return this.#next
  }

  #begin(): Promise<boolean> {
    const now = within(this.#reach()).finally(() => {
      this.#now = undefined
    })
    this.#now = now
    return now
  }
}

function within(work: Promise<void>): Promise<boolean> {
  return new Promise(resolve => {
    const end = (isReached: boolean): void => {
      clearTimeout(timer)
      resolve(isReached)
    }
    const timer = setTimeout(() => end(false), WITHIN)
    work.then(
      () => end(true),
      () => end(false),
    )
  })
}
