/** Up and Down in the composer. */

import { moveRows } from '../composer/editorRows.ts'
import { roomScreen, type ScreenState, withNotice } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { composerWidth } from '../select/layout.ts'
import { clean } from '../text/clean.ts'
import { editLast, isUnchanged, leaveAbout } from './about.ts'
import { recall, withEditor } from './compose.ts'
import { andThen, type Step, step } from './step.ts'

/**
 * Moves a row up or down in a text. In an empty composer, Up takes our last message to edit; Down leaves the edit while
 * nothing was changed.
 */
export function upOrDown(state: ScreenState, world: World, by: 1 | -1): Step {
  const { editor, about } = roomScreen(state)
  const moved = moveRows(editor, composerWidth(state, world), by)
  if (moved !== undefined) return withEditor(state, world, moved)
  if (about?.kind === 'edit')
    return step(by === 1 && isUnchanged(state, world, about) ? leaveAbout(state, world) : state)
  if (by === 1 || editor.text !== '') return step(state)
  const nothing = clean`you have no message here to edit — Ctrl+Up recalls what you sent`
  return editLast(state, world) ?? step(withNotice(state, nothing))
}

/** Shows the text that was sent before (-1) or after (1). An edit ends, if nothing was changed in it. */
export function walkHistory(state: ScreenState, world: World, by: 1 | -1): Step {
  const { about } = roomScreen(state)
  if (about?.kind !== 'edit') return recall(state, world, by)
  if (!isUnchanged(state, world, about))
    return step(withNotice(state, clean`you are editing a message — Enter or Esc first`, 'warning'))
  return andThen(step(leaveAbout(state, world)), next => recall(next, world, by))
}
