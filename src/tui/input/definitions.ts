/** The keys and their actions: the data of the one registry (`bindings.ts`). */

import type { KeyName } from './keyName.ts'

/** Parts of the screen that have keys. A mode of the screen has several of them: see `MODES`. */
export type KeyContext =
  | 'global'
  | 'rooms'
  | 'timeline'
  | 'composer'
  | 'line'
  | 'selection'
  | 'search'
  | 'switcher'
  | 'recall'
  | 'dialog'
  | 'credential'
  | 'secret'
  | 'secrets'
  | 'refusal'
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
  'Account',
  'Help',
  'Program',
] as const

/** A heading of the help overlay. */
export type Category = (typeof CATEGORIES)[number]

/** One action, without its context and heading. */
type Row = {
  readonly keys: readonly KeyName[]
  /** For the help overlay and the documentation. */
  readonly help: string
  /** At most two words, for actions that the hint line may show. */
  readonly hint?: string
  /** The keys in words, where a list of them would be less clear. */
  readonly shown?: string
}

/** One action of the screen: its keys, the part of the screen they act in, and its help. */
export type Definition = Row & { readonly context: KeyContext; readonly category: Category }

/** Every key of the screen, by the name of its action, in the order of the help overlay. */
export const DEFINITIONS = {
  ...group('composer', 'Messages', {
    'composer.send': { keys: ['enter'], help: 'send', hint: 'send' },
    'composer.newline': {
      keys: ['alt+enter', 'shift+enter', 'ctrl+j'],
      help: 'begin a new line (Shift+Enter where the terminal can tell it from Enter)',
      hint: 'new line',
    },
    'composer.up': {
      keys: ['up'],
      help: 'a row up; if nothing is typed, edit your last message',
      hint: 'edit last',
    },
    'composer.down': { keys: ['down'], help: 'a row down; leave an edit that changed nothing' },
    'composer.older': { keys: ['ctrl+up', 'alt+p'], help: 'the text that you sent before', hint: 'recall' },
    'composer.newer': { keys: ['ctrl+down', 'alt+n'], help: 'the text that you sent after it' },
    'composer.editor': {
      keys: ['ctrl+x'],
      help: 'edit the text in your editor (VISUAL, EDITOR)',
      shown: 'Ctrl+X Ctrl+E',
    },
    'recall.open': { keys: ['ctrl+r'], help: 'search the texts that you sent', hint: 'search sent' },
    'composer.complete': {
      keys: ['tab'],
      help: 'complete a name, #room or /command; again for the next one',
      hint: 'complete',
    },
    'composer.completeBack': { keys: ['shift+tab'], help: 'previous completion' },
  }),

  ...group('composer', 'Selection', {
    'selection.open': { keys: ['ctrl+s'], help: 'select a message to act on', hint: 'select' },
  }),

  ...group('selection', 'Selection', {
    'selection.previous': { keys: ['up', 'k'], help: 'the message above' },
    'selection.next': { keys: ['down', 'j'], help: 'the message below' },
    'selection.reply': { keys: ['r', 'enter'], help: 'answer it', hint: 'reply' },
    'selection.edit': { keys: ['e'], help: 'edit it, if it is yours', hint: 'edit' },
    'selection.delete': {
      keys: ['d', 'delete'],
      help: 'delete it, if it is yours; the next key confirms',
      hint: 'delete',
    },
    'selection.confirm': { keys: ['ctrl+d'], help: 'right after D or Del: delete it', hint: 'delete it' },
    'selection.react': {
      keys: ['+'],
      help: 'react to it, or take that back; the next key chooses the emoji',
      hint: 'react',
    },
    'selection.emoji': {
      keys: ['1', '2', '3', '4', '5', '6'],
      help: 'right after +: react with that emoji',
      hint: 'choose',
      shown: '1–6',
    },
    'selection.number': {
      keys: ['7', '8', '9'],
      help: 'right after O: open the address of that number',
      shown: '1–9',
    },
    'selection.link': { keys: ['o'], help: 'open an address in it in the browser', hint: 'open link' },
    'selection.copy': { keys: ['y'], help: 'copy its text', hint: 'copy' },
    'selection.unread': {
      keys: ['shift+u'],
      help: 'mark it as unread, and all below it; nothing is read then until you leave the room or write in it',
      hint: 'unread',
    },
    'selection.fold': { keys: ['space'], help: 'show a long message whole, or fold it again', hint: 'open' },
    'selection.close': { keys: ['ctrl+s'], help: 'back to the composer', hint: 'back' },
  }),

  ...group('rooms', 'Rooms', {
    'room.next': { keys: ['ctrl+n', 'alt+down'], help: 'next room', hint: 'next room' },
    'room.previous': { keys: ['ctrl+p', 'alt+up'], help: 'previous room' },
    'room.number': {
      keys: ['alt+1', 'alt+2', 'alt+3', 'alt+4', 'alt+5', 'alt+6', 'alt+7', 'alt+8', 'alt+9'],
      help: 'room by its number in the list',
      shown: 'Alt+1 to Alt+9',
    },
    'room.unread': {
      keys: ['alt+a'],
      help: 'next room with unread messages, mentions first; when all is read, back to where you began',
      hint: 'next unread',
    },
    'room.last': {
      keys: ['alt+/'],
      help: 'the room that you saw before this one, and back',
      hint: 'last room',
    },
    'room.back': {
      keys: ['alt+,'],
      help: 'back to where you were before the last jump, as to another room or to a message',
      hint: 'way back',
    },
    'room.mentions': { keys: ['alt+m'], help: 'list the messages that mention you', hint: 'mentions' },
    'room.peek': {
      keys: ['alt+q'],
      help: 'look without marking anything as read, until you leave the room or write in it',
      hint: 'peek',
    },
    'room.markUnread': {
      keys: ['alt+shift+r'],
      help: 'mark the newest message of others as unread, and all below it',
    },
    'room.markRead': { keys: ['alt+r'], help: 'mark the whole room as read' },
    'room.switcher': {
      keys: ['ctrl+k'],
      help: 'go to a room, a person or a command by part of its name',
      hint: 'go to',
    },
    'view.people': {
      keys: ['f8'],
      help: 'show the people in this room; Enter writes to one',
      hint: 'people',
    },
    'view.sidebar': { keys: ['f7'], help: 'show or hide the list of rooms' },
  }),

  ...group('timeline', 'Reading', {
    'scroll.pageUp': { keys: ['pageup'], help: 'a page back', hint: 'back' },
    'scroll.pageDown': { keys: ['pagedown'], help: 'a page forward' },
    'scroll.lineUp': { keys: ['shift+up'], help: 'a row back' },
    'scroll.lineDown': { keys: ['shift+down'], help: 'a row forward' },
    'scroll.top': { keys: ['alt+home'], help: 'to the oldest message' },
    'scroll.unread': { keys: ['alt+u'], help: 'to the first unread message' },
    'view.bare': {
      keys: ['alt+l'],
      help: 'show the messages without columns, to select them with the mouse; any key goes back',
    },
    'scroll.bottom': { keys: ['alt+end'], help: 'back to the newest message', hint: 'newest' },
  }),

  ...group('line', 'Editing', {
    'line.left': { keys: ['left', 'ctrl+b'], help: 'a character left' },
    'line.right': { keys: ['right', 'ctrl+f'], help: 'a character right' },
    'line.wordLeft': { keys: ['ctrl+left', 'alt+left', 'alt+b'], help: 'a word left' },
    'line.wordRight': { keys: ['ctrl+right', 'alt+right', 'alt+f'], help: 'a word right' },
    'line.start': { keys: ['home', 'ctrl+a'], help: 'to the beginning of the line' },
    'line.end': { keys: ['end', 'ctrl+e'], help: 'to the end of the line' },
    'line.deleteBackward': {
      keys: ['backspace', 'ctrl+h', 'shift+backspace'],
      help: 'delete the character before the cursor',
    },
    'line.deleteForward': { keys: ['delete', 'ctrl+d'], help: 'delete the character under the cursor' },
    'line.killToStart': { keys: ['ctrl+u'], help: 'cut to the beginning of the line' },
    'line.killToEnd': { keys: ['alt+k'], help: 'cut to the end of the line' },
    'line.killBackToSpace': { keys: ['ctrl+w'], help: 'cut back to the space before' },
    'line.killWordBackward': {
      keys: ['alt+backspace', 'ctrl+backspace'],
      help: 'cut the word before the cursor',
    },
    'line.killWordForward': {
      keys: ['alt+d', 'ctrl+delete', 'alt+delete'],
      help: 'cut the word behind the cursor',
    },
    'line.yank': { keys: ['ctrl+y'], help: 'put back what was cut last' },
    'line.yankOlder': { keys: ['alt+y'], help: 'replace it with what was cut before' },
    'line.undo': { keys: ['ctrl+_', 'ctrl+shift+-', 'ctrl+/'], help: 'undo', shown: 'Ctrl+_, Ctrl+/' },
    'line.redo': { keys: ['alt+_', 'alt+shift+-'], help: 'redo', shown: 'Alt+_' },
  }),

  ...group('rooms', 'Search', {
    'search.again': { keys: ['ctrl+o'], help: 'show the hits of the last search again', hint: 'hits' },
  }),

  ...group('search', 'Search', {
    'search.open': {
      keys: ['enter'],
      help: 'show the messages around it; again to open its room',
      hint: 'open',
    },
    'search.next': { keys: ['down', 'j'], help: 'the older hit', hint: 'older' },
    'search.previous': { keys: ['up', 'k'], help: 'the newer hit' },
    'search.pageDown': { keys: ['pagedown', 'space'], help: 'a page of older hits' },
    'search.pageUp': { keys: ['pageup'], help: 'a page of newer hits' },
    'search.first': { keys: ['home'], help: 'the newest hit' },
    'search.last': { keys: ['end'], help: 'the oldest hit' },
    'search.back': {
      keys: ['ctrl+o'],
      help: 'back to the messages that you read before you opened a hit',
      hint: 'back',
    },
    'search.close': { keys: ['q'], help: 'close the search' },
  }),

  ...group('recall', 'Messages', {
    'recall.take': { keys: ['enter'], help: 'in that search: put the text into the composer', hint: 'take' },
    'recall.older': { keys: ['ctrl+r', 'down'], help: 'in that search: the older text', hint: 'older' },
    'recall.newer': { keys: ['up'], help: 'in that search: the newer text' },
  }),

  ...group('switcher', 'Switcher', {
    'switcher.open': { keys: ['enter'], help: 'go there', hint: 'go' },
    'switcher.peek': {
      keys: ['alt+enter'],
      help: 'go to the room without marking anything as read',
      hint: 'peek',
    },
    'switcher.next': { keys: ['down', 'ctrl+n', 'tab'], help: 'the choice below', hint: 'choose' },
    'switcher.previous': { keys: ['up', 'ctrl+p', 'shift+tab'], help: 'the choice above' },
    'switcher.close': { keys: ['ctrl+k'], help: 'close it' },
  }),

  ...group('dialog', 'Program', {
    'dialog.accept': {
      keys: ['enter'],
      help: 'take the typed name, after the server refused the first one',
      hint: 'take name',
    },
  }),

  ...group('credential', 'Account', {
    'credential.accept': { keys: ['enter'], help: 'sign in by what is chosen', hint: 'choose' },
    'credential.password': { keys: ['p'], help: 'sign in by a password', hint: 'password' },
    'credential.next': { keys: ['down', 'tab', 'ctrl+n'], help: 'the choice below' },
    'credential.previous': { keys: ['up', 'shift+tab', 'ctrl+p'], help: 'the choice above' },
  }),

  ...group('secret', 'Account', {
    'secret.accept': { keys: ['enter'], help: 'take the password, which is typed unseen', hint: 'take it' },
  }),

  ...group('secrets', 'Account', {
    'secrets.next': { keys: ['down', 'j'], help: 'the device, key or token below' },
    'secrets.previous': { keys: ['up', 'k'], help: 'the one above' },
    'secrets.revoke': { keys: ['d', 'delete'], help: 'revoke it; the next key confirms', hint: 'revoke' },
    'secrets.confirm': { keys: ['ctrl+d'], help: 'right after D or Del: revoke it', hint: 'revoke it' },
    'secrets.add': { keys: ['a'], help: 'add an SSH key', hint: 'add' },
    'secrets.close': { keys: ['q'], help: 'close the list', hint: 'close' },
  }),

  ...group('refusal', 'Program', {
    'refusal.accept': {
      keys: ['ctrl+y'],
      help: 'accept the key of the server that is shown, after you compared it',
      hint: 'accept key',
    },
    'refusal.lineUp': { keys: ['up'], help: 'in that box: a row up' },
    'refusal.lineDown': { keys: ['down'], help: 'in that box: a row down', hint: 'scroll' },
  }),

  ...group('help', 'Help', {
    'help.lineUp': { keys: ['up', 'k'], help: 'a row up' },
    'help.lineDown': { keys: ['down', 'j'], help: 'a row down', hint: 'scroll' },
    'help.pageUp': { keys: ['pageup'], help: 'a page up' },
    'help.pageDown': { keys: ['pagedown', 'space'], help: 'a page down', hint: 'page' },
    'help.close': { keys: ['q'], help: 'close the help', hint: 'close' },
  }),

  ...group('global', 'Program', {
    'app.help': { keys: ['f1'], help: 'open or close this help', hint: 'help' },
    'app.escape': { keys: ['escape'], help: 'close what is open', hint: 'close' },
    'app.interrupt': {
      keys: ['ctrl+c'],
      help: 'clear the message (Ctrl+Up brings it back); on an empty line, press twice to quit',
      hint: 'quit',
    },
    'app.suspend': { keys: ['ctrl+z'], help: 'suspend; fg brings it back' },
    'app.redraw': { keys: ['ctrl+l'], help: 'draw the whole screen again' },
  }),
} satisfies Record<string, Definition>

/** Actions of one context, under one heading of the help. */
function group<Id extends string>(
  context: KeyContext,
  category: Category,
  rows: Readonly<Record<Id, Row>>,
): Readonly<Record<Id, Definition>> {
  const entries = Object.entries<Row>(rows).map(([id, row]) => [id, { ...row, context, category }] as const)
  // The entries have the keys of the rows.
  return Object.fromEntries<Definition>(entries) as Record<Id, Definition>
}
