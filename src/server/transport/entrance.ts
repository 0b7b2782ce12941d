/**
 * Newcomers that are listened to in a turn of the loop. What one says first takes about 0.1 ms to serve: when thousands
 * come at the same moment, as after a restart, those who are inside wait some milliseconds and not for all of them.
 */
const A_TURN = 32

/** Somebody who has said something and has not come in yet. */
export interface Newcomer {
  /** Listens to it. */
  enter(): void
}

/** Lets newcomers in, in their order, some at a time. */
export class Entrance {
  #waiting: Newcomer[] = []
  #next = 0
  #isScheduled = false

  /** Lets somebody in when its turn has come. */
  add(newcomer: Newcomer): void {
    this.#waiting.push(newcomer)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#turn())
  }

  #turn(): void {
    this.#isScheduled = false
    const end = this.#next + A_TURN
    for (const newcomer of this.#waiting.slice(this.#next, end)) newcomer.enter()
    this.#next = end
    if (this.#next < this.#waiting.length) return this.#schedule()
    this.#waiting = []
    this.#next = 0
  }
}
