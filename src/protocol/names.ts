import { type Result, refuse, success } from './errors.ts'
import { MAX_MENTIONS } from './limits.ts'

/** The name of the server itself; no user can take it. */
export const SERVER_NAME = 'chatd'

/** Names, without punctuation, under which the server itself shows something. */
const OWN_NAMES: ReadonlyMap<string, string> = new Map([
  [SERVER_NAME, 'the server'],
  ['erased', 'a person whose messages were erased'],
])
const USERNAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/
/** Valid names that fold to themselves. */
const PLAIN_ROOM = /^[a-z0-9_.-]{1,64}$/
const ROOM = /^[\p{L}\p{Nd}_.-][\p{L}\p{M}\p{Nd}_.-]*$/u
// Letters and marks that draw nothing (Hangul fillers, variation selectors): with them two rooms would look alike.
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u
const MAX_ROOM_CODE_POINTS = 64
const MAX_ROOM_BYTES = 128

/** Checks a username. The value is the name as given; {@link foldName} gives its identity. */
export function parseUsername(name: string): Result<string> {
  if (!USERNAME.test(name)) {
    return refuse(
      'name_invalid',
      'a name is 1 to 32 of A-Z a-z 0-9 _ . - and starts with a letter, a digit or _; choose another',
    )
  }
  const meant = OWN_NAMES.get(foldName(name).replaceAll(/[._-]/g, ''))
  if (meant !== undefined) return refuse('name_invalid', `"${name}" reads like ${meant}; choose another name`)
  return success(name)
}

/** The identity of a (valid) username: Alice and alice are one person. */
export function foldName(name: string): string {
  return name.toLowerCase()
}

/** The meaning of a `room` field: a room, or the direct conversation with a person. */
export type ConversationName =
  | { readonly kind: 'room'; readonly key: string; readonly name: string }
  | { readonly kind: 'direct'; readonly with: string }

/** The key by which a client knows a conversation: the folded name of a room, `@` and the folded name of the other person. */
export function conversationKey(conversation: ConversationName): string {
  return conversation.kind === 'room' ? conversation.key : `@${foldName(conversation.with)}`
}

/** The identity of a room name: NFC of the locale-free lower case of NFKC. Does not check it. */
export function foldRoom(room: string): string {
  return room.normalize('NFKC').toLowerCase().normalize('NFC')
}

/**
 * Checks a `room` field and gives its conversation. Errors: `room_invalid`; for the name in a direct conversation
 * `name_invalid` or `forbidden`.
 */
export function parseConversation(room: string): Result<ConversationName> {
  if (room.startsWith('@')) return parseDirect(room.slice(1))
  if (room.startsWith('#')) {
    return refuse('room_invalid', `write the room without "#": "${excerpt(room.slice(1))}"`)
  }
  // Most rooms have plain names, and every message names one: folding took 2 % of all CPU in a room of a hundred.
  if (PLAIN_ROOM.test(room)) return success({ kind: 'room', key: room, name: room })
  const key = isRoomName(room) ? foldRoom(room) : ''
  // Folding can lengthen a name and change its kinds of characters, so the result is checked too.
  if (!isRoomName(key)) {
    return refuse(
      'room_invalid',
      'a room is 1 to 64 letters, digits, _ . or - of any script, at most 128 bytes; choose another',
    )
  }
  return success({ kind: 'room', key, name: room })
}

function parseDirect(name: string): Result<ConversationName> {
  if (foldName(name) === SERVER_NAME)
    return refuse('forbidden', `"@${SERVER_NAME}" is the server; it takes no messages`)
  const parsed = parseUsername(name)
  return parsed.ok ? success({ kind: 'direct', with: parsed.value }) : parsed
}

function isRoomName(room: string): boolean {
  return (
    // A code point has 1 or 2 units and at least 1 byte, so the cheap checks bound the costly ones.
    room.length <= 2 * MAX_ROOM_CODE_POINTS &&
    ROOM.test(room) &&
    !INVISIBLE.test(room) &&
    [...room].length <= MAX_ROOM_CODE_POINTS &&
    Buffer.byteLength(room) <= MAX_ROOM_BYTES
  )
}

function excerpt(text: string): string {
  // Half a surrogate pair would make the whole error frame invalid for a strict reader.
  return text.length > 64 ? `${text.slice(0, 64).toWellFormed()}…` : text
}

const NAME_RUN = /(?<![A-Za-z0-9_.-])@([A-Za-z0-9_][A-Za-z0-9_.-]*)/g

/**
 * The folded names that a text mentions: `@name` between characters that no name has, in any case. A name can end in
 * `.` or `-`, and so can a sentence: `@bob.` mentions both `bob.` and `bob`. The first {@link MAX_MENTIONS} count.
 */
export function mentionedNames(text: string): ReadonlySet<string> {
  const names = new Set<string>()
  if (!text.includes('@')) return names
  for (const match of text.matchAll(NAME_RUN)) {
    const run = foldName(match[1] ?? '')
    for (const name of [run, withoutTail(run)]) {
      if (names.size >= MAX_MENTIONS) return names
      names.add(name)
    }
  }
  return names
}

/** A name as it stands in a sentence, without `.` and `-` at its end. A regular expression would take quadratic time. */
export function withoutTail(run: string): string {
  let length = run.length
  while (run[length - 1] === '.' || run[length - 1] === '-') length--
  return run.slice(0, length)
}

/** Whether a text mentions the person of this name; see {@link mentionedNames}. */
export function mentions(text: string, name: string): boolean {
  return text.includes('@') && mentionedNames(text).has(foldName(name))
}
