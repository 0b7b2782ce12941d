/**
 * Decodes terminal bytes into keys. The caller owns the terminal and the timer.
 *
 * A byte stream gives the same events however it is cut into chunks. Only time (`flush`) distinguishes Escape from
 * the beginning of a sequence. Replies to queries and mouse reports never become typed text.
 */

import { controlKey, type Key, namedKey, typedKey } from './key.ts'
import { latinKeyOf } from './layouts.ts'
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

/** A lone ESC of this age, ms, is the Escape key; people feel no wait yet. Local terminals write a sequence at once. */
export const ESCAPE_WAIT = 50
/** The same over a network, which can cut a sequence in two packets. */
export const REMOTE_ESCAPE_WAIT = 150
/** ESC and `[` or `O` of this age, ms, are Alt and that sign; no action has these keys, so waiting costs nothing. */
const INTRODUCER_WAIT = 500
/** A sequence without its end after this time, ms, has lost it. */
const SEQUENCE_WAIT = 1000
/** The rest of a sequence that came too late is not typed, if it comes within this time, ms. */
const REMAINS_WAIT = 1000
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
/** The longest reply (OSC, DCS, APC), in bytes; a longer text is none. */
const MAX_REPLY = 1 << 16
/** How the replies of terminals begin. Any other text behind Alt+], Alt+Shift+P or Alt+_ is typed. */
const REPLY_BEGIN = /^\x1b(?:\](?:\d{0,4}$|\d{1,4};)|P(?:[\d;]{0,8}$|[\d;]{0,8}[!>=$+])|_(?:$|G))/
/** A complete CSI or SS3 sequence. */
const SEQUENCE = /^\x1b([[O])([\x20-\x3f]*)([\x40-\x7e])/
const REPLY_END = /\x07|\x1b\\/

const ESC = 0x1b
const PASTE_END = '\x1b[201~'

/** Instead of an index: more bytes are needed. */
const MORE = -1

type Mode = 'ground' | 'paste' | 'settling' | 'overlong'

/**
 * A decoder without open bytes.
 * @param isRemote whether a network lies between the terminal and this program
 */
export function createKeyDecoder(isRemote = false): KeyDecoder {
  const escapeWait = isRemote ? REMOTE_ESCAPE_WAIT : ESCAPE_WAIT
  let mode: Mode = 'ground'
  /** Bytes that are not decoded yet, one in each character. */
  let open = ''
  /** The beginning of a sequence that time decided about; its rest may still come. */
  let late = ''
  /** How many bytes at the front of `open` are such a beginning. */
  let decided = 0
  let pasted: string[] = []
  let pastedBytes = 0
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
    if (!/[\x80-\x9f\ufffd]/.test(char)) emit(typedKey(alt ? (latinKeyOf(char) ?? char) : char, { alt }))
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
    const end = next === ']' || next === 'P' || next === '_' ? takeReply(at) : undefined
    return end ?? takeCharacter(at + 1, true)
  }

  /**
   * Drops the reply that begins at `at`; gives the index of its end, and undefined if it is none: it has another beginning,
   * or holds a control character that is no end of a reply, or is too long.
   */
  const takeReply = (at: number): number | undefined => {
    const bytes = open.slice(at, at + MAX_REPLY)
    if (!REPLY_BEGIN.test(bytes)) return undefined
    const control = bytes.slice(1).search(/[\0-\x1f]/) + 1
    if (control === 0) return bytes.length === MAX_REPLY ? undefined : MORE
    const rest = bytes.slice(control)
    if (rest === '\x1b') return MORE
    const end = REPLY_END.exec(rest)
    return end?.index === 0 ? at + control + end[0].length : undefined
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

  /**
   * Looks at bytes that came after time had decided about the beginning of a sequence. The rest of it is decoded as if it
   * had come in time; anything else is typed. False: more bytes are needed.
   */
  const takeRemains = (): boolean => {
    if (/^\x1b[[O][\x20-\x3f]*$/.test(open)) return false
    const [whole = '', introducer, body = '', last = ''] = SEQUENCE.exec(open) ?? []
    const meaning = introducer === '[' ? csiMeaning(body, last, false) : ss3Meaning(body, last, false)
    const isReport = /^[<=>?]/.test(body) || /[\x20-\x3f]/.test(whole.slice(decided))
    if (whole === '' || (meaning === undefined && !isReport)) open = open.slice(decided)
    decided = 0
    return true
  }

  /** Decides about the open bytes: Escape, or Alt with a sign that also begins a sequence, or nothing. */
  const takeAsKeys = (): void => {
    if (decided > 0) {
      // The user typed a bracket soon after Escape.
      if (/^\x1b[[O]$/.test(open)) emit(typedKey(open.charAt(1)))
      return
    }
    if (open === '\x1b' || /^\x1b\[[\x20-\x3f]+$/.test(open)) late = open
    if (/^\x1b(?:\x1b|$)/.test(open)) {
      emit(namedKey('escape'))
      open = open.slice(1)
      if (open !== '') takeAsKeys()
    } else if (/^\x1b(?:[[O]$|[\]P_])/.test(open)) {
      emit(typedKey(open.charAt(1), { alt: true }))
      // A reply without an end is none: nothing of it is lost.
      for (let at = 2; at < open.length && at !== MORE; ) at = takeCharacter(at, false)
    }
  }

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
      if (late !== '' && open !== '') {
        open = late + open
        decided = late.length
        late = ''
      }
      if (decided > 0 && !takeRemains()) return given()
      takeAll()
      return given()
    },
    flush() {
      if (mode === 'settling') {
        endPaste()
        takeAll()
        return given()
      }
      late = ''
      if (mode === 'paste') {
        takePaste(open)
        endPaste()
      } else if (mode === 'ground') takeAsKeys()
      open = ''
      decided = 0
      mode = 'ground'
      return given()
    },
    get wait() {
      if (mode === 'paste') return PASTE_WAIT
      if (mode === 'settling') return PASTE_SETTLE
      if (mode !== 'ground') return SEQUENCE_WAIT
      if (open === '') return late === '' ? undefined : REMAINS_WAIT
      if (decided > 0 || /^\x1b[\x1b\]P_]?$/.test(open)) return escapeWait
      return /^\x1b{1,2}[[O]$/.test(open) ? INTRODUCER_WAIT : SEQUENCE_WAIT
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
