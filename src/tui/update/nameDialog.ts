/** Asks for another name after the server refused ours. */

import type { LinkState } from '../../client/link.ts'
import { parseUsername } from '../../protocol/names.ts'
import { createEditor } from '../composer/editor.ts'
import type { ActionId } from '../input/bindings.ts'
import type { Key } from '../input/key.ts'
import type { Overlay } from '../model/overlay.ts'
import type { ScreenState } from '../model/state.ts'
import { cleanLine } from '../text/clean.ts'
import { lineKey } from './lineKeys.ts'
import { type Step, step } from './step.ts'

type Refused = Extract<LinkState, { status: 'refused' }>
type NameDialog = Extract<Overlay, { kind: 'name' }>

/** Refusals that another name can avoid. */
const ABOUT_THE_NAME: ReadonlySet<string> = new Set(['name_taken', 'name_invalid', 'auth_failed'])

/** Whether another name can avoid a refusal. */
export function isAboutTheName({ code }: Refused): boolean {
  return ABOUT_THE_NAME.has(code)
}

/** The dialog for a refusal. */
export function nameDialog({ message }: Refused, username: string): NameDialog {
  return { kind: 'name', editor: createEditor(username), reason: cleanLine(message) }
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
