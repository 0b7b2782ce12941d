/** The line at the top: the current room. */

import type { RoomView } from '../../client/room.ts'
import { foldName } from '../../protocol/names.ts'
import { asksToBeRead } from '../model/roomOrder.ts'
import type { ScreenState } from '../model/state.ts'
import { roomOf, roomsOf, type World } from '../model/world.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { countText } from './countText.ts'
import type { Layout } from './layout.ts'
import { roomLabel } from './roomLabel.ts'
import { type Row, type Span, span, spread } from './row.ts'

const GAP = span(clean`  `)

/** Name and topic of the room to the left, people to the right, unless they are listed below. */
export function headerRow(state: ScreenState, world: World, layout: Layout): Row {
  const room = roomOf(world, state.current)
  if (room === undefined) {
    const { server } = world.client
    const name = server === undefined ? clean`chat-tui` : cleanLine(server.name)
    return spread(
      [span(clean` ${name}`, 'strong'), GAP, span(clean`/join a room`, 'dim')],
      [],
      layout.columns,
    )
  }
  const left: Span[] = [span(clean` ${roomLabel(room)}`, 'strong')]
  const topic = cleanLine(room.topic)
  if (topic !== '') left.push(GAP, span(topic, 'dim'))
  const elsewhere = layout.sidebar === 0 ? unreadElsewhere(world, room.key) : []
  return spread(
    left,
    [span(clean` `), ...elsewhere, span(clean`${about(room, layout)} `, 'dim')],
    layout.columns,
  )
}

/** A narrower terminal does not say who is away; one that is not wide says only how many are. */
const LEAST_FOR_AWAY = 60
const LEAST_FOR_NAME = 80

function about(room: RoomView, { columns, people }: Layout): CleanText {
  if (room.status === 'failed') return clean`not joined`
  if (room.status === 'joining' && room.people === 0) return clean`joining…`
  if (room.kind === 'direct') return directState(room)
  if (people > 0) return clean``
  const count = room.people === 1 ? clean`1 person` : clean`${room.people} people`
  const away = columns < LEAST_FOR_AWAY ? undefined : awayText(room, columns >= LEAST_FOR_NAME)
  return away === undefined ? count : clean`${count} · ${away}`
}

/** `bob away`, or `3 away`; undefined where all are here, or in a large room. */
function awayText({ members }: RoomView, isNamed: boolean): CleanText | undefined {
  const away = [...(members?.values() ?? [])].filter(member => member.away !== undefined)
  const [first] = away
  if (first === undefined) return undefined
  return away.length === 1 && isNamed ? clean`${cleanLine(first.name)} away` : clean`${away.length} away`
}

/** The presence of the other user of a direct conversation. */
function directState(room: RoomView): CleanText {
  if (room.members === undefined) return clean`direct`
  const other = room.members.get(foldName(room.name.slice(1)))
  if (other === undefined) return clean`offline`
  return other.away === undefined ? clean`here` : clean`away: ${cleanLine(other.away)}`
}

/** The unread messages of the other rooms, while the sidebar is hidden. */
function unreadElsewhere(world: World, current: string): Span[] {
  const others = roomsOf(world).filter(room => room.key !== current && asksToBeRead(room))
  const unread = others.reduce((sum, room) => sum + room.unread, 0)
  const mentions = others.reduce((sum, room) => sum + room.mentions, 0)
  const spans: Span[] = []
  if (mentions > 0) spans.push(span(clean`@${countText(mentions)}`, 'badge'), GAP)
  if (unread > mentions) spans.push(span(clean`+${countText(unread - mentions)}`, 'strong'), GAP)
  return spans
}
