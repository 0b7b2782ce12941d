/** Asks for another name after the server refused ours. */

import { parseUsername } from '../../protocol/names.ts'
import { createEditor } from '../composer/editor.ts'
import type { ActionId } from '../input/bindings.ts'
import type { Key } from '../input/key.ts'
import type { Overlay, ScreenState } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { cleanLine } from '../text/clean.ts'
import { lineKey } from './lineKeys.ts'
import { type Step, step } from './step.ts'

type NameDialog = Extract<Overlay, { kind: 'name' }>

/** Refusals that another name can avoid. */
const ABOUT_THE_NAME: ReadonlySet<string> = new Set(['name_taken', 'name_invalid', 'auth_failed'])

/** Opens the dialog at a new refusal; closes it when the connection is no longer refused. */
export function withNameDialog(state: ScreenState, { client: { link, username } }: World): ScreenState {
  if (link.status !== 'refused') {
    const isOpen = state.overlay?.kind === 'name'
    return state.refusal === undefined && !isOpen
      ? state
      : { ...state, refusal: undefined, overlay: isOpen ? undefined : state.overlay }
  }
  if (link === state.refusal || !ABOUT_THE_NAME.has(link.code)) return state
  const dialog: NameDialog = { kind: 'name', editor: createEditor(username), reason: cleanLine(link.message) }
  return { ...state, refusal: link, overlay: dialog }
}

/** The state after a key of the dialog. */
export function nameKey(
  state: ScreenState,
  dialog: NameDialog,
  action: ActionId | undefined,
  key: Key,
): Step {
  if (action === 'dialog.accept') {
    const name = parseUsername(dialog.editor.text.trim())
    if (name.ok) return step({ ...state, overlay: undefined }, { type: 'rename', name: name.value })
    return step({ ...state, overlay: { ...dialog, reason: cleanLine(name.error.message) } })
  }
  const { state: next, line: editor } = lineKey(state, dialog.editor, action, key)
  return step({ ...next, overlay: { ...dialog, editor } })
}
