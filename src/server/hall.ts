import type { Identities } from './identities.ts'
import type { Log } from './log.ts'
import type { Logger } from './logger.ts'
import type { Pace } from './pace.ts'
import type { People } from './people.ts'
import type { Presence } from './presence.ts'
import type { Rooms } from './rooms.ts'
import type { Session } from './session.ts'
import type { Settings } from './settings.ts'

/** What all sessions of a daemon share. Each piece owns its own state. */
export interface Hall {
  readonly settings: Settings
  readonly log: Log
  readonly rooms: Rooms
  readonly people: People
  readonly identities: Identities
  readonly presence: Presence
  readonly pace: Pace
  readonly logger: Logger
  /** A session's socket is gone. */
  left(session: Session): void
}
