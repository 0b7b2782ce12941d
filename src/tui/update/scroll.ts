/** Moving through a timeline. */

import { paneOf } from '../select/pane.ts'
import { anchorAt, bottomPlace, isBehind, moved, type Place } from '../select/viewport.ts'
import { type ScreenState, withRoom } from '../state.ts'
import type { World } from '../world.ts'

/** By rows: negative is back into the past. Pages leave a row of the last one in sight. */
export function scrollBy(state: ScreenState, world: World, rows: number): ScreenState {
  const pane = paneOf(state, world)
  if (pane === undefined) return state
  return scrolledTo(state, world, moved(pane.scene, pane.view.top, rows))
}

/** By pages: -1 is a page back. */
export function scrollPages(state: ScreenState, world: World, pages: 1 | -1): ScreenState {
  const pane = paneOf(state, world)
  return pane === undefined ? state : scrollBy(state, world, pages * Math.max(1, pane.height - 1))
}

/** To the first message that is here. */
export function scrollToTop(state: ScreenState, world: World): ScreenState {
  return scrolledTo(state, world, { block: 0, row: 0 })
}

/** To the line "new"; nowhere where there is none. */
export function scrollToNew(state: ScreenState, world: World): ScreenState {
  const markerAt = paneOf(state, world)?.scene.markerAt ?? -1
  return markerAt === -1 ? state : scrolledTo(state, world, { block: markerAt + 1, row: 0 })
}

/** To the newest row, to stay there. */
export function scrollToBottom(state: ScreenState): ScreenState {
  return withRoom(state, { anchor: 'bottom', asked: [] })
}

/** The state with the pane beginning at a place, or at the bottom where that is behind it. */
export function scrolledTo(state: ScreenState, world: World, top: Place): ScreenState {
  const pane = paneOf(state, world)
  if (pane === undefined) return state
  if (!isBehind(bottomPlace(pane.scene, pane.height), top)) return scrollToBottom(state)
  return withRoom(state, { anchor: anchorAt(pane.scene, top) ?? 'bottom', asked: [] })
}
