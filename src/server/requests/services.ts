import type { RequestAction } from '../../protocol/requests.ts'
import type { Log, RoomDirectory } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { People } from '../rooms/people.ts'
import type { Presence } from '../rooms/presence.ts'
import type { Rooms } from '../rooms/rooms.ts'
import type { Sessions } from '../rooms/sessions.ts'
import type { Settings } from '../settings.ts'
import type { RateLimiter } from './rateLimiter.ts'

/** What all clients of a daemon share. Each piece owns its own state. */
export interface Services {
  readonly settings: Settings
  readonly log: Log & RoomDirectory
  readonly rooms: Rooms
  readonly people: People
  readonly sessions: Sessions
  readonly presence: Presence
  readonly rateLimiter: RateLimiter
  readonly logger: Logger
  /** Every action that the daemon serves, for `welcome`. */
  readonly features: readonly RequestAction[]
}
