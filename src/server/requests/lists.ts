import { setImmediate as turn } from 'node:timers/promises'
import { MAX_UNREAD } from '../../protocol/limits.ts'
import { foldName } from '../../protocol/names.ts'
import type { Member, Request, RoomSummary } from '../../protocol/requests.ts'
import type { Person } from '../rooms/people.ts'
import { ANSWER_BYTES, frameBytes } from './answerSize.ts'
import type { Client } from './client.ts'
import { ownKeys, readPosition, resolveJoined } from './conversation.ts'

/** Serves `rooms`: those of the client with their unread counts, and the public ones where asked for. */
export async function listRooms(client: Client, person: Person, request: Request<'rooms'>): Promise<void> {
  const { rooms } = client.services
  const own = ownKeys(client, person)
  const keys = new Set(own)
  // A token sees its own rooms alone.
  if (request.all === true && client.scope === undefined) for (const [key] of rooms.all()) keys.add(key)
  const summaries: RoomSummary[] = []
  let bytes = 0
  for (const key of keys) {
    const summary = await summaryOf(client, person, key, own.has(key))
    bytes += frameBytes(summary)
    if (bytes > ANSWER_BYTES) break
    summaries.push(summary)
    // Counting the unread messages of a thousand rooms takes a while: other clients have their turns in between.
    await turn()
  }
  client.ok(request, { rooms: summaries, ...(summaries.length < keys.size ? { more: true } : {}) })
}

async function summaryOf(client: Client, person: Person, key: string, isOwn: boolean): Promise<RoomSummary> {
  const { rooms, log } = client.services
  const head = log.head(key)
  const read = readPosition(client, key)
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
