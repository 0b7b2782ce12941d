/**
 * The commands of the composer, as plain data: the help shows it, completion offers it. What each command does is
 * said in `update/commands.ts`, under the same name.
 */

import { closest, distance } from 'fastest-levenshtein'
import type { Candidates } from '../composer/completion.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'

/** What is known of one command before it runs. */
type CommandDefinition = {
  /** Other names, which fingers know from elsewhere. */
  readonly aliases?: readonly string[]
  /** Without the slash. */
  readonly name: string
  /** The arguments as the help shows them: `NAME [TEXT]`. */
  readonly args: string
  readonly help: string
  /** What the first argument names, for completion. */
  readonly argument?: 'room' | 'name'
}

/** The commands about the own account. */
const ACCOUNT_COMMANDS = [
  { name: 'register', args: '', help: 'make your name yours, by an SSH key or a password' },
  { name: 'password', args: '', help: 'set the password of your account' },
  { name: 'keys', args: '', help: 'list, add and revoke the SSH keys that sign you in' },
  { name: 'devices', args: '', help: 'list and revoke the devices that are signed in' },
  {
    name: 'token',
    args: '[ROOM[,ROOM] [read|speak] [LABEL]]',
    help: 'make a token for a program, or list and revoke them',
  },
  { name: 'revoke', args: 'NUMBER', help: 'sign a device, key or token out' },
  { name: 'invite', args: '[ROOM]', help: 'make a link by which one person joins in one step' },
  { name: 'logout', args: '', help: 'sign this device out' },
  { name: 'mydata', args: 'FILE', help: 'save all that the server keeps about you' },
  { name: 'eraseme', args: 'YOUR-NAME', help: 'delete all that you said here, and your account, for ever' },
] as const satisfies readonly CommandDefinition[]

const CHAT_COMMANDS = [
  {
    name: 'join',
    aliases: ['j'],
    args: 'ROOM',
    help: 'open a room, or with @NAME a direct conversation; a new room is made',
    argument: 'room',
  },
  {
    name: 'leave',
    aliases: ['part', 'close'],
    args: '[ROOM]',
    help: 'leave this room, or another',
    argument: 'room',
  },
  {
    name: 'msg',
    aliases: ['query'],
    args: 'NAME [TEXT]',
    help: 'say something to one person, or open the conversation',
    argument: 'name',
  },
  {
    name: 'topic',
    args: '[TEXT]',
    help: 'set the topic of this room, or show it; /topic - removes it',
  },
  {
    name: 'search',
    args: '[in:ROOM] [from:NAME] [before:DAY] WORDS',
    help: 'find messages in your rooms with all the words or parts of words; quotes make a phrase',
  },
  { name: 'mentions', args: '', help: 'list the messages in your rooms that mention you' },
  { name: 'delete', args: '', help: 'delete your last message in this room, for everybody' },
  {
    name: 'react',
    args: 'EMOJI',
    help: 'react to the newest message of another person, or take that back',
  },
  {
    name: 'reply',
    args: 'TEXT',
    help: 'answer the newest message of another person (Ctrl+S selects others)',
  },
  { name: 'who', aliases: ['names'], args: '', help: 'list the people in this room' },
  { name: 'whois', args: 'NAME', help: 'show what is known of a person', argument: 'name' },
  { name: 'me', args: 'TEXT', help: 'say what you do, in italics: /me waves' },
  { name: 'list', args: '', help: 'list the rooms of this server; Enter goes there' },
  { name: 'away', args: '[TEXT]', help: 'say that you are away; without a text, that you are back' },
  {
    name: 'notify',
    args: '[all|mentions|none|default|mute|unmute]',
    help: 'set which messages of this room call you, on all your devices, or show it',
  },
  {
    name: 'set',
    args: '[NAME VALUE]',
    help: 'show or change what this client does for this name here: the bell, the title, words that call',
  },
  { name: 'retry', args: '', help: 'send again what was not sent in this room' },
  {
    name: 'discard',
    args: '',
    help: 'give up what was not sent in this room; Ctrl+Up brings the text back',
  },
  { name: 'nick', args: 'NAME', help: 'take another name, where the server refused yours' },
  { name: 'reconnect', args: '', help: 'connect now instead of later' },
  { name: 'help', args: '', help: 'keys and commands' },
  { name: 'quit', args: '', help: 'leave the program' },
] as const satisfies readonly CommandDefinition[]

const COMMANDS = [...CHAT_COMMANDS, ...ACCOUNT_COMMANDS] as const

/** The name of a command, without the slash. */
export type CommandName = (typeof COMMANDS)[number]['name']

/** The commands as the help overlay shows them: what to type, and what it does. */
export function commandHelp(): readonly (readonly [string, string])[] {
  return [...CHAT_COMMANDS.map(helpRow), ['//', 'begins a message with a slash']]
}

/** The same for those about the own account. */
export function accountCommandHelp(): readonly (readonly [string, string])[] {
  return ACCOUNT_COMMANDS.map(helpRow)
}

function helpRow({ name, args, help, aliases = [] }: CommandDefinition): readonly [string, string] {
  const others = aliases.length === 0 ? '' : ` (also ${aliases.map(alias => `/${alias}`).join(', ')})`
  return [args === '' ? `/${name}` : `/${name} ${args}`, help + others]
}

/** The commands as completion needs them. */
export function completionCommands(): Candidates['commands'] {
  return COMMANDS
}

/** All commands: the names and what they do. */
export function commandList(): readonly { readonly name: string; readonly help: string }[] {
  return COMMANDS
}

/** The command of a name or of an alias; undefined: there is none. */
export function commandNamed(name: string): CommandName | undefined {
  const definitions: readonly (CommandDefinition & { readonly name: CommandName })[] = COMMANDS
  return definitions.find(command => command.name === name || command.aliases?.includes(name) === true)?.name
}

/** Whether a text is a command: one line with a slash before it. `//` begins a message with a slash. */
export function isCommand(text: string): boolean {
  return text.startsWith('/') && !text.startsWith('//') && isOneLine(text)
}

/** Whether a text has one line, perhaps with its end. Several lines were pasted, and are text whatever they begin with. */
export function isOneLine(text: string): boolean {
  return !text.trimEnd().includes('\n')
}

/** The name, in lower case, and the rest of a line that begins with a slash. */
export function parseCommand(line: string): { readonly name: string; readonly rest: string } {
  const [, name = '', rest = ''] = /^\/(\S*)\s*(.*)$/s.exec(line) ?? []
  return { name: name.toLowerCase(), rest: rest.trimEnd() }
}

/** Letters by which a typed name may differ from the one that was meant. */
const TYPOS = 2

/** The error sentence for a name that no command has, with the name that may be meant. */
export function unknownCommand(name: string): CleanText {
  const meant = closest(
    name,
    COMMANDS.map(command => command.name),
  )
  const isLike = name.length > 1 && distance(meant, name) <= TYPOS
  const advice = isLike ? clean`did you mean /${cleanLine(meant)}?` : clean`F1 lists them`
  return clean`there is no command /${cleanLine(name)}: ${advice}; begin with // to send a slash`
}
