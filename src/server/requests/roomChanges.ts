import { foldRoom } from '../../protocol/names.ts'
import type { RoomRename } from '../log/maintenance.ts'
import { roomEnded } from '../log/roomKeys.ts'
import type { Client } from './client.ts'
import type { Services } from './services.ts'

type Shared = Pick<Services, 'rooms' | 'sessions' | 'log' | 'roster'>

/** A room was deleted: ends it for its members, and tells them. @param name what it was called; undefined: it had no event */
export function endRoom(
  { rooms, sessions, roster }: Shared,
  clients: Iterable<Client>,
  key: string,
  name = rooms.find(key)?.name ?? key,
): void {
  rooms.end(key)
  roster?.roomEnded(key)
  sessions.unlist(key)
  for (const client of clients) if (client.memberships.has(key)) tellEnded(client, key, name)
}

/** A room was renamed: tells its members. */
export function renameRoom(
  shared: Shared,
  clients: Iterable<Client>,
  { roomKey, name, nameKey }: RoomRename,
): void {
  // Made by its first member while the name was given away: the log takes nothing that is said there.
  if (nameKey !== roomKey && shared.log.leadsTo(nameKey) === roomKey) endRoom(shared, clients, nameKey, name)
  for (const client of clients) tellRenamed(client, roomKey, name)
}

/** A plain client goes on under its own name for the room, and cannot be told. */
function tellRenamed(client: Client, key: string, title: string): void {
  const room = client.memberships.get(key)?.name
  if (room === undefined || client.isPlain) return
  if (client.knowsRenames) return client.sendFrame({ action: 'renamed', room, title })
  const message =
    foldRoom(room) === foldRoom(title)
      ? `the room "${room}" is called "${title}" now`
      : `the room "${room}" is called "${title}" now; here it keeps the name by which you joined it`
  client.sendFrame({ action: 'notice', message })
}

/** Clients that do not know `ended` show the notice; their next request for the room is refused, or makes another one. */
function tellEnded(client: Client, key: string, name: string): void {
  const room = client.memberships.get(key)?.name ?? name
  client.memberships.delete(key)
  client.services.roster?.left(client, key)
  client.typingAt.delete(key)
  const { code, message } = roomEnded(name)
  if (client.isPlain) return client.refuse({ code, message })
  client.sendFrame({ action: 'ended', room })
  client.sendFrame({ action: 'notice', message })
}
