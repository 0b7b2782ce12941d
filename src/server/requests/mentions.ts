import { success } from '../../protocol/errors.ts'
import type { Request } from '../../protocol/requests.ts'
import { presentEvent } from '../log/log.ts'
import type { Person } from '../rooms/people.ts'
import { ANSWER_BYTES, cutToBytes } from './answerSize.ts'
import type { Client } from './client.ts'
import { ownRooms } from './conversation.ts'
import { parseCursor } from './pageCursor.ts'

const DEFAULT_HITS = 50

/** Serves `mentions`: the messages in the client's rooms that mention its person, the newest first. */
export async function listMentions(
  client: Client,
  person: Person,
  request: Request<'mentions'>,
): Promise<void> {
  const { log, rooms } = client.services
  const before = request.cursor === undefined ? success(Number.MAX_SAFE_INTEGER) : parseCursor(request.cursor)
  if (!before.ok) return client.refuse(before.error, request.id)
  const range = { before: before.value, limit: request.limit ?? DEFAULT_HITS, maxBytes: ANSWER_BYTES }
  const found = await log.mentions(person.key, [...ownRooms(client)], range, client.share)
  const hits = found.events.map(event => presentEvent(event, rooms.nameFor(person, event.roomKey, client)))
  const kept = cutToBytes(hits, 'end')
  const last = kept.at(-1)
  const isMore = found.more || kept.length < hits.length
  client.ok(request, { hits: kept, ...(isMore && last !== undefined ? { cursor: String(last.seq) } : {}) })
}
