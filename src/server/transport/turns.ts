import { FairQueue, OWN_SHARE, type Share } from '../shares.ts'

/** A connection that has lines to take. */
export interface TurnTaker {
  /** Whose turn it takes. */
  readonly share?: Share
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
 * Gives fair turns over addresses and people, a few in each pass of the event loop. However many connections flood, one that
 * says little waits for a few turns, and not for those of all of them.
 */
export class Turns {
  readonly #ms: number
  readonly #count: number
  readonly #waiting = new Set<TurnTaker>()
  readonly #queue = new FairQueue<TurnTaker>()
  #scheduled: NodeJS.Immediate | undefined

  /** @param budget without a bound a pass takes everything that waits */
  constructor({ ms = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY }: TurnBudget) {
    this.#ms = ms
    this.#count = count
  }

  /** Gives a connection one turn when it has come, however often it is asked for until then. */
  add(taker: TurnTaker): void {
    if (this.#waiting.has(taker)) return
    this.#waiting.add(taker)
    this.#queue.add(taker.share ?? OWN_SHARE, taker)
    this.#scheduled ??= setImmediate(() => this.#pass())
  }

  #pass(): void {
    this.#scheduled = undefined
    const began = performance.now()
    // A taker that asks again meanwhile has its next turn in a later pass, after its output of this one is written.
    let left = Math.min(this.#queue.size, this.#count)
    const taken = new Set<TurnTaker>()
    for (; left > 0; left--) {
      const taker = this.#queue.first()
      if (taker === undefined || taken.has(taker)) break
      this.#queue.take()
      this.#waiting.delete(taker)
      taken.add(taker)
      taker.takeTurn()
      if (performance.now() - began >= this.#ms) break
    }
    if (this.#queue.size > 0) this.#scheduled ??= setImmediate(() => this.#pass())
  }
}
