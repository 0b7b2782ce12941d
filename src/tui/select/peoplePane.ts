/** The people of the current room, beside the timeline. */

import type { RoomMember, RoomView } from '../../client/room.ts'
import type { ScreenState } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { clean, cleanLine } from '../text/clean.ts'
import type { HueBook } from '../text/hues.ts'
import type { Layout } from './layout.ts'
import { huesIn } from './pane.ts'
import { cutRow, EMPTY_ROW, type Row, span } from './row.ts'

/** The rows of the list, as many as it is high: a head, and the people by name, those who are away below. */
export function peopleRows(state: ScreenState, world: World, layout: Layout): readonly Row[] {
  const { timeline: height, people: width } = layout
  const room = roomOf(world, state.current)
  const rows = room === undefined ? [] : [headOf(room), ...membersOf(room, huesIn(room, state, world))]
  // The last row counts the people for whom there is no room.
  const hidden = rows.length - height
  const shown: Row[] =
    hidden <= 0 ? rows : [...rows.slice(0, height - 1), [span(clean`   ${hidden + 1} more`, 'dim')]]
  return Array.from({ length: height }, (_, at) => cutRow(shown[at] ?? EMPTY_ROW, width))
}

function headOf({ people, members }: RoomView): Row {
  const count = members?.size ?? people
  return [span(count === 1 ? clean` 1 person` : clean` ${count} people`, 'dim')]
}

/** Nothing in a room of more people than the server names. */
function membersOf({ members }: RoomView, hues: HueBook): readonly Row[] {
  const sorted = [...(members?.values() ?? [])].sort(
    (a, b) => Number(a.away !== undefined) - Number(b.away !== undefined) || (a.name < b.name ? -1 : 1),
  )
  return sorted.map(member => memberRow(member, hues))
}

/** `● carol`, or `☾ bob  lunch`. */
function memberRow({ name, away }: RoomMember, hues: HueBook): Row {
  const shown = span(cleanLine(name), away === undefined ? `person.${hues.peek(name)}` : 'dim')
  if (away === undefined) return [span(clean` ● `, 'good'), shown]
  return [span(clean` ☾ `, 'warning'), shown, span(clean`  ${cleanLine(away)}`, 'dim')]
}
