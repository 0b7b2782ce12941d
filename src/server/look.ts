import { type Census, takeCensus } from './requests/census.ts'
import type { Client } from './requests/client.ts'
import type { Services } from './requests/services.ts'
import type { BusyRoom } from './rooms/traffic.ts'

/** A daemon as it is now. */
export interface Look extends Census {
  /** Connections that are still on their way in. */
  readonly entering: number
  readonly people: number
  /** Rooms that have members, direct conversations included. */
  readonly rooms: number
  readonly events: number
  readonly deliveries: number
  /** Events a second in direct conversations. */
  readonly directs: number
  /** The rooms where most happens, that first. */
  busiest(limit: number): readonly BusyRoom[]
}

/**
 * Looks at all connections and rooms.
 * @param open how many connections are open, those on the way in included
 */
export function lookAround(
  { rooms, people, counters }: Pick<Services, 'rooms' | 'people' | 'counters'>,
  clients: Iterable<Client>,
  open: number,
): Look {
  const census = takeCensus(clients)
  const { traffic } = rooms
  return {
    ...census,
    bytesIn: counters.bytesIn + census.bytesIn,
    bytesOut: counters.bytesOut + census.bytesOut,
    entering: Math.max(0, open - census.plain - census.full),
    people: people.connected,
    rooms: rooms.inUse,
    events: traffic.events,
    deliveries: traffic.deliveries,
    directs: traffic.directs.perSecond(performance.now()),
    busiest: limit => rooms.busiest(limit),
  }
}
