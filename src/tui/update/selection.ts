/** Selecting a message, and the keys of a selected message. */

import type { RoomView } from '../../client/room.ts'
import type { MessageEntry } from '../../client/timelineEntry.ts'
import { foldName } from '../../protocol/names.ts'
import type { ActionId } from '../input/bindings.ts'
import type { Key } from '../input/key.ts'
import { isOurs, isServed, lastMessage, messageOf } from '../model/message.ts'
import { roomScreen, type ScreenState, type Selection, withNotice, withRoom } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { paneOf } from '../select/pane.ts'
import { REACTIONS } from '../select/reactionKeys.ts'
import { positionEndingAt } from '../select/viewport.ts'
import { type CleanText, clean } from '../text/clean.ts'
import { beginEdit, beginReply } from './about.ts'
import { scrolledTo } from './scroll.ts'
import { type Step, step } from './step.ts'

/** Selects the newest message that is visible, or the newest of all. */
export function select(state: ScreenState, world: World): ScreenState {
  const pane = paneOf(state, world)
  if (pane === undefined) return state
  for (let block = pane.view.lastBlock; block >= Math.max(1, pane.view.top.block); block--) {
    const entry = pane.room.timeline[block - 1]
    if (entry?.kind === 'message' && entry.deleted === undefined) return selected(state, world, entry.id)
  }
  return withNotice(state, clean`there is no message here to select`)
}

/** The state without a selection. */
export function unselect(state: ScreenState): ScreenState {
  return roomScreen(state).selection === undefined ? state : withRoom(state, { selection: undefined })
}

/** The state after a key while a message is selected. */
export function selectionKey(
  state: ScreenState,
  world: World,
  selection: Selection,
  action: ActionId | undefined,
  key: Key,
): Step | undefined {
  const room = roomOf(world, state.current)
  const message = room === undefined ? undefined : messageOf(room, selection.id)
  // The message was deleted, or the server has a new log.
  if (room === undefined || message === undefined) return step(unselect(state))
  switch (action) {
    case 'selection.previous':
      return step(movedBy(state, world, room, selection, -1))
    case 'selection.next':
      return step(movedBy(state, world, room, selection, 1))
    case 'selection.reply':
      return step(beginReply(state, world, message))
    case 'selection.edit':
      return edit(state, world, message)
    case 'selection.delete':
      return remove(state, world, room, message, selection)
    case 'selection.react':
      return react(state, world, room, message, REACTIONS[Number(key.text) - 1])
    case 'selection.close':
      return step(unselect(state))
    default:
      return undefined
  }
}

/** Adds our reaction to a message, or removes it. */
export function react(
  state: ScreenState,
  world: World,
  room: RoomView,
  { seq, reactions }: MessageEntry,
  emoji: string | undefined,
): Step {
  if (emoji === undefined) return step(state)
  if (!isServed(world, 'react')) return refused(state, clean`this server does not serve reactions`)
  const me = foldName(world.client.username)
  const names = Object.hasOwn(reactions, emoji) ? (reactions[emoji]?.names ?? []) : []
  const on = !names.some(name => foldName(name) === me)
  return step(state, { type: 'react', room: room.key, target: seq, emoji, on })
}

/** Deletes our last message in a room; undefined if there is none. */
export function deleteLast(state: ScreenState, world: World, room: RoomView): Step | undefined {
  const last = lastMessage(room, message => isOurs(world, message))
  return last === undefined ? undefined : step(state, { type: 'delete', room: room.key, target: last.seq })
}

function edit(state: ScreenState, world: World, message: MessageEntry): Step {
  if (!isOurs(world, message)) return refused(state, clean`you can edit only your own messages`)
  if (!isServed(world, 'edit')) return refused(state, clean`this server does not serve edits`)
  if (roomScreen(state).editor.text !== '') {
    return refused(state, clean`there is a draft in the composer: send or clear it first`)
  }
  return beginEdit(state, world, message.id, message.text ?? '')
}

function remove(
  state: ScreenState,
  world: World,
  room: RoomView,
  message: MessageEntry,
  selection: Selection,
): Step {
  if (!isOurs(world, message)) return refused(state, clean`you can delete only your own messages`)
  if (!isServed(world, 'delete')) return refused(state, clean`this server does not serve deletion`)
  if (selection.deleting) {
    return step(unselect(state), { type: 'delete', room: room.key, target: message.seq })
  }
  const asked = withRoom(state, { selection: { ...selection, deleting: true } })
  return step(withNotice(asked, clean`press d again to delete this message for everybody`, 'warning'))
}

function refused(state: ScreenState, why: CleanText): Step {
  return step(withNotice(state, why, 'error'))
}

/** Selects the next message up or down; below the newest message the selection ends. */
function movedBy(
  state: ScreenState,
  world: World,
  { timeline }: RoomView,
  { id }: Selection,
  by: 1 | -1,
): ScreenState {
  const from = timeline.findLastIndex(entry => entry.kind === 'message' && entry.id === id)
  for (let at = from + by; at >= 0 && at < timeline.length; at += by) {
    const entry = timeline[at]
    if (entry?.kind === 'restart') break
    if (entry?.kind === 'message' && entry.deleted === undefined) return selected(state, world, entry.id)
  }
  return by === 1 ? unselect(state) : withRoom(state, { selection: { id, deleting: false } })
}

/** The state with a message selected, scrolled so that the message is visible. */
function selected(state: ScreenState, world: World, id: string): ScreenState {
  const next = withRoom(state, { selection: { id, deleting: false } })
  const pane = paneOf(next, world)
  if (pane === undefined) return next
  const { scene, view, height } = pane
  const block = 1 + scene.room.timeline.findLastIndex(entry => entry.kind === 'message' && entry.id === id)
  if (block < view.top.block || (block === view.top.block && view.top.row > 0)) {
    return scrolledTo(next, world, { block, row: 0 })
  }
  return block < view.lastBlock || view.atBottom
    ? next
    : scrolledTo(next, world, positionEndingAt(scene, block, height))
}
