/** The size of a bucket, and how fast it fills. */
export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

interface Bucket {
  tokens: number
  /** When `tokens` was right, ms. */
  at: number
}

/** A token bucket for each key. */
export class RateLimiter {
  readonly #rate: () => Rate
  readonly #buckets = new Map<string, Bucket>()

  /** @param rate is asked each time: a reload of the configuration can change it */
  constructor(rate: () => Rate) {
    this.#rate = rate
  }

  /**
   * Spends tokens, also those that are not there yet; returns how long to wait before the next may be spent, ms.
   * @param cost how many
   */
  spend(key: string, cost: number, now: number): number {
    const { burst, perSecond } = this.#rate()
    if (perSecond === Number.POSITIVE_INFINITY) return 0
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now }
    this.#buckets.set(key, bucket)
    bucket.tokens = this.#tokensAt(bucket, now) - cost
    bucket.at = now
    return bucket.tokens >= 1 ? 0 : Math.ceil(((1 - bucket.tokens) / perSecond) * 1_000)
  }

  /** Forgets the buckets that are full again; to be called about once a second. */
  sweep(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (this.#tokensAt(bucket, now) >= this.#rate().burst) this.#buckets.delete(key)
    }
  }

  #tokensAt(bucket: Bucket, now: number): number {
    const { burst, perSecond } = this.#rate()
    // A clock that was set back must not take tokens away.
    const gained = (Math.max(0, now - bucket.at) * perSecond) / 1_000
    return Math.min(burst, bucket.tokens + gained)
  }
}
