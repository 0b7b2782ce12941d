/** What the word at the cursor can be completed to, in a box over the composer. */

import { commandList } from '../commands/definitions.ts'
import type { Completion } from '../composer/completion.ts'
import { hint } from '../input/bindings.ts'
import type { ScreenState } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { textWidth } from '../text/width.ts'
import { BOX_ENDS, BOX_SIDES, type Box, boxAt } from './box.ts'
import { shownCompletion } from './candidates.ts'
import type { Layout } from './layout.ts'
import { type Row, rowWidth, span } from './row.ts'

const MOST_OPTIONS = 6
const WIDEST = 70

/** The box; undefined where nothing is to be completed, or the terminal is too low. */
export function popupBox(state: ScreenState, world: World, layout: Layout): Box | undefined {
  const completion = shownCompletion(state, world)
  const most = Math.min(MOST_OPTIONS, layout.timeline - BOX_ENDS)
  if (completion === undefined || most < 1) return undefined
  // The last option is the typed word itself.
  const options = completion.options.slice(0, -1)
  const first = Math.max(0, Math.min(completion.chosen - most + 1, options.length - most))
  const rows = options
    .slice(first, first + most)
    .map((option, at) => optionRow(completion, option, first + at))
  const hidden = options.length - rows.length
  const title =
    hidden > 0
      ? clean`${cleanLine(hint('composer.complete').key)} takes it, ${hidden} more`
      : clean`${cleanLine(hint('composer.complete').key)} takes it`
  const widest = Math.max(textWidth(title) + 2, ...rows.map(rowWidth))
  const width = Math.min(layout.columns, WIDEST, widest + BOX_SIDES)
  const height = rows.length + BOX_ENDS
  const above = layout.rows - 1 - layout.composer - layout.about - (layout.ruled ? 1 : 0)
  return boxAt({ left: width < layout.columns ? 1 : 0, top: above - height }, title, rows, width, height)
}

function optionRow(completion: Completion, option: string, at: number): Row {
  const isChosen = at === completion.chosen
  const label = completion.labels?.[at]
  const text = cleanLine(option.trimEnd())
  return [
    span(isChosen ? clean`▌ ` : clean`  `, 'here'),
    span(label === undefined ? text : clean`${text}  ${cleanLine(label)}`, isChosen ? 'here' : 'text'),
    span(helpOf(text), 'dim'),
  ]
}

/** What a command does. */
function helpOf(option: CleanText): CleanText {
  if (!option.startsWith('/')) return clean``
  const command = commandList().find(({ name }) => `/${name}` === option)
  return command === undefined ? clean`` : clean`  ${cleanLine(command.help)}`
}
