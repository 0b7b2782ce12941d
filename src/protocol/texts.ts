import { type Result, refuse, success } from './errors.ts'

/**
 * Checks the text of a request. Errors: `bad_frame` for a NUL character, `message_too_long`.
 * @param what names the text in the error sentence, with its article
 * @param maxBytes the bound in UTF-8 bytes
 */
export function checkText(what: string, text: string, maxBytes: number): Result<string> {
  if (text.includes('\0')) return refuse('bad_frame', `${what} cannot hold a NUL character`)
  const bytes = Buffer.byteLength(text)
  if (bytes <= maxBytes) return success(text)
  return refuse(
    'message_too_long',
    `${what} is at most ${maxBytes} bytes, this one has ${bytes}; shorten or split it`,
  )
}

// Also what fonts leave empty: blank Braille, and the anchors of annotations. Clients show control characters as pictures.
const DRAWS_NOTHING = /^[\s\p{Z}\p{Default_Ignorable_Code_Point}\u2800\uFFF9-\uFFFB]*$/u

/** Whether a text shows nothing at all. */
export function isBlank(text: string): boolean {
  return DRAWS_NOTHING.test(text)
}

/** Checks the text of a message: as {@link checkText}, and one that shows nothing is a `bad_frame`. */
export function checkMessage(text: string, maxBytes: number): Result<string> {
  if (isBlank(text)) return refuse('bad_frame', 'the message is empty; write something in it')
  return checkText('a message', text, maxBytes)
}
