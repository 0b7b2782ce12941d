/** Selecting a message, and the keys of a selected message. */

import type { RoomView } from '../../client/room.ts'
import type { MessageEntry } from '../../client/timelineEntry.ts'
import { foldName } from '../../protocol/names.ts'
import { insertText } from '../composer/editor.ts'
import type { ActionId } from '../input/bindings.ts'
import type { Key } from '../input/key.ts'
import { isOurs, isServed, messageOf } from '../model/message.ts'
import {
  roomScreen,
  type ScreenState,
  type Selection,
  selectionOf,
  withNotice,
  withRoom,
} from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { linksOf } from '../select/messageLinks.ts'
import { paneOf } from '../select/pane.ts'
import { REACTIONS } from '../select/reactionKeys.ts'
import { positionEndingAt } from '../select/viewport.ts'
import { type CleanText, clean, cleanText } from '../text/clean.ts'
import type { Link } from '../text/links.ts'
import { beginEdit, beginReply } from './about.ts'
import { withEditor } from './compose.ts'
import { markUnreadFrom } from './reading.ts'
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

/** Letters typed within this time before text were meant as text, ms. */
const TYPED_WITHIN_MS = 1_000

/** The state after a key while a message is selected; undefined for a key of the room or the timeline. */
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
  const { armed } = selection
  const isConfirmed =
    action === 'selection.confirm' || (action === 'selection.delete' && key.text === undefined)
  if (armed === 'delete' && isConfirmed) {
    return step(unselect(state), { type: 'delete', room: room.key, target: message.seq })
  }
  if (armed === 'open' && isNumber(action))
    return open(arm(state, undefined), linksOf(message)[Number(key.text) - 1])
  if (armed === 'react' && action === 'selection.emoji') {
    return react(state, world, room, message, REACTIONS[Number(key.text) - 1])
  }
  const next = withRoom(state, {
    selection: { ...selection, armed: undefined, typed: typedBy(state, selection, key) },
  })
  switch (action) {
    case 'selection.previous':
      return step(movedBy(next, world, room, -1))
    case 'selection.next':
      return step(movedBy(next, world, room, 1))
    case 'selection.reply':
      return step(beginReply(next, world, message))
    case 'selection.edit':
      return edit(next, world, message)
    case 'selection.delete':
      return armDelete(next, world, message)
    case 'selection.react':
      return isServed(world, 'react')
        ? step(ask(next, world, message, 'react'))
        : refused(next, clean`this server does not serve reactions`)
    case 'selection.unread':
      return markUnreadFrom(next, room, message.seq)
    case 'selection.link':
      return openLink(next, world, message)
    case 'selection.copy':
      // What is not seen is not copied: a text may hold sequences that a shell would obey when it is pasted.
      return step(next, { type: 'copy', text: cleanText(message.text ?? '') })
    case 'selection.fold':
      return step(withRoom(next, { opened: toggled(roomScreen(next).opened, message.id) }))
    case 'selection.close':
      return step(unselect(next))
    default:
      return key.text === undefined ? undefined : typeInstead(next, world)
  }
}

function toggled(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return ids.has(id) ? new Set([...ids].filter(other => other !== id)) : new Set([...ids, id])
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

const isNumber = (action: ActionId | undefined): boolean =>
  action === 'selection.emoji' || action === 'selection.number'

/** Opens the address of a message; of several the next key chooses one. */
function openLink(state: ScreenState, world: World, message: MessageEntry): Step {
  const links = linksOf(message)
  if (links.length === 0) return refused(state, clean`there is no address in this message`)
  return links.length === 1 ? open(state, links[0]) : step(ask(state, world, message, 'open'))
}

function open(state: ScreenState, link: Link | undefined): Step {
  return link === undefined ? step(state) : step(state, { type: 'open', target: link.target })
}

function edit(state: ScreenState, world: World, message: MessageEntry): Step {
  if (!isOurs(world, message)) return refused(state, clean`you can edit only your own messages`)
  if (!isServed(world, 'edit')) return refused(state, clean`this server does not serve edits`)
  return beginEdit(state, world, message.id, message.text ?? '')
}

function armDelete(state: ScreenState, world: World, message: MessageEntry): Step {
  if (!isOurs(world, message)) return refused(state, clean`you can delete only your own messages`)
  if (!isServed(world, 'delete')) return refused(state, clean`this server does not serve deletion`)
  return step(ask(state, world, message, 'delete'))
}

/** The state in which the very next key can confirm an action; the message itself says so. */
function arm(state: ScreenState, armed: Selection['armed']): ScreenState {
  const { selection } = roomScreen(state)
  return selection === undefined ? state : withRoom(state, { selection: { ...selection, armed } })
}

/** The same, scrolled so that what the message asks is visible below it. */
function ask(
  state: ScreenState,
  world: World,
  { id }: MessageEntry,
  armed: 'delete' | 'react' | 'open',
): ScreenState {
  const next = arm(state, armed)
  const pane = paneOf(next, world)
  if (pane === undefined || pane.view.atBottom) return next
  const { scene, view, height } = pane
  const block = 1 + scene.room.timeline.findLastIndex(entry => entry.kind === 'message' && entry.id === id)
  return block < view.lastBlock ? next : scrolledTo(next, world, positionEndingAt(scene, block, height))
}

/** The letters that acted as keys just before and with this key. */
function typedBy({ now }: ScreenState, { typed }: Selection, { text }: Key): Selection['typed'] {
  if (text === undefined) return { text: '', at: 0 }
  const before = now - typed.at < TYPED_WITHIN_MS ? typed.text : ''
  return { text: before + text, at: now }
}

/** Leaves the selection and types the text, with the letters before it that were meant as text too. */
function typeInstead(state: ScreenState, world: World): Step {
  const text = roomScreen(state).selection?.typed.text ?? ''
  const left = unselect(state)
  return withEditor(left, world, insertText(roomScreen(left).editor, text))
}

function refused(state: ScreenState, why: CleanText): Step {
  return step(withNotice(state, why, 'error'))
}

/** Selects the next message up or down; below the newest message the selection ends. */
function movedBy(state: ScreenState, world: World, { timeline }: RoomView, by: 1 | -1): ScreenState {
  const id = roomScreen(state).selection?.id
  const from = timeline.findLastIndex(entry => entry.kind === 'message' && entry.id === id)
  for (let at = from + by; at >= 0 && at < timeline.length; at += by) {
    const entry = timeline[at]
    if (entry?.kind === 'restart') break
    if (entry?.kind === 'message' && entry.deleted === undefined) return selected(state, world, entry.id)
  }
  return by === 1 ? unselect(state) : state
}

/** The state with a message selected, scrolled so that the message is visible. */
function selected(state: ScreenState, world: World, id: string): ScreenState {
  const { typed } = roomScreen(state).selection ?? selectionOf(id)
  const next = withRoom(state, { selection: { ...selectionOf(id), typed } })
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
