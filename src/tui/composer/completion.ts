/**
 * Tab completion. A name becomes `@name` anywhere in the text: only that is a mention in this protocol. The `alice: `
 * that IRC clients put at the start of a line would look like a mention and notify no one.
 */

import { onFirstUse } from '../../protocol/onFirstUse.ts'
import { UNSPACED_SCRIPTS } from '../../protocol/scripts.ts'

/** The candidates of a completion. */
export type Candidates = {
  /** The names of the room, most recent speakers first, without our own. */
  readonly names: readonly string[]
  /** Rooms without `#`; direct conversations (`@name`) are among `names`. */
  readonly rooms: readonly string[]
  /** Commands without `/`, and the kind of their first argument. */
  readonly commands: readonly {
    readonly name: string
    readonly aliases?: readonly string[]
    readonly argument?: 'room' | 'name'
  }[]
  /** Short codes without colons, and their emoji. */
  readonly emoji?: readonly (readonly [code: string, emoji: string])[]
}

/** A completion in progress: the text to show, and the options of further Tabs. */
export type Completion = {
  /** The whole text with the chosen option. Any other text in the editor ends the completion. */
  readonly text: string
  readonly cursor: number
  /** The options in order; the last is the typed word. */
  readonly options: readonly string[]
  /** What the list shows behind each option. */
  readonly labels?: readonly string[]
  readonly chosen: number
  /** The text before and behind the completed word. */
  readonly before: string
  readonly behind: string
}

/** The beginning of a name, by the characters that the protocol has for names, perhaps with its sign. */
const NAME = /@?[A-Za-z0-9_.-]*$/
/** The beginning of a room, by those of rooms, with its sign. */
const ROOM = /#[\p{L}\p{M}\p{Nd}_.-]*$/u
/** The beginning of a short code, behind white space or a bracket. */
const EMOJI = /(?:^|[\s(]):([A-Za-z0-9_+-]{2,})$/
const NAME_CHARACTER = /[A-Za-z0-9_.-]$/
/** A letter that the letters behind it continue; scripts without spaces have none. */
const letter = onFirstUse(() => new RegExp(`[[\\p{L}\\p{M}\\p{N}]--[${UNSPACED_SCRIPTS}]]$`, 'v'))
const COMMAND = /^\/(\S*)$/
/** A command, white space, and a first word that the cursor is still in. */
const ARGUMENT = /^\/(\S+)\s+(\S*)$/

/**
 * Begins to complete the word that ends at `cursor`; undefined if no candidate matches.
 * @param direction 1 for the first option, -1 (Shift+Tab) for the last
 */
export function startCompletion(
  text: string,
  cursor: number,
  candidates: Candidates,
  direction: 1 | -1 = 1,
): Completion | undefined {
  const head = text.slice(0, cursor)
  const found = fitting(head, candidates)
  if (found === undefined || found.options.length === 0) return undefined
  // A word inside a line has a space behind it already.
  const behind = text.slice(cursor)
  const typed = head.slice(head.length - found.length)
  const options = [...found.options.map(option => (behind.startsWith(' ') ? option : `${option} `)), typed]
  const before = head.slice(0, head.length - found.length)
  return choose(
    {
      ...{ text, cursor, options, chosen: 0, before, behind },
      ...(found.labels === undefined ? {} : { labels: found.labels }),
    },
    direction === 1 ? 0 : options.length - 2,
  )
}

/** The next option (1), or the one before (-1), in a circle that includes the typed word. */
export function nextCompletion(completion: Completion, direction: 1 | -1): Completion {
  const count = completion.options.length
  return choose(completion, (completion.chosen + direction + count) % count)
}

function choose(completion: Completion, chosen: number): Completion {
  const option = completion.options[chosen] ?? ''
  const { before, behind } = completion
  return { ...completion, chosen, text: before + option + behind, cursor: before.length + option.length }
}

/** Options, and how many of the characters before the cursor they replace. */
type Fitting = { readonly options: string[]; readonly labels?: string[]; readonly length: number }

/** Codes that an unfinished one is completed to. */
const MOST_EMOJI = 30

/** The emoji whose codes begin with what is typed, and then those that have it elsewhere. */
function emojiFor(typed: string, emoji: NonNullable<Candidates['emoji']>): Fitting | undefined {
  const wanted = typed.toLowerCase()
  const first = emoji.filter(([code]) => code.startsWith(wanted))
  const others = emoji.filter(([code]) => !code.startsWith(wanted) && code.includes(wanted))
  const found = [...first.sort(([a], [b]) => a.length - b.length), ...others].slice(0, MOST_EMOJI)
  if (found.length === 0) return undefined
  return {
    options: found.map(([, shown]) => shown),
    labels: found.map(([code]) => `:${code}:`),
    length: typed.length + 1,
  }
}

/** The options for the end of `head`, and how many of its characters they replace. */
function fitting(head: string, candidates: Candidates): Fitting | undefined {
  const code = EMOJI.exec(head)?.[1]
  if (code !== undefined && candidates.emoji !== undefined) return emojiFor(code, candidates.emoji)
  const command = COMMAND.exec(head)?.[1]
  if (command !== undefined && !head.startsWith('//')) {
    const names = candidates.commands.map(({ name }) => name)
    return { options: matching(names, command).map(name => `/${name}`), length: head.length }
  }
  const [, name, argument] = head.startsWith('//') ? [] : (ARGUMENT.exec(head) ?? [])
  if (name !== undefined && argument !== undefined) {
    const typed = name.toLowerCase()
    const kind = candidates.commands.find(
      one => one.name === typed || one.aliases?.includes(typed) === true,
    )?.argument
    if (kind !== undefined) return argumentsFor(kind, argument, candidates)
  }

  const word = ROOM.exec(head)?.[0] ?? NAME.exec(head)?.[0] ?? ''
  if (word === '') return undefined
  const sign = word.startsWith('@') || word.startsWith('#') ? word.charAt(0) : ''
  const before = head.slice(0, head.length - word.length)
  // The @ of an address (bob@example) does not begin a name, nor do the last letters of a word.
  if ((sign === '' ? letter() : NAME_CHARACTER).test(before)) return undefined
  const pool = sign === '#' ? candidates.rooms : candidates.names
  const mark = sign === '#' ? '#' : '@'
  return {
    options: matching(pool, word.slice(sign.length)).map(option => mark + option),
    length: word.length,
  }
}

/** Options for the argument of a command, with `#` or `@` if that was typed. */
function argumentsFor(kind: 'room' | 'name', typed: string, candidates: Candidates) {
  const sign = kind === 'room' ? '#' : '@'
  const mark = typed.startsWith(sign) ? sign : ''
  const pool = kind === 'room' ? candidates.rooms : candidates.names
  return {
    options: matching(pool, typed.slice(mark.length)).map(option => mark + option),
    length: typed.length,
  }
}

/** The candidates that begin with `prefix`, in any case, in their order. */
function matching(pool: readonly string[], prefix: string): string[] {
  const wanted = prefix.toLowerCase()
  return [...new Set(pool)].filter(option => option.toLowerCase().startsWith(wanted))
}
