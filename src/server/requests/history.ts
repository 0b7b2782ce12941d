import { refuse } from '../../protocol/errors.ts'
import type { RoomEvent } from '../../protocol/events.ts'
import { MAX_RESPONSE_BYTES, MAX_UNREAD } from '../../protocol/limits.ts'
import { foldName } from '../../protocol/names.ts'
import type { Member, Request, RoomSummary } from '../../protocol/requests.ts'
import { type LoggedEvent, presentEvent } from '../log/log.ts'
import type { Person } from '../rooms/people.ts'
import type { Session } from './client.ts'
import { findOwnPlace, isDirectKey } from './conversation.ts'

const DEFAULT_PAGE = 100
/** What is left in a line beside what stands around the events. */
export const ANSWER_BYTES = MAX_RESPONSE_BYTES - 4 * 1024

/** Serves `history`. */
export async function history(session: Session, person: Person, request: Request<'history'>): Promise<void> {
  const place = findOwnPlace(session, person, request.room)
  if (!place.ok) return session.refuse(place.error, request.id)
  const { key, name, floor } = place.value
  const { log } = session.hall
  const { before, after, around } = request
  const bounds = [before, after, around].filter(bound => bound !== undefined)
  if (bounds.length > 1) {
    const { error } = refuse('bad_frame', 'ask for one of "before", "after" and "around", not for several')
    return session.refuse(error, request.id)
  }
  const head = log.head(key)
  const last = head?.last ?? 0
  if (bounds.some(bound => bound > last)) {
    const { error } = refuse('not_found', `"${name}" ends at ${last}`)
    return session.refuse(error, request.id)
  }
  const limit = request.limit ?? DEFAULT_PAGE
  const page = await log.read(key, { before, after, around, floor, limit, maxBytes: ANSWER_BYTES })
  const frames = page.events.map(event => presentEvent(event, name))
  const kept =
    around === undefined
      ? cutToBytes(frames, after !== undefined ? 'end' : 'start')
      : cutAround(frames, around)
  session.ok(request, {
    events: kept,
    first: firstShown(head?.first ?? 0, page.events, floor, page.moreBefore),
    last: page.last,
    moreBefore: page.moreBefore || kept[0] !== frames[0],
    moreAfter: page.moreAfter || kept.at(-1) !== frames.at(-1),
  })
}

/** What `first` says to a session that does not see the beginning: the oldest it was shown when there is no more. */
function firstShown(
  first: number,
  events: readonly LoggedEvent[],
  floor: number,
  moreBefore: boolean,
): number {
  if (first > floor || first === 0) return first
  return moreBefore ? floor + 1 : (events[0]?.seq ?? 0)
}

/** As many of the frames as fit in one line, dropped from one end. Escapes can make a frame longer than the log estimates. */
export function cutToBytes<Frame>(frames: readonly Frame[], dropFrom: 'start' | 'end'): Frame[] {
  const kept: Frame[] = []
  let bytes = 0
  for (const frame of dropFrom === 'end' ? frames : frames.toReversed()) {
    bytes += frameBytes(frame)
    if (bytes > ANSWER_BYTES && kept.length > 0) break
    kept.push(frame)
  }
  return dropFrom === 'end' ? kept : kept.reverse()
}

/** As many of the frames around a position as fit in one line; what is farther from it goes first. */
function cutAround(frames: readonly RoomEvent[], around: number): RoomEvent[] {
  const middle = frames.findLastIndex(({ seq }) => seq <= around)
  const [older, newer] = [frames.slice(0, middle + 1).reverse(), frames.slice(middle + 1)]
  const inTurns = older.length > newer.length ? older : newer
  const nearest = inTurns.flatMap((_, i) => [older[i], newer[i]].filter(frame => frame !== undefined))
  return cutToBytes(nearest, 'end').sort((a, b) => a.seq - b.seq)
}

/** What a frame takes in a line that lists several. */
function frameBytes(frame: unknown): number {
  return Buffer.byteLength(JSON.stringify(frame)) + 1
}

/** Serves `rooms`: those of the session with what is unread, and the public ones where asked for. */
export async function listRooms(session: Session, person: Person, request: Request<'rooms'>): Promise<void> {
  const { rooms } = session.hall
  const own = ownKeys(session, person)
  const keys = new Set(own)
  if (request.all === true) for (const [key] of rooms.all()) keys.add(key)
  const summaries: RoomSummary[] = []
  let bytes = 0
  for (const key of keys) {
    const summary = await summaryOf(session, person, key, own.has(key))
    bytes += frameBytes(summary)
    if (bytes > ANSWER_BYTES) break
    summaries.push(summary)
    // Counting what is unread in a thousand rooms takes a while: the others have their turns in between.
    await new Promise(resolve => setImmediate(resolve))
  }
  session.ok(request, { rooms: summaries, ...(summaries.length < keys.size ? { more: true } : {}) })
}

/** The keys of the rooms of a session, and of the direct conversations in which it has something to see. */
export function ownKeys(session: Session, person: Person): Set<string> {
  const { log } = session.hall
  const keys = new Set<string>()
  for (const key of session.identity?.reads.keys() ?? []) if (!isDirectKey(key)) keys.add(key)
  for (const key of session.members.keys()) if (!isDirectKey(key)) keys.add(key)
  for (const key of log.directsOf(person.key)) {
    if ((log.head(key)?.last ?? 0) > (session.identity?.began ?? 0)) keys.add(key)
  }
  return keys
}

async function summaryOf(
  session: Session,
  person: Person,
  key: string,
  isOwn: boolean,
): Promise<RoomSummary> {
  const { rooms, log } = session.hall
  const head = log.head(key)
  const read = readPosition(session, key)
  const counts = isOwn ? await log.unread(key, read, person.key, MAX_UNREAD) : { unread: 0, mentions: 0 }
  return {
    room: rooms.nameFor(person, key),
    topic: head?.topic ?? '',
    people: rooms.find(key)?.people ?? 0,
    last: head?.last ?? 0,
    read: isOwn ? read : 0,
    ...counts,
  }
}

/** The session's read position in a room; in a conversation that it never read, where the session began. */
export function readPosition(session: Session, key: string): number {
  return session.identity?.reads.get(key) ?? (isDirectKey(key) ? (session.identity?.began ?? 0) : 0)
}

/** Serves `members`: one page of who is in a room, by name. */
export function listMembers(session: Session, person: Person, request: Request<'members'>): void {
  const place = findOwnPlace(session, person, request.room)
  if (!place.ok) return session.refuse(place.error, request.id)
  const { people, rooms, settings } = session.hall
  const after = foldName(request.after ?? '')
  const limit = request.limit ?? settings.limits.page
  const all = rooms.attendance(place.value.key).filter(([key]) => key > after)
  const members = all.slice(0, limit).map(([key, { name, since }]): Member => {
    const away = people.find(key)?.away
    return { name, since, ...(away === undefined ? {} : { away }) }
  })
  session.ok(request, { members, more: all.length > members.length })
}
