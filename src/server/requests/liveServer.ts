import type { LiveServer } from '../admin/liveServer.ts'
import { titleOf } from '../log/namedRooms.ts'
import type { Logger } from '../logger.ts'
import { LOG_LEVELS, type LogLevel } from '../settings.ts'
import { Line } from '../transport/line.ts'
import type { Client } from './client.ts'
import type { Drain } from './drain.ts'
import { liveConnection, mirroredConnection } from './liveConnection.ts'
import type { Services } from './services.ts'

/** A running daemon as the tasks of the operator see it. */
export function liveServer(
  services: Pick<Services, 'people' | 'rooms' | 'log' | 'roster' | 'accounts'>,
  logger: Logger,
  clients: () => Iterable<Client>,
  drain: Drain,
): LiveServer {
  const { people, rooms, log, roster } = services
  const open = (): Client[] => [...clients()].filter(({ connection }) => !connection.isEnding)
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
    drain: within => drain.start(within),
    cancelDrain: () => drain.cancel(),
    get logLevel(): LogLevel {
      return LOG_LEVELS.find(level => level === logger.level) ?? 'info'
    },
    set logLevel(level: LogLevel) {
      logger.level = level
    },
  }
}
