/** What is going to happen, the earliest first: a heap. */
export class Agenda {
  readonly #heap: { readonly at: number; readonly order: number; readonly happen: () => void }[] = []
  #order = 0
  now = 0

  /** Has something happen after some seconds; of what comes at the same moment, the first that was asked for is first. */
  after(seconds: number, happen: () => void): void {
    const item = { at: this.now + seconds, order: this.#order++, happen }
    let place = this.#heap.push(item) - 1
    while (place > 0) {
      const above = (place - 1) >> 1
      if (!this.#isBefore(place, above)) break
      this.#swap(place, above)
      place = above
    }
  }

  /** Lets everything happen until a time, or until nothing is left. */
  run(until: number): void {
    for (;;) {
      const [first] = this.#heap
      if (first === undefined || first.at > until) break
      this.#takeFirst()
      this.now = first.at
      first.happen()
    }
    this.now = until
  }

  #takeFirst(): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    this.#heap[0] = last
    for (let place = 0; ; ) {
      let least = place
      for (const below of [2 * place + 1, 2 * place + 2])
        if (below < this.#heap.length && this.#isBefore(below, least)) least = below
      if (least === place) return
      this.#swap(place, least)
      place = least
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]]
    if (a === undefined || b === undefined) return false
    return a.at < b.at || (a.at === b.at && a.order < b.order)
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]]
    if (a === undefined || b === undefined) return
    this.#heap[one] = b
    this.#heap[other] = a
  }
}

/** One thread of a program, or one stream of a broker: it does one thing after the other. */
export class Thread {
  readonly #agenda: Agenda
  #freeAt = 0
  /** How many seconds it has worked. */
  busy = 0

  constructor(agenda: Agenda) {
    this.#agenda = agenda
  }

  /** Works for some seconds, after what it was given before, then has something happen. */
  work(seconds: number, done: () => void): void {
    const begins = Math.max(this.#freeAt, this.#agenda.now)
    this.#freeAt = begins + seconds
    this.busy += seconds
    this.#agenda.after(this.#freeAt - this.#agenda.now, done)
  }
}
