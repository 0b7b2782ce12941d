/** Completing names, rooms and commands. */

import { nextCompletion, startCompletion } from '../composer/completion.ts'
import { setText } from '../composer/editor.ts'
import { roomScreen, type ScreenState, withRoom } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { candidatesOf } from '../select/candidates.ts'
import { withEditor } from './compose.ts'
import { andThen, type Step, step } from './step.ts'

/** Completes the word at the cursor: the next candidate for Tab (1), the one before for Shift+Tab (-1). */
export function complete(state: ScreenState, world: World, direction: 1 | -1): Step {
  const { editor, completion } = roomScreen(state)
  const goesOn =
    completion !== undefined && completion.text === editor.text && completion.cursor === editor.cursor
  const chosen = goesOn
    ? nextCompletion(completion, direction)
    : startCompletion(editor.text, editor.cursor, candidatesOf(state, world), direction)
  if (chosen === undefined) return step(state)
  return andThen(withEditor(state, world, setText(editor, chosen.text, chosen.cursor)), next =>
    step(withRoom(next, { completion: chosen })),
  )
}
