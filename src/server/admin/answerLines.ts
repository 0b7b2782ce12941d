import { type Result, success } from '../../protocol/errors.ts'
import { type TaskFailure, taskFailed } from './taskFailure.ts'

/** Characters that a terminal obeys or does not show; JSON leaves those beyond ASCII as they are. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
/** Characters that command a terminal, end a line, or turn text around. Those that join emoji may stay. */
const COMMANDING = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u

/** One object of a `--json` answer, as a line of ASCII-safe JSON: nothing in it reaches a terminal as a command. */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replaceAll(UNSAFE, escaped)
}

/** A text of other people in a line for an operator. */
export function printable(text: string): string {
  return text.replaceAll(UNSAFE, '\uFFFD')
}

/** Checks a text of the operator that goes to the screens of others. @param what names it, with its article */
export function operatorText(what: string, text: string, maxBytes: number): Result<string, TaskFailure> {
  if (COMMANDING.test(text))
    return taskFailed('invalid', `${what} is one line, without control characters; leave them out`)
  const bytes = Buffer.byteLength(text)
  if (bytes <= maxBytes) return success(text)
  return taskFailed('invalid', `${what} is at most ${maxBytes} bytes, this one has ${bytes}; shorten it`)
}

function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map(at => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('')
}
