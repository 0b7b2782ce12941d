/** How long the turns of one pass of the loop may take together, ms. */
const PASS_MS = 5

/** Somebody who had more to say than one turn takes. */
export interface Talker {
  takeTurn(): void
}

/**
 * Gives further turns to those who have more to say, in their order and a few at each pass of the loop: however many
 * flood, who says little waits for a few turns and not for those of all of them.
 */
export class Turns {
  readonly #waiting = new Set<Talker>()
  #scheduled: NodeJS.Immediate | undefined

  /** Has somebody take a turn when it has come; once, however often it is asked for until then. */
  add(talker: Talker): void {
    this.#waiting.add(talker)
    this.#scheduled ??= setImmediate(() => this.#pass())
  }

  #pass(): void {
    this.#scheduled = undefined
    const began = performance.now()
    // Who asks again meanwhile has its next turn in a later pass, when what it was owed is written.
    for (const talker of [...this.#waiting]) {
      this.#waiting.delete(talker)
      talker.takeTurn()
      if (performance.now() - began >= PASS_MS) break
    }
    if (this.#waiting.size > 0) this.#scheduled ??= setImmediate(() => this.#pass())
  }
}
