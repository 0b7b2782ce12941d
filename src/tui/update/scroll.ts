/** Moving through a timeline. */

import type { TimelineEntry } from '../../client/timelineEntry.ts'
import { type ScreenState, withRoom } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { type Pane, paneOf } from '../select/pane.ts'
import {
  anchorAt,
  bottomPosition,
  isBehind,
  moved,
  positionEndingAt,
  type RowPosition,
} from '../select/viewport.ts'

/** Scrolls by rows; negative: towards older messages. */
export function scrollBy(state: ScreenState, world: World, rows: number): ScreenState {
  const pane = paneOf(state, world)
  if (pane === undefined) return state
  const wanted = moved(pane.scene, pane.view.top, rows)
  return scrolledTo(state, world, rows < 0 ? notAboveGap(pane, wanted) : notBelowGap(pane, wanted))
}

/** Scrolling back stops at a gap that is not visible yet; otherwise the user would skip the messages that fill it. */
function notAboveGap({ room, view }: Pane, wanted: RowPosition): RowPosition {
  for (let block = view.top.block - 1; block >= Math.max(1, wanted.block); block--) {
    if (isFillable(room.timeline[block - 1])) return { block, row: 0 }
  }
  return wanted
}

/** Scrolling forward stops the same way, with the gap in the last row. */
function notBelowGap({ room, scene, view, height }: Pane, wanted: RowPosition): RowPosition {
  for (let block = view.lastBlock + 1; block <= view.lastBlock + height; block++) {
    if (!isFillable(room.timeline[block - 1])) continue
    const ending = positionEndingAt(scene, block, height)
    return isBehind(wanted, ending) ? ending : wanted
  }
  return wanted
}

function isFillable(entry: TimelineEntry | undefined): boolean {
  return entry?.kind === 'gap' && entry.reason !== 'expired'
}

/** Scrolls by pages, which overlap in one row; -1: a page back. */
export function scrollPages(state: ScreenState, world: World, pages: 1 | -1): ScreenState {
  const pane = paneOf(state, world)
  return pane === undefined ? state : scrollBy(state, world, pages * Math.max(1, pane.height - 1))
}

/** Scrolls to the first loaded message. */
export function scrollToTop(state: ScreenState, world: World): ScreenState {
  return scrolledTo(state, world, { block: 0, row: 0 })
}

/** Scrolls to the line "new"; without one the state stays the same. */
export function scrollToNew(state: ScreenState, world: World): ScreenState {
  const markerAt = paneOf(state, world)?.scene.markerAt ?? -1
  return markerAt === -1 ? state : scrolledTo(state, world, { block: markerAt + 1, row: 0 })
}

/** Scrolls to the newest row and follows it from then on. */
export function scrollToBottom(state: ScreenState): ScreenState {
  return withRoom(state, { anchor: 'bottom', asked: [] })
}

/** The state with the pane beginning at a position, but never below the bottom. */
export function scrolledTo(state: ScreenState, world: World, top: RowPosition): ScreenState {
  const pane = paneOf(state, world)
  if (pane === undefined) return state
  if (!isBehind(bottomPosition(pane.scene, pane.height), top)) return scrollToBottom(state)
  return withRoom(state, { anchor: anchorAt(pane.scene, top) ?? 'bottom', asked: [] })
}
