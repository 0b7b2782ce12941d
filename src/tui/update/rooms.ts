/** Going from room to room. */

import type { RoomView } from '../../client/room.ts'
import { foldName, parseConversation } from '../../protocol/names.ts'
import { createEditor } from '../composer/editor.ts'
import { roomScreen, type ScreenState, withRoom } from '../model/state.ts'
import { roomOf, roomsOf, type World } from '../model/world.ts'
import { type Step, step } from './step.ts'

/** Shows a room, with the line "new" above its first unread message. The line "new" of the room before goes. */
export function showRoom(state: ScreenState, world: World, key: string): Step {
  const room = roomOf(world, key)
  if (room === undefined || key === state.current) return step(state)
  const left =
    state.current === undefined
      ? state
      : withRoom(state, {
          marker: undefined,
          completion: undefined,
          selection: undefined,
          gaze: new Map(),
        })
  const isTyping = state.current !== undefined && roomScreen(state).editor.text !== ''
  // Messages that came into the first room while the screen was starting were not missed: `read` settles that room.
  const settled = room.status === 'joined' && state.counter > 0
  const shown = withRoom(
    { ...left, current: key, first: undefined, counter: left.counter + 1 },
    {
      marker: settled && room.unread > 0 ? room.read : undefined,
      caughtUp: room.unread === 0,
      settled,
      lastActive: left.counter,
      asked: [],
    },
    key,
  )
  return isTyping && state.current !== undefined
    ? step(shown, { type: 'typing', room: state.current, on: false })
    : step(shown)
}

/** Shows the room `by` rows further in the list; after the last comes the first. */
export function showNeighbour(state: ScreenState, world: World, by: 1 | -1): Step {
  const rooms = roomsOf(world)
  const at = rooms.findIndex(({ key }) => key === state.current)
  const next = rooms[(at + by + rooms.length) % rooms.length]
  return next === undefined ? step(state) : showRoom(state, world, next.key)
}

/** Shows the next room with unread messages, rooms with mentions first. */
export function showUnread(state: ScreenState, world: World): Step {
  const rooms = roomsOf(world)
  const at = rooms.findIndex(({ key }) => key === state.current)
  const others = [...rooms.slice(at + 1), ...rooms.slice(0, Math.max(0, at))]
  const next = others.find(({ mentions }) => mentions > 0) ?? others.find(({ unread }) => unread > 0)
  return next === undefined ? step(state) : showRoom(state, world, next.key)
}

/** The state with an existing room shown: the current one, the one to begin with, or the first. */
export function withCurrentRoom(state: ScreenState, world: World): ScreenState {
  if (roomOf(world, state.current) !== undefined) return state
  const rooms = roomsOf(world)
  const wanted = rooms.find(room => isNamed(room, state.first)) ?? rooms[0]
  const homeless = { ...state, current: undefined }
  if (wanted === undefined) return state.current === undefined ? state : homeless
  const shown = showRoom(homeless, world, wanted.key).state
  // Text that was typed while no room was open goes into the first one.
  const { editor } = roomScreen(state, '')
  if (editor.text === '' || roomScreen(shown).editor.text !== '') return shown
  return withRoom(withRoom(shown, { editor }), { editor: createEditor() }, '')
}

/** Whether this is the name of a room. */
function isNamed(room: RoomView, name: string | undefined): boolean {
  if (name === undefined) return false
  const conversation = parseConversation(name)
  if (!conversation.ok) return false
  return conversation.value.kind === 'direct'
    ? room.key === `@${foldName(conversation.value.with)}`
    : room.key === conversation.value.key
}
