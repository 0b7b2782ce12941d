/** The reactions with a key of their own: common ones, each two cells wide in every terminal. */

import { type CleanText, clean, cleanLine, joinClean } from '../text/clean.ts'

/** In the order of their keys, from 1. */
export const REACTIONS: readonly string[] = ['👍', '👎', '😂', '🎉', '👀', '✅']

/** The keys and their reactions: `1 👍  2 👎`. */
export const REACTION_KEYS: CleanText = joinClean(
  REACTIONS.map((emoji, at) => clean`${at + 1} ${cleanLine(emoji)}`),
  clean`  `,
)
