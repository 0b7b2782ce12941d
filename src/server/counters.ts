import type { ErrorCode } from '../protocol/errors.ts'
import { REQUEST_ACTIONS, type RequestAction } from '../protocol/requests.ts'
import { Durations } from './durations.ts'

/** Why a connection that had been let in ended. */
export const DISCONNECT_REASONS = [
  'closed',
  'reset',
  'refused',
  'bad_lines',
  'never_connected',
  'silent',
  'slow',
  'vanished',
  'lingered',
  'revoked',
  'disabled',
  'name_registered',
  'name_taken',
  'erased',
  'kicked',
  'shutting_down',
  'draining',
  'bug',
] as const

/** One of {@link DISCONNECT_REASONS}. */
export type DisconnectReason = (typeof DISCONNECT_REASONS)[number]

/** Why a connection was not let in: the code of its error, or a handshake of TLS that failed. */
const REFUSED_REASONS = [
  'server_full',
  'limit_reached',
  'rate_limited',
  'shutting_down',
  'tls_required',
  'bad_frame',
  'not_connected',
  'handshake',
] as const

/** One of {@link REFUSED_REASONS}. */
export type RefusedReason = (typeof REFUSED_REASONS)[number]

/** What a request was: its action, or a line that was none. */
export type CountedAction = RequestAction | 'invalid'

/** What became of a request. */
export type CountedResult = ErrorCode | 'ok'

/**
 * What a daemon counts as it works. Plain numbers in plain objects: the hot path adds to them, and nothing more happens until
 * a scrape or an operator asks for them.
 */
export class Counters {
  readonly requests: Readonly<Record<CountedAction, Partial<Record<CountedResult, number>>>> = zeros(
    [...REQUEST_ACTIONS, 'invalid'],
    () => ({ ok: 0 }),
  )
  readonly disconnects: Record<DisconnectReason, number> = zeros(DISCONNECT_REASONS, () => 0)
  readonly refused: Record<RefusedReason, number> = zeros(REFUSED_REASONS, () => 0)
  /** From the line of a message, an edit or the like to its acknowledgement. */
  readonly acks = new Durations()
  /** Bytes of connections that are closed. */
  bytesIn = 0
  bytesOut = 0

  requested(action: CountedAction, result: CountedResult): void {
    const results = this.requests[action]
    results[result] = (results[result] ?? 0) + 1
  }
}

function zeros<K extends string, V>(keys: readonly K[], zero: () => V): Record<K, V> {
  // Each key has its value here.
  return Object.fromEntries(keys.map(key => [key, zero()])) as Record<K, V>
}
