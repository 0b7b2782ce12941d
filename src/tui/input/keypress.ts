/**
 * Decodes terminal bytes into keys. The caller owns the terminal and the timer.
 *
 * A byte stream gives the same events however it is cut into chunks. Only time (`flush`) distinguishes Escape from
 * the beginning of a sequence. Replies to queries and mouse reports never become typed text.
 */

import { controlKey, type Key, namedKey, typedKey } from './key.ts'
import { consoleMeaning, csiMeaning, type Meaning, ss3Meaning } from './sequences.ts'

/** One event of the user or the terminal. Each code point of typed text is one key. */
export type InputEvent =
  | { readonly type: 'key'; readonly key: Key }
  /** Newlines are `\n`. `truncated`: the paste was longer, and its rest is lost. */
  | { readonly type: 'paste'; readonly text: string; readonly truncated: boolean }
  | { readonly type: 'focus'; readonly focused: boolean }

/** A decoder for one terminal. */
export type KeyDecoder = {
  /** Decodes bytes; gives the events that are certain by now. Never throws, for any bytes. */
  push(chunk: string | Uint8Array): InputEvent[]
  /** Decides about the bytes that are still open, after `wait` ms without a byte. */
  flush(): InputEvent[]
  /** Milliseconds after which `flush` is due unless bytes come before; undefined: no bytes are open. */
  readonly wait: number | undefined
}

/** A lone ESC of this age, ms, is the Escape key. Sequences arrive in one packet even over slow connections. */
export const ESCAPE_WAIT = 30
/** A sequence without its end after this time, ms, is dropped. */
const SEQUENCE_WAIT = 1000
/** A paste without a byte for this time, ms, has lost its end; without a limit the keyboard would stay dead (irssi). */
export const PASTE_WAIT = 1500
/**
 * An end mark ends a paste only if no other end mark follows within this time, ms. Some terminals (tmux) pass pasted
 * text on unchanged: a pasted end mark would turn the text behind it into keys, Enter among them. No user presses a key
 * so soon after a paste.
 */
export const PASTE_SETTLE = 30
/** Bytes that are kept of one paste: sixteen times the longest message. */
export const MAX_PASTE_BYTES = 1 << 20
/** The longest CSI or SS3 sequence, in bytes; a longer one is dropped to its end. */
const MAX_SEQUENCE = 128
/** The longest reply (OSC, DCS, APC) that is dropped as one, in bytes. */
const MAX_REPLY = 1 << 16

const ESC = 0x1b
const PASTE_END = '\x1b[201~'

/** Instead of an index: more bytes are needed. */
const MORE = -1

type Mode = 'ground' | 'paste' | 'settling' | 'reply' | 'overlong'

/** A decoder without open bytes. */
export function createKeyDecoder(): KeyDecoder {
  let mode: Mode = 'ground'
  /** Bytes that are not decoded yet, one in each character. */
  let open = ''
  let pasted: string[] = []
  let pastedBytes = 0
  let replyBytes = 0
  let events: InputEvent[] = []

  const emit = (key: Key): void => {
    events.push({ type: 'key', key })
  }

  const mean = (meaning: Meaning): void => {
    if (meaning?.type === 'pasteStart') mode = 'paste'
    else if (meaning !== undefined) events.push(meaning)
  }

  const takePaste = (bytes: string): void => {
    const room = MAX_PASTE_BYTES - pastedBytes
    if (room > 0 && bytes !== '') pasted.push(bytes.slice(0, room))
    pastedBytes += bytes.length
  }

  const endPaste = (): void => {
    const truncated = pastedBytes > MAX_PASTE_BYTES
    events.push({ type: 'paste', text: pastedText(pasted.join(''), truncated), truncated })
    mode = 'ground'
    pasted = []
    pastedBytes = 0
  }

  /** Each mode decodes bytes at the front of `open`, and tells whether to go on with the rest. */
  const take: Record<Mode, () => boolean> = {
    ground() {
      let at = 0
      while (at < open.length && mode === 'ground') {
        const end = open.charCodeAt(at) === ESC ? takeEscape(at) : takeCharacter(at, false)
        if (end === MORE) break
        at = end
      }
      open = open.slice(at)
      return mode !== 'ground'
    },
    paste() {
      const end = open.indexOf(PASTE_END)
      if (end === -1) {
        const kept = open.length - endBegun(open)
        takePaste(open.slice(0, kept))
        open = open.slice(kept)
        return false
      }
      takePaste(open.slice(0, end))
      open = open.slice(end + PASTE_END.length)
      mode = 'settling'
      return true
    },
    // Bytes behind the last end mark may be keys.
    settling() {
      const end = open.lastIndexOf(PASTE_END)
      if (end !== -1) {
        takePaste(open.slice(0, end).replaceAll(PASTE_END, ''))
        open = open.slice(end + PASTE_END.length)
      }
      return false
    },
    // A reply ends with BEL or ESC \; any other control byte is a key that the user pressed meanwhile.
    reply() {
      const end = open.search(/[\0-\x1f]/)
      replyBytes += end === -1 ? open.length : end
      if (end === -1 && replyBytes <= MAX_REPLY) {
        open = ''
        return false
      }
      open = end === -1 ? '' : open.slice(end)
      if (open === '\x1b') return false
      if (open.startsWith('\x07')) open = open.slice(1)
      else if (open.startsWith('\x1b\\')) open = open.slice(2)
      mode = 'ground'
      return true
    },
    overlong() {
      const end = open.search(/[^\x20-\x3f]/)
      if (end === -1) {
        open = ''
        return false
      }
      open = open.slice(/[\x40-\x7e]/.test(open.charAt(end)) ? end + 1 : end)
      mode = 'ground'
      return true
    },
  }

  /** Decodes the character at `at`, which is not ESC; gives the index of its end. */
  const takeCharacter = (at: number, alt: boolean): number => {
    const byte = open.charCodeAt(at)
    if (byte < 0x80) {
      emit(
        byte < 0x20 || byte === 0x7f
          ? controlKey(byte, { alt })
          : typedKey(String.fromCharCode(byte), { alt }),
      )
      return at + 1
    }
    const end = at + utf8Length(byte)
    for (let next = at + 1; next < end; next++) {
      if (next >= open.length) return MORE
      if ((open.charCodeAt(next) & 0xc0) !== 0x80) return next
    }
    const char = Buffer.from(open.slice(at, end), 'latin1').toString('utf8')
    // Keyboards send neither broken UTF-8 nor C1 controls.
    if (!/[\x80-\x9f\ufffd]/.test(char)) emit(typedKey(char, { alt }))
    return end
  }

  /** Decodes the sequence of the ESC at `at`; gives the index of its end. */
  const takeEscape = (at: number): number => {
    const next = open[at + 1]
    if (next === undefined) return MORE
    if (next === '\x1b') {
      const third = open[at + 2]
      if (third === undefined) return MORE
      if (third === '[' || third === 'O') return takeSequence(at + 2, true)
      emit(namedKey('escape'))
      return at + 1
    }
    if (next === '[' || next === 'O') return takeSequence(at + 1, false)
    if (next === ']' || next === 'P' || next === '_') {
      if (at + 2 >= open.length) return MORE
      if (open.charCodeAt(at + 2) >= 0x20) {
        mode = 'reply'
        replyBytes = 0
        return at + 2
      }
    }
    return takeCharacter(at + 1, true)
  }

  /** Decodes the CSI or SS3 sequence whose `[` or `O` is at `introducer`; gives the index of its end. */
  const takeSequence = (introducer: number, alt: boolean): number => {
    const isCsi = open[introducer] === '['
    const from = introducer + 1
    if (isCsi && open[from] === 'M') return takeMouse(from + 1)
    if (isCsi && open[from] === '[') {
      const last = open[from + 1]
      if (last === undefined) return MORE
      mean(consoleMeaning(last, alt))
      return last >= '@' && last <= '~' ? from + 2 : from + 1
    }
    for (let at = from; at < open.length; at++) {
      const byte = open.charCodeAt(at)
      // A byte that cannot belong to the sequence is a key; the sequence is dropped.
      if (byte < 0x20 || byte >= 0x7f) return at
      if (at - from >= MAX_SEQUENCE) {
        mode = 'overlong'
        return at
      }
      const body = open.slice(from, at)
      if (byte >= 0x40 || (isCsi && byte === 0x24 && /^\d{1,2}$/.test(body))) {
        const last = String.fromCharCode(byte)
        mean(isCsi ? csiMeaning(body, last, alt) : ss3Meaning(body, last, alt))
        return at + 1
      }
    }
    return MORE
  }

  /** Drops the three bytes of an X10 mouse report; gives the index of its end. */
  const takeMouse = (from: number): number => {
    for (let at = from; at < from + 3; at++) {
      if (at >= open.length) return MORE
      if (open.charCodeAt(at) < 0x20) return at
    }
    return from + 3
  }

  /** Whether `open` may be keys: Escape, or Alt with a sign that also begins a sequence. */
  const isAmbiguous = (): boolean => /^\x1b(?:\x1b?[[O]?|[\]P_])$/.test(open)

  const takeAll = (): void => {
    while (open !== '' && take[mode]());
  }

  const given = (): InputEvent[] => {
    const found = events
    events = []
    return found
  }

  return {
    push(chunk) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : Buffer.from(chunk)
      open += bytes.toString('latin1')
      takeAll()
      return given()
    },
    flush() {
      if (mode === 'settling') {
        endPaste()
        takeAll()
        return given()
      }
      if (mode === 'paste') {
        takePaste(open)
        endPaste()
      } else if (mode === 'ground' && isAmbiguous()) {
        for (let at = 0; at < open.length; at++) {
          const next = open[at + 1]
          if (next === undefined || next === '\x1b') emit(namedKey('escape'))
          else emit(typedKey(next, { alt: true }))
          if (next !== undefined && next !== '\x1b') at++
        }
      }
      open = ''
      mode = 'ground'
      return given()
    },
    get wait() {
      if (mode === 'paste') return PASTE_WAIT
      if (mode === 'settling') return PASTE_SETTLE
      if (mode !== 'ground') return SEQUENCE_WAIT
      if (open === '') return undefined
      return isAmbiguous() ? ESCAPE_WAIT : SEQUENCE_WAIT
    },
  }
}

/** The bytes of a UTF-8 character with this first byte; 1 for a byte that cannot be the first. */
function utf8Length(first: number): number {
  if (first >= 0xc2 && first <= 0xdf) return 2
  if (first >= 0xe0 && first <= 0xef) return 3
  return first >= 0xf0 && first <= 0xf4 ? 4 : 1
}

/** The number of bytes at the end that may begin the end mark of a paste. */
function endBegun(bytes: string): number {
  for (let length = Math.min(PASTE_END.length - 1, bytes.length); length > 0; length--) {
    if (bytes.endsWith(PASTE_END.slice(0, length))) return length
  }
  return 0
}

/** The text of a paste: terminals send Enter (\r) for its line breaks. */
function pastedText(bytes: string, truncated: boolean): string {
  const text = Buffer.from(bytes, 'latin1').toString('utf8').replace(/\r\n?/g, '\n')
  // The paste may have been cut within a character.
  return truncated ? text.replace(/\ufffd$/, '') : text
}
