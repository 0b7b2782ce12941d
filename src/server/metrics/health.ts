import type { WatchedLog } from '../log/watched.ts'

/** How long the writing thread may take to answer, ms: a slow disk is no death. */
const PATIENCE = 5_000

/** Whether a daemon works: the event loop turns, or this would not run, and so does the thread that writes the log. */
export class Health {
  readonly #log: () => WatchedLog | undefined
  readonly #patience: number
  /** Questions that come meanwhile share the answer: they are no load for the writer. */
  #asked: Promise<string | undefined> | undefined

  /** @param log undefined while it is being opened */
  constructor(log: () => WatchedLog | undefined, patience = PATIENCE) {
    this.#log = log
    this.#patience = patience
  }

  /** A sentence where something is wrong. */
  check(): Promise<string | undefined> {
    this.#asked ??= this.#ask().finally(() => {
      this.#asked = undefined
    })
    return this.#asked
  }

  async #ask(): Promise<string | undefined> {
    const log = this.#log()
    // A start may look at every page of the log, which takes long and is no fault.
    if (log === undefined) return undefined
    const { promise: late, resolve } = Promise.withResolvers<string>()
    const timer = setTimeout(
      () => resolve(`the thread that writes the log has not answered for ${this.#patience / 1_000} seconds`),
      this.#patience,
    )
    const answered = log.turns().then(
      () => undefined,
      (error: unknown) =>
        `the thread that writes the log has ended: ${error instanceof Error ? error.message : String(error)}`,
    )
    try {
      return await Promise.race([answered, late])
    } finally {
      clearTimeout(timer)
    }
  }
}
