/** Keys of the quick switcher. */

import type { ActionId } from '../input/bindings.ts'
import type { Key } from '../input/key.ts'
import type { Overlay, ScreenState } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { switcherMatches } from '../select/switcherBox.ts'
import { lineKey } from './lineKeys.ts'
import { togglePeek } from './reading.ts'
import { jumpTo } from './rooms.ts'
import { andThen, type Step, step } from './step.ts'

type Switcher = Extract<Overlay, { kind: 'switcher' }>

/** The state after a key of the switcher. */
export function switcherKey(
  state: ScreenState,
  world: World,
  switcher: Switcher,
  action: ActionId | undefined,
  key: Key,
): Step {
  const count = switcherMatches(state, world, switcher.editor.text).length
  const chosenBy = (by: number): Step =>
    step({
      ...state,
      overlay: { ...switcher, chosen: count === 0 ? 0 : (switcher.chosen + by + count) % count },
    })
  switch (action) {
    case 'switcher.open': {
      const chosen = switcherMatches(state, world, switcher.editor.text)[switcher.chosen]
      return chosen === undefined
        ? step(state)
        : jumpTo({ ...state, overlay: undefined }, world, chosen.room.view.key)
    }
    case 'switcher.peek': {
      const chosen = switcherMatches(state, world, switcher.editor.text)[switcher.chosen]
      if (chosen === undefined) return step(state)
      return andThen(jumpTo({ ...state, overlay: undefined }, world, chosen.room.view.key), togglePeek)
    }
    case 'switcher.next':
      return chosenBy(1)
    case 'switcher.previous':
      return chosenBy(-1)
    case 'switcher.close':
      return step({ ...state, overlay: undefined })
    default: {
      const { state: next, line: editor } = lineKey(state, switcher.editor, action, key)
      const chosen = editor.text === switcher.editor.text ? switcher.chosen : 0
      return step({ ...next, overlay: { ...switcher, editor, chosen } })
    }
  }
}
