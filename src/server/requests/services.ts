import type { Result } from '../../protocol/errors.ts'
import type { RequestAction } from '../../protocol/requests.ts'
import type { Accounts } from '../auth/accounts.ts'
import type { Asking } from '../auth/asking.ts'
import type { Guesses } from '../auth/guesses.ts'
import type { InviteAddress } from '../auth/inviteAddress.ts'
import type { Passwords } from '../auth/passwords.ts'
import type { Strangers } from '../auth/strangers.ts'
import type { Counters } from '../counters.ts'
import type { Journal } from '../journal.ts'
import type { Log, RoomDirectory } from '../log/log.ts'
import type { People } from '../rooms/people.ts'
import type { Presence } from '../rooms/presence.ts'
import type { Peer } from '../rooms/room.ts'
import type { Rooms } from '../rooms/rooms.ts'
import type { Sessions } from '../rooms/sessions.ts'
import type { Roster } from '../roster/roster.ts'
import type { Settings } from '../settings.ts'
import type { LinkWatch } from '../transport/linkWatch.ts'
import type { Paces } from './paces.ts'

/** What all clients of a daemon share. Each piece owns its own state. */
export interface Services {
  readonly settings: Settings
  readonly log: Log & RoomDirectory
  readonly rooms: Rooms
  readonly people: People
  readonly sessions: Sessions
  readonly presence: Presence
  readonly paces: Paces
  readonly accounts: Accounts
  readonly links: LinkWatch
  /** The other daemons of a shared log; undefined where there is none. */
  readonly roster: Roster | undefined
  readonly passwords: Passwords
  readonly guesses: Guesses
  readonly asking: Asking
  readonly strangers: Strangers
  readonly inviteAddress: InviteAddress
  /** Erases a person (a folded name): everything said, and the account. The error is a sentence. */
  readonly erase: (person: string) => Promise<Result<unknown, string>>
  /** Connections that asked for the erasing of their person, and have no answer yet. */
  readonly erasing: Set<Peer>
  /** For the lines of the log about connections. */
  readonly journal: Journal
  readonly counters: Counters
  /** `host:port` of the other daemons that serve the same log, as clients reach them. */
  readonly peers: () => readonly string[]
  /** Every action that the daemon serves, for `welcome`. */
  readonly features: readonly RequestAction[]
}
