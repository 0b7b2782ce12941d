/** One key, as the person pressed it, whatever bytes the terminal made of it. */
export type Key = {
  /**
   * `a` to `z` and other characters by themselves (lower case), or a name: enter, tab, space, backspace, delete,
   * insert, escape, up, down, left, right, home, end, pageup, pagedown, f1 to f20.
   */
  readonly name: string
  readonly ctrl: boolean
  readonly alt: boolean
  /** With a letter or a named key; for signs such as `!` the terminal has used it up already. */
  readonly shift: boolean
  /** What typing the key inserts; absent for keys that insert nothing by themselves. */
  readonly text?: string
}

/** The modifiers of a key that is not typed text. */
export type Modifiers = { readonly ctrl?: boolean; readonly alt?: boolean; readonly shift?: boolean }

/** A key that inserts nothing: a named one, or a character with Ctrl or Alt. */
export function namedKey(name: string, { ctrl = false, alt = false, shift = false }: Modifiers = {}): Key {
  return { name, ctrl, alt, shift }
}

/** The key for a typed character (one code point), with what it inserts unless Ctrl or Alt is held. */
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
 * The key for a control byte (0 to 31, 127). Ctrl+H and Backspace cannot be told apart and are Backspace, Ctrl+I is
 * Tab, Ctrl+M is Enter; Ctrl+J, which Enter is not in raw mode, stays Ctrl+J.
 */
export function controlKey(code: number, { alt = false }: Modifiers = {}): Key {
  const name = CONTROL_NAMES[code]
  if (name !== undefined) return namedKey(name, { alt })
  const char = String.fromCharCode(code + 0x40).toLowerCase()
  return namedKey(code === 0 ? 'space' : char, { ctrl: true, alt })
}
