import { namedKey } from './key.ts'
import type { InputEvent } from './keypress.ts'

/** After the keys of a flood, more of it is expected for this long, ms. */
const FLOOD_MS = 30

/** Lets the events of one read of the keyboard pass; `now` is any clock that does not go back, ms. */
export type FloodGuard = (events: readonly InputEvent[], now: number) => readonly InputEvent[]

/**
 * A paste that the terminal does not mark (tmux `paste-buffer` without -p, GNU screen, serial consoles) arrives as keys.
 * No user types on within the same read as Enter, so an Enter with more text behind it begins a flood, and each Enter of
 * a flood is a new line: it sends nothing and runs nothing.
 */
export function createFloodGuard(): FloodGuard {
  let floodUntil = Number.NEGATIVE_INFINITY
  return (events, now) => {
    const isMultiline = events.some((event, at) => isEnter(event) && events.slice(at + 1).some(isTyped))
    if (!isMultiline && now >= floodUntil) return events
    floodUntil = now + FLOOD_MS
    return events.flatMap((event, at) => {
      if (!isEnter(event)) return [event]
      // The two halves of a \r\n are one new line.
      const next = events[at + 1]
      return next !== undefined && isLineFeed(next) ? [] : [NEW_LINE]
    })
  }
}

const NEW_LINE: InputEvent = { type: 'key', key: namedKey('enter', { alt: true }) }

function isEnter(event: InputEvent): boolean {
  return event.type === 'key' && event.key.name === 'enter' && !event.key.alt && !event.key.ctrl
}

function isLineFeed(event: InputEvent): boolean {
  return event.type === 'key' && event.key.name === 'j' && event.key.ctrl
}

function isTyped(event: InputEvent): boolean {
  return event.type === 'key' && (event.key.text !== undefined || isEnter(event) || isLineFeed(event))
}
