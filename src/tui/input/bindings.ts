/**
 * The one registry of keys. The screen acts by it, and the help overlay, the hint line and the documentation are
 * made from it, so that none of them can be wrong about the others.
 */

import type { Key } from './key.ts'
import { describeKey, type KeyName, keyName } from './keyName.ts'

/** Where keys are listened to. A screen state listens in several at once: see `MODES`. */
export type KeyContext =
  | 'global'
  | 'rooms'
  | 'timeline'
  | 'composer'
  | 'line'
  | 'switcher'
  | 'dialog'
  | 'help'

/** The headings of the help overlay, in their order. */
const CATEGORIES = ['Messages', 'Rooms', 'Reading', 'Editing', 'Switcher', 'Help', 'Program'] as const

/** A heading of the help overlay. */
type Category = (typeof CATEGORIES)[number]

type Definition = {
  readonly keys: readonly KeyName[]
  readonly context: KeyContext
  readonly category: Category
  /** What it does, for the help overlay and the documentation. */
  readonly help: string
  /** Two words at most for the hint line, where the action can stand there. */
  readonly hint?: string
  /** How the keys are shown where listing them would say less. */
  readonly shown?: string
}

const DEFINITIONS = {
  'composer.send': { keys: ['enter'], context: 'composer', category: 'Messages', help: 'send', hint: 'send' },
  'composer.newline': {
    keys: ['alt+enter', 'shift+enter', 'ctrl+j'],
    context: 'composer',
    category: 'Messages',
    help: 'begin a new line (Shift+Enter where the terminal can tell it from Enter)',
    hint: 'new line',
  },
  'composer.up': {
    keys: ['up'],
    context: 'composer',
    category: 'Messages',
    help: 'a row up; from the first row, what was sent before',
    hint: 'recall',
  },
  'composer.down': {
    keys: ['down'],
    context: 'composer',
    category: 'Messages',
    help: 'a row down; from the last row, what was sent after',
  },
  'composer.complete': {
    keys: ['tab'],
    context: 'composer',
    category: 'Messages',
    help: 'complete a name, #room or /command; again for the next one',
    hint: 'complete',
  },
  'composer.completeBack': {
    keys: ['shift+tab'],
    context: 'composer',
    category: 'Messages',
    help: 'the completion before',
  },

  'room.next': {
    keys: ['ctrl+n', 'alt+down'],
    context: 'rooms',
    category: 'Rooms',
    help: 'next room',
    hint: 'next room',
  },
  'room.previous': { keys: ['ctrl+p', 'alt+up'], context: 'rooms', category: 'Rooms', help: 'previous room' },
  'room.number': {
    keys: ['alt+1', 'alt+2', 'alt+3', 'alt+4', 'alt+5', 'alt+6', 'alt+7', 'alt+8', 'alt+9'],
    context: 'rooms',
    category: 'Rooms',
    help: 'room by its place in the list',
    shown: 'Alt+1 to Alt+9',
  },
  'room.unread': {
    keys: ['alt+a'],
    context: 'rooms',
    category: 'Rooms',
    help: 'next room with something unread, mentions first',
    hint: 'next unread',
  },
  'room.switcher': {
    keys: ['ctrl+k'],
    context: 'rooms',
    category: 'Rooms',
    help: 'find a room by part of its name',
    hint: 'find room',
  },
  'view.sidebar': {
    keys: ['f7'],
    context: 'rooms',
    category: 'Rooms',
    help: 'show or hide the list of rooms',
  },

  'scroll.pageUp': {
    keys: ['pageup'],
    context: 'timeline',
    category: 'Reading',
    help: 'a page back',
    hint: 'back',
  },
  'scroll.pageDown': { keys: ['pagedown'], context: 'timeline', category: 'Reading', help: 'a page forward' },
  'scroll.lineUp': { keys: ['shift+up'], context: 'timeline', category: 'Reading', help: 'a row back' },
  'scroll.lineDown': {
    keys: ['shift+down'],
    context: 'timeline',
    category: 'Reading',
    help: 'a row forward',
  },
  'scroll.top': {
    keys: ['alt+home'],
    context: 'timeline',
    category: 'Reading',
    help: 'to the oldest message',
  },
  'scroll.unread': {
    keys: ['alt+u'],
    context: 'timeline',
    category: 'Reading',
    help: 'to where the new begins',
  },
  'scroll.bottom': {
    keys: ['alt+end'],
    context: 'timeline',
    category: 'Reading',
    help: 'back to the newest message',
    hint: 'newest',
  },

  'line.left': { keys: ['left', 'ctrl+b'], context: 'line', category: 'Editing', help: 'a character left' },
  'line.right': {
    keys: ['right', 'ctrl+f'],
    context: 'line',
    category: 'Editing',
    help: 'a character right',
  },
  'line.wordLeft': {
    keys: ['ctrl+left', 'alt+left', 'alt+b'],
    context: 'line',
    category: 'Editing',
    help: 'a word left',
  },
  'line.wordRight': {
    keys: ['ctrl+right', 'alt+right', 'alt+f'],
    context: 'line',
    category: 'Editing',
    help: 'a word right',
  },
  'line.start': {
    keys: ['home', 'ctrl+a'],
    context: 'line',
    category: 'Editing',
    help: 'to the beginning of the line',
  },
  'line.end': {
    keys: ['end', 'ctrl+e'],
    context: 'line',
    category: 'Editing',
    help: 'to the end of the line',
  },
  'line.deleteBackward': {
    keys: ['backspace', 'ctrl+h', 'shift+backspace'],
    context: 'line',
    category: 'Editing',
    help: 'delete the character before the cursor',
  },
  'line.deleteForward': {
    keys: ['delete', 'ctrl+d'],
    context: 'line',
    category: 'Editing',
    help: 'delete the character under the cursor',
  },
  'line.killToStart': {
    keys: ['ctrl+u'],
    context: 'line',
    category: 'Editing',
    help: 'cut to the beginning of the line',
  },
  'line.killToEnd': {
    keys: ['alt+k'],
    context: 'line',
    category: 'Editing',
    help: 'cut to the end of the line',
  },
  'line.killBackToSpace': {
    keys: ['ctrl+w'],
    context: 'line',
    category: 'Editing',
    help: 'cut back to the space before',
  },
  'line.killWordBackward': {
    keys: ['alt+backspace', 'ctrl+backspace'],
    context: 'line',
    category: 'Editing',
    help: 'cut the word before the cursor',
  },
  'line.killWordForward': {
    keys: ['alt+d', 'ctrl+delete', 'alt+delete'],
    context: 'line',
    category: 'Editing',
    help: 'cut the word behind the cursor',
  },
  'line.yank': { keys: ['ctrl+y'], context: 'line', category: 'Editing', help: 'put back what was cut last' },
  'line.yankOlder': {
    keys: ['alt+y'],
    context: 'line',
    category: 'Editing',
    help: 'instead of what was put back, what was cut before it',
  },
  'line.undo': {
    keys: ['ctrl+_', 'ctrl+shift+-', 'ctrl+/'],
    context: 'line',
    category: 'Editing',
    help: 'undo',
    shown: 'Ctrl+_, Ctrl+/',
  },
  'line.redo': {
    keys: ['alt+_', 'alt+shift+-', 'alt+/'],
    context: 'line',
    category: 'Editing',
    help: 'redo',
    shown: 'Alt+_, Alt+/',
  },

  'switcher.open': {
    keys: ['enter'],
    context: 'switcher',
    category: 'Switcher',
    help: 'go to the room',
    hint: 'go',
  },
  'switcher.next': {
    keys: ['down', 'ctrl+n', 'tab'],
    context: 'switcher',
    category: 'Switcher',
    help: 'the room below',
    hint: 'choose',
  },
  'switcher.previous': {
    keys: ['up', 'ctrl+p', 'shift+tab'],
    context: 'switcher',
    category: 'Switcher',
    help: 'the room above',
  },
  'switcher.close': {
    keys: ['ctrl+k'],
    context: 'switcher',
    category: 'Switcher',
    help: 'close without going anywhere',
  },

  'dialog.accept': {
    keys: ['enter'],
    context: 'dialog',
    category: 'Program',
    help: 'take the name that was typed, where the server refused the first',
    hint: 'take name',
  },

  'help.lineUp': { keys: ['up', 'k'], context: 'help', category: 'Help', help: 'a row up' },
  'help.lineDown': {
    keys: ['down', 'j'],
    context: 'help',
    category: 'Help',
    help: 'a row down',
    hint: 'scroll',
  },
  'help.pageUp': { keys: ['pageup'], context: 'help', category: 'Help', help: 'a page up' },
  'help.pageDown': { keys: ['pagedown', 'space'], context: 'help', category: 'Help', help: 'a page down' },
  'help.close': { keys: ['q'], context: 'help', category: 'Help', help: 'close the help', hint: 'close' },

  'app.help': {
    keys: ['f1'],
    context: 'global',
    category: 'Program',
    help: 'open or close this help',
    hint: 'help',
  },
  'app.escape': {
    keys: ['escape'],
    context: 'global',
    category: 'Program',
    help: 'leave whatever is open',
    hint: 'close',
  },
  'app.interrupt': {
    keys: ['ctrl+c'],
    context: 'global',
    category: 'Program',
    help: 'clear the message (Up brings it back); with nothing to clear, twice quits',
    hint: 'quit',
  },
  'app.suspend': {
    keys: ['ctrl+z'],
    context: 'global',
    category: 'Program',
    help: 'suspend; fg brings it back',
  },
  'app.redraw': { keys: ['ctrl+l'], context: 'global', category: 'Program', help: 'draw the screen anew' },
} as const satisfies Record<string, Definition>

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

/** The first key of an action and its short label, for the hint line: `{ key: 'Ctrl+K', label: 'find room' }`. */
export function hint(id: ActionId): { readonly key: string; readonly label: string } {
  const { keys, hint, help }: Definition = DEFINITIONS[id]
  return { key: describeKey(keys[0] ?? ''), label: hint ?? help }
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
