/**
 * Meanings of complete escape sequences, as tables and functions; the decoder finds where a sequence begins and ends.
 * Sources: xterm's ctlseqs, the kitty keyboard protocol, rxvt's reference, the Linux console.
 */

import { controlKey, type Key, namedKey, typedKey } from './key.ts'
import { latinKeyOf } from './layouts.ts'

/** The meaning of a sequence; undefined for a reply, a mouse report, a key release or an unknown sequence. */
export type Meaning =
  | { readonly type: 'key'; readonly key: Key }
  | { readonly type: 'focus'; readonly focused: boolean }
  | { readonly type: 'pasteStart' }
  | undefined

const LETTERS: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
}

const TILDES: Readonly<Record<number, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
  11: 'f1',
  12: 'f2',
  13: 'f3',
  14: 'f4',
  15: 'f5',
  17: 'f6',
  18: 'f7',
  19: 'f8',
  20: 'f9',
  21: 'f10',
  23: 'f11',
  24: 'f12',
  25: 'f13',
  26: 'f14',
  28: 'f15',
  29: 'f16',
  31: 'f17',
  32: 'f18',
  33: 'f19',
  34: 'f20',
}

/** Keys of the numeric keypad in application mode: ESC O and one of these letters. */
const KEYPAD: Readonly<Record<string, string>> = {
  X: '=',
  j: '*',
  k: '+',
  l: ',',
  m: '-',
  n: '.',
  o: '/',
}

/** rxvt encodes the modifier of a `~` key in the last byte, and of an arrow by a small letter. */
const RXVT_ENDS: Readonly<Record<string, { ctrl?: boolean; shift?: boolean }>> = {
  $: { shift: true },
  '^': { ctrl: true },
  '@': { ctrl: true, shift: true },
}
const RXVT_ARROWS: Readonly<Record<string, string>> = { a: 'up', b: 'down', c: 'right', d: 'left' }

/** Keys with a number in kitty's private-use area; other numbers have no meaning here. */
const KITTY_NAMES: Readonly<Record<number, string>> = {
  57414: 'enter',
  57417: 'left',
  57418: 'right',
  57419: 'up',
  57420: 'down',
  57421: 'pageup',
  57422: 'pagedown',
  57423: 'home',
  57424: 'end',
  57425: 'insert',
  57426: 'delete',
}
/** Kitty's keypad characters, from 57399 on. */
const KITTY_KEYPAD = '0123456789./*-+'

const SHIFT = 1
const ALT = 2
const CTRL = 4
const SUPER = 8
const HYPER = 16
const META = 32

type Held = { ctrl: boolean; alt: boolean; shift: boolean }

/** The modifiers of a parameter (1 plus the bits); undefined with Super or Hyper, whose keys belong to the desktop. */
function heldKeys(parameter: number | undefined): Held | undefined {
  const bits = Math.max(0, (parameter ?? 1) - 1)
  if ((bits & (SUPER | HYPER)) !== 0) return undefined
  return { shift: (bits & SHIFT) !== 0, alt: (bits & (ALT | META)) !== 0, ctrl: (bits & CTRL) !== 0 }
}

/** `1;5:3` as [[1], [5, 3]]; an omitted number is undefined. */
function parametersOf(body: string): (number | undefined)[][] {
  return body
    .split(';')
    .map(part => part.split(':').map(number => (number === '' ? undefined : Number(number))))
}

const key = (found: Key): Meaning => ({ type: 'key', key: found })

/**
 * The meaning of a CSI sequence.
 * @param body the bytes between the introducer and the last byte: parameters and intermediates
 * @param last the last byte
 * @param alt whether an ESC stood before it (the Alt of rxvt and the console)
 */
export function csiMeaning(body: string, last: string, alt: boolean): Meaning {
  const rxvt = /^\d+$/.test(body) ? RXVT_ENDS[last] : undefined
  if (rxvt !== undefined) {
    const name = TILDES[Number(body)]
    return name === undefined ? undefined : key(namedKey(name, { ...rxvt, alt }))
  }
  // Private markers and intermediates are replies (DA, DECRPM, kitty's flags) and SGR mouse reports.
  if (!/^[\d;:]*$/.test(body)) return undefined
  const [[code, shiftedCode, baseCode] = [], [modifiers, event] = [], [text] = []] = parametersOf(body)
  if (event === 3) return undefined
  const held = heldKeys(modifiers)
  if (held === undefined) return undefined
  const withAlt = { ...held, alt: held.alt || alt }

  if (last === '~') {
    if (code === 200) return { type: 'pasteStart' }
    if (code === 27 && text !== undefined) return characterMeaning(text, undefined, undefined, withAlt)
    const name = code === undefined ? undefined : TILDES[code]
    return name === undefined ? undefined : key(namedKey(name, withAlt))
  }
  if (last === 'u') {
    return code === undefined ? undefined : characterMeaning(code, shiftedCode, baseCode, withAlt, text)
  }
  if (body === '') {
    if (last === 'I' || last === 'O') return { type: 'focus', focused: last === 'I' }
    const arrow = RXVT_ARROWS[last]
    if (arrow !== undefined) return key(namedKey(arrow, { shift: true, alt }))
  }
  if (last === 'Z') return key(namedKey('tab', { ...withAlt, shift: true }))
  // A key has 1 or nothing before the modifiers; other numbers are reports. R reports the cursor position, unless it is
  // a modified F3.
  const isCursorReport = last === 'R' && body !== '' && ((modifiers ?? 1) < 2 || (modifiers ?? 1) > 8)
  if ((code ?? 1) !== 1 || isCursorReport) return undefined
  const name = LETTERS[last]
  return name === undefined ? undefined : key(namedKey(name, withAlt))
}

/** The meaning of an SS3 sequence: ESC O, perhaps a modifier, and a last byte. */
export function ss3Meaning(body: string, last: string, alt: boolean): Meaning {
  const held = heldKeys(parametersOf(body).at(-1)?.[0])
  if (held === undefined) return undefined
  const all = { ...held, alt: held.alt || alt }
  const name = LETTERS[last]
  if (name !== undefined) return key(namedKey(name, all))
  const arrow = RXVT_ARROWS[last]
  if (arrow !== undefined) return key(namedKey(arrow, { ...all, ctrl: true }))
  if (last === 'M') return key(namedKey('enter', all))
  if (last === 'I') return key(namedKey('tab', all))
  const digit = last.charCodeAt(0) - 'p'.charCodeAt(0)
  const char = digit >= 0 && digit <= 9 ? String(digit) : KEYPAD[last]
  return char === undefined ? undefined : key(typedKey(char, all))
}

/** The meaning of the console's ESC [ [ A to E. */
export function consoleMeaning(last: string, alt: boolean): Meaning {
  const number = last.charCodeAt(0) - 'A'.charCodeAt(0) + 1
  return number >= 1 && number <= 5 ? key(namedKey(`f${number}`, { alt })) : undefined
}

/**
 * Control bytes that terminals send for Ctrl with a character, where they report no keys (kitty's keyboard protocol,
 * "Legacy ctrl mapping of ASCII keys"). The letters are not listed.
 */
const CONTROL_BYTES: Readonly<Record<string, number>> = {
  ' ': 0,
  '@': 0,
  '2': 0,
  '[': 27,
  '3': 27,
  '\\': 28,
  '4': 28,
  ']': 29,
  '5': 29,
  '^': 30,
  '~': 30,
  '6': 30,
  _: 31,
  '/': 31,
  '7': 31,
  '?': 127,
  '8': 127,
}

/** A key that is encoded by its code point: kitty's `u` and xterm's modifyOtherKeys. */
function characterMeaning(
  code: number,
  shiftedCode: number | undefined,
  baseCode: number | undefined,
  held: Held,
  text?: number,
): Meaning {
  const name = KITTY_NAMES[code] ?? functionKey(code)
  if (name !== undefined) return key(name === 'enter' ? controlledKey(13, held) : namedKey(name, held))
  if (code < 0x20 || code === 0x7f) return key(controlledKey(code, held))
  const keypad = KITTY_KEYPAD[code - 57399] ?? (code === 57415 ? '=' : code === 57416 ? ',' : undefined)
  if (keypad !== undefined) return key(typedKey(keypad, held))
  // Other numbers of the area are modifiers, media keys and locks.
  if ((code >= 0xe000 && code <= 0xf8ff) || !isCharacter(code)) return undefined

  if (held.ctrl || held.alt) {
    const sign = held.shift && shiftedCode !== undefined && isSign(shiftedCode) ? shiftedCode : undefined
    const char = sign === undefined ? latinChar(code, baseCode) : String.fromCodePoint(sign)
    const control = held.ctrl ? controlByteOf(char) : undefined
    if (control !== undefined) return key(controlKey(control, held))
    if (sign !== undefined) return key(typedKey(char, held))
    const found = typedKey(char, held)
    // Without the shifted form, Ctrl+_ arrives as Ctrl+Shift+-; a sign that arrives shifted needs no Shift.
    return key(isUnshiftedSign(char) ? { ...found, shift: held.shift } : found)
  }
  const typed = text !== undefined && isCharacter(text) ? text : held.shift ? (shiftedCode ?? code) : code
  return isCharacter(typed) ? key(typedKey(String.fromCodePoint(typed), held)) : undefined
}

/** The character of a key with Ctrl or Alt: on a Cyrillic or Greek layout, Ctrl+N is the key that has N on the Latin one. */
function latinChar(code: number, baseCode: number | undefined): string {
  const char = String.fromCodePoint(code)
  if (code <= 0x7f) return char
  return baseCode !== undefined && isCharacter(baseCode)
    ? String.fromCodePoint(baseCode)
    : (latinKeyOf(char) ?? char)
}

/** The byte of Ctrl with a character where terminals report no keys; undefined: there is none. */
function controlByteOf(char: string): number | undefined {
  return /^[a-z]$/i.test(char) ? char.toUpperCase().charCodeAt(0) - 0x40 : CONTROL_BYTES[char]
}

/**
 * A key with a control byte of its own: Enter, Tab, Backspace, Escape. Only the combinations that terminals can tell
 * apart without the protocol, or that have an action, are keys of their own; the others are the key itself.
 */
function controlledKey(code: number, { ctrl, alt, shift }: Held): Key {
  const { name, ctrl: isLetter } = controlKey(code)
  if (isLetter) return namedKey(name, { ctrl: true, alt, shift })
  switch (name) {
    case 'enter':
      return namedKey(name, { alt, shift: shift && !alt })
    case 'tab':
      return namedKey(name, { alt, shift })
    case 'backspace':
      return namedKey(name, { alt, ctrl: ctrl && !alt, shift: shift && !alt && !ctrl })
    default:
      return namedKey(name)
  }
}

/** F13 to F20 in kitty's private-use area. */
function functionKey(code: number): string | undefined {
  return code >= 57376 && code <= 57383 ? `f${13 + code - 57376}` : undefined
}

const isCharacter = (code: number): boolean =>
  code >= 0x20 && code <= 0x10ffff && !(code >= 0x7f && code < 0xa0) && !(code >= 0xd800 && code <= 0xdfff)

/** ASCII that is neither letter nor digit nor space. */
const isSign = (code: number): boolean =>
  code > 0x20 && code < 0x7f && !/[a-z0-9]/i.test(String.fromCharCode(code))

/** Signs and digits that keyboards type without Shift. */
const isUnshiftedSign = (char: string): boolean => "`1234567890-=[]\\;',./".includes(char)
