/** What keys do: the data behind the one registry (`bindings.ts`). */

import type { KeyName } from './keyName.ts'

/** Where keys are listened to. A screen state listens in several at once: see `MODES`. */
export type KeyContext =
  | 'global'
  | 'rooms'
  | 'timeline'
  | 'composer'
  | 'line'
  | 'selection'
  | 'search'
  | 'switcher'
  | 'dialog'
  | 'help'

/** The headings of the help overlay, in their order. */
export const CATEGORIES = [
  'Messages',
  'Selection',
  'Rooms',
  'Reading',
  'Editing',
  'Search',
  'Switcher',
  'Help',
  'Program',
] as const

/** A heading of the help overlay. */
export type Category = (typeof CATEGORIES)[number]

/** What a key does, and where. */
export type Definition = {
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

/** Every key of the screen, by the name of what it does, in the order of the help overlay. */
export const DEFINITIONS = {
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
    help: 'edit your last message, where nothing is typed; else a row up, then what was sent before',
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

  'selection.open': {
    keys: ['ctrl+s'],
    context: 'composer',
    category: 'Selection',
    help: 'select a message, to do something with it',
  },
  'selection.previous': {
    keys: ['up', 'k'],
    context: 'selection',
    category: 'Selection',
    help: 'the message above',
  },
  'selection.next': {
    keys: ['down', 'j'],
    context: 'selection',
    category: 'Selection',
    help: 'the message below',
  },
  'selection.reply': {
    keys: ['r', 'enter'],
    context: 'selection',
    category: 'Selection',
    help: 'answer it',
    hint: 'reply',
  },
  'selection.edit': {
    keys: ['e'],
    context: 'selection',
    category: 'Selection',
    help: 'edit it, where it is yours',
    hint: 'edit',
  },
  'selection.delete': {
    keys: ['d', 'delete'],
    context: 'selection',
    category: 'Selection',
    help: 'delete it, where it is yours; pressed twice',
    hint: 'delete',
  },
  'selection.react': {
    keys: ['1', '2', '3', '4', '5', '6'],
    context: 'selection',
    category: 'Selection',
    help: 'react to it, or take that back: the line below shows with what',
    hint: 'react',
    shown: '1–6',
  },
  'selection.close': {
    keys: ['ctrl+s', 'q'],
    context: 'selection',
    category: 'Selection',
    help: 'back to the composer',
    hint: 'back',
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

  'search.open': {
    keys: ['enter'],
    context: 'search',
    category: 'Search',
    help: 'what was said around it; again for its room',
    hint: 'open',
  },
  'search.next': {
    keys: ['down', 'j'],
    context: 'search',
    category: 'Search',
    help: 'the older hit',
    hint: 'older',
  },
  'search.previous': { keys: ['up', 'k'], context: 'search', category: 'Search', help: 'the newer hit' },
  'search.close': { keys: ['q'], context: 'search', category: 'Search', help: 'close the search' },

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
  'help.pageDown': {
    keys: ['pagedown', 'space'],
    context: 'help',
    category: 'Help',
    help: 'a page down',
    hint: 'page',
  },
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
