/** A colour for each name, the same at every start and on every machine as long as others do not need it. */

/** Colours of names on a terminal with 256 colours. No two of them are hard to tell apart, and none is red: red means trouble. */
export const HUES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] as const
/** Those that a terminal with 16 colours has too; the user has tuned them to the background. */
const ANSI_HUES = 5

/** One of the colours of names. */
export type Hue = (typeof HUES)[number]

/** How many colours a terminal has. */
export type Colors = 0 | 16 | 256

/** How many hues a terminal can show. */
export function huesOf(colors: Colors): number {
  return colors === 256 ? HUES.length : ANSI_HUES
}

/**
 * The hue that a name has where no other name needs it: FNV-1a (32 bits, http://www.isthe.com/chongo/tech/comp/fnv/) over the
 * UTF-16 units of the lower-cased name, so that Alice and alice, the same user, have one.
 * @param count the hues to choose from
 */
export function hueOf(name: string, count: number = HUES.length): Hue {
  const folded = name.toLowerCase()
  let hash = 0x811c9dc5
  for (let index = 0; index < folded.length; index++) {
    hash = Math.imul(hash ^ folded.charCodeAt(index), 0x01000193)
  }
  // The low bits of FNV-1a follow the last letter; folding the halves together evens that out.
  const mixed = ((hash >>> 16) ^ hash) >>> 0
  return HUES[mixed % count] ?? 0
}

/**
 * The hues of the people of one room. A name keeps its hue; a new one gets its own ({@link hueOf}) unless one of the latest
 * other names has it, and then the next that is free. As many names as there are hues never share one.
 */
export class HueBook {
  readonly #count: number
  /** By folded name; the latest last. */
  readonly #hues = new Map<string, Hue>()

  /** @param count the hues to choose from */
  constructor(count: number) {
    this.#count = count
  }

  /** The hue of a name. */
  of(name: string): Hue {
    const key = name.toLowerCase()
    const hue = this.#hues.get(key) ?? this.#free(key)
    this.#hues.delete(key)
    this.#hues.set(key, hue)
    return hue
  }

  /** The hue of a name that a text names; it takes none from those who speak. */
  peek(name: string): Hue {
    const key = name.toLowerCase()
    return this.#hues.get(key) ?? hueOf(key, this.#count)
  }

  #free(key: string): Hue {
    const wanted = hueOf(key, this.#count)
    const latest = new Set([...this.#hues.values()].slice(1 - this.#count))
    for (let step = 0; step < this.#count; step++) {
      const hue = HUES[(wanted + step) % this.#count] ?? wanted
      if (!latest.has(hue)) return hue
    }
    return wanted
  }
}
