/** One key as the user pressed it, independent of the bytes that the terminal sent. */
export type Key = {
  /**
   * `a` to `z` and other characters by themselves (lower case), or a name: enter, tab, space, backspace, delete,
   * insert, escape, up, down, left, right, home, end, pageup, pagedown, f1 to f20.
   */
  readonly name: string
  readonly ctrl: boolean
  readonly alt: boolean
  /** Only with a letter or a named key; in signs such as `!` the terminal has applied it already. */
  readonly shift: boolean
  /** The text that the key inserts; absent for keys that insert nothing. */
  readonly text?: string
}

/** The modifiers of a key that is not typed text. */
export type Modifiers = { readonly ctrl?: boolean; readonly alt?: boolean; readonly shift?: boolean }

/** A key that inserts nothing: a named key, or a character with Ctrl or Alt. */
export function namedKey(name: string, { ctrl = false, alt = false, shift = false }: Modifiers = {}): Key {
  return { name, ctrl, alt, shift }
}

/** The key of a typed character (one code point); it inserts text unless Ctrl or Alt is held. */
export function typedKey(char: string, { ctrl = false, alt = false, shift = false }: Modifiers = {}): Key {
  const lower = char.toLowerCase()
  const isLetter = lower !== char.toUpperCase()
  const name = char === ' ' ? 'space' : isLetter ? lower : char
  const shifted = isLetter ? shift || char !== lower : char === ' ' && shift
  return ctrl || alt
    ? { name, ctrl, alt, shift: shifted }
    : { name, ctrl, alt, shift: shifted, text: isLetter && shifted ? char.toUpperCase() : char }
}

const CONTROL_NAMES: Readonly<Record<number, string>> = {
  8: 'backspace',
  9: 'tab',
  13: 'enter',
  27: 'escape',
  127: 'backspace',
}

/**
 * The key of a control byte (0 to 31, 127). Terminals send the same byte for Ctrl+H and Backspace, which becomes
 * Backspace; likewise Ctrl+I becomes Tab and Ctrl+M Enter. Ctrl+J differs from Enter in raw mode, and stays Ctrl+J.
 */
export function controlKey(code: number, { alt = false }: Modifiers = {}): Key {
  const name = CONTROL_NAMES[code]
  if (name !== undefined) return namedKey(name, { alt })
  const char = String.fromCharCode(code + 0x40).toLowerCase()
  return namedKey(code === 0 ? 'space' : char, { ctrl: true, alt })
}
