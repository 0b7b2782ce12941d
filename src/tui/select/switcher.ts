/** The quick switcher: finds rooms by a few typed letters, the best match first. */

import fuzzysort from 'fuzzysort'

/** What the switcher needs of a room. */
export type SwitcherRoom = {
  /** The name without `#`: a room, or `@name`. */
  readonly room: string
  readonly unread: number
  readonly mentions: number
  /** Larger for rooms that were shown or had messages more recently. */
  readonly lastActive: number
}

/** A matching room, and the matched parts of its name as string indices: start, and end (exclusive). */
export type SwitcherMatch<Room> = {
  readonly room: Room
  readonly ranges: readonly (readonly [start: number, end: number])[]
}

/** Matches given; more than any screen shows. */
const LIMIT = 100
/** The least score, of 1; below it the letters match by accident. */
const THRESHOLD = 0.3

/**
 * The rooms that match `query`, best first: its letters in order, not necessarily together, in any case; a leading `#`
 * is ignored. Among equals, and for an empty query, rooms with unread mentions come first, then unread ones, then
 * the most recent.
 */
export function matchRooms<Room extends SwitcherRoom>(
  query: string,
  rooms: readonly Room[],
): readonly SwitcherMatch<Room>[] {
  const ordered = [...rooms].sort(byUrgency)
  const wanted = query.trim().replace(/^#/, '')
  if (wanted === '') return ordered.slice(0, LIMIT).map(room => ({ room, ranges: [] }))
  const place = new Map(ordered.map((room, at) => [room, at]))
  return [...fuzzysort.go(wanted, ordered, { key: 'room', limit: LIMIT, threshold: THRESHOLD })]
    .sort((a, b) => b.score - a.score || (place.get(a.obj) ?? 0) - (place.get(b.obj) ?? 0))
    .map(result => ({ room: result.obj, ranges: rangesOf(result.indexes) }))
}

function byUrgency(a: SwitcherRoom, b: SwitcherRoom): number {
  return (
    Number(b.mentions > 0) - Number(a.mentions > 0) ||
    Number(b.unread > 0) - Number(a.unread > 0) ||
    b.lastActive - a.lastActive
  )
}

/** Neighbouring indices as ranges. */
function rangesOf(indexes: readonly number[]): [number, number][] {
  const ranges: [number, number][] = []
  for (const index of [...indexes].sort((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last?.[1] === index) last[1] = index + 1
    else ranges.push([index, index + 1])
  }
  return ranges
}
