/**
 * The looks of each tone. No background except by inversion: users have tuned the sixteen colours to their dark or light
 * terminal. The hues beyond those can be read on black and on white.
 */

import { type Colors, HUES, type Hue } from '../text/hues.ts'

/** The role of a span, which decides its looks. */
export type Tone =
  | 'text'
  /** The subject of a row, and bold text of a message. */
  | 'strong'
  /** Text between underscores. */
  | 'italic'
  /** Secondary text: times, topics, hints. */
  | 'dim'
  /** Lines between panes. */
  | 'rule'
  /** The user's position: the current room, the chosen match. */
  | 'here'
  /** Something new. */
  | 'fresh'
  /** Our name in a message of another user. */
  | 'mention'
  /** What a search found, in the text around it. */
  | 'match'
  /** The number of mentions, and the bar along one. */
  | 'badge'
  | 'good'
  | 'warning'
  | 'error'
  /** The name of a key in the help. */
  | 'key'
  /** An address that can be opened. */
  | 'link'
  /** The name of a room in a message. */
  | 'room'
  /** Text between backticks, the bar of a program, and its parts. */
  | 'code'
  | 'code.keyword'
  | 'code.string'
  | 'code.number'
  | 'code.comment'
  | 'code.name'
  /** A name in the text of a message. */
  | `person.${Hue}`
  /** The name of a sender. */
  | `name.${Hue}`

type Looks = {
  /** One of the sixteen colours, by its SGR code. */
  readonly color?: number | undefined
  /** One of 256 colours, where there are so many. */
  readonly color256?: number | undefined
  readonly bold?: boolean
  readonly dim?: boolean
  readonly italic?: boolean
  readonly underline?: boolean
  readonly inverse?: boolean
}

const RED = 31
const GREEN = 32
const YELLOW = 33
const MAGENTA = 35
const CYAN = 36
const BRIGHT_BLUE = 94
const BRIGHT_MAGENTA = 95

/**
 * For each hue one of 256 colours (https://en.wikipedia.org/wiki/ANSI_escape_code#8-bit): with a contrast of 3 or more to
 * black and to white.
 */
const HUES_256: Readonly<Record<Hue, number>> = {
  ...{ 0: 33, 1: 136, 2: 135, 3: 28, 4: 169, 5: 30, 6: 100 },
  ...{ 7: 63, 8: 165, 9: 64, 10: 31, 11: 130, 12: 29, 13: 133 },
}
const HUES_16 = [BRIGHT_BLUE, GREEN, MAGENTA, CYAN, BRIGHT_MAGENTA] as const

const LOOKS: Readonly<Record<Exclude<Tone, `name.${Hue}` | `person.${Hue}`>, Looks>> = {
  text: {},
  strong: { bold: true },
  italic: { italic: true },
  dim: { dim: true },
  rule: { dim: true },
  here: { color: CYAN, bold: true },
  fresh: { color: MAGENTA },
  mention: { bold: true, inverse: true },
  match: { color: YELLOW, bold: true, inverse: true },
  badge: { color: RED, bold: true },
  good: { color: GREEN },
  warning: { color: YELLOW },
  error: { color: RED },
  key: { bold: true },
  link: { underline: true },
  room: { color: CYAN, underline: true },
  code: { color: BRIGHT_BLUE, color256: 104 },
  'code.keyword': { color: MAGENTA },
  'code.string': { color: GREEN },
  'code.number': { color: BRIGHT_BLUE },
  'code.comment': { dim: true },
  'code.name': { color: CYAN },
}

function looksOf(tone: Tone): Looks {
  const [, role, digits] = /^(name|person)\.(\d+)$/.exec(tone) ?? []
  const hue = HUES.find(candidate => candidate === Number(digits))
  if (hue === undefined) return LOOKS[tone as keyof typeof LOOKS]
  const color = HUES_16[hue % HUES_16.length]
  return { color, color256: HUES_256[hue], bold: role === 'name' }
}

/** Whether a tone can be seen on blanks. */
export function showsOnBlanks(tone: Tone): boolean {
  return tone === 'mention' || tone === 'match' || tone === 'link'
}

/** The escape sequences before and behind a stretch of text. */
export type Ink = readonly [before: string, behind: string]

const inks: Readonly<Record<Colors, Map<Tone, Ink>>> = { 0: new Map(), 16: new Map(), 256: new Map() }

/** How a tone is drawn. Without colours (NO_COLOR) bold, dim, italic, underline and inverse stay. */
export function inkOf(tone: Tone, colors: Colors): Ink {
  const known = inks[colors].get(tone)
  if (known !== undefined) return known
  const made = inkFor(looksOf(tone), colors)
  inks[colors].set(tone, made)
  return made
}

function inkFor(looks: Looks, colors: Colors): Ink {
  const on: string[] = []
  const off: number[] = []
  const add = (before: string | number, behind: number): void => {
    on.push(String(before))
    off.unshift(behind)
  }
  if (looks.bold || looks.dim) add(looks.bold ? 1 : 2, 22)
  if (looks.italic) add(3, 23)
  if (looks.underline) add(4, 24)
  if (looks.inverse) add(7, 27)
  if (colors === 256 && looks.color256 !== undefined) add(`38;5;${looks.color256}`, 39)
  else if (colors > 0 && looks.color !== undefined) add(looks.color, 39)
  return [on.map(sgr).join(''), off.map(sgr).join('')]
}

function sgr(code: string | number): string {
  return `\x1b[${code}m`
}
