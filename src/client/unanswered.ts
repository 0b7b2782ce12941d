/** A request that waits for its answer longer than this, ms, is told to the user: most answers take some milliseconds. */
const LATE_AFTER_MS = 5_000

/** The requests of a connection that have no answer yet, to tell when one is late. */
export class Unanswered {
  readonly #changed: () => void
  /** When each was sent, by its id, the oldest first; `at` is a clock that is never set, `ts` is ours, ms. */
  readonly #sent = new Map<string, { readonly at: number; readonly ts: number }>()
  #timer: NodeJS.Timeout | undefined
  #lateSince: number | undefined

  /** @param changed is called when {@link lateSince} has changed */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** When the oldest of the late requests was sent, our clock, ms; undefined: none is late. */
  get lateSince(): number | undefined {
    return this.#lateSince
  }

  /** A request was sent. */
  sent(id: string): void {
    this.#sent.set(id, { at: performance.now(), ts: Date.now() })
    if (this.#timer === undefined) this.#look()
  }

  /** The answer to a request came. */
  answered(id: string): void {
    if (this.#sent.delete(id) && (this.#lateSince !== undefined || this.#sent.size === 0)) this.#look()
  }

  /** The connection is closed: no answer comes any more. */
  clear(): void {
    this.#sent.clear()
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#lateSince = undefined
  }

  /** Looks at the oldest request, and again when it would be late. */
  #look(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const [oldest] = this.#sent.values()
    const wait = oldest === undefined ? 0 : oldest.at + LATE_AFTER_MS - performance.now()
    const lateSince = wait > 0 ? undefined : oldest?.ts
    if (wait > 0) this.#timer = setTimeout(() => this.#look(), wait)
    if (lateSince === this.#lateSince) return
    this.#lateSince = lateSince
    this.#changed()
  }
}
