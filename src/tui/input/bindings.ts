/**
 * The one registry of keys. The screen acts by it, and the help overlay, the hint line and the documentation are
 * made from it, so that none of them can be wrong about the others.
 */

import { CATEGORIES, type Category, DEFINITIONS, type Definition, type KeyContext } from './definitions.ts'
import type { Key } from './key.ts'
import { describeKey, keyName } from './keyName.ts'

/** The name of what a key can do; the names that a configuration file uses. */
export type ActionId = keyof typeof DEFINITIONS

/** One action of the registry. */
export type Action = Definition & { readonly id: ActionId }

/** What keys can do, in the order of the help overlay. */
export const ACTIONS: readonly Action[] = Object.entries<Definition>(DEFINITIONS).map(([id, definition]) => ({
  ...definition,
  // The entries of a literal object have its keys.
  id: id as ActionId,
}))

/** The states of the screen, and where each listens; no key may mean two things in one of them. */
export const MODES = {
  main: ['composer', 'line', 'rooms', 'timeline', 'global'],
  selection: ['selection', 'rooms', 'timeline', 'global'],
  search: ['search', 'global'],
  switcher: ['switcher', 'line', 'global'],
  dialog: ['dialog', 'line', 'global'],
  help: ['help', 'global'],
} as const satisfies Record<string, readonly KeyContext[]>

/** A state of the screen: what keys mean depends on it. */
export type Mode = keyof typeof MODES

const BOUND = new Map(
  ACTIONS.flatMap(({ id, context, keys }) => keys.map(key => [`${context} ${key}`, id] as const)),
)

/**
 * What a key does in these contexts (those of a mode: `bind(key, MODES.main)`); the first that knows it decides.
 * Undefined: nothing is bound, and a key with `text` is typing.
 */
export function bind(key: Key, contexts: readonly KeyContext[]): ActionId | undefined {
  const name = keyName(key)
  for (const context of contexts) {
    const id = BOUND.get(`${context} ${name}`)
    if (id !== undefined) return id
  }
  return undefined
}

/** The keys of an action as people read them: `Ctrl+N, Alt+Down`. */
function shownKeys({ keys, shown }: Action): string {
  return shown ?? keys.map(describeKey).join(', ')
}

/** The first key of an action (or all where they are one thing) and its short label, for the hint line: `{ key: 'Ctrl+K', label: 'find room' }`. */
export function hint(id: ActionId): { readonly key: string; readonly label: string } {
  const { keys, hint, help, shown }: Definition = DEFINITIONS[id]
  return { key: shown ?? describeKey(keys[0] ?? ''), label: hint ?? help }
}

/** The registry as the help overlay shows it: a heading, and rows of keys and what they do. */
export function helpSections(): {
  readonly title: Category
  readonly rows: readonly (readonly [string, string])[]
}[] {
  return CATEGORIES.map(title => ({
    title,
    rows: ACTIONS.filter(action => action.category === title).map(
      action => [shownKeys(action), action.help] as const,
    ),
  }))
}

/** The registry as a Markdown table, for the documentation. */
export function keyTable(): string {
  const rows = helpSections().flatMap(({ title, rows }) =>
    rows.map(([keys, help], at) => `| ${at === 0 ? title : ''} | ${keys.replaceAll('|', '\\|')} | ${help} |`),
  )
  return ['| | Keys | |', '|---|---|---|', ...rows, ''].join('\n')
}
