/** The quick switcher: opening it, and its keys. */

import { createEditor, insertText, setText } from '../composer/editor.ts'
import type { ActionId } from '../input/bindings.ts'
import type { Key } from '../input/key.ts'
import type { Switcher } from '../model/overlay.ts'
import { roomScreen, type ScreenState, withNotice } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { type Choice, choicesOf, chosenAt, keyOfChoice } from '../select/choices.ts'
import { clean } from '../text/clean.ts'
import { emptied, withEditor } from './compose.ts'
import { lineKey } from './lineKeys.ts'
import { togglePeek } from './reading.ts'
import { jumpTo } from './rooms.ts'
import { andThen, type Step, step } from './step.ts'

/** Opens the switcher; the rooms of the server come a moment later. */
export function openSwitcher(
  state: ScreenState,
  world: World,
  of: Switcher['of'],
  typed = '',
  rooms?: Switcher['rooms'],
): Step {
  const editor = insertText(createEditor(), typed)
  const empty: Switcher = { kind: 'switcher', of, editor, chosen: undefined, rooms }
  // People come a moment later, in the order of their names.
  const overlay = of === 'people' ? empty : withFirst(state, world, empty)
  const asks = rooms === undefined && of !== 'people' && world.client.link.status === 'online'
  return step({ ...state, overlay }, ...(asks ? [{ type: 'listRooms' } as const] : []))
}

/** The state after a key of the switcher. */
export function switcherKey(
  state: ScreenState,
  world: World,
  switcher: Switcher,
  action: ActionId | undefined,
  key: Key,
): Step {
  const choices = choicesOf(state, world, switcher)
  const at = chosenAt(choices, switcher)
  const chosenBy = (by: number): Step => {
    const next = choices[(at + by + choices.length) % choices.length]
    const chosen = next === undefined ? undefined : keyOfChoice(next)
    return step({ ...state, overlay: { ...switcher, chosen } })
  }
  const choice = choices[at]?.room.choice
  switch (action) {
    case 'switcher.open':
      return choice === undefined ? step(state) : take({ ...state, overlay: undefined }, world, choice)
    case 'switcher.peek': {
      if (choice?.kind !== 'room') return step(state)
      return andThen(jumpTo({ ...state, overlay: undefined }, world, choice.view.key), togglePeek)
    }
    case 'switcher.next':
      return chosenBy(1)
    case 'switcher.previous':
      return chosenBy(-1)
    case 'switcher.close':
      return step({ ...state, overlay: undefined })
    default: {
      const { state: next, line: editor } = lineKey(state, switcher.editor, action, key)
      const overlay = { ...switcher, editor }
      const isSame = editor.text === switcher.editor.text
      return step({ ...next, overlay: isSame ? overlay : withFirst(next, world, overlay) })
    }
  }
}

/** The switcher with its best match chosen. */
function withFirst(state: ScreenState, world: World, switcher: Switcher): Switcher {
  const [first] = choicesOf(state, world, switcher)
  return { ...switcher, chosen: first === undefined ? undefined : keyOfChoice(first) }
}

function take(state: ScreenState, world: World, choice: Choice): Step {
  switch (choice.kind) {
    case 'room':
      return jumpTo(state, world, choice.view.key)
    case 'public':
      return step(state, { type: 'join', conversation: choice.summary.room, isSure: true })
    case 'make':
      return step(state, { type: 'join', conversation: choice.name, isSure: true })
    case 'person':
      return step(state, { type: 'join', conversation: `@${choice.member.name}`, isSure: true })
    case 'command':
      return beginCommand(state, world, choice.name)
  }
}

/** Puts a command into the composer; what was in it goes into the history. */
function beginCommand(state: ScreenState, world: World, name: string): Step {
  const { editor, about } = roomScreen(state)
  if (about?.kind === 'edit')
    return step(withNotice(state, clean`you are editing a message: Enter or Esc first`, 'error'))
  const isDraft = editor.text !== ''
  const left = isDraft ? withNotice(emptied(state), clean`your draft: Ctrl+Up brings it back`) : state
  return withEditor(left, world, setText(roomScreen(left).editor, `/${name} `))
}
