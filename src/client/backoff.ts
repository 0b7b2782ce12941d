const FIRST_MS = 500
const LONGEST_MS = 30_000

/**
 * The wait before the next attempt, ms: it doubles from half a second to half a minute, and is a random time in the
 * upper half of that, so that the clients of a restarted server do not all connect at once.
 * @param attempt how many attempts have failed, from 1
 * @param random a number from 0 up to 1
 */
export function backoff(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 16))
  return Math.round(longest / 2 + (random * longest) / 2)
}
