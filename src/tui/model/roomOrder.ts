/** The order of the rooms on the screen: those with something unread first, then rooms, then people. */

import type { RoomView } from '../../client/room.ts'
import type { ScreenState } from './state.ts'
import { roomsOf, type World } from './world.ts'

/** The rooms by the parts of the list. */
export type Sections = {
  readonly unread: readonly RoomView[]
  readonly rooms: readonly RoomView[]
  /** Direct conversations. */
  readonly people: readonly RoomView[]
}

/** Whether a room asks to be read: a muted one only where a message mentions the user. */
export function asksToBeRead({ unread, mentions, notify }: RoomView): boolean {
  return mentions > 0 || (unread > 0 && !notify.muted)
}

/** The keys of the rooms that ask to be read, but for the current one: mentions first. */
export function unreadRooms({ current }: ScreenState, world: World): readonly string[] {
  const asking = roomsOf(world).filter(room => room.key !== current && asksToBeRead(room))
  return [
    ...asking.filter(({ mentions }) => mentions > 0),
    ...asking.filter(({ mentions }) => mentions === 0),
  ].map(({ key }) => key)
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
