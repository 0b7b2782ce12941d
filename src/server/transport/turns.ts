/** A connection that has lines to take. */
export interface TurnTaker {
  takeTurn(): void
}

/** How much one pass of the event loop may take of all turns together. */
export interface TurnBudget {
  /** How long the turns of a pass may take, ms. */
  readonly ms?: number
  /** How many turns a pass has. */
  readonly count?: number
}

/**
 * Gives turns in the order in which they were asked for, a few in each pass of the event loop. However many connections
 * flood, one that says little waits for a few turns, and not for those of all of them.
 */
export class Turns {
  readonly #ms: number
  readonly #count: number
  readonly #waiting = new Set<TurnTaker>()
  #scheduled: NodeJS.Immediate | undefined

  /** @param budget without a bound a pass takes everything that waits */
  constructor({ ms = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY }: TurnBudget) {
    this.#ms = ms
    this.#count = count
  }

  /** Gives a connection one turn when it has come, however often it is asked for until then. */
  add(taker: TurnTaker): void {
    this.#waiting.add(taker)
    this.#scheduled ??= setImmediate(() => this.#pass())
  }

  #pass(): void {
    this.#scheduled = undefined
    const began = performance.now()
    let count = 0
    // A taker that asks again meanwhile has its next turn in a later pass, after its output of this one is written.
    for (const taker of [...this.#waiting]) {
      this.#waiting.delete(taker)
      taker.takeTurn()
      if (++count >= this.#count || performance.now() - began >= this.#ms) break
    }
    if (this.#waiting.size > 0) this.#scheduled ??= setImmediate(() => this.#pass())
  }
}
