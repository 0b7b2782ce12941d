import type { People, Person } from './people.ts'
import type { Presence } from './presence.ts'
import type { Peer } from './room.ts'
import type { Rooms } from './rooms.ts'

/** What knows where a connection is. */
export interface Places {
  readonly rooms: Rooms
  readonly people: People
  readonly presence: Presence
}

/** A connection leaves its rooms, and its name to others. */
export function depart({ rooms, people, presence }: Places, peer: Peer, person: Person): void {
  const members = [...peer.memberships.values()]
  for (const member of members) rooms.exit(member, person)
  // After an erasing, another person can have the name by now.
  const heir = people.find(person.key)
  if (!people.depart(peer, person) || (heir !== undefined && heir !== person)) return
  const left = members.map(({ room }) => room)
  presence.wentOffline(person, left, peer.holder)
}
