import type { Refusal } from '../../protocol/errors.ts'

/** No `connect` came in time. */
export const NEVER_CONNECTED: Refusal = {
  code: 'not_connected',
  message: 'no {"action":"connect","username":"…"} came in time; connect again',
  fatal: true,
}

/** Lines without TLS from a place where they are not taken. */
export const TLS_REQUIRED: Refusal = {
  code: 'tls_required',
  message:
    'this server takes only encrypted connections from other machines: connect with TLS on the same port. chat-tui does so without --plaintext (upgrade an older one); programs can use: ncat --ssl HOST PORT',
  fatal: true,
}
