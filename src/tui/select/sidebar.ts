/** The list of rooms. */

import type { RoomView } from '../../client/room.ts'
import { roomScreen, type ScreenState } from '../state.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { truncate } from '../text/width.ts'
import type { Tone } from '../theme.ts'
import { roomsOf, type World } from '../world.ts'
import { countText } from './countText.ts'
import type { Layout } from './layout.ts'
import { EMPTY_ROW, type Row, type Span, span, spread } from './row.ts'

/** Rooms that Alt and a digit reach. */
const NUMBERED = 9

/** The rows of the list, as many as it is high; `width` cells each. */
export function sidebarRows(state: ScreenState, world: World, layout: Layout): readonly Row[] {
  const rooms = roomsOf(world)
  const { timeline: height, sidebar: width } = layout
  const rowsOf = (first: number, end: number): readonly Row[] =>
    rooms.slice(first, end).map((room, at) => roomRow(state, room, first + at, width))
  if (rooms.length <= height) {
    return [...rowsOf(0, height), ...Array.from({ length: height - rooms.length }, () => EMPTY_ROW)]
  }
  const current = Math.max(
    0,
    rooms.findIndex(({ key }) => key === state.current),
  )
  // The current room stays in sight, with a row at each end for what is not.
  const inner = Math.max(1, height - 2)
  const first = Math.max(0, Math.min(current - (inner >> 1), rooms.length - inner))
  return [
    moreRow(clean`↑`, rooms.slice(0, first), width),
    ...rowsOf(first, first + inner),
    moreRow(clean`↓`, rooms.slice(first + inner), width),
  ].slice(0, height)
}

function roomRow(state: ScreenState, room: RoomView, at: number, width: number): Row {
  const isCurrent = room.key === state.current
  const hasDraft = roomScreen(state, room.key).editor.text !== ''
  const number = at < NUMBERED ? clean`${at + 1}` : clean` `
  const badge = badgeOf(room)
  const tone: Tone = isCurrent
    ? 'here'
    : room.unread > 0
      ? 'strong'
      : room.status === 'joined'
        ? 'text'
        : 'dim'
  // The badge is worth more than the end of a long name.
  const right: Span[] = [
    ...(hasDraft && !isCurrent ? [span(clean`✎`, 'dim'), span(clean` `)] : []),
    ...badge,
    span(clean` `),
  ]
  const name = truncate(cleanLine(room.name), width)
  const left: Row = [
    isCurrent ? span(clean`▌`, 'here') : span(clean` `),
    span(clean`${number} `, 'dim'),
    span(name, tone),
  ]
  return spread(left, right, width)
}

function badgeOf(room: RoomView): Span[] {
  if (room.status === 'failed') return [span(clean`!`, 'error')]
  if (room.mentions > 0) return [span(clean`@${countText(room.mentions)}`, 'badge')]
  return room.unread > 0 ? [span(countText(room.unread), 'strong')] : []
}

function moreRow(sign: CleanText, rooms: readonly RoomView[], width: number): Row {
  if (rooms.length === 0) return EMPTY_ROW
  const mentions = rooms.reduce((sum, room) => sum + room.mentions, 0)
  const unread = rooms.reduce((sum, room) => sum + room.unread, 0)
  const badge =
    mentions > 0
      ? [span(clean`@${countText(mentions)} `, 'badge')]
      : unread > 0
        ? [span(clean`${countText(unread)} `, 'strong')]
        : []
  return spread([span(clean` ${sign} ${rooms.length} more`, 'dim')], badge, width)
}
