/** Up and Down in the composer. */

import { moveRows } from '../composer/editorRows.ts'
import { roomScreen, type ScreenState } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { composerWidth } from '../select/layout.ts'
import { editLast, isUnchanged, leaveAbout } from './about.ts'
import { recall, withEditor } from './compose.ts'
import { andThen, type Step, step } from './step.ts'

/**
 * Moves a row up or down. Above the first row, an empty composer takes our last message to edit, then the texts sent
 * before; below the last row it goes back again. A recalled text that was changed stays.
 */
export function upOrDown(state: ScreenState, world: World, by: 1 | -1): Step {
  const { editor, about } = roomScreen(state)
  const moved = moveRows(editor, composerWidth(state, world), by)
  if (moved !== undefined) return withEditor(state, world, moved)
  if (about?.kind === 'edit') {
    if (!isUnchanged(state, world, about)) return step(state)
    const left = step(leaveAbout(state, world))
    if (by === 1) return left
    const recalled = andThen(left, next => recallOther(next, world, editor.text))
    return roomScreen(recalled.state).editor.text === '' ? step(state) : recalled
  }
  return (by === -1 ? editLast(state, world) : undefined) ?? recall(state, world, by)
}

/** Recalls the text before, unless the composer just showed it. */
function recallOther(state: ScreenState, world: World, seen: string): Step {
  const recalled = recall(state, world, -1)
  return roomScreen(recalled.state).editor.text === seen ? recall(recalled.state, world, -1) : recalled
}
