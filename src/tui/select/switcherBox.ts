/** The quick switcher as a box: an input line, and the matching rooms. */

import type { RoomView } from '../../client/room.ts'
import { editorView } from '../composer/editorRows.ts'
import { type Overlay, roomScreen, type ScreenState } from '../model/state.ts'
import { roomsOf, type World } from '../model/world.ts'
import { clean, cleanLine, sliceClean } from '../text/clean.ts'
import { BOX_ENDS, BOX_SIDES, type Box, boxOf } from './box.ts'
import { countText } from './countText.ts'
import type { Layout } from './layout.ts'
import { type Row, span, spread } from './row.ts'
import { matchRooms, type SwitcherMatch, type SwitcherRoom } from './switcher.ts'

const WIDEST = 48
const MOST_MATCHES = 12

/** A room as the switcher finds it. */
export type FoundRoom = SwitcherRoom & { readonly view: RoomView }

/** The rooms that match a query, best first, with the current room last. */
export function switcherMatches(
  state: ScreenState,
  world: World,
  query: string,
): readonly SwitcherMatch<FoundRoom>[] {
  const rooms = roomsOf(world).map(view => ({
    room: view.name,
    unread: view.unread,
    mentions: view.mentions,
    lastActive: view.key === state.current ? -1 : roomScreen(state, view.key).lastActive,
    view,
  }))
  return matchRooms(query, rooms)
}

/** The box, and where the cursor is on the screen. */
export function switcherBox(
  state: ScreenState,
  world: World,
  layout: Layout,
  switcher: Extract<Overlay, { kind: 'switcher' }>,
): { readonly box: Box; readonly cursor: { readonly x: number; readonly y: number } } {
  const width = Math.min(WIDEST, layout.columns)
  const inner = width - BOX_SIDES
  const matches = switcherMatches(state, world, switcher.editor.text)
  const most = Math.max(1, Math.min(MOST_MATCHES, layout.rows - BOX_ENDS - 3))
  const first = Math.max(0, Math.min(switcher.chosen - most + 1, matches.length - most))
  const { rows: typed, cursor } = editorView(switcher.editor, inner - 2, 1)
  const line: Row = [span(clean`› `, 'here'), span(typed[0] ?? clean``)]
  const found = matches.slice(first, first + most)
  const rows =
    found.length === 0
      ? [[span(clean`no room matches; /join makes one`, 'dim')]]
      : found.map((match, at) => matchRow(match, first + at === switcher.chosen, inner))
  const content = [line, [], ...rows]
  const height = Math.min(
    layout.rows,
    BOX_ENDS + 2 + Math.min(most, Math.max(rows.length, roomsOf(world).length)),
  )
  const box = boxOf(layout, clean`Go to`, content, width, height)
  return { box, cursor: { x: box.inside.x + 2 + cursor.column, y: box.inside.y } }
}

function matchRow({ room, ranges }: SwitcherMatch<FoundRoom>, isChosen: boolean, width: number): Row {
  const name = cleanLine(room.view.name)
  const sign = room.view.kind === 'direct' ? clean`` : clean`#`
  const tone = isChosen ? 'here' : 'text'
  const left: Row = [span(isChosen ? clean`▌ ` : clean`  `, 'here'), span(sign, tone)]
  const badge: Row =
    room.mentions > 0
      ? [span(clean`@${countText(room.mentions)}`, 'badge')]
      : room.unread > 0
        ? [span(countText(room.unread), 'strong')]
        : []
  // The indices belong to the raw name; they are right only if cleaning changed nothing.
  if (name !== room.room) return spread([...left, span(name, tone)], badge, width)
  const parts: Row[number][] = []
  let from = 0
  for (const [start, end] of ranges) {
    parts.push(span(sliceClean(name, from, start), tone), span(sliceClean(name, start, end), 'fresh'))
    from = end
  }
  return spread([...left, ...parts, span(sliceClean(name, from), tone)], badge, width)
}
