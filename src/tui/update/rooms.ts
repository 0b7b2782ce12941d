/** Going from room to room. */

import type { RoomView } from '../../client/room.ts'
import { createEditor } from '../composer/editor.ts'
import { quietRooms, steadyRooms, unreadRooms } from '../model/roomOrder.ts'
import { roomScreen, type ScreenState, withNotice, withRoom } from '../model/state.ts'
import type { View } from '../model/view.ts'
import { roomNamed, roomOf, roomsOf, type World } from '../model/world.ts'
import { clean } from '../text/clean.ts'
import { andThen, type Step, step } from './step.ts'

/** Shows a room, with the line "new" above its first unread message. The line "new" of the room before goes. */
export function showRoom(state: ScreenState, world: World, key: string): Step {
  const room = roomOf(world, key)
  if (room === undefined || key === state.current) return step(state)
  const before =
    state.current === undefined
      ? state
      : withRoom(state, {
          marker: undefined,
          isPeeking: false,
          completion: undefined,
          selection: undefined,
          gaze: new Map(),
        })
  const isTyping = state.current !== undefined && roomScreen(state).editor.text !== ''
  // Messages that came into the first room while the screen was starting were not missed: `read` settles that room.
  const settled = room.status === 'joined' && state.counter > 0
  const shown = withRoom(
    { ...before, current: key, first: undefined, counter: before.counter + 1 },
    {
      marker: settled && room.unread > 0 ? room.read : undefined,
      caughtUp: room.unread === 0,
      settled,
      lastActive: before.counter + 1,
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
  const rooms = steadyRooms(world)
  const at = rooms.findIndex(({ key }) => key === state.current)
  const next = rooms[(at + by + rooms.length) % rooms.length]
  return next === undefined ? step(state) : showRoom({ ...state, home: undefined }, world, next.key)
}

/** The list is left alone this long after a key, ms: a room must not move away from the key that is on its way to it. */
const STILL_MS = 3_000

/** The state with the list in its order again, once a room was entered or no key came for a while. */
export function sorted(before: ScreenState, state: ScreenState, world: World): ScreenState {
  const isEntered = state.current !== before.current
  if (!isEntered && state.now - state.lastInput < STILL_MS) return state
  return isSorted(state, world)
    ? state
    : { ...state, unreadFirst: unreadRooms(state, world), quiet: quietRooms(state, world) }
}

/** When the list is to be sorted; our clock, ms. Undefined: it is. */
export function sortDue(state: ScreenState, world: World): number | undefined {
  const due = state.lastInput + STILL_MS
  return state.now >= due || isSorted(state, world) ? undefined : due
}

function isSorted(state: ScreenState, world: World): boolean {
  return (
    isSameList(unreadRooms(state, world), state.unreadFirst) &&
    isSameList(quietRooms(state, world), state.quiet)
  )
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, at) => key === b[at])
}

/** Shows a room by a key of the user: the way back leads to what is on the screen now. */
export function jumpTo(state: ScreenState, world: World, key: string): Step {
  return key === state.current ? step(state) : showRoom({ ...left(state), home: undefined }, world, key)
}

/** Shows the next room with unread messages, rooms with mentions first; when all is read, what the user saw at the first. */
export function showUnread(state: ScreenState, world: World): Step {
  const rooms = roomsOf(world)
  const at = rooms.findIndex(({ key }) => key === state.current)
  const others = [...rooms.slice(at + 1), ...rooms.slice(0, Math.max(0, at))].filter(isWanted)
  const next = others.find(({ mentions }) => mentions > 0) ?? others.find(({ unread }) => unread > 0)
  if (next !== undefined)
    return showRoom({ ...left(state), home: state.home ?? viewOf(state) }, world, next.key)
  const { home } = state
  return home === undefined ? step(state) : showView({ ...state, home: undefined }, world, home)
}

/** A muted room has to be chosen by its name, unless a message there mentions the user. */
function isWanted({ notify, mentions }: RoomView): boolean {
  return !notify.muted || mentions > 0
}

/** Shows the room that was shown before the present one. */
export function showLast(state: ScreenState, world: World): Step {
  const others = roomsOf(world).filter(({ key }) => key !== state.current)
  const seen = others.filter(({ key }) => roomScreen(state, key).lastActive > 0)
  const [last] = seen.sort(
    (a, b) => roomScreen(state, b.key).lastActive - roomScreen(state, a.key).lastActive,
  )
  return last === undefined ? step(state) : jumpTo(state, world, last.key)
}

/** Goes back to what was on the screen before the last jump. */
export function showBack(state: ScreenState, world: World): Step {
  const trail = state.trail.filter(({ room }) => roomOf(world, room) !== undefined)
  const view = trail.at(-1)
  if (view === undefined) return step(withNotice(state, clean`there is no way back: you have not jumped yet`))
  return showView({ ...state, trail: trail.slice(0, -1) }, world, view)
}

function showView(state: ScreenState, world: World, { room, anchor }: View): Step {
  if (roomOf(world, room) === undefined) return step(state)
  return andThen(showRoom(state, world, room), next => step(withRoom(next, { anchor, selection: undefined })))
}

/** Jumps that the way back remembers. */
const MAX_TRAIL = 50

/** The state whose way back leads to what is on the screen now. */
export function left(state: ScreenState): ScreenState {
  const view = viewOf(state)
  return view === undefined ? state : { ...state, trail: [...state.trail, view].slice(-MAX_TRAIL) }
}

function viewOf(state: ScreenState): View | undefined {
  const { current } = state
  return current === undefined ? undefined : { room: current, anchor: roomScreen(state).anchor }
}

/** The state with an existing room shown: the current one, the one to begin with, or the first. */
export function withCurrentRoom(state: ScreenState, world: World): ScreenState {
  if (roomOf(world, state.current) !== undefined) return state
  const rooms = roomsOf(world)
  const wanted = (state.first === undefined ? undefined : roomNamed(world.client, state.first)) ?? rooms[0]
  const homeless = { ...state, current: undefined }
  if (wanted === undefined) return state.current === undefined ? state : homeless
  const shown = showRoom(homeless, world, wanted.key).state
  // Text that was typed while no room was open goes into the first one.
  const { editor } = roomScreen(state, '')
  if (editor.text === '' || roomScreen(shown).editor.text !== '') return shown
  return withRoom(withRoom(shown, { editor }), { editor: createEditor() }, '')
}

/** What was joined by a name is another room, which has the draft now, and is shown where the first one was. */
export function moved(state: ScreenState, world: World, from: string, to: string): Step {
  const { editor } = roomScreen(state, from)
  const isDraft = editor.text !== '' && roomScreen(state, to).editor.text === ''
  const carried = isDraft
    ? withRoom(withRoom(state, { editor }, to), { editor: createEditor() }, from)
    : state
  return state.current === from ? showRoom(carried, world, to) : step(carried)
}
