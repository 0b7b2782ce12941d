import { MAX_REPLAY_BYTES, MAX_REPLAY_EVENTS, NEWEST_AFTER_GAP, SMALL_ROOM } from '../../protocol/limits.ts'
import type { Request } from '../../protocol/requests.ts'
import type { Gap } from '../../protocol/responses.ts'
import { presentEvent } from '../log/log.ts'
import type { Person } from '../rooms/people.ts'
import type { Member } from '../rooms/room.ts'
import { Line } from '../transport/line.ts'
import type { Session } from './client.ts'
import { type FoundPlace, findPlace } from './conversation.ts'
import { readPosition } from './history.ts'

/** How much of a replay is read and sent at a time. */
const REPLAY_PAGE_EVENTS = 200
const REPLAY_PAGE_BYTES = 64 * 1024
/** How long a replay waits for a slow reader before it looks again, ms. */
const REPLAY_WAIT = 20

/**
 * Serves `joinroom`. The answer says where the log ends; what was missed follows, fed from the log page by page
 * as the socket drains, and in the moment in which the last event handed to the others is reached the connection
 * is put among them: no event falls between, and none comes twice.
 */
export function joinRoom(
  session: Session,
  person: Person,
  request: Request<'joinroom'>,
): Promise<void> | undefined {
  const found = findPlace(session, person, request.room)
  if (!found.ok) return void session.refuse(found.error, request.id)
  const place = found.value
  const { hall } = session
  if (!session.members.has(place.key) && session.members.size >= hall.settings.limits.rooms) {
    const message = `a connection can be in ${hall.settings.limits.rooms} rooms; leave one first`
    return void session.refuse({ code: 'limit_reached', message }, request.id)
  }
  const isNew = session.identity !== undefined && !session.identity.reads.has(place.key)
  const member = hall.rooms.enter(session, person, place.key, place.name)
  session.members.set(place.key, member)
  // Who comes for the first time has nothing unread: the room's past is not news.
  if (isNew && !place.isDirect && session.identity !== undefined) {
    void hall.identities.moveRead(session.identity, place.key, member.room.last)
    session.holdWhile(() => hall.log.isBusy)
  }
  answer(session, request, place, member)
  const resumes =
    request.since !== undefined &&
    request.since <= member.room.last &&
    (request.epoch === undefined || request.epoch === hall.log.epoch)
  if (!resumes) {
    member.cursor = member.room.last
    member.room.goLive(member)
    return undefined
  }
  return replay(session, member, place, Math.max(request.since ?? 0, place.floor))
}

function answer(session: Session, request: Request<'joinroom'>, place: FoundPlace, member: Member): void {
  const { hall } = session
  const { room } = member
  const head = hall.log.head(place.key)
  const people = hall.rooms.peopleIn(room)
  session.ok(request, {
    room: place.name,
    epoch: hall.log.epoch,
    topic: head?.topic ?? '',
    people,
    ...(people <= SMALL_ROOM
      ? { members: hall.rooms.attendance(place.key).map(([, { name }]) => name) }
      : {}),
    first: firstFor(head, place.floor),
    last: room.last,
    read: readPosition(session, place.key),
  })
}

/** The oldest seq that a session may see; where it does not see the beginning, the first position after its floor. */
function firstFor(head: { first: number; last: number } | undefined, floor: number): number {
  if (head === undefined || head.last <= floor) return 0
  return Math.max(head.first, floor + 1)
}

/** Resolves when the beginning is decided; the feeding goes on by itself. */
async function replay(session: Session, member: Member, place: FoundPlace, since: number): Promise<void> {
  const done = session.expectAnswer()
  try {
    member.cursor = await leaveOut(session, member, place, since)
    void feed(session, member, place).catch((error: unknown) => session.connection.failed(error))
  } finally {
    done()
  }
}

/** Says what is left out, if anything; returns the position from which events follow. */
async function leaveOut(session: Session, member: Member, place: FoundPlace, since: number): Promise<number> {
  const { log } = session.hall
  const { key, name: room } = place
  const head = log.head(key)
  if (head === undefined) return since
  const gap = (after: number, before: number, reason: Gap['reason']): void =>
    session.sendFrame({ action: 'gap', room, after, before, reason })
  let from = since
  if (since < head.firstPrev) {
    gap(since, head.first, 'expired')
    from = head.first - 1
  }
  const missed = await log.missed(key, from, MAX_REPLAY_EVENTS, MAX_REPLAY_BYTES)
  if (missed.events <= MAX_REPLAY_EVENTS && missed.bytes <= MAX_REPLAY_BYTES) return from
  const newest = await log.read(key, {
    before: member.room.last + 1,
    floor: from,
    limit: NEWEST_AFTER_GAP,
    maxBytes: MAX_REPLAY_BYTES,
  })
  const first = newest.events[0]?.seq ?? from + 1
  if (newest.moreBefore) gap(from, first, 'long')
  return first - 1
}

async function feed(session: Session, member: Member, place: FoundPlace): Promise<void> {
  const { log } = session.hall
  const { room } = member
  const done = session.expectAnswer()
  try {
    // A second `joinroom` or a `leaveroom` has put something else in this member's place.
    const isCurrent = (): boolean => session.members.get(place.key) === member && member.index === -1
    while (isCurrent()) {
      if (member.cursor >= room.last) {
        room.goLive(member)
        return
      }
      if (session.connection.outbound.leftOver > REPLAY_PAGE_BYTES) {
        await new Promise(resolve => setTimeout(resolve, REPLAY_WAIT))
        continue
      }
      const range = { after: member.cursor, limit: REPLAY_PAGE_EVENTS, maxBytes: REPLAY_PAGE_BYTES }
      const page = await log.read(place.key, range)
      if (!isCurrent()) return
      for (const event of page.events) {
        // Committed but not yet handed to the others: it will be, and then this one is among them or reads on.
        if (event.seq > room.last) break
        session.send(Line.of(presentEvent(event, place.name)))
        member.cursor = event.seq
      }
      // The log no longer holds what lies between: there is nothing more to feed.
      if (page.events.length === 0) member.cursor = room.last
      // Each page is a tick of its own, so that it counts as left over before the next is read.
      await new Promise(resolve => setImmediate(resolve))
    }
  } finally {
    done()
  }
}

/**
 * Serves `leaveroom`. The promise is fulfilled when that is kept: who joins and leaves without end has one leave
 * waiting in the log, not thousands in the way of what others say.
 */
export async function leaveRoom(
  session: Session,
  person: Person,
  request: Request<'leaveroom'>,
): Promise<void> {
  const found = findPlace(session, person, request.room)
  if (!found.ok) return session.refuse(found.error, request.id)
  const { key, name, isDirect } = found.value
  const member = session.members.get(key)
  const { identity, hall } = session
  const unlisted = isDirect || identity === undefined ? undefined : hall.identities.leave(identity, key)
  if (member === undefined && unlisted === undefined && !isDirect) {
    return session.refuse({ code: 'not_in_room', message: `you are not in "${name}"` }, request.id)
  }
  if (member !== undefined) {
    session.members.delete(key)
    session.typingAt.delete(key)
    hall.rooms.exit(member, person)
  }
  session.ok(request, { room: name })
  await unlisted
}
