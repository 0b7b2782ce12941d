import { refuse } from '../../protocol/errors.ts'
import { SMALL_ROOM, TYPING_RENEW_MS } from '../../protocol/limits.ts'
import type { Request } from '../../protocol/requests.ts'
import { checkText } from '../../protocol/texts.ts'
import { changedNotify } from '../log/notify.ts'
import type { SessionNews } from '../rooms/heldSession.ts'
import type { Person } from '../rooms/people.ts'
import { Line } from '../transport/line.ts'
import type { Client } from './client.ts'
import { isInScope, notifying, refuseListing, refuseSetting, resolveJoined } from './conversation.ts'
import type { Services } from './services.ts'

/**
 * Serves `read`: moves the read position, also back; the person's other connections hear of it once the log has it. One that is
 * stored at once holds the client's next line back: a client has one of these waiting in the log, not thousands in the way of
 * others' messages. One that waits for its turn does not.
 */
export function setRead(client: Client, person: Person, request: Request<'read'>): Promise<void> | undefined {
  const conversation = resolveJoined(client, person, request.room)
  if (!conversation.ok) return client.refuse(conversation.error, request.id)
  const { key, name } = conversation.value
  const { services, session } = client
  const last = services.log.head(key)?.last ?? 0
  if (request.seq > last) {
    const { error } = refuse('not_found', `there is no ${request.seq} in "${name}" yet; the last is ${last}`)
    return client.refuse(error, request.id)
  }
  if (session === undefined) return client.ok(request, { room: name, seq: request.seq })
  const tooMany = refuseListing(client, key)
  if (tooMany !== undefined) return client.refuse(tooMany, request.id)
  const isPaced = services.sessions.isPaced(session, key)
  const sender = { origin: client, share: client.share }
  const moved = services.sessions.moveRead(session, key, request.seq, sender).then(kept => {
    if (kept.ok) client.ok(request, { room: name, seq: request.seq })
    else client.refuse(kept.error, request.id, request.action)
  })
  if (!isPaced) return moved
  const answered = client.expectAnswer()
  void moved.finally(answered)
  return undefined
}

/** Serves `notify`: sets what calls the person; the person's other connections hear of it once the log has it. */
export async function setNotify(client: Client, person: Person, request: Request<'notify'>): Promise<void> {
  const conversation = resolveJoined(client, person, request.room)
  if (!conversation.ok) return client.refuse(conversation.error, request.id)
  const { key, name } = conversation.value
  const { services, session } = client
  const before = session?.notify.get(key)
  const after = changedNotify(before, request)
  const told = { room: name, ...notifying(after) }
  const isSame = before?.level === after?.level && (before?.muted ?? false) === (after?.muted ?? false)
  if (session === undefined || isSame) return client.ok(request, told)
  const tooMany = before === undefined ? refuseSetting(client) : undefined
  if (tooMany !== undefined) return client.refuse(tooMany, request.id)
  const { level, muted } = request
  const sender = { origin: client, share: client.share }
  const kept = await services.sessions.setNotify(session, key, { level, muted }, sender)
  if (!kept.ok) return client.refuse(kept.error, request.id)
  client.ok(request, { room: name, ...notifying(kept.value) })
}

/** Tells the connections of a session what one of them did in a conversation, here or at another daemon: those that may see it. */
export function tellSession(
  { people, rooms }: Pick<Services, 'people' | 'rooms'>,
  { session, roomKey, change, origin }: SessionNews,
): void {
  const person = people.at(session.person)
  if (person === undefined) return
  const signal =
    change.kind === 'read'
      ? ({ action: 'read', seq: change.seq } as const)
      : ({ action: 'notify', ...notifying(change.notify) } as const)
  for (const peer of person.peers) {
    const isOf = peer.sessionNumber === session.number && !peer.isPlain && isInScope(peer, roomKey)
    if (isOf && peer !== origin) peer.send(Line.of({ ...signal, room: rooms.nameFor(person, roomKey, peer) }))
  }
}

/** Serves `typing`: passes it on to the other members, no more often than the contract lets a client renew it. */
export function setTyping(client: Client, person: Person, request: Request<'typing'>): undefined {
  const conversation = resolveJoined(client, person, request.room)
  if (!conversation.ok) return client.refuse(conversation.error, request.id)
  client.ok(request, {})
  const { key, isDirect } = conversation.value
  const now = performance.now()
  const lastAt = client.typingAt.get(key)
  // Half the renewal time: the network can bring two renewals closer together.
  if (request.on && lastAt !== undefined && now - lastAt < TYPING_RENEW_MS / 2) return
  if (!request.on && lastAt === undefined) return
  if (request.on) client.typingAt.set(key, now)
  else client.typingAt.delete(key)
  client.slowDown()
  if (isDirect) return tellOther(client, person, key, request.on)
  const room = client.memberships.get(key)?.room
  if (room === undefined || room.people.size > SMALL_ROOM) return
  client.services.roster?.typing(client, key, request.on)
  client.services.rooms.signal(
    room,
    { action: 'typing', room: room.name, from: person.name, on: request.on },
    person,
  )
}

function tellOther(client: Client, person: Person, key: string, on: boolean): undefined {
  const { rooms, people } = client.services
  // Each of the two knows the conversation by the other's name.
  const other = people.find(rooms.nameFor(person, key).slice(1))
  if (other === undefined || other === person) return
  const line = Line.of({ action: 'typing', room: `@${person.name}`, from: person.name, on })
  for (const peer of [...other.peers, ...other.elsewhere]) if (!peer.isPlain) peer.send(line)
}

/** Serves `away`: sets or clears the away message. */
export function setAway(client: Client, person: Person, request: Request<'away'>): undefined {
  const { message } = request
  if (message !== undefined) {
    const fits = checkText('an away message', message, client.services.settings.limits.away)
    if (!fits.ok) return client.refuse(fits.error, request.id)
  }
  const { presence, roster } = client.services
  const isChange = message !== person.away
  if (isChange) client.slowDown()
  presence.setAway(person, message)
  if (isChange) roster?.away(person)
  client.ok(request, {})
}

/** Serves `ping`. */
export function ping(client: Client, _: Person, request: Request<'ping'>): undefined {
  client.ok(request, {})
}
