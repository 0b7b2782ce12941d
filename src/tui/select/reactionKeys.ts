/** The reactions that are a key away: what most people mean, each two cells wide in every terminal. */

import { type CleanText, clean, cleanLine, joinClean } from '../text/clean.ts'

/** In the order of their keys, from 1. */
export const REACTIONS: readonly string[] = ['👍', '👎', '😂', '🎉', '👀', '✅']

/** The keys and what they mean: `1 👍  2 👎`. */
export const REACTION_KEYS: CleanText = joinClean(
  REACTIONS.map((emoji, at) => clean`${at + 1} ${cleanLine(emoji)}`),
  clean`  `,
)
