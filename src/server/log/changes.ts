import { type Result, refuse, success } from '../../protocol/errors.ts'
import type { ChatEvent, Reaction } from '../../protocol/events.ts'
import { MAX_REACTION_NAMES, MAX_REACTIONS, MAX_REACTIONS_IN_ALL } from '../../protocol/limits.ts'
import { foldName } from '../../protocol/names.ts'
import type { EventBody } from './entries.ts'

/** The facts of a message that decide whether it may be changed. */
export interface Changeable {
  /** The session that wrote it, if any. */
  readonly session: number | undefined
  readonly isDeleted: boolean
  readonly reactions: ReactionFacts
}

/** What decides whether a message takes another reaction. Asked for one reaction, so that its cost does not grow with them. */
export interface ReactionFacts {
  /** How many kinds there are. */
  readonly kinds: number
  /** How many there are of all kinds and people. */
  readonly inAll: number
  hasKind(emoji: string): boolean
  /** @param person a folded name */
  has(emoji: string, person: string): boolean
}

/** How many people reacted with one emoji, and the first names that are shown. */
export interface ReactionCount {
  readonly count: number
  /** In the order in which they came; only the first {@link MAX_REACTION_NAMES} are looked at. */
  readonly names: readonly string[]
}

/** An entry that changes a message. */
export type Change = Extract<EventBody, { readonly target: number }>

/** Whether an entry changes a message. */
export function isChange(body: EventBody): body is Change {
  return 'target' in body
}

/** What an entry says, for a client to read; undefined where it says nothing. */
export function textOf(body: EventBody): string | undefined {
  if (body.action === 'topic') return body.topic
  return body.action === 'chat' || body.action === 'edit' ? body.message : undefined
}

/**
 * Checks whether a person may make a change. Only the session that wrote a message edits and deletes it, every member
 * may react, and a deleted message stays as it is. Errors: `not_found`, `forbidden`, `limit_reached`.
 */
export function checkChange(
  change: Change,
  target: Changeable | undefined,
  from: string,
  session: number | undefined,
): Result<undefined> {
  if (target === undefined)
    return refuse('not_found', `there is no message ${change.target} in this room; it may be kept no longer`)
  if (target.isDeleted) return refuse('not_found', `message ${change.target} was deleted`)
  if (change.action === 'react') return checkReaction(change, target, foldName(from))
  if (session !== undefined && session === target.session) return success(undefined)
  const verb = change.action === 'edit' ? 'edit' : 'delete'
  return refuse('forbidden', `only the author can ${verb} a message, from the session that wrote it`)
}

function checkReaction(
  { emoji, on }: Extract<Change, { action: 'react' }>,
  { reactions }: Changeable,
  person: string,
): Result<undefined> {
  const isMeant = reactions.has(emoji, person)
  if (on === isMeant) {
    return refuse('not_found', on ? 'you have reacted with that already' : 'you have not reacted with that')
  }
  if (on && !reactions.hasKind(emoji) && reactions.kinds >= MAX_REACTIONS)
    return refuse(
      'limit_reached',
      `a message has at most ${MAX_REACTIONS} kinds of reaction; use one of them`,
    )
  if (on && reactions.inAll >= MAX_REACTIONS_IN_ALL)
    return refuse('limit_reached', `a message has at most ${MAX_REACTIONS_IN_ALL} reactions`)
  return success(undefined)
}

/** The `reactions` field of a message, by emoji; undefined where there is no reaction. */
export function presentReactions(
  byEmoji: ReadonlyMap<string, ReactionCount>,
): ChatEvent['reactions'] | undefined {
  if (byEmoji.size === 0) return undefined
  const entries = [...byEmoji].map(([emoji, { names, count }]): [string, Reaction] => [
    emoji,
    { names: names.slice(0, MAX_REACTION_NAMES), count },
  ])
  // From entries, so that an emoji is never anything but a key.
  return Object.fromEntries(entries)
}
