import type { ReactEvent, Reaction } from '../protocol/events.ts'
import { MAX_REACTION_NAMES } from '../protocol/limits.ts'
import { foldName } from '../protocol/names.ts'

/** The reactions to a message, by emoji. */
export type Reactions = Readonly<Record<string, Reaction>>

/**
 * The reactions with one event folded in. An emoji keeps its place, as on the server, until its last name is removed;
 * one that is new, or comes back, is the last.
 */
export function foldReaction(reactions: Reactions, { emoji, from, on }: ReactEvent): Reactions {
  const { names = [], count = 0 } = Object.hasOwn(reactions, emoji) ? (reactions[emoji] ?? {}) : {}
  const rest = names.filter(name => foldName(name) !== foldName(from))
  const wasListed = rest.length < names.length
  let after: Reaction = { names, count }
  if (on && !wasListed)
    after = { names: count < MAX_REACTION_NAMES ? [...names, from] : names, count: count + 1 }
  else if (!on && (wasListed || count > names.length)) after = { names: rest, count: count - 1 }
  // From entries, so that an emoji is never anything but a key.
  const entries = Object.entries(reactions)
  if (after.count === 0) return Object.fromEntries(entries.filter(([other]) => other !== emoji))
  if (!Object.hasOwn(reactions, emoji)) return Object.fromEntries([...entries, [emoji, after]])
  return Object.fromEntries(entries.map(([other, one]) => [other, other === emoji ? after : one]))
}
