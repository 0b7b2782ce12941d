/** The messages of the room without columns. */

import { roomScreen, type ScreenState } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { paneOf } from '../select/pane.ts'
import { clean, cleanLine, cleanText, splitLines } from '../text/clean.ts'
import { type Step, step } from './step.ts'

/** Messages that are shown at most: more than the highest terminal has rows. */
const MOST = 500

/** Asks for the view of the selected message alone, or of all up to the last one on the screen. */
export function showBare(state: ScreenState, world: World): Step {
  const pane = paneOf(state, world)
  if (pane === undefined) return step(state)
  const { selection } = roomScreen(state)
  const shown = pane.room.timeline
    .slice(0, pane.view.lastBlock)
    .slice(-MOST)
    .filter(entry => entry.kind === 'message')
  const chosen = selection === undefined ? shown : shown.filter(({ id }) => id === selection.id)
  const lines = chosen.flatMap(({ from, text }) => {
    const [first = clean``, ...others] = splitLines(cleanText(text ?? ''))
    return [clean`${cleanLine(from)}: ${first}`, ...others]
  })
  return step(state, { type: 'bare', lines, isWhole: selection !== undefined })
}
