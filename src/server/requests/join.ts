import type { Refusal } from '../../protocol/errors.ts'
import { SMALL_ROOM } from '../../protocol/limits.ts'
import { foldRoom } from '../../protocol/names.ts'
import type { Request, RequestResult } from '../../protocol/requests.ts'
import type { Person } from '../rooms/people.ts'
import type { Member } from '../rooms/room.ts'
import type { Client } from './client.ts'
import {
  type Conversation,
  notifying,
  readPosition,
  refuseListing,
  resolve,
  titleFor,
} from './conversation.ts'
import { refuseNewRoom } from './newRoom.ts'
import { replay } from './replay.ts'
import type { Services } from './services.ts'

/** When a client that holds more than this daemon has may try again, ms. */
const RETRY_AFTER = 1_000

/**
 * Serves `joinroom`. The answer says where the log ends; the missed events follow, fed from the log page by page as the
 * socket drains. In the tick in which the feeding reaches the last event that live members have, the connection becomes
 * live: no event falls between, and none comes twice.
 */
export function joinRoom(
  client: Client,
  person: Person,
  request: Request<'joinroom'>,
): Promise<void> | undefined {
  const found = resolve(client, person, request.room)
  if (!found.ok) return client.refuse(found.error, request.id)
  const conversation = found.value
  if (holdsMore(client, request, conversation)) return joinLater(client, person, request)
  return joinNow(client, person, request, conversation)
}

/** Whether a client comes from another daemon of this log, where it was told of events that are not here yet. */
function holdsMore(
  client: Client,
  { since = 0, epoch }: Request<'joinroom'>,
  conversation: Conversation,
): boolean {
  const { services } = client
  return since > services.log.last && epoch === epochOf(services, heldUnder(client, conversation))
}

/** An answer at once would tell it that its position has no meaning in this log, and it would begin the room afresh. */
async function joinLater(client: Client, person: Person, request: Request<'joinroom'>): Promise<void> {
  const done = client.expectAnswer()
  const hasCome = await client.services.log.reach(request.since ?? 0).finally(done)
  if (client.isGone) return
  const found = resolve(client, person, request.room)
  if (!found.ok) return client.refuse(found.error, request.id)
  if (hasCome) return joinNow(client, person, request, found.value)
  // Another daemon may have it.
  const message = 'this server does not have yet what you hold: try again soon'
  client.refuse({ code: 'storage_unavailable', message, retryAfter: RETRY_AFTER, fatal: true }, request.id)
}

function joinNow(
  client: Client,
  person: Person,
  request: Request<'joinroom'>,
  conversation: Conversation,
): Promise<void> | undefined {
  const { services } = client
  const otherName = refuseOtherName(client, conversation)
  if (otherName !== undefined) return client.refuse(otherName, request.id)
  if (
    !client.memberships.has(conversation.key) &&
    client.memberships.size >= services.settings.limits.rooms
  ) {
    const message = `a connection can be in ${services.settings.limits.rooms} rooms; leave one first`
    return client.refuse({ code: 'limit_reached', message }, request.id)
  }
  const refusal = conversation.isDirect ? undefined : refuseNewRoom(client, conversation)
  if (refusal !== undefined) return client.refuse(refusal, request.id)
  const tooMany = refuseListing(client, conversation.key)
  if (tooMany !== undefined) return client.refuse(tooMany, request.id)
  // A token does not change the list of rooms of its owner.
  const isNew =
    client.session !== undefined && client.scope === undefined && !client.session.reads.has(conversation.key)
  // A client that comes back joins its rooms as fast as it likes.
  if (isNew || client.session === undefined) client.slowDownJoins()
  const member = services.rooms.enter(client, person, conversation.key, conversation.name)
  if (!client.memberships.has(conversation.key)) services.roster?.entered(client, member)
  client.memberships.set(conversation.key, member)
  // At the first join nothing is unread: the room's past is not news.
  if (isNew && !conversation.isDirect && client.session !== undefined) {
    services.sessions.enlist(client.session, conversation.key, member.room.last, client.share)
    client.holdWhile(() => services.log.isBusy(client.share))
  }
  answer(client, request, conversation, member)
  if (!resumes(client, request, conversation, member.room.last)) {
    member.cursor = member.room.last
    member.room.goLive(member)
    return undefined
  }
  return replay(client, member, conversation, Math.max(request.since ?? 0, conversation.floor))
}

/** A client that does not understand renames would get the room twice, and hear of it by the first name alone. */
function refuseOtherName(
  client: Client,
  { key, name, nameKey, isDirect }: Conversation,
): Refusal | undefined {
  if (isDirect || client.knowsRenames || !client.memberships.has(key) || foldRoom(name) === nameKey)
    return undefined
  const message = `you are in this room as "${name}"; leave it first to join it as "${nameKey}"`
  return { code: 'forbidden', message }
}

/**
 * The epoch of a room: that of the log, and where a room of this name was deleted another one, so that a client that holds
 * something of it starts the room afresh.
 */
function epochOf({ log }: Pick<Services, 'log'>, key: string): string {
  const endedAt = log.endedAt(key)
  return endedAt === 0 ? log.epoch : `${log.epoch}.${endedAt}`
}

/** The key under which a client holds a room: that of the name in its frames. */
function heldUnder({ knowsRenames }: Client, { key, nameKey }: Conversation): string {
  return knowsRenames ? key : nameKey
}

/** Whether a client goes on after the position that it names. */
function resumes(
  client: Client,
  { since, epoch }: Request<'joinroom'>,
  conversation: Conversation,
  last: number,
): boolean {
  const { services } = client
  if (since === undefined || since > last) return false
  // What it holds under this name is of another room: it learns by the answer which one this is.
  if (client.knowsRenames && conversation.nameKey !== conversation.key) return false
  const key = heldUnder(client, conversation)
  if (epoch !== undefined) return epoch === epochOf(services, key)
  // A position of a room of this name that was deleted, unless it is the beginning.
  return since === 0 || since > services.log.endedAt(key)
}

function answer(
  client: Client,
  request: Request<'joinroom'>,
  conversation: Conversation,
  member: Member,
): void {
  const { services } = client
  const { room } = member
  const head = services.log.head(conversation.key)
  const people = services.rooms.peopleIn(room)
  client.ok(request, {
    room: conversation.name,
    ...titleFor(client, head),
    epoch: epochOf(services, heldUnder(client, conversation)),
    topic: head?.topic ?? '',
    people,
    ...(people <= SMALL_ROOM ? present(services, conversation.key) : {}),
    first: firstFor(head, conversation.floor),
    last: room.last,
    read: readPosition(client, conversation.key),
    ...notifying(client.session?.notify.get(conversation.key)),
  })
}

/** The people in a small room, and those of them who are away. */
function present(
  { rooms, people }: Services,
  key: string,
): Pick<RequestResult<'joinroom'>, 'members' | 'away'> {
  const attendance = rooms.attendance(key, '', SMALL_ROOM).people
  const away = attendance.flatMap(({ key: person, name }) => {
    const message = people.at(person)?.away
    return message === undefined ? [] : [{ name, message }]
  })
  return { members: attendance.map(({ name }) => name), ...(away.length === 0 ? {} : { away }) }
}

/** The oldest seq that a client may see; where it does not see the beginning, the first position after its floor. */
function firstFor(head: { first: number; last: number } | undefined, floor: number): number {
  if (head === undefined || head.last <= floor) return 0
  return Math.max(head.first, floor + 1)
}

/**
 * Serves `leaveroom`. The promise is fulfilled when the log has it: a client that joins and leaves without end has one
 * leave waiting in the log, not thousands in the way of others' messages.
 */
export async function leaveRoom(
  client: Client,
  person: Person,
  request: Request<'leaveroom'>,
): Promise<void> {
  const found = resolve(client, person, request.room)
  if (!found.ok) return client.refuse(found.error, request.id)
  const { key, name, isDirect } = found.value
  const member = client.memberships.get(key)
  const { session, services } = client
  const keepsList = isDirect || session === undefined || client.scope !== undefined
  const unlisted = keepsList ? undefined : services.sessions.leave(session, key, client.share)
  if (member === undefined && unlisted === undefined && !isDirect) {
    return client.refuse({ code: 'not_in_room', message: `you are not in "${name}"` }, request.id)
  }
  if (member !== undefined) {
    client.memberships.delete(key)
    client.typingAt.delete(key)
    services.rooms.exit(member, person)
    services.roster?.left(client, key)
  }
  client.ok(request, { room: name })
  await unlisted
}
