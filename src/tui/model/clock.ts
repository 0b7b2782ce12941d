/** Times and days in the user's time zone. */

import { onFirstUse } from '../../protocol/onFirstUse.ts'
import { type CleanText, cleanLine } from '../text/clean.ts'

/** Formats times, in ms since 1970. */
export type Clock = {
  /** `14:02`, always five cells. */
  time(ts: number): CleanText
  /** A key for the day; equal for times of one day. */
  day(ts: number): string
  /** `Monday 23 November 2026`. */
  dayLabel(ts: number): CleanText
  /** `Mon 23 Nov`. */
  shortDay(ts: number): CleanText
  /** When a day begins, written as 2026-11-23; undefined: there is no such day. */
  dayStart(day: string): number | undefined
}

/** The latest time that a Date can hold. */
const LAST = 8_640_000_000_000_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** No time zone is farther from UTC. */
const FARTHEST_ZONE = 24 * HOUR

/** A clock for a time zone by its IANA name; undefined is the system's. */
export function createClock(timeZone?: string): Clock {
  const zone = timeZone === undefined ? {} : { timeZone }
  const times = format('en-GB', { ...zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const days = format('en-CA', { ...zone, year: 'numeric', month: '2-digit', day: '2-digit' })
  const labels = format('en-GB', {
    ...zone,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  })
  const shortLabels = format('en-GB', {
    ...zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
  })
  // Time zones change at whole quarters of an hour, so all times of a minute have one text, and of a quarter one day.
  const time = remembering(ts => cleanLine(times().format(ts)), MINUTE)
  const day = remembering(ts => days().format(ts), HOUR / 4)
  return {
    time,
    day,
    dayLabel: ts => cleanLine(labels().format(within(ts)).replaceAll(',', '')),
    shortDay: remembering(ts => cleanLine(shortLabels().format(ts).replaceAll(',', '')), HOUR / 4),
    dayStart: wanted => dayStart(days(), wanted),
  }
}

const format = (locale: string, options: Intl.DateTimeFormatOptions): (() => Intl.DateTimeFormat) =>
  onFirstUse(() => new Intl.DateTimeFormat(locale, options))

/** Looks for the first minute of the day: days are longer and shorter where clocks are changed at midnight. */
function dayStart(days: Intl.DateTimeFormat, day: string): number | undefined {
  const midnight = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN
  if (!(midnight > FARTHEST_ZONE) || new Date(midnight).toISOString().slice(0, 10) !== day) return undefined
  let before = midnight - FARTHEST_ZONE
  let start = midnight + FARTHEST_ZONE
  while (start - before > MINUTE) {
    const middle = before + Math.floor((start - before) / MINUTE / 2) * MINUTE
    if (days.format(middle) < day) before = middle
    else start = middle
  }
  return start
}

/** Formats once for each step of ms: formatting costs a microsecond, and a screen formats a time for each row. */
function remembering<Text extends string>(format: (ts: number) => Text, step: number): (ts: number) => Text {
  const known = new Map<number, Text>()
  return ts => {
    const key = Math.floor(within(ts) / step)
    const kept = known.get(key)
    if (kept !== undefined) return kept
    const text = format(key * step)
    if (known.size > 5_000) known.clear()
    known.set(key, text)
    return text
  }
}

/** A time that a Date can hold: other users may send any number. */
const within = (ts: number): number => (Number.isFinite(ts) ? Math.max(0, Math.min(LAST, ts)) : 0)
