import { foldRoom } from '../../protocol/names.ts'
import type { LiveServer } from '../admin/liveServer.ts'
import { titleOf } from '../log/namedRooms.ts'
import { roomEnded } from '../log/roomKeys.ts'
import type { Logger } from '../logger.ts'
import { LOG_LEVELS, type LogLevel } from '../settings.ts'
import { Line } from '../transport/line.ts'
import type { Client } from './client.ts'
import { liveConnection, mirroredConnection } from './liveConnection.ts'
import type { Services } from './services.ts'

/** A running daemon as the tasks of the operator see it. */
export function liveServer(
  services: Pick<Services, 'people' | 'rooms' | 'sessions' | 'log' | 'roster' | 'accounts'>,
  logger: Logger,
  clients: () => Iterable<Client>,
): LiveServer {
  const { people, rooms, sessions, log, roster } = services
  const open = (): Client[] => [...clients()].filter(({ connection }) => !connection.isEnding)
  const endRoom = (key: string, name: string): void => {
    rooms.end(key)
    roster?.roomEnded(key)
    sessions.unlist(key)
    for (const client of clients()) if (client.memberships.has(key)) tellEnded(client, key, name)
  }
  return {
    connections: () => open().map(liveConnection),
    elsewhere: () => [...(roster?.elsewhere() ?? [])].map(peer => mirroredConnection(services, peer)),
    announce: (message, isMeant, roomKey) => {
      const meant = open().filter(client => client.hasConnected && isMeant(liveConnection(client)))
      const full = meant.filter(({ isFull }) => isFull)
      // Encoded once for all of them.
      const line = Line.of({ action: 'notice', message })
      for (const client of full) client.send(line)
      const others = roster?.announce(message, roomKey) ?? { told: 0, plain: 0 }
      return { told: full.length + others.told, plain: meant.length - full.length + others.plain }
    },
    nameLike: name => people.lookalike(name),
    leadsTo: nameKey => rooms.leadsTo(nameKey),
    room: key => {
      const found = rooms.find(key)
      return found && { ...found, name: titleOf({ ...found, title: log.head(key)?.title }) }
    },
    roomsWithoutEvents: () => rooms.withoutEvents(),
    renameRoom: ({ roomKey, name, nameKey }) => {
      // Made by its first member while the name was given away: the log takes nothing that is said there.
      if (nameKey !== roomKey && log.leadsTo(nameKey) === roomKey) endRoom(nameKey, name)
      for (const client of clients()) tellRenamed(client, roomKey, name)
    },
    endRoom,
    get logLevel(): LogLevel {
      return LOG_LEVELS.find(level => level === logger.level) ?? 'info'
    },
    set logLevel(level: LogLevel) {
      logger.level = level
    },
  }
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
