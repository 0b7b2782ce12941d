/** Short codes of emoji, as people type them: `thumbsup`, `+1`, `tada`. */

/** The emoji of a code without its colons; undefined: there is none. */
export async function emojiOf(code: string): Promise<string | undefined> {
  // Two thousand names take 20 ms to load: only a user who types one waits.
  const { nameToEmoji } = await import('gemoji')
  const name = code.toLowerCase()
  return Object.hasOwn(nameToEmoji, name) ? nameToEmoji[name] : undefined
}

/** All codes, without their colons, with their emoji. */
export async function allEmoji(): Promise<readonly (readonly [code: string, emoji: string])[]> {
  const { nameToEmoji } = await import('gemoji')
  return Object.entries(nameToEmoji)
}
