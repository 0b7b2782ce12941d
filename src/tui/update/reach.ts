/** Going to messages that may not be loaded yet. */

import type { Answer } from '../../client/pendingRequests.ts'
import type { RoomView } from '../../client/room.ts'
import { roomScreen, type ScreenState, selectionOf, withNotice, withRoom } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { paneOf } from '../select/pane.ts'
import { positionEndingAt } from '../select/viewport.ts'
import { clean, cleanLine } from '../text/clean.ts'
import { scrolledTo, scrollToTop } from './scroll.ts'
import { type Step, step } from './step.ts'

/** Goes to the oldest message of the room. */
export function goToOldest(state: ScreenState, world: World): Step {
  const room = roomOf(world, state.current)
  const next = scrollToTop(state, world)
  return room?.moreBefore === true ? step(next, { type: 'reach', room: room.key, seq: 0 }) : step(next)
}

/** Goes to a message of the current room, by its seq. */
export function goToMessage(state: ScreenState, world: World, room: RoomView, seq: number): Step {
  return room.messageAt(seq) === undefined
    ? step(state, { type: 'reach', room: room.key, seq })
    : step(shownAt(state, world, room, seq))
}

/** The state after the wanted message was loaded. If the user has moved on since, nothing changes. */
export function reached(
  state: ScreenState,
  world: World,
  key: string,
  seq: number,
  answer: Answer<undefined>,
): ScreenState {
  const room = roomOf(world, key)
  if (room === undefined || key !== state.current) return state
  if (!answer.ok) return withNotice(state, clean`not loaded: ${cleanLine(answer.error.message)}`, 'error')
  if (seq === 0) return roomScreen(state).anchor === 'bottom' ? state : scrollToTop(state, world)
  return shownAt(state, world, room, seq)
}

/** The state with a message selected, in the middle of the pane. */
function shownAt(state: ScreenState, world: World, room: RoomView, seq: number): ScreenState {
  const message = room.messageAt(seq)
  if (message === undefined) return withNotice(state, clean`that message is no longer kept`)
  const selected = withRoom(state, { selection: selectionOf(message.id) })
  const pane = paneOf(selected, world)
  if (pane === undefined) return selected
  const block = 1 + room.timeline.findLastIndex(entry => entry.kind === 'message' && entry.id === message.id)
  return scrolledTo(selected, world, positionEndingAt(pane.scene, block, Math.max(1, pane.height >> 1)))
}
