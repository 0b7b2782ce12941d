/** The order of the rooms on the screen: those with something unread first, then rooms, then people. */

import type { RoomView } from '../../client/room.ts'
import { roomScreen, type ScreenState } from './state.ts'
import { roomsOf, type World } from './world.ts'

/** The rooms by the parts of the list. */
export type Sections = {
  readonly unread: readonly RoomView[]
  readonly rooms: readonly RoomView[]
  /** Direct conversations. */
  readonly people: readonly RoomView[]
}

/** Whether a room asks to be read: a muted one only where a message mentions the user, a muted direct conversation never. */
export function asksToBeRead({ kind, unread, mentions, notify }: RoomView): boolean {
  if (notify.muted) return kind === 'room' && mentions > 0
  return mentions > 0 || unread > 0
}

/** The keys of the rooms that ask to be read, but for the current one: mentions first. */
export function unreadRooms({ current }: ScreenState, world: World): readonly string[] {
  const asking = roomsOf(world).filter(room => room.key !== current && asksToBeRead(room))
  return [
    ...asking.filter(({ mentions }) => mentions > 0),
    ...asking.filter(({ mentions }) => mentions === 0),
  ].map(({ key }) => key)
}

/** Rooms that Alt and a digit reach: by their number, wherever they stand. */
const NUMBERED = 9

/** The rooms that have a number, from 1 on. */
export function numberedRooms(world: World): readonly RoomView[] {
  return roomsOf(world).slice(0, NUMBERED)
}

/** The keys of the rooms that the list may fold, the most recently active first. Those with a number stay, if they are not muted. */
export function quietRooms(state: ScreenState, world: World): readonly string[] {
  return roomsOf(world)
    .filter((room, at) => isQuiet(state, room) && (room.notify.muted || at >= NUMBERED))
    .map(room => ({ key: room.key, since: lastSaid(room) }))
    .sort((a, b) => b.since - a.since)
    .map(({ key }) => key)
}

/** Whether nothing of a room needs the user, who has not been there since the start. */
function isQuiet(state: ScreenState, room: RoomView): boolean {
  const { editor, lastActive } = roomScreen(state, room.key)
  const isUntouched = room.notify.muted || lastActive === 0
  return (
    room.key !== state.current &&
    isUntouched &&
    editor.text === '' &&
    !asksToBeRead(room) &&
    room.outbox.length === 0 &&
    room.status !== 'failed'
  )
}

/** When a room was active last. A muted one stands behind all others: each of its messages would take the row of another. */
function lastSaid({ notify, timeline }: RoomView): number {
  return notify.muted ? -1 : (timeline.findLast(entry => entry.kind === 'message')?.ts ?? 0)
}

/** The rooms in their parts. Which are among the unread ones is decided only when the user is not about to press a key. */
export function sectionsOf({ unreadFirst, current }: ScreenState, world: World): Sections {
  const first = new Set(unreadFirst)
  const unread = unreadFirst
    .flatMap(key => world.client.rooms.get(key) ?? [])
    .filter(({ key }) => key !== current)
  const others = roomsOf(world).filter(({ key }) => key === current || !first.has(key))
  return {
    unread,
    rooms: others.filter(({ kind }) => kind === 'room'),
    people: others.filter(({ kind }) => kind === 'direct'),
  }
}

/** All rooms in the order in which keys go from one to the next: it stays while messages come. */
export function steadyRooms(world: World): readonly RoomView[] {
  const rooms = roomsOf(world)
  return [...rooms.filter(({ kind }) => kind === 'room'), ...rooms.filter(({ kind }) => kind === 'direct')]
}
