import {
  MAX_AWAY_BYTES,
  MAX_EMOJI_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_PAGE,
  MAX_QUERY_BYTES,
  MAX_REACTIONS,
  MAX_REQUEST_BYTES,
  MAX_ROOMS,
  MAX_TOPIC_BYTES,
} from '../protocol/limits.ts'
import type { Limits } from '../protocol/responses.ts'

/** What holds until a server has said otherwise: the numbers of the contract. */
export const DEFAULT_LIMITS: Limits = {
  frame: MAX_REQUEST_BYTES,
  message: MAX_MESSAGE_BYTES,
  topic: MAX_TOPIC_BYTES,
  away: MAX_AWAY_BYTES,
  emoji: MAX_EMOJI_BYTES,
  query: MAX_QUERY_BYTES,
  reactions: MAX_REACTIONS,
  rooms: MAX_ROOMS,
  page: MAX_PAGE,
}

/** Why no server would take a text as a message: undefined where it would. */
export function whyUnsayable(
  text: string,
  limits: Limits,
): { readonly ok: false; readonly code: string; readonly message: string } | undefined {
  if (text.trim() === '') return { ok: false, code: 'bad_frame', message: 'there is nothing to send' }
  if (text.includes('\0'))
    return { ok: false, code: 'bad_frame', message: 'a message cannot hold a NUL character' }
  const bytes = Buffer.byteLength(text)
  if (bytes <= limits.message) return undefined
  const message = `a message is at most ${limits.message} bytes, this one has ${bytes}; shorten or split it`
  return { ok: false, code: 'message_too_long', message }
}
