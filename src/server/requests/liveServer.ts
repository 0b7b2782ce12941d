import type { LiveServer } from '../admin/liveServer.ts'
import { roomEnded } from '../log/roomKeys.ts'
import type { Logger } from '../logger.ts'
import { LOG_LEVELS, type LogLevel } from '../settings.ts'
import { Line } from '../transport/line.ts'
import type { Client } from './client.ts'
import { liveConnection } from './liveConnection.ts'
import type { Services } from './services.ts'

/** A running daemon as the tasks of the operator see it. */
export function liveServer(
  { people, rooms, sessions }: Pick<Services, 'people' | 'rooms' | 'sessions'>,
  logger: Logger,
  clients: () => Iterable<Client>,
): LiveServer {
  const open = (): Client[] => [...clients()].filter(({ connection }) => !connection.isEnding)
  return {
    connections: () => open().map(liveConnection),
    announce: (message, isMeant) => {
      const meant = open().filter(client => client.hasConnected && isMeant(liveConnection(client)))
      const full = meant.filter(({ isFull }) => isFull)
      // Encoded once for all of them.
      const line = Line.of({ action: 'notice', message })
      for (const client of full) client.send(line)
      return { told: full.length, plain: meant.length - full.length }
    },
    nameLike: name => people.lookalike(name),
    room: key => rooms.find(key),
    roomsWithoutEvents: () => rooms.withoutEvents(),
    endRoom: (key, name) => {
      rooms.end(key)
      sessions.unlist(key)
      for (const client of clients()) if (client.memberships.has(key)) tellEnded(client, key, name)
    },
    get logLevel(): LogLevel {
      return LOG_LEVELS.find(level => level === logger.level) ?? 'info'
    },
    set logLevel(level: LogLevel) {
      logger.level = level
    },
  }
}

/** Clients that do not know `ended` show the notice; their next request for the room is refused, or makes another one. */
function tellEnded(client: Client, key: string, name: string): void {
  client.memberships.delete(key)
  client.typingAt.delete(key)
  const { code, message } = roomEnded(name)
  if (client.isPlain) return client.refuse({ code, message })
  client.sendFrame({ action: 'ended', room: name })
  client.sendFrame({ action: 'notice', message })
}
