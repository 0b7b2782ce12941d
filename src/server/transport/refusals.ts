import type { Refusal } from '../../protocol/errors.ts'
import type { RefusedReason } from '../counters.ts'

/** Why a connection is not let in. */
export interface TurnedAway extends Refusal {
  readonly code: Exclude<RefusedReason, 'handshake'>
}

/** The sentence of an error with the reference by which an operator finds it in the log; without one where the log has none. */
export function withReference(message: string, reference: string | undefined): string {
  return reference === undefined ? message : `${message} (${reference})`
}

/** No `connect` came in time. */
export const NEVER_CONNECTED: TurnedAway = {
  code: 'not_connected',
  message: 'no {"action":"connect","username":"…"} came in time; connect again',
  fatal: true,
}

/** Lines without TLS from a place where they are not taken. */
export const TLS_REQUIRED: TurnedAway = {
  code: 'tls_required',
  message:
    'this server takes only encrypted connections from other machines: connect with TLS on the same port. chat-tui does so without --plaintext (upgrade an older one); programs can use: ncat --ssl HOST PORT',
  fatal: true,
}
