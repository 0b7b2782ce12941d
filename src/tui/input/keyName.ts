/** The notation of keys in the registry and the configuration: `ctrl+n`, `alt+shift+tab`, `f1`. */

import type { Key } from './key.ts'

/** A key in canonical notation: modifiers in the order ctrl, alt, shift, then the name. */
export type KeyName = string

const MODIFIERS = ['ctrl', 'alt', 'shift'] as const
const NAMED = new Set([
  ...['enter', 'tab', 'space', 'backspace', 'delete', 'insert', 'escape', 'up', 'down', 'left', 'right'],
  ...['home', 'end', 'pageup', 'pagedown'],
  ...Array.from({ length: 20 }, (_, index) => `f${index + 1}`),
])

const SHOWN: Readonly<Record<string, string>> = {
  escape: 'Esc',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  delete: 'Del',
  insert: 'Ins',
}

/** The canonical notation of a key. */
export function keyName({ name, ctrl, alt, shift }: Omit<Key, 'text'>): KeyName {
  return `${ctrl ? 'ctrl+' : ''}${alt ? 'alt+' : ''}${shift ? 'shift+' : ''}${name}`
}

/**
 * Parses the notation of a key: any case, modifiers in any order, each at most once. A single character names itself.
 * Undefined for text that names no key.
 */
export function parseKeyName(notation: string): KeyName | undefined {
  const parts = notation.trim().toLowerCase().split('+')
  // The plus key itself: "ctrl++" is split into "ctrl", "", "".
  const name = parts.at(-1) === '' && parts.at(-2) === '' ? '+' : parts.at(-1)
  const modifiers = parts.slice(0, name === '+' ? -2 : -1)
  if (name === undefined || !(NAMED.has(name) || ([...name].length === 1 && name !== ' '))) return undefined
  if (new Set(modifiers).size !== modifiers.length) return undefined
  if (!modifiers.every(modifier => MODIFIERS.some(known => known === modifier))) return undefined
  const [ctrl, alt, shift] = MODIFIERS.map(modifier => modifiers.includes(modifier))
  return keyName({ name, ctrl: ctrl === true, alt: alt === true, shift: shift === true })
}

/** A key as the screen shows it: `Ctrl+N`, `Alt+PgUp`, `F1`. */
export function describeKey(name: KeyName): string {
  return partsOf(name)
    .map(part => SHOWN[part] ?? part.charAt(0).toUpperCase() + part.slice(1))
    .join('+')
}

/** The modifiers and the name, which may be `+`. */
function partsOf(name: KeyName): string[] {
  return name.endsWith('+') ? [...name.slice(0, -1).split('+').filter(Boolean), '+'] : name.split('+')
}
