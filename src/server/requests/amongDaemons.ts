import { hostname } from 'node:os'
import { showAddress } from '../address.ts'
import type { Incarnation } from '../dataDirectory.ts'
import type { Bus } from '../log/bus.ts'
import type { Logger } from '../logger.ts'
import { Roster } from '../roster/roster.ts'
import type { ListenAddress } from '../settings.ts'
import { lookAtDoubted, yieldTo } from './guests.ts'
import type { Services } from './services.ts'

/** How a daemon is known to those that serve the same log. */
export interface AmongDaemons {
  readonly bus: Bus
  readonly incarnation: Incarnation
  /** `host:port` where clients reach it, as its operator says; by default nothing. */
  readonly advertised?: () => readonly string[]
  /** For tests: see `RosterContext`. */
  readonly beatEvery?: number
}

/** What the clients of a daemon share, with the roster of the daemons where it is not the only one with its log. */
export function amongDaemons(
  services: Services,
  among: AmongDaemons | undefined,
  listening: () => readonly ListenAddress[],
  logger: Logger,
): Services {
  if (among === undefined) return services
  const { bus, incarnation, advertised = () => [], beatEvery } = among
  const { rooms, people, presence, sessions } = services
  const roster = new Roster({
    bus,
    ...incarnation,
    beatEvery,
    rooms,
    people,
    presence,
    addresses: advertised,
    label: () => advertised()[0] ?? labelOf(listening()),
    arrived: peer => {
      const { personKey: person, sessionNumber: number } = peer
      if (person !== undefined && number !== undefined) sessions.holders.note({ number, person })
      yieldTo(services, peer, roster.id)
    },
    missed: () => sessions.holders.forgetAll(),
    doubted: () => void lookAtDoubted(services),
    onBug: err => logger.error({ err }, 'what another daemon told failed by a bug'),
  })
  return { ...services, roster }
}

/** The name of the machine, and the port where it says so: several daemons can run on one. */
function labelOf([first]: readonly ListenAddress[]): string {
  if (first === undefined) return hostname()
  return 'port' in first ? `${hostname()}:${first.port}` : `${hostname()}:${showAddress(first)}`
}
