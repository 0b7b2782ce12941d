/** The longest that the end of a tick waits for a commit, ms. */
const GATHER_MS = 2
/** How long output that no person waits for is gathered, ms. Where a thousand come within two seconds, each gets ten such writes. */
const GATHER_SOON_MS = 200

/** Gathers output during a tick, to write it in one piece. */
export interface Flushable {
  /** Writes what was gathered. */
  flush(): void
}

/**
 * Ends each tick: one write for each connection. A write costs as much as many messages, so where a commit is under way
 * that brings many, the tick goes on until it has come.
 */
export class Tick {
  readonly #isMoreComing: () => boolean
  #waiting: Flushable[] = []
  #scheduled: NodeJS.Immediate | undefined
  #gathering: NodeJS.Timeout | undefined
  #soon: Flushable[] = []
  #soonTimer: NodeJS.Timeout | undefined

  /** @param isMoreComing whether {@link commitCame} will be called soon, with much to write */
  constructor(isMoreComing: () => boolean = () => false) {
    this.#isMoreComing = isMoreComing
  }

  /** Flushes it at the end of this tick. */
  add(output: Flushable): void {
    this.#waiting.push(output)
    if (this.#gathering === undefined) this.#scheduled ??= setImmediate(() => this.#end())
  }

  /** Flushes it soon, together with others and with what comes meanwhile; `add` flushes it earlier. */
  addSoon(output: Flushable): void {
    this.#soon.push(output)
    this.#soonTimer ??= setTimeout(() => {
      this.#soonTimer = undefined
      const waiting = this.#soon
      this.#soon = []
      for (const output of waiting) output.flush()
    }, GATHER_SOON_MS)
  }

  /** The events of a commit have been sent to their members: a tick that waited for it ends. */
  commitCame(): void {
    if (this.#gathering === undefined) return
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    this.#scheduled ??= setImmediate(() => this.#flush())
  }

  #end(): void {
    this.#scheduled = undefined
    if (this.#isMoreComing()) this.#gathering = setTimeout(() => this.#flush(), GATHER_MS)
    else this.#flush()
  }

  #flush(): void {
    this.#scheduled = undefined
    this.#gathering = undefined
    const waiting = this.#waiting
    this.#waiting = []
    for (const output of waiting) output.flush()
  }
}
