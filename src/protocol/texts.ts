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

/** Checks the text of a message: as {@link checkText}, and a blank one is a `bad_frame`. */
export function checkMessage(text: string, maxBytes: number): Result<string> {
  if (text.trim() === '') return refuse('bad_frame', 'the message is empty; write something in it')
  return checkText('a message', text, maxBytes)
}
