import { refuse } from '../../protocol/errors.ts'
import { SMALL_ROOM, TYPING_RENEW_MS } from '../../protocol/limits.ts'
import type { Request } from '../../protocol/requests.ts'
import { checkText } from '../../protocol/texts.ts'
import type { Person } from '../rooms/people.ts'
import { Line } from '../transport/line.ts'
import type { Session } from './client.ts'
import { findOwnPlace } from './conversation.ts'

/**
 * Serves `read`: moves the read position, also back, and tells the session's other connections once that is kept.
 * Resolves then: a connection has one of these waiting in the log, not thousands in the way of what others say.
 */
export async function setRead(session: Session, person: Person, request: Request<'read'>): Promise<void> {
  const place = findOwnPlace(session, person, request.room)
  if (!place.ok) return session.refuse(place.error, request.id)
  const { key, name } = place.value
  const { hall, identity } = session
  const last = hall.log.head(key)?.last ?? 0
  if (request.seq > last) {
    const { error } = refuse('not_found', `there is no ${request.seq} in "${name}" yet; the last is ${last}`)
    return session.refuse(error, request.id)
  }
  if (identity === undefined) return session.ok(request, { room: name, seq: request.seq })
  const kept = await hall.identities.moveRead(identity, key, request.seq)
  if (!kept.ok) return session.refuse(kept.error, request.id)
  session.ok(request, { room: name, seq: request.seq })
  const line = Line.of({ action: 'read', room: name, seq: request.seq })
  for (const other of person.sessions) if (other !== session && other.isFull) other.send(line)
}

/** Serves `typing`: passes it on to the others, no more often than the contract lets a client renew it. */
export function setTyping(session: Session, person: Person, request: Request<'typing'>): void {
  const place = findOwnPlace(session, person, request.room)
  if (!place.ok) return session.refuse(place.error, request.id)
  session.ok(request, {})
  const { key, name, isDirect } = place.value
  const now = performance.now()
  const lastAt = session.typingAt.get(key)
  // Half the renewal time, so that a renewal which the network hurried along is not lost.
  if (request.on && lastAt !== undefined && now - lastAt < TYPING_RENEW_MS / 2) return
  if (!request.on && lastAt === undefined) return
  if (request.on) session.typingAt.set(key, now)
  else session.typingAt.delete(key)
  session.slowDown(person)
  if (isDirect) return tellOther(session, person, key, request.on)
  const room = session.members.get(key)?.room
  if (room === undefined || room.people.size > SMALL_ROOM) return
  session.hall.rooms.signal(room, { action: 'typing', room: name, from: person.name, on: request.on }, person)
}

function tellOther(session: Session, person: Person, key: string, on: boolean): void {
  const { rooms, people } = session.hall
  // `@alice @bob` seen by one is named after the other.
  const other = people.find(rooms.nameFor(person, key).slice(1))
  if (other === undefined || other === person) return
  const line = Line.of({ action: 'typing', room: `@${person.name}`, from: person.name, on })
  for (const theirs of other.sessions) if (theirs.isFull) theirs.send(line)
}

/** Serves `away`. */
export function setAway(session: Session, person: Person, request: Request<'away'>): void {
  const { message } = request
  if (message !== undefined) {
    const fits = checkText('an away message', message, session.hall.settings.limits.away)
    if (!fits.ok) return session.refuse(fits.error, request.id)
  }
  if (message !== person.away) session.slowDown(person)
  session.hall.presence.setAway(person, message)
  session.ok(request, {})
}
