/**
 * The one registry of keys. The screen, the help overlay, the hint line and the documentation are all made from it, so
 * they agree.
 */

import { CATEGORIES, type Category, DEFINITIONS, type Definition, type KeyContext } from './definitions.ts'
import type { Key } from './key.ts'
import { describeKey, keyName } from './keyName.ts'

/** The name of an action; a configuration file uses the same names. */
export type ActionId = keyof typeof DEFINITIONS

/** One action of the registry. */
export type Action = Definition & { readonly id: ActionId }

/** All actions, in the order of the help overlay. */
export const ACTIONS: readonly Action[] = Object.entries<Definition>(DEFINITIONS).map(([id, definition]) => ({
  ...definition,
  // The entries of a literal object have its keys.
  id: id as ActionId,
}))

/** The modes of the screen, each with its contexts. No key may have two meanings in one mode. */
export const MODES = {
  main: ['composer', 'line', 'rooms', 'timeline', 'global'],
  selection: ['selection', 'rooms', 'timeline', 'global'],
  search: ['search', 'global'],
  switcher: ['switcher', 'line', 'global'],
  recall: ['recall', 'line', 'global'],
  dialog: ['dialog', 'line', 'global'],
  credential: ['credential', 'global'],
  secret: ['secret', 'line', 'global'],
  secrets: ['secrets', 'global'],
  refusal: ['refusal', 'global'],
  help: ['help', 'global'],
} as const satisfies Record<string, readonly KeyContext[]>

/** A mode of the screen; the meaning of a key depends on it. */
export type Mode = keyof typeof MODES

const BOUND = new Map(
  ACTIONS.flatMap(({ id, context, keys }) => keys.map(key => [`${context} ${key}`, id] as const)),
)

/**
 * The action of a key in these contexts (those of a mode: `bind(key, MODES.main)`); the first context with this key
 * decides. Undefined: the key has no action, and a key with `text` is typed.
 */
export function bind(key: Key, contexts: readonly KeyContext[]): ActionId | undefined {
  const name = keyName(key)
  for (const context of contexts) {
    const id = BOUND.get(`${context} ${name}`)
    if (id !== undefined) return id
  }
  return undefined
}

/** The keys of an action for readers: `Ctrl+N, Alt+Down`. */
function shownKeys({ keys, shown }: Action): string {
  return shown ?? keys.map(describeKey).join(', ')
}

/** The key of an action and its short label, for the hint line: `{ key: 'Ctrl+K', label: 'find room' }`. */
export function hint(id: ActionId): { readonly key: string; readonly label: string } {
  const { keys, hint, help, shown }: Definition = DEFINITIONS[id]
  return { key: shown ?? describeKey(keys[0] ?? ''), label: hint ?? help }
}

/** The registry as the help overlay shows it: headings, each with rows of keys and their help. */
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
