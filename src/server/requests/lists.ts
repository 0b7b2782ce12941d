import { setImmediate as turn } from 'node:timers/promises'
import { type Result, refuse, success } from '../../protocol/errors.ts'
import { MAX_UNREAD } from '../../protocol/limits.ts'
import { foldName } from '../../protocol/names.ts'
import type { Member, Request, RoomSummary } from '../../protocol/requests.ts'
import type { Unread } from '../log/log.ts'
import type { Person } from '../rooms/people.ts'
import { ANSWER_BYTES, frameBytes } from './answerSize.ts'
import type { Client } from './client.ts'
import { isInScope, notifying, ownRooms, readPosition, resolveJoined, titleFor } from './conversation.ts'

/** Rooms that are looked up together. */
const CHUNK = 100
/** A page has at most so many rooms: each counts what is unread. */
const MAX_ROOMS = 1_000

/** Rooms whose unread messages are counted in one turn of the log; each takes at most some 0.3 ms. */
const COUNTED_TOGETHER = 25
const NOTHING_UNREAD: Unread = { unread: 0, mentions: 0 }

/** A position in the list: after the room with this newest event, or, of rooms without events, with this key. */
interface Position {
  readonly last: number
  readonly key: string
}

/** A room in the list. */
interface Listed extends Position {
  readonly isOwn: boolean
}

const BEGINNING: Position = { last: Number.MAX_SAFE_INTEGER, key: '' }

/** Serves `rooms`: those of the client with their unread counts, and the public ones where asked for, the newest first. */
export async function listRooms(client: Client, person: Person, request: Request<'rooms'>): Promise<void> {
  const from = request.cursor === undefined ? success(BEGINNING) : parseCursor(request.cursor)
  if (!from.ok) return client.refuse(from.error, request.id)
  const limit = Math.min(request.limit ?? MAX_ROOMS, MAX_ROOMS)
  const summaries: RoomSummary[] = []
  let bytes = 0
  let last: Position | undefined
  // A token sees its own rooms alone.
  const isAll = request.all === true && client.scope === undefined
  for await (const some of together(newestFirst(client, person, from.value, isAll))) {
    const counts = await countsOf(client, person, some)
    for (const [at, listed] of some.entries()) {
      const summary = summaryOf(client, person, listed, counts.get(listed.key) ?? NOTHING_UNREAD)
      bytes += frameBytes(summary)
      if (bytes > ANSWER_BYTES || summaries.length >= limit) {
        const before = some[at - 1] ?? last
        const cursor = before === undefined ? {} : { cursor: `${before.last} ${before.key}` }
        return client.ok(request, { rooms: summaries, more: true, ...cursor })
      }
      summaries.push(summary)
    }
    last = some.at(-1)
    // Counting the unread messages of a thousand rooms takes a while: other clients have their turns in between.
    await turn()
  }
  client.ok(request, { rooms: summaries })
}

/** Hands over rooms some at a time. */
async function* together(rooms: AsyncIterable<Listed>): AsyncIterable<readonly Listed[]> {
  let some: Listed[] = []
  for await (const room of rooms) {
    some.push(room)
    if (some.length < COUNTED_TOGETHER) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}

/** Merges a client's rooms, its direct conversations and the public rooms by their newest events. */
async function* newestFirst(
  client: Client,
  person: Person,
  from: Position,
  isAll: boolean,
): AsyncIterable<Listed> {
  const own = await ownAfter(client, from)
  const isOwn = ownRooms(client)
  const directs = paged(client, person.key, from)
  const others = isAll ? paged(client, undefined, from) : undefined
  let direct = await directs.next()
  let other = await others?.next()
  for (let next = 0; ; ) {
    const candidates: Listed[] = []
    const listed = own[next]
    if (listed !== undefined) candidates.push(listed)
    if (!direct.done) candidates.push({ ...direct.value, isOwn: true })
    if (other?.done === false) candidates.push({ ...other.value, isOwn: false })
    const [newest] = candidates.sort(byNewest)
    if (newest === undefined) return
    if (newest === listed) next++
    else if (!direct.done && newest.key === direct.value.key) direct = await directs.next()
    else other = await others?.next()
    const isRepeated = !newest.isOwn && isOwn.has(newest.key)
    if (!isRepeated && isInScope(client, newest.key) && isSeen(client, newest)) yield newest
  }
}

/** In a direct conversation a session sees what came after it began. */
function isSeen(client: Client, { key, last }: Position): boolean {
  return !key.startsWith('@') || last > (client.session?.began ?? 0)
}

function byNewest(a: Position, b: Position): number {
  return b.last - a.last || (a.key < b.key ? -1 : Number(a.key > b.key))
}

/** The client's own rooms after a position, in order. */
async function ownAfter(client: Client, from: Position): Promise<readonly Listed[]> {
  const { log } = client.services
  const rooms: Listed[] = []
  let count = 0
  for (const key of ownRooms(client)) {
    const room = { key, last: log.head(key)?.last ?? 0, isOwn: true }
    // A session can have joined a room in which nothing was ever said, and whose name another room got since.
    const isThere = room.last > 0 || log.leadsTo(key) === key
    if (isThere && byNewest(from, room) < 0) rooms.push(room)
    if (++count % CHUNK === 0) await turn()
  }
  return rooms.sort(byNewest)
}

/** Direct conversations of a person, or else the public rooms, after a position. */
async function* paged(client: Client, of: string | undefined, from: Position): AsyncGenerator<Position> {
  const { log, rooms } = client.services
  // Most people have none, and this asks no other thread: after a restart every client asks for its list.
  if (of !== undefined && log.directsOf(of, 1).length === 0) return
  for (let before = from.last; before > 0; ) {
    const page = await log.newestRooms(of, before, CHUNK, client.share)
    for (const room of page) yield room
    before = page.at(-1)?.last ?? 0
  }
  if (of !== undefined) return
  const empty = [...rooms.withoutEvents()].map(key => ({ key, last: 0 })).sort(byNewest)
  for (const room of empty) if (byNewest(from, room) < 0) yield room
}

function parseCursor(cursor: string): Result<Position> {
  const [, last = '', key = ''] = /^(\d{1,16}) (.+)$/s.exec(cursor) ?? []
  if (last !== '' && Number.isSafeInteger(Number(last))) return success({ last: Number(last), key })
  return refuse('bad_frame', 'the cursor is none that this server gave; list without one')
}

/** What is unread in each of the client's own rooms, by key; rooms without anything after the read position are left out. */
async function countsOf(
  client: Client,
  person: Person,
  rooms: readonly Listed[],
): Promise<ReadonlyMap<string, Unread>> {
  const positions = new Map(
    rooms
      .filter(({ key, last, isOwn }) => isOwn && last > readPosition(client, key))
      .map(({ key }) => [key, readPosition(client, key)]),
  )
  if (positions.size === 0) return new Map()
  const counts = await client.services.log.unread(positions, person.key, MAX_UNREAD, client.share)
  return new Map([...positions.keys()].map((key, at) => [key, counts[at] ?? NOTHING_UNREAD]))
}

function summaryOf(client: Client, person: Person, { key, isOwn }: Listed, counts: Unread): RoomSummary {
  const { rooms, log } = client.services
  const head = log.head(key)
  const read = readPosition(client, key)
  return {
    room: rooms.nameFor(person, key, client),
    ...titleFor(client, head),
    topic: head?.topic ?? '',
    people: rooms.find(key)?.people ?? 0,
    last: head?.last ?? 0,
    read: isOwn ? read : 0,
    ...counts,
    ...(isOwn ? notifying(client.session?.notify.get(key)) : {}),
  }
}

/** Serves `members`: one page of the people in a room, by name. */
export function listMembers(client: Client, person: Person, request: Request<'members'>): undefined {
  const conversation = resolveJoined(client, person, request.room)
  if (!conversation.ok) return client.refuse(conversation.error, request.id)
  const { people, rooms, settings, accounts } = client.services
  const after = foldName(request.after ?? '')
  const limit = request.limit ?? settings.limits.page
  const page = rooms.attendance(conversation.value.key, after, limit)
  const members = page.people.map(({ key, name, since }): Member => {
    const away = people.at(key)?.away
    const isGuest = accounts.areThereAny && accounts.find(key) === undefined
    return { name, since, ...(away === undefined ? {} : { away }), ...(isGuest ? { guest: true } : {}) }
  })
  client.ok(request, { members, more: page.more })
}
