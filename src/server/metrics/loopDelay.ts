import { Durations } from '../durations.ts'

/** How often a timer looks whether the event loop is on time, ms. */
const EVERY = 100

/** How late the event loop is: a timer ten times a second measures it. */
export class LoopDelay {
  readonly delays = new Durations()
  #timer: NodeJS.Timeout | undefined
  #due = 0

  start(): void {
    this.#due = performance.now() + EVERY
    this.#timer ??= setInterval(() => {
      const now = performance.now()
      this.delays.add(Math.max(0, now - this.#due) / 1_000)
      this.#due = now + EVERY
    }, EVERY).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
