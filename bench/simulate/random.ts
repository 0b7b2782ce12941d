/** Random numbers that a seed decides, so that a simulation can be run again: mulberry32, by Tommy Ettinger, public domain. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** Evenly between 0 and 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** The time until the next of events that come by chance, at a rate a second. */
  exponential(rate: number): number {
    return -Math.log(1 - this.next()) / rate
  }

  /** A waiting time with this median, of which one percent is longer than the slowest: its logarithm is normal. */
  waiting(median: number, slowest: number): number {
    const spread = Math.log(slowest / median) / 2.326
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
    return median * Math.exp(spread * normal)
  }
}
