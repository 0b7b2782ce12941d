/** What the screen sees of the world: the client's state, to be read only, and the clock on the wall. */

import type { ChatClient } from '../../client/client.ts'
import type { RoomView } from '../../client/room.ts'
import type { Clock } from './clock.ts'

/** The state of a client without its commands. */
type ClientView = Pick<ChatClient, 'link' | 'username' | 'server' | 'limits' | 'rooms' | 'hasUnsent'>

/** Everything outside the screen that it shows. */
export type World = { readonly client: ClientView; readonly clock: Clock }

/** The room of a key; undefined where there is no key or no such room. */
export function roomOf({ client }: World, key: string | undefined): RoomView | undefined {
  return key === undefined ? undefined : client.rooms.get(key)
}

/** The rooms in the order of the sidebar. */
export function roomsOf({ client }: World): readonly RoomView[] {
  return [...client.rooms.values()]
}
