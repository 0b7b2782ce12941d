/** The dialog that asks for a key or a password. What is typed in it is never shown, cut into another line, or kept. */

import { createEditor, insertText } from '../composer/editor.ts'
import type { ActionId } from '../input/bindings.ts'
import type { Key } from '../input/key.ts'
import type { Proof, Purpose, ShownKey } from '../model/account.ts'
import type { Credential } from '../model/overlay.ts'
import type { ScreenState } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { type Choice, choicesOf } from '../select/credentialBox.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'
import { lineKey } from './lineKeys.ts'
import { nameDialog } from './nameDialog.ts'
import { type Step, step } from './step.ts'

/** Opens the dialog; the user's keys are looked up meanwhile. */
export function askCredential(state: ScreenState, purpose: Purpose, reason: CleanText): Step {
  const dialog: Credential = {
    kind: 'credential',
    purpose,
    reason,
    keys: undefined,
    problem: undefined,
    chosen: 0,
    stage: purpose.for === 'newPassword' ? 'password' : 'choose',
    first: '',
    editor: createEditor(),
  }
  const opened = { ...state, overlay: dialog }
  return purpose.for === 'newPassword' ? step(opened) : step(opened, { type: 'findKeys' })
}

/** The user's keys are known. */
export function withKeys(
  state: ScreenState,
  keys: readonly ShownKey[],
  problem: CleanText | undefined,
): ScreenState {
  const { overlay } = state
  if (overlay?.kind !== 'credential') return state
  return { ...state, overlay: { ...overlay, keys, problem } }
}

/** The state after a key of the dialog. */
export function credentialKey(
  state: ScreenState,
  world: World,
  dialog: Credential,
  action: ActionId | undefined,
  key: Key,
): Step {
  if (dialog.stage !== 'choose') return typingKey(state, world, dialog, action, key)
  const choices = choicesOf(dialog)
  const moved = (by: number): Step =>
    choices.length === 0
      ? step(state)
      : step({
          ...state,
          overlay: { ...dialog, chosen: (dialog.chosen + by + choices.length) % choices.length },
        })
  switch (action) {
    case 'credential.next':
      return moved(1)
    case 'credential.previous':
      return moved(-1)
    case 'credential.password':
      return choices.some(({ kind }) => kind === 'password') ? step(typing(state, dialog)) : step(state)
    case 'credential.accept': {
      const choice = choices[dialog.chosen]
      return choice === undefined ? step(state) : chosen(state, world, dialog, choice)
    }
    default:
      return step(state)
  }
}

/** Esc while something is typed goes back to the choice; undefined where there is none. */
export function backToChoice(state: ScreenState, dialog: Credential): ScreenState | undefined {
  if (dialog.stage === 'choose' || dialog.purpose.for === 'newPassword') return undefined
  return { ...state, overlay: { ...dialog, stage: 'choose', editor: createEditor(), first: '' } }
}

/** A paste while a password is typed. */
export function pastedSecret(state: ScreenState, dialog: Credential, text: string): ScreenState {
  if (dialog.stage === 'choose') return state
  return { ...state, overlay: { ...dialog, editor: insertText(dialog.editor, text) } }
}

/** The dialog with the password to be typed. */
export function typingPassword(state: ScreenState): ScreenState {
  return state.overlay?.kind === 'credential' ? typing(state, state.overlay) : state
}

function typing(state: ScreenState, dialog: Credential): ScreenState {
  return { ...state, overlay: { ...dialog, stage: 'password', editor: createEditor(), first: '' } }
}

function chosen(state: ScreenState, world: World, dialog: Credential, choice: Choice): Step {
  switch (choice.kind) {
    case 'key':
      return proved(state, dialog, { by: 'key', fingerprint: choice.key.fingerprint })
    case 'password':
      return step(typing(state, dialog))
    case 'name': {
      const { username } = world.client
      const message = 'take another name, which needs no account here'
      return step({ ...state, overlay: nameDialog({ status: 'refused', code: '', message }, username) })
    }
  }
}

function typingKey(
  state: ScreenState,
  world: World,
  dialog: Credential,
  action: ActionId | undefined,
  key: Key,
): Step {
  if (action !== 'secret.accept') {
    // What is cut here must not come back in another line.
    const { line: editor } = lineKey({ ...state, killRing: [] }, dialog.editor, action, key)
    return step({ ...state, overlay: { ...dialog, editor } })
  }
  const { text } = dialog.editor
  if (text === '') return step(state)
  const isNew = dialog.purpose.for === 'register' || dialog.purpose.for === 'newPassword'
  if (!isNew) return proved(state, dialog, { by: 'password', password: text })
  const empty = createEditor()
  if (dialog.stage === 'password') {
    const problem = weakness(text, world.client.username)
    return step({
      ...state,
      overlay:
        problem === undefined
          ? { ...dialog, stage: 'repeat', first: text, editor: empty, problem: undefined }
          : { ...dialog, editor: empty, problem },
    })
  }
  if (text === dialog.first) return proved(state, dialog, { by: 'password', password: text })
  const problem = clean`the two were not the same; type it again`
  return step({ ...state, overlay: { ...dialog, stage: 'password', first: '', editor: empty, problem } })
}

/** The user has chosen: closes the dialog and does what it was opened for. */
function proved(state: ScreenState, { purpose }: Credential, proof: Proof): Step {
  const closed = { ...state, overlay: undefined, lastProof: proof.by }
  switch (purpose.for) {
    case 'signIn':
      return step(closed, { type: 'signIn', proof })
    case 'register':
      return step(closed, { type: 'account', request: { action: 'register', by: proof } })
    case 'newPassword':
      return proof.by === 'password'
        ? step(closed, { type: 'account', request: { action: 'password', next: proof.password } })
        : step(closed)
    case 'addKey':
      return proof.by === 'key'
        ? step(closed, { type: 'account', request: { action: 'addkey', fingerprint: proof.fingerprint } })
        : step(closed)
    case 'again': {
      const { request, nonce } = purpose
      return step(closed, { type: 'account', request, proof, nonce })
    }
  }
}

/** Why a password may not be chosen, as the server would say; undefined where it may. */
function weakness(password: string, username: string): CleanText | undefined {
  const length = [...password].length
  if (length < 8) return clean`a password has at least 8 characters; this one has ${length}`
  return password.toLowerCase() === username.toLowerCase()
    ? clean`${cleanLine(username)} is the name; choose another password`
    : undefined
}
