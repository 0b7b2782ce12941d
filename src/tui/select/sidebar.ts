/** The list of rooms. */

import type { RoomView } from '../../client/room.ts'
import { foldName } from '../../protocol/names.ts'
import { asksToBeRead, sectionsOf } from '../model/roomOrder.ts'
import { roomScreen, type ScreenState } from '../model/state.ts'
import { roomsOf, type World } from '../model/world.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { textWidth, truncateMiddle } from '../text/width.ts'
import { countText } from './countText.ts'
import type { Layout } from './layout.ts'
import { EMPTY_ROW, type Row, rowWidth, type Span, span, spread } from './row.ts'
import type { Tone } from './theme.ts'

/** Rooms that Alt and a digit reach: by their number, wherever they stand. */
const NUMBERED = 9
/** A lower list has no headings. */
const LEAST_FOR_HEADINGS = 8
/** A lower list shows no rows that count the rooms beyond its ends. */
const LEAST_FOR_MORE = 3

/** A row of the list. */
type Item =
  | { readonly kind: 'heading'; readonly text: CleanText }
  | { readonly kind: 'room'; readonly room: RoomView }
  /** Rooms in which nothing happens, where there is no place for all. */
  | { readonly kind: 'quiet'; readonly count: number }

/** The rows of the list, as many as it is high; `width` cells each. */
export function sidebarRows(state: ScreenState, world: World, layout: Layout): readonly Row[] {
  const { timeline: height, sidebar: width } = layout
  const items = itemsOf(state, world, height)
  const current = items.findIndex(item => item.kind === 'room' && item.room.key === state.current)
  // The current room stays visible.
  const last = Math.max(0, items.length - height)
  const first = Math.max(0, Math.min(current - (height >> 1), last))
  const numbers = new Map(
    roomsOf(world)
      .slice(0, NUMBERED)
      .map(({ key }, at) => [key, at + 1]),
  )
  const rows = Array.from({ length: height }, (_, row) => {
    const item = items[first + row]
    return item === undefined ? EMPTY_ROW : itemRow(state, item, numbers, width)
  })
  if (height < LEAST_FOR_MORE) return rows
  // A row at an end counts the rooms beyond it, and the room that it hides.
  if (first > 0) rows[0] = moreRow(clean`↑`, items.slice(0, first + 1), width)
  if (first < last) rows[height - 1] = moreRow(clean`↓`, items.slice(first + height - 1), width)
  return rows
}

function itemsOf(state: ScreenState, world: World, height: number): readonly Item[] {
  const { unread, rooms, people } = sectionsOf(state, world)
  const parts = [
    { heading: clean`UNREAD`, rooms: unread },
    { heading: clean`ROOMS`, rooms },
    { heading: clean`PEOPLE`, rooms: people },
  ].filter(part => part.rooms.length > 0)
  const headings = height >= LEAST_FOR_HEADINGS && parts.length > 1 ? parts.length : 0
  const count = headings + unread.length + rooms.length + people.length
  const kept = new Set(
    roomsOf(world)
      .slice(0, NUMBERED)
      .map(({ key }) => key),
  )
  const isQuiet = (room: RoomView): boolean =>
    count > height && headings > 0 && isQuietRoom(state, room) && (room.notify.muted || !kept.has(room.key))
  return parts.flatMap((part): Item[] => {
    const loud = part.rooms.filter(room => !isQuiet(room))
    const quiet = part.rooms.length - loud.length
    return [
      ...(headings > 0 ? [{ kind: 'heading', text: part.heading } as const] : []),
      ...loud.map(room => ({ kind: 'room', room }) as const),
      ...(quiet > 0 ? [{ kind: 'quiet', count: quiet } as const] : []),
    ]
  })
}

/** Whether nothing of a room needs the user, who has not been there since the start. */
function isQuietRoom(state: ScreenState, room: RoomView): boolean {
  const { editor, lastActive } = roomScreen(state, room.key)
  const isUntouched = room.notify.muted || lastActive === 0
  return (
    room.key !== state.current &&
    isUntouched &&
    editor.text === '' &&
    !asksToBeRead(room) &&
    room.outbox.length === 0 &&
    room.status !== 'failed'
  )
}

function itemRow(state: ScreenState, item: Item, numbers: ReadonlyMap<string, number>, width: number): Row {
  switch (item.kind) {
    case 'heading':
      return [span(clean` ${item.text}`, 'dim')]
    case 'quiet':
      return [span(clean`   … ${item.count} quiet`, 'dim')]
    case 'room':
      return roomRow(state, item.room, numbers.get(item.room.key), width)
  }
}

function roomRow(state: ScreenState, room: RoomView, number: number | undefined, width: number): Row {
  const isCurrent = room.key === state.current
  const isDirect = room.kind === 'direct'
  const right: Row = [...marksOf(state, room, isCurrent), ...badgeOf(state, room)].flatMap(mark => [
    mark,
    span(clean` `),
  ])
  const left: Row = [
    isCurrent ? span(clean`▌`, 'here') : span(clean` `),
    span(number === undefined ? clean`  ` : clean`${number} `, 'dim'),
    ...(isDirect ? [dotOf(room)] : []),
  ]
  // A long name is cut rather than the badge.
  const shown = cleanLine(isDirect ? room.name.slice(1) : room.name)
  const name = truncateMiddle(shown, width - rowWidth(left) - rowWidth(right) - 1)
  const away = isDirect ? awayOf(room) : clean``
  const missing = width - rowWidth(left) - rowWidth(right) - textWidth(name)
  const behind: Row = away !== '' && missing > textWidth(away) + 2 ? [span(clean`  ${away}`, 'dim')] : []
  return spread([...left, span(name, toneOf(room, isCurrent)), ...behind], right, width)
}

function toneOf(room: RoomView, isCurrent: boolean): Tone {
  if (isCurrent) return 'here'
  if (asksToBeRead(room)) return 'strong'
  return room.status === 'joined' && !room.notify.muted ? 'text' : 'dim'
}

/** Whether the other person is here, away or offline. */
function dotOf(room: RoomView): Span {
  const other = otherIn(room)
  if (other === undefined) return span(clean`○ `, 'dim')
  return other.away === undefined ? span(clean`● `, 'good') : span(clean`☾ `, 'warning')
}

function awayOf(room: RoomView): CleanText {
  return cleanLine(otherIn(room)?.away ?? '')
}

function otherIn(room: RoomView): { readonly away: string | undefined } | undefined {
  return room.members?.get(foldName(room.name.slice(1)))
}

/** A draft, a person who types, and what was not sent. */
function marksOf(state: ScreenState, room: RoomView, isCurrent: boolean): Span[] {
  if (isCurrent) return []
  const hasFailed = room.outbox.some(entry => entry.state.status === 'failed')
  return [
    ...(room.typing.length > 0 ? [span(clean`…`, 'dim')] : []),
    ...(roomScreen(state, room.key).editor.text === '' ? [] : [span(clean`✎`, 'dim')]),
    ...(hasFailed ? [span(clean`✗`, 'error')] : []),
  ]
}

/** Whether all unread messages of a room are on the screen now, where they are read in a moment. */
function isBeingRead(state: ScreenState, room: RoomView): boolean {
  const { gaze, seen } = roomScreen(state, room.key)
  return gaze.size > 0 && room.status === 'joined' && room.unread <= gaze.size + seen.size
}

function badgeOf(state: ScreenState, room: RoomView): Span[] {
  if (room.status === 'failed') return [span(clean`!`, 'error')]
  if (isBeingRead(state, room) || !asksToBeRead(room)) return []
  if (room.mentions > 0) return [span(clean`@${countText(room.mentions)}`, 'badge')]
  return [span(countText(room.unread), 'strong')]
}

function moreRow(sign: CleanText, items: readonly Item[], width: number): Row {
  const rooms = items.flatMap(item => (item.kind === 'room' ? [item.room] : []))
  const quiet = items.reduce((sum, item) => sum + (item.kind === 'quiet' ? item.count : 0), 0)
  const asking = rooms.filter(asksToBeRead)
  const mentions = asking.reduce((sum, room) => sum + room.mentions, 0)
  const unread = asking.reduce((sum, room) => sum + room.unread, 0)
  const badge =
    mentions > 0
      ? [span(clean`@${countText(mentions)} `, 'badge')]
      : unread > 0
        ? [span(clean`${countText(unread)} `, 'strong')]
        : []
  return spread([span(clean` ${sign} ${rooms.length + quiet} more`, 'dim')], badge, width)
}
