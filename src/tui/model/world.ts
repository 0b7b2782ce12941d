/** The world that the screen shows: the state of the client, to read only, and the clock. */

import type { ChatClient } from '../../client/client.ts'
import type { RoomView } from '../../client/room.ts'
import { conversationKey, parseConversation } from '../../protocol/names.ts'
import type { Clock } from './clock.ts'

/** The state of a client without its commands. */
type ClientView = Pick<ChatClient, 'link' | 'username' | 'role' | 'server' | 'limits' | 'rooms' | 'hasUnsent'>

/** Everything outside the screen's own state. */
export type World = { readonly client: ClientView; readonly clock: Clock }

/** The room of a key; undefined without a key or such a room. */
export function roomOf({ client }: World, key: string | undefined): RoomView | undefined {
  return key === undefined ? undefined : client.rooms.get(key)
}

/** The rooms in the order of the sidebar. */
export function roomsOf({ client }: World): readonly RoomView[] {
  return [...client.rooms.values()]
}

/** The open room that a user means by a name: one that is called so goes before one whose first name it was. */
export function roomNamed(client: Pick<ClientView, 'rooms'>, name: string): RoomView | undefined {
  const key = keyOf(name)
  if (key === undefined) return undefined
  const titled = [...client.rooms.values()].find(
    room => room.title !== room.name && keyOf(room.title) === key,
  )
  return titled ?? client.rooms.get(key)
}

function keyOf(name: string): string | undefined {
  const parsed = parseConversation(name)
  return parsed.ok ? conversationKey(parsed.value) : undefined
}
