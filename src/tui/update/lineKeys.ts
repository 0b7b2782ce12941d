/** Keys that edit an input line: the composer, the switcher, the dialog. */

import { type Editor, insertText, withKillRing } from '../composer/editor.ts'
import { edit, isLineAction, type LineAction } from '../composer/lineActions.ts'
import type { ActionId } from '../input/bindings.ts'
import type { Key } from '../input/key.ts'
import type { ScreenState } from '../model/state.ts'

/** A line after a key, and the state with what the key cut. */
type Edited = { readonly state: ScreenState; readonly line: Editor }

/** An input line of an overlay after any key: one that edits, one that types, or another. */
export function lineKey(state: ScreenState, line: Editor, action: ActionId | undefined, key: Key): Edited {
  if (action !== undefined) return isLineAction(action) ? edited(state, line, action) : { state, line }
  return { state, line: key.text === undefined ? line : insertText(line, key.text) }
}

/** An input line after an editing action: every line can put back what was cut in another one. */
export function edited(state: ScreenState, line: Editor, action: LineAction): Edited {
  const next = edit(withKillRing(line, state.killRing), action)
  return {
    state: next.killRing === state.killRing ? state : { ...state, killRing: next.killRing },
    line: next,
  }
}
