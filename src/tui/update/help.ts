/** Keys of the help overlay. */

import type { ActionId } from '../input/bindings.ts'
import type { Overlay } from '../model/overlay.ts'
import type { ScreenState } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { helpHeight, helpRowCount } from '../select/helpBox.ts'
import { layoutOf } from '../select/layout.ts'

/** The state after a key of the help. */
export function helpKey(
  state: ScreenState,
  world: World,
  help: Extract<Overlay, { kind: 'help' }>,
  action: ActionId | undefined,
): ScreenState {
  if (action === 'help.close') return { ...state, overlay: undefined }
  const layout = layoutOf(state, world)
  if (layout === undefined) return state
  const page = helpHeight(layout)
  const by =
    action === 'help.lineUp'
      ? -1
      : action === 'help.lineDown'
        ? 1
        : action === 'help.pageUp'
          ? -page
          : action === 'help.pageDown'
            ? page
            : 0
  const top = Math.max(0, Math.min(help.top + by, helpRowCount(layout) - page))
  return { ...state, overlay: { kind: 'help', top } }
}
