/** A colour for each name, the same on every day and every machine. */

/**
 * Colours that a name may have: named ANSI colours, because the sixteen are what every terminal has and what its
 * user has tuned to the background. Left out is what vanishes on one of them: black, white and the greys, yellow and
 * the bright green, cyan and yellow (on white), blue (on black).
 */
export const NAME_COLORS = [
  'red',
  'green',
  'magenta',
  'cyan',
  'redBright',
  'magentaBright',
  'blueBright',
] as const

/** One of the colours that a name may have, by the name that Ink knows it by. */
export type NameColor = (typeof NAME_COLORS)[number]

/**
 * The colour of a name: FNV-1a (32 bits, http://www.isthe.com/chongo/tech/comp/fnv/) over the UTF-16 units of the
 * lower-cased name, so that Alice and alice, who are one person, have one colour. Where the user wants no colours
 * (NO_COLOR) the view asks for none; the hash knows nothing of it.
 */
export function nameColor(name: string): NameColor {
  const folded = name.toLowerCase()
  let hash = 0x811c9dc5
  for (let index = 0; index < folded.length; index++) {
    hash = Math.imul(hash ^ folded.charCodeAt(index), 0x01000193)
  }
  // The low bits of FNV-1a follow the last letter; folding the halves together evens that out.
  const mixed = ((hash >>> 16) ^ hash) >>> 0
  return NAME_COLORS[mixed % NAME_COLORS.length] ?? 'cyan'
}
