/** Keys of the search in the texts that were sent. */

import { createEditor, setText } from '../composer/editor.ts'
import { jumpedTo } from '../composer/inputHistory.ts'
import type { ActionId } from '../input/bindings.ts'
import type { Key } from '../input/key.ts'
import type { Recall } from '../model/overlay.ts'
import { roomScreen, type ScreenState, withNotice, withRoom } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { recallMatches } from '../select/recallBox.ts'
import { clean } from '../text/clean.ts'
import { withEditor } from './compose.ts'
import { lineKey } from './lineKeys.ts'
import { type Step, step } from './step.ts'

/** The state with the search open, unless a message is being edited. */
export function openRecall(state: ScreenState): ScreenState {
  if (roomScreen(state).about?.kind === 'edit')
    return withNotice(state, clean`you are editing a message — Enter or Esc first`, 'warning')
  return { ...state, overlay: { kind: 'recall', editor: createEditor(), chosen: 0 } }
}

/** The state after a key of the search. */
export function recallKey(
  state: ScreenState,
  world: World,
  search: Recall,
  action: ActionId | undefined,
  key: Key,
): Step {
  const matches = recallMatches(state, search.editor.text)
  const choose = (by: 1 | -1): Step => {
    const chosen = Math.max(0, Math.min(matches.length - 1, search.chosen + by))
    return step({ ...state, overlay: { ...search, chosen } })
  }
  switch (action) {
    case 'recall.take': {
      const text = matches[search.chosen]
      return text === undefined ? step(state) : take({ ...state, overlay: undefined }, world, text)
    }
    case 'recall.older':
      return choose(1)
    case 'recall.newer':
      return choose(-1)
    default: {
      const { state: next, line: editor } = lineKey(state, search.editor, action, key)
      const chosen = editor.text === search.editor.text ? search.chosen : 0
      return step({ ...next, overlay: { ...search, editor, chosen } })
    }
  }
}

/** The text in the composer. The draft that was there comes back behind the newest text of the history, or by undo. */
function take(state: ScreenState, world: World, text: string): Step {
  const { editor, history } = roomScreen(state)
  const at = history.entries.lastIndexOf(text)
  const walked = at === -1 ? state : withRoom(state, { history: jumpedTo(history, editor.text, at).history })
  return withEditor(walked, world, setText(editor, text))
}
