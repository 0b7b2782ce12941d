const SAMPLE_EVERY = 10

/** Watches how long a count stands still. */
export class LongestWait {
  /** The longest time between two changes, ms. */
  longest = 0
  readonly #count: () => number
  #timer: NodeJS.Timeout | undefined
  #before = 0
  #since = 0

  constructor(count: () => number) {
    this.#count = count
  }

  start(): void {
    this.#before = this.#count()
    this.#since = performance.now()
    this.#timer = setInterval(() => this.#look(), SAMPLE_EVERY)
  }

  stop(): void {
    if (this.#timer !== undefined) this.#look()
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    const now = performance.now()
    this.longest = Math.max(this.longest, now - this.#since)
    if (this.#count() === this.#before) return
    this.#before = this.#count()
    this.#since = now
  }
}
