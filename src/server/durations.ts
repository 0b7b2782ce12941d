/** Upper bounds of the buckets in seconds, from a fast disk to a client that gives up. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** How long something took, counted in buckets. To add one costs a few comparisons and three additions. */
export class Durations {
  readonly bounds: readonly number[] = BOUNDS
  /** How many fell into each bucket, and not into one before it; the last one has no bound. */
  readonly counts: number[] = new Array<number>(BOUNDS.length + 1).fill(0)
  /** In seconds. */
  sum = 0
  count = 0

  add(seconds: number): void {
    let bucket = 0
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] ?? 0)) bucket++
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
    this.sum += seconds
    this.count++
  }
}
