import { backoff } from './backoff.ts'

/** Daemons that send a client on sooner than this, ms, do not keep it busy: it takes a pause. */
const SHORT_MS = 1_000
/** A server cannot ask for a longer wait, ms. */
const LONGEST_WAIT_MS = 86_400_000

/** The last words of a server. */
export interface Farewell {
  readonly reason: string
  /** When to connect again, ms. */
  readonly retryAfter: number | undefined
  /** There is another daemon, where the client goes now. */
  readonly isSentOn?: boolean
}

/**
 * How long to wait for the next round, ms.
 * @param attempt how many rounds have failed, from 1
 * @param onlineFor how long the connection was up, ms; undefined: it was not
 */
export function pauseAfter(
  farewell: Farewell | undefined,
  attempt: number,
  onlineFor: number | undefined,
): number {
  const { retryAfter = 0, isSentOn = false } = farewell ?? {}
  const isAtOnce = isSentOn && onlineFor !== undefined && onlineFor >= SHORT_MS
  return Math.min(LONGEST_WAIT_MS, Math.max(retryAfter, isAtOnce ? 0 : backoff(attempt, Math.random())))
}
