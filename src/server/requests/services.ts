import type { Log, RoomDirectory } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { People } from '../rooms/people.ts'
import type { Presence } from '../rooms/presence.ts'
import type { Rooms } from '../rooms/rooms.ts'
import type { Identities } from '../rooms/sessions.ts'
import type { Settings } from '../settings.ts'
import type { Session } from './client.ts'
import type { Pace } from './rateLimit.ts'

/** What all sessions of a daemon share. Each piece owns its own state. */
export interface Hall {
  readonly settings: Settings
  readonly log: Log & RoomDirectory
  readonly rooms: Rooms
  readonly people: People
  readonly identities: Identities
  readonly presence: Presence
  readonly pace: Pace
  readonly logger: Logger
  /** A session's socket is gone. */
  left(session: Session): void
}
