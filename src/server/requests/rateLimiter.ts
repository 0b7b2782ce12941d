/** The size of a bucket, and how fast it fills. */
export interface RateLimits {
  readonly messageBurst: number
  readonly messagesPerSecond: number
}

interface Bucket {
  tokens: number
  /** When `tokens` was right, ms. */
  at: number
}

/** One token bucket for each name at each address. */
export class RateLimiter {
  readonly #limits: RateLimits
  readonly #buckets = new Map<string, Bucket>()

  constructor(limits: RateLimits) {
    this.#limits = limits
  }

  /** Counts one message; returns how long to wait before the next may be read, ms. */
  spend(name: string, address: string, now: number): number {
    const { messageBurst, messagesPerSecond } = this.#limits
    if (messagesPerSecond === Number.POSITIVE_INFINITY) return 0
    const key = `${name} ${address}`
    const bucket = this.#buckets.get(key) ?? { tokens: messageBurst, at: now }
    this.#buckets.set(key, bucket)
    bucket.tokens = this.#tokensAt(bucket, now) - 1
    bucket.at = now
    return bucket.tokens >= 1 ? 0 : Math.ceil(((1 - bucket.tokens) / messagesPerSecond) * 1_000)
  }

  /** Forgets the buckets that are full again; to be called about once a second. */
  sweep(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (this.#tokensAt(bucket, now) >= this.#limits.messageBurst) this.#buckets.delete(key)
    }
  }

  #tokensAt(bucket: Bucket, now: number): number {
    const { messageBurst, messagesPerSecond } = this.#limits
    // A clock that was set back must not take tokens away.
    const gained = (Math.max(0, now - bucket.at) * messagesPerSecond) / 1_000
    return Math.min(messageBurst, bucket.tokens + gained)
  }
}
