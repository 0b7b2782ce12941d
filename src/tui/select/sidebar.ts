/** The list of rooms. */

import type { RoomView } from '../../client/room.ts'
import { roomScreen, type ScreenState } from '../model/state.ts'
import { roomsOf, type World } from '../model/world.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { truncate } from '../text/width.ts'
import { countText } from './countText.ts'
import type { Layout } from './layout.ts'
import { EMPTY_ROW, type Row, type Span, span, spread } from './row.ts'
import type { Tone } from './theme.ts'

/** Rooms that Alt and a digit reach. */
const NUMBERED = 9
/** A lower list shows no rows that count the rooms beyond its ends. */
const LEAST_FOR_MORE = 3

/** The rows of the list, as many as it is high; `width` cells each. */
export function sidebarRows(state: ScreenState, world: World, layout: Layout): readonly Row[] {
  const rooms = roomsOf(world)
  const { timeline: height, sidebar: width } = layout
  const current = rooms.findIndex(({ key }) => key === state.current)
  // The current room stays visible.
  const last = Math.max(0, rooms.length - height)
  const first = Math.max(0, Math.min(current - (height >> 1), last))
  const rows = Array.from({ length: height }, (_, row) => {
    const room = rooms[first + row]
    return room === undefined ? EMPTY_ROW : roomRow(state, room, first + row, width)
  })
  if (height < LEAST_FOR_MORE) return rows
  // A row at an end counts the rooms beyond it, and the room that it hides.
  if (first > 0) rows[0] = moreRow(clean`↑`, rooms.slice(0, first + 1), width)
  if (first < last) rows[height - 1] = moreRow(clean`↓`, rooms.slice(first + height - 1), width)
  return rows
}

function roomRow(state: ScreenState, room: RoomView, at: number, width: number): Row {
  const isCurrent = room.key === state.current
  const hasDraft = roomScreen(state, room.key).editor.text !== ''
  const number = at < NUMBERED ? clean`${at + 1}` : clean` `
  const badge = isBeingRead(state, room) ? [] : badgeOf(room)
  const tone: Tone = isCurrent
    ? 'here'
    : room.unread > 0
      ? 'strong'
      : room.status === 'joined'
        ? 'text'
        : 'dim'
  // A long name is cut rather than the badge.
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

/** Whether all unread messages of a room are on the screen now, where they are read in a moment. */
function isBeingRead(state: ScreenState, room: RoomView): boolean {
  const { gaze, seen } = roomScreen(state, room.key)
  return gaze.size > 0 && room.status === 'joined' && room.unread <= gaze.size + seen.size
}

function badgeOf(room: RoomView): Span[] {
  if (room.status === 'failed') return [span(clean`!`, 'error')]
  if (room.mentions > 0) return [span(clean`@${countText(room.mentions)}`, 'badge')]
  return room.unread > 0 ? [span(countText(room.unread), 'strong')] : []
}

function moreRow(sign: CleanText, rooms: readonly RoomView[], width: number): Row {
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
