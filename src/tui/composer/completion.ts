/**
 * Tab completion. A name becomes `@name` wherever it stands: in this protocol that, and nothing else, is a mention, so
 * the `alice: ` that IRC clients put at the start of a line would look addressed and notify nobody.
 */

/** What can be completed. */
export type Candidates = {
  /** The names of the room, those spoken with most recently first, oneself last or not at all. */
  readonly names: readonly string[]
  /** Rooms without `#`; direct conversations (`@name`) are left to `names`. */
  readonly rooms: readonly string[]
  /** Commands without `/`, and what their first word stands for. */
  readonly commands: readonly { readonly name: string; readonly argument?: 'room' | 'name' }[]
}

/** A completion under way: the text to show now, and what further Tabs go through. */
export type Completion = {
  /** The whole text with the present choice in it. Anything else in the editor ends the completion. */
  readonly text: string
  readonly cursor: number
  /** What may stand there, in order; the last is what was typed. */
  readonly options: readonly string[]
  readonly chosen: number
  /** The text before and behind the place. */
  readonly before: string
  readonly behind: string
}

/** The trailing characters that names and rooms are made of, perhaps with the sign that says which. */
const WORD = /[@#]?[\p{L}\p{M}\p{N}_.-]*$/u
const NAME_CHARACTER = /[\p{L}\p{M}\p{N}_.-]$/u
const COMMAND = /^\/(\S*)$/
/** A command, white space, and a first word that the cursor is still in. */
const ARGUMENT = /^\/(\S+)\s+(\S*)$/

/**
 * Begins to complete the word that ends at `cursor`; undefined where nothing fits.
 * @param direction 1 for the first that fits, -1 (Shift+Tab) for the last
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
  // The space behind a completed word is there already when a word is completed inside a line.
  const behind = text.slice(cursor)
  const typed = head.slice(head.length - found.length)
  const options = [...found.options.map(option => (behind.startsWith(' ') ? option : `${option} `)), typed]
  const before = head.slice(0, head.length - found.length)
  return choose(
    { text, cursor, options, chosen: 0, before, behind },
    direction === 1 ? 0 : options.length - 2,
  )
}

/** The next choice (1), or the one before (-1); round and round, by way of what was typed. */
export function nextCompletion(completion: Completion, direction: 1 | -1): Completion {
  const count = completion.options.length
  return choose(completion, (completion.chosen + direction + count) % count)
}

function choose(completion: Completion, chosen: number): Completion {
  const option = completion.options[chosen] ?? ''
  const { before, behind } = completion
  return { ...completion, chosen, text: before + option + behind, cursor: before.length + option.length }
}

/** What fits the end of `head`, and how many of its characters that replaces. */
function fitting(head: string, candidates: Candidates): { options: string[]; length: number } | undefined {
  const command = COMMAND.exec(head)?.[1]
  if (command !== undefined && !head.startsWith('//')) {
    const names = candidates.commands.map(({ name }) => name)
    return { options: matching(names, command).map(name => `/${name}`), length: head.length }
  }
  const [, name, argument] = head.startsWith('//') ? [] : (ARGUMENT.exec(head) ?? [])
  if (name !== undefined && argument !== undefined) {
    const kind = candidates.commands.find(one => one.name === name.toLowerCase())?.argument
    if (kind !== undefined) return argumentsFor(kind, argument, candidates)
  }

  const word = WORD.exec(head)?.[0] ?? ''
  const sign = word.startsWith('@') || word.startsWith('#') ? word.charAt(0) : ''
  // The @ of an address (bob@example) begins no name.
  if (sign !== '' && NAME_CHARACTER.test(head.slice(0, head.length - word.length))) return undefined
  if (word === '') return undefined
  const pool = sign === '#' ? candidates.rooms : candidates.names
  const mark = sign === '#' ? '#' : '@'
  return {
    options: matching(pool, word.slice(sign.length)).map(option => mark + option),
    length: word.length,
  }
}

/** A room or name as the argument of a command, with `#` or `@` where it was typed. */
function argumentsFor(kind: 'room' | 'name', typed: string, candidates: Candidates) {
  const sign = kind === 'room' ? '#' : '@'
  const mark = typed.startsWith(sign) ? sign : ''
  const pool = kind === 'room' ? candidates.rooms : candidates.names
  return {
    options: matching(pool, typed.slice(mark.length)).map(option => mark + option),
    length: typed.length,
  }
}

/** Those that begin with `prefix`, in any case, in their order. */
function matching(pool: readonly string[], prefix: string): string[] {
  const wanted = prefix.toLowerCase()
  return [...new Set(pool)].filter(option => option.toLowerCase().startsWith(wanted))
}
