/** A colour for each name, the same at every start and on every machine. */

/**
 * The colours of names: named ANSI colours, since every terminal has those and its user has tuned them to the
 * background. Colours that vanish on one background are left out: black, white and the greys, yellow and the bright
 * green, cyan and yellow (on white), blue (on black).
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

/** One of the colours of names, by its name in Ink. */
export type NameColor = (typeof NAME_COLORS)[number]

/**
 * The colour of a name: FNV-1a (32 bits, http://www.isthe.com/chongo/tech/comp/fnv/) over the UTF-16 units of the
 * lower-cased name, so that Alice and alice, the same user, have one colour. NO_COLOR is the view's business.
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
