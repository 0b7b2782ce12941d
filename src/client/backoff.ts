const FIRST_MS = 500
const LONGEST_MS = 30_000

/**
 * How long to wait before the next attempt, ms: doubling from half a second to half a minute, and anywhere in the
 * upper half of that, so that the clients of a server that comes back do not all come at once.
 * @param attempt how many attempts have failed, from 1
 * @param random a number from 0 up to 1
 */
export function backoff(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 16))
  return Math.round(longest / 2 + (random * longest) / 2)
}
