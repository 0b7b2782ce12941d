import type { LiveServer } from '../admin/liveServer.ts'
import { LOG_LEVELS, type LogLevel } from '../settings.ts'
import type { Client } from './client.ts'
import { liveConnection } from './liveConnection.ts'
import type { Services } from './services.ts'

/** A running daemon as the tasks of the operator see it. */
export function liveServer(
  { people, rooms, logger }: Pick<Services, 'people' | 'rooms' | 'logger'>,
  clients: () => Iterable<Client>,
): LiveServer {
  return {
    connections: () => [...clients()].filter(({ connection }) => !connection.isEnding).map(liveConnection),
    nameLike: name => people.lookalike(name),
    room: key => rooms.find(key),
    roomsWithoutEvents: () => rooms.withoutEvents(),
    get logLevel(): LogLevel {
      return LOG_LEVELS.find(level => level === logger.level) ?? 'info'
    },
    set logLevel(level: LogLevel) {
      logger.level = level
    },
  }
}
