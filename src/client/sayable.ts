import type { Limits } from '../protocol/responses.ts'

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
