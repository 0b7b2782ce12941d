/** The quick switcher as a box: an input line, and what fits it. */

import { editorView } from '../composer/editorRows.ts'
import type { Switcher } from '../model/overlay.ts'
import { asksToBeRead } from '../model/roomOrder.ts'
import type { ScreenState } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { type CleanText, clean, cleanLine, sliceClean } from '../text/clean.ts'
import { BOX_ENDS, BOX_SIDES, type Box, boxOf } from './box.ts'
import { type Choice, choicesOf, chosenAt, type FoundChoice } from './choices.ts'
import { countText } from './countText.ts'
import type { Layout } from './layout.ts'
import { roomLabel } from './roomLabel.ts'
import { type Row, rowWidth, type Span, span, spread } from './row.ts'
import type { SwitcherMatch } from './switcher.ts'

const WIDEST = 72
const MOST_MATCHES = 14

/** The box, and where the cursor is on the screen. */
export function switcherBox(
  state: ScreenState,
  world: World,
  layout: Layout,
  switcher: Switcher,
): { readonly box: Box; readonly cursor: { readonly x: number; readonly y: number } } {
  const width = Math.min(WIDEST, layout.columns)
  const inner = width - BOX_SIDES
  const matches = choicesOf(state, world, switcher)
  const most = Math.max(1, Math.min(MOST_MATCHES, layout.rows - BOX_ENDS - 3))
  const chosen = chosenAt(matches, switcher)
  const first = Math.max(0, Math.min(chosen - most + 1, matches.length - most))
  const { rows: typed, cursor } = editorView(switcher.editor, inner - 2, 1)
  const line: Row = [span(clean`› `, 'here'), span(typed[0] ?? clean``)]
  const found = matches.slice(first, first + most)
  const rows =
    found.length === 0
      ? [[span(switcher.of === 'people' ? clean`no other person is here` : clean`nothing fits`, 'dim')]]
      : found.map((match, at) => choiceRow(match, first + at === chosen, inner))
  const content = [line, [], ...rows]
  const height = Math.min(layout.rows, BOX_ENDS + 2 + most)
  const box = boxOf(layout, titleOf(state, world, switcher), content, width, height)
  return { box, cursor: { x: box.inside.x + 2 + cursor.column, y: box.inside.y } }
}

function titleOf(state: ScreenState, world: World, { of }: Switcher): CleanText {
  switch (of) {
    case 'all':
      return clean`Go to`
    case 'rooms':
      return clean`Rooms of this server`
    case 'make':
      return clean`There is no such room: go to another, or make it`
    case 'people': {
      const room = roomOf(world, state.current)
      return room === undefined ? clean`People` : clean`People in ${roomLabel(room)}`
    }
  }
}

function choiceRow({ room, ranges }: SwitcherMatch<FoundChoice>, isChosen: boolean, width: number): Row {
  const { choice } = room
  const tone = isChosen ? 'here' : 'text'
  const left: Row = [
    span(isChosen ? clean`▌ ` : clean`  `, 'here'),
    span(signOf(choice), tone),
    ...nameSpans(cleanLine(room.room), room.room, ranges, tone),
  ]
  const right = detailsOf(choice)
  const about = aboutOf(choice)
  const missing = width - rowWidth(left) - rowWidth(right) - 4
  return spread(about === '' || missing < 8 ? left : [...left, span(clean`  ${about}`, 'dim')], right, width)
}

function signOf(choice: Choice): CleanText {
  if (choice.kind === 'make') return clean`make #`
  const isRoom = choice.kind === 'public' || (choice.kind === 'room' && choice.view.kind === 'room')
  return isRoom ? clean`#` : clean``
}

/** What stands behind the name. */
function aboutOf(choice: Choice): CleanText {
  switch (choice.kind) {
    case 'room':
      return cleanLine(choice.view.topic)
    case 'public':
      return cleanLine(choice.summary.topic)
    case 'person':
      return cleanLine(choice.member.away ?? '')
    case 'command':
      return cleanLine(choice.help)
    case 'make':
      return clean`a new room`
  }
}

/** What stands at the right end. */
function detailsOf(choice: Choice): Row {
  switch (choice.kind) {
    case 'room': {
      const { view } = choice
      if (view.mentions > 0) return [span(clean`@${countText(view.mentions)}`, 'badge')]
      return asksToBeRead(view) ? [span(countText(view.unread), 'strong')] : []
    }
    case 'public': {
      const { people } = choice.summary
      return [span(people === 1 ? clean`1 person` : clean`${people} people`, 'dim')]
    }
    case 'person':
      return choice.member.away === undefined ? [span(clean`here`, 'good')] : [span(clean`away`, 'warning')]
    default:
      return []
  }
}

/** The name with the letters that fit set apart. The indices belong to the raw name: they count only if cleaning changed nothing. */
function nameSpans(
  name: CleanText,
  raw: string,
  ranges: readonly (readonly [start: number, end: number])[],
  tone: 'here' | 'text',
): Row {
  if (name !== raw) return [span(name, tone)]
  const parts: Span[] = []
  let from = 0
  for (const [start, end] of ranges) {
    parts.push(span(sliceClean(name, from, start), tone), span(sliceClean(name, start, end), 'fresh'))
    from = end
  }
  return [...parts, span(sliceClean(name, from), tone)]
}
