import { type Result, success } from '../../protocol/errors.ts'
import { foldName, parseUsername } from '../../protocol/names.ts'
import type { Request } from '../../protocol/requests.ts'
import { searchTerms } from '../../protocol/searchTerms.ts'
import { checkText } from '../../protocol/texts.ts'
import { presentEvent } from '../log/log.ts'
import type { Person } from '../rooms/people.ts'
import { ANSWER_BYTES, cutToBytes } from './answerSize.ts'
import type { Client } from './client.ts'
import { floorOf, isInScope, ownRooms, resolveJoined } from './conversation.ts'
import { parseCursor } from './pageCursor.ts'

const DEFAULT_HITS = 50
/** A search looks into so many direct conversations, those used last; into others by their names. */
const DIRECTS_SEARCHED = 1_000

/** Serves `search`: the messages that hold all the terms, of those that the client may see, the newest first. */
export async function search(client: Client, person: Person, request: Request<'search'>): Promise<void> {
  const { log, rooms, settings } = client.services
  const fits = checkText('a search', request.query, settings.limits.query)
  if (!fits.ok) return client.refuse(fits.error, request.id)
  const scope = scopeOf(client, person, request.room)
  if (!scope.ok) return client.refuse(scope.error, request.id)
  const from = request.from === undefined ? success('') : parseUsername(request.from)
  if (!from.ok) return client.refuse(from.error, request.id)
  const before = request.cursor === undefined ? success(0) : parseCursor(request.cursor)
  if (!before.ok) return client.refuse(before.error, request.id)
  const terms = searchTerms(request.query)
  // A query of punctuation alone is not a query without words.
  if (terms.length === 0 && request.query.trim() !== '') return client.ok(request, { hits: [] })
  const query = {
    terms,
    rooms: scope.value,
    from: request.from === undefined ? undefined : foldName(from.value),
    until: request.until,
    before: request.cursor === undefined ? undefined : before.value,
    limit: request.limit ?? DEFAULT_HITS,
    maxBytes: ANSWER_BYTES,
  }
  const found = await log.search(query, client.share)
  const hits = found.hits.map(event => presentEvent(event, rooms.nameFor(person, event.roomKey, client)))
  const kept = cutToBytes(hits, 'end')
  const last = kept.at(-1)
  const isCut = kept.length < hits.length
  if (found.stoppedAt !== undefined && !isCut)
    return client.ok(request, { hits: kept, cursor: String(found.stoppedAt), stopped: true })
  const more = found.more || isCut
  client.ok(request, { hits: kept, ...(more && last !== undefined ? { cursor: String(last.seq) } : {}) })
}

/** Where a client may look: in one of its conversations, or in all of them. */
function scopeOf(
  client: Client,
  person: Person,
  room: string | undefined,
): Result<readonly { readonly key: string; readonly floor: number }[]> {
  if (room !== undefined) {
    const conversation = resolveJoined(client, person, room)
    return conversation.ok
      ? success([{ key: conversation.value.key, floor: conversation.value.floor }])
      : conversation
  }
  const directs = client.services.log.directsOf(person.key, DIRECTS_SEARCHED)
  const keys = [...ownRooms(client), ...directs.filter(key => isInScope(client, key))]
  return success(keys.map(key => ({ key, floor: floorOf(client, key) })))
}
