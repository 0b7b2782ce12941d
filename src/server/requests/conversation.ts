import { type Result, refuse, success } from '../../protocol/errors.ts'
import { foldName, parsePlace } from '../../protocol/names.ts'
import { directKey, directNames } from '../log/roomKeys.ts'
import type { Person } from '../rooms/people.ts'
import type { Session } from './client.ts'

/** The room or direct conversation that a request names, as one person sees it. */
export interface FoundPlace {
  readonly key: string
  /** The name under which the person knows it; for a room that does not exist yet, as it was written. */
  readonly name: string
  readonly isDirect: boolean
  /** Nothing at or before this position is shown to the session. */
  readonly floor: number
}

/** Finds out what a `room` field means. Errors: `room_invalid`, `name_invalid`, `forbidden`, `not_found`. */
export function findPlace(session: Session, person: Person, room: string): Result<FoundPlace> {
  const { rooms, people } = session.hall
  const place = parsePlace(room)
  if (!place.ok) return place
  if (place.value.kind === 'room') {
    const { key, name } = place.value
    return success({ key, name: rooms.find(key)?.name ?? name, isDirect: false, floor: 0 })
  }
  const other = foldName(place.value.with)
  const key = directKey(person.key, other)
  const known = people.find(other) !== undefined || session.hall.log.head(key) !== undefined
  if (!known) return refuse('not_found', `nobody called "${place.value.with}" was ever here`)
  const floor = session.identity?.began ?? session.hall.log.last
  return success({ key, name: rooms.nameFor(person, key), isDirect: true, floor })
}

/** Likewise, for requests that only those may make who are in the room; a direct conversation is everybody's own. */
export function findOwnPlace(session: Session, person: Person, room: string): Result<FoundPlace> {
  const place = findPlace(session, person, room)
  if (!place.ok || isIn(session, place.value)) return place
  return refuse('not_in_room', `join "${place.value.name}" before you ask about it`)
}

/** Whether a session is in a place, by this connection or by its list of rooms. */
function isIn(session: Session, place: FoundPlace): boolean {
  return place.isDirect || session.members.has(place.key) || session.identity?.reads.has(place.key) === true
}

/** Whether a key is that of a direct conversation. */
export function isDirectKey(key: string): boolean {
  return directNames(key) !== undefined
}
