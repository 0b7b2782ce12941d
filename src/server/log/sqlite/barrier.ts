import { inTime } from '../../inTime.ts'

/** Brokers that choose a leader answer later than that: what is not known then counts as unknown, ms. Clients wait for it. */
const WITHIN = 1_000

/** Waits for what was done before a moment. Those who come while it waits for others wait together for the next time. */
export class Barrier {
  readonly #reach: () => Promise<void>
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  /** @param reach resolves when all is there that was done before its call; it may reject. One call at a time */
  constructor(reach: () => Promise<void>) {
    this.#reach = reach
  }

  /** Resolves when all is there that was done before this call; false where it is not known to be, after a second at most. */
  pass(): Promise<boolean> {
    const reached = this.#next ?? (this.#running === undefined ? this.#begin() : this.#after(this.#running))
    return inTime(reached, WITHIN)
  }

  #begin(): Promise<void> {
    this.#running = this.#reach().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  #after(running: Promise<void>): Promise<void> {
    const next = (): Promise<void> => {
      this.#next = undefined
      return this.#begin()
    }
    this.#next = running.then(next, next)
    return this.#next
  }
}
