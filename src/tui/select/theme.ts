/**
 * The looks of each tone. Only named ANSI colours and attributes, and no background except by inversion: users have
 * tuned the sixteen colours to their dark or light terminal.
 */

import type { NameColor } from '../text/nameColor.ts'

/** The role of a span, which decides its looks. */
export type Tone =
  | 'text'
  /** The subject of a row. */
  | 'strong'
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
  /** The number of mentions. */
  | 'badge'
  | 'good'
  | 'warning'
  | 'error'
  /** The name of a key in hints and help. */
  | 'key'
  | `name.${NameColor}`

type Looks = {
  readonly color?: NameColor | 'yellow' | undefined
  readonly bold?: boolean
  readonly dim?: boolean
  readonly inverse?: boolean
}

const LOOKS: Readonly<Record<Tone, Looks>> = {
  text: {},
  strong: { bold: true },
  dim: { dim: true },
  rule: { dim: true },
  here: { color: 'cyan', bold: true },
  fresh: { color: 'magenta' },
  mention: { bold: true, inverse: true },
  match: { color: 'yellow', bold: true, inverse: true },
  badge: { color: 'red', bold: true },
  good: { color: 'green' },
  warning: { color: 'yellow' },
  error: { color: 'red' },
  key: { bold: true },
  'name.red': { color: 'red' },
  'name.green': { color: 'green' },
  'name.magenta': { color: 'magenta' },
  'name.cyan': { color: 'cyan' },
  'name.redBright': { color: 'redBright' },
  'name.magentaBright': { color: 'magentaBright' },
  'name.blueBright': { color: 'blueBright' },
}

/** SGR codes of the named colours. */
const COLORS: Readonly<Record<NonNullable<Looks['color']>, number>> = {
  red: 31,
  green: 32,
  yellow: 33,
  magenta: 35,
  cyan: 36,
  redBright: 91,
  magentaBright: 95,
  blueBright: 94,
}

/** The escape sequences before and behind a stretch of text. */
export type Ink = readonly [before: string, behind: string]

const inColor = inks(true)
const inMonochrome = inks(false)

/** How a tone is drawn. Without colour (NO_COLOR) bold, dim and inverse stay. */
export function inkOf(tone: Tone, color: boolean): Ink {
  return (color ? inColor : inMonochrome)[tone]
}

function inks(color: boolean): Readonly<Record<Tone, Ink>> {
  const entries = Object.entries(LOOKS).map(([tone, looks]) => [tone, inkFor(looks, color)])
  return Object.fromEntries(entries)
}

function inkFor(looks: Looks, color: boolean): Ink {
  const on: number[] = []
  const off: number[] = []
  if (looks.bold || looks.dim) {
    on.push(looks.bold ? 1 : 2)
    off.unshift(22)
  }
  if (looks.inverse) {
    on.push(7)
    off.unshift(27)
  }
  if (color && looks.color !== undefined) {
    on.push(COLORS[looks.color])
    off.unshift(39)
  }
  return [on.map(sgr).join(''), off.map(sgr).join('')]
}

function sgr(code: number): string {
  return `\x1b[${code}m`
}
