/** The list of rooms. */

import type { RoomView } from '../../client/room.ts'
import { foldName } from '../../protocol/names.ts'
import { asksToBeRead, numberedRooms, type Sections, sectionsOf } from '../model/roomOrder.ts'
import { roomScreen, type ScreenState } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { textWidth, truncateMiddle } from '../text/width.ts'
import { countText } from './countText.ts'
import type { Layout } from './layout.ts'
import { EMPTY_ROW, type Row, rowWidth, type Span, span, spread } from './row.ts'
import type { Tone } from './theme.ts'

/** A lower list has no headings. */
const LEAST_FOR_HEADINGS = 8
/** A lower list shows no rows that count the rooms beyond its ends. */
const LEAST_FOR_MORE = 3

/** A row of the list. */
type Item =
  | { readonly kind: 'heading'; readonly text: CleanText }
  | { readonly kind: 'room'; readonly room: RoomView }
  /** Rooms in which nothing happens, where there is no place for all. */
  | { readonly kind: 'quiet'; readonly rooms: readonly RoomView[] }

/** The rows of the list, as many as it is high; `width` cells each. */
export function sidebarRows(state: ScreenState, world: World, layout: Layout): readonly Row[] {
  const { timeline: height, sidebar: width } = layout
  // What is folded stays while the composer grows: then the end of the list is cut.
  const items = itemsOf(state, world, height + layout.composer - 1 + layout.about)
  const current = items.findIndex(item => item.kind === 'room' && item.room.key === state.current)
  // The current room stays visible.
  const last = Math.max(0, items.length - height)
  const first = Math.max(0, Math.min(current - (height >> 1), last))
  const numbers = new Map(numberedRooms(world).map(({ key }, at) => [key, at + 1]))
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
  const sections = sectionsOf(state, world)
  const parts = [
    { heading: clean`UNREAD`, rooms: sections.unread },
    { heading: clean`ROOMS`, rooms: sections.rooms },
    { heading: clean`PEOPLE`, rooms: sections.people },
  ].filter(part => part.rooms.length > 0)
  const headings = height >= LEAST_FOR_HEADINGS && parts.length > 1 ? parts.length : 0
  const folded = headings > 0 ? foldedRooms(state, sections, height - headings) : new Set()
  return parts.flatMap((part): Item[] => {
    const quiet = part.rooms.filter(room => folded.has(room))
    // The row that counts one room can show it.
    const shown = quiet.length > 1 ? part.rooms.filter(room => !folded.has(room)) : part.rooms
    return [
      ...(headings > 0 ? [{ kind: 'heading', text: part.heading } as const] : []),
      ...shown.map(room => ({ kind: 'room', room }) as const),
      ...(quiet.length > 1 ? [{ kind: 'quiet', rooms: quiet } as const] : []),
    ]
  })
}

/** The quiet rooms for which so many rows are not enough: those that were active longest ago. */
function foldedRooms(
  state: ScreenState,
  { unread, rooms, people }: Sections,
  rows: number,
): ReadonlySet<RoomView> {
  const rank = new Map(state.quiet.map((key, at) => [key, at]))
  const rankOf = ({ key }: RoomView): number => rank.get(key) ?? -1
  const all = [...rooms, ...people]
  const quiet = all.filter(room => rankOf(room) >= 0).sort((a, b) => rankOf(a) - rankOf(b))
  const free = rows - unread.length - all.length + quiet.length
  for (let shown = free; ; shown--) {
    const folded = quiet.slice(Math.max(0, shown))
    // Each part that folds rooms has a row that counts them.
    const counts = new Set(folded.map(({ kind }) => kind)).size
    if (shown <= 0 || shown + counts <= free) return new Set(folded)
  }
}

function itemRow(state: ScreenState, item: Item, numbers: ReadonlyMap<string, number>, width: number): Row {
  switch (item.kind) {
    case 'heading':
      return [span(clean` ${item.text}`, 'dim')]
    case 'quiet':
      return countRow(clean`  … ${item.rooms.length} quiet`, item.rooms, width)
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
  const shown = cleanLine(isDirect ? room.title.slice(1) : room.title)
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
  const rooms = items.flatMap(item =>
    item.kind === 'room' ? [item.room] : item.kind === 'quiet' ? item.rooms : [],
  )
  return countRow(clean`${sign} ${rooms.length} more`, rooms, width)
}

/** A row that counts rooms, with all that is unread in them. */
function countRow(text: CleanText, rooms: readonly RoomView[], width: number): Row {
  const asking = rooms.filter(asksToBeRead)
  const mentions = asking.reduce((sum, room) => sum + room.mentions, 0)
  const unread = asking.reduce((sum, room) => sum + room.unread, 0)
  const badge =
    mentions > 0
      ? [span(clean`@${countText(mentions)} `, 'badge')]
      : unread > 0
        ? [span(clean`${countText(unread)} `, 'strong')]
        : []
  return spread([span(clean` ${text}`, 'dim')], badge, width)
}
