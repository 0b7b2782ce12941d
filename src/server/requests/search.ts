import { type Result, refuse, success } from '../../protocol/errors.ts'
import { foldName, parseUsername } from '../../protocol/names.ts'
import type { Request } from '../../protocol/requests.ts'
import { checkText } from '../../protocol/texts.ts'
import { presentEvent, searchWords } from '../log/log.ts'
import type { Person } from '../rooms/people.ts'
import type { Session } from './client.ts'
import { findOwnPlace, isDirectKey } from './conversation.ts'
import { ANSWER_BYTES, cutToBytes, ownKeys } from './history.ts'

const DEFAULT_HITS = 50

/** Serves `search`: what holds all the words, the newest first, of what the session may see. */
export async function search(session: Session, person: Person, request: Request<'search'>): Promise<void> {
  const { log, rooms, settings } = session.hall
  const fits = checkText('a search', request.query, settings.limits.query)
  if (!fits.ok) return session.refuse(fits.error, request.id)
  const places = placesOf(session, person, request.room)
  if (!places.ok) return session.refuse(places.error, request.id)
  const from = request.from === undefined ? success('') : parseUsername(request.from)
  if (!from.ok) return session.refuse(from.error, request.id)
  const before = request.cursor === undefined ? success(0) : parseCursor(request.cursor)
  if (!before.ok) return session.refuse(before.error, request.id)
  const found = await log.search({
    words: searchWords(request.query),
    rooms: places.value,
    from: request.from === undefined ? undefined : foldName(from.value),
    until: request.until,
    before: request.cursor === undefined ? undefined : before.value,
    limit: request.limit ?? DEFAULT_HITS,
    maxBytes: ANSWER_BYTES,
  })
  const hits = found.hits.map(event => presentEvent(event, rooms.nameFor(person, event.roomKey)))
  const kept = cutToBytes(hits, 'end')
  const last = kept.at(-1)
  const more = found.more || kept.length < hits.length
  session.ok(request, { hits: kept, ...(more && last !== undefined ? { cursor: String(last.seq) } : {}) })
}

/** Where somebody may look: in one of their rooms, or in all of them. */
function placesOf(
  session: Session,
  person: Person,
  room: string | undefined,
): Result<readonly { readonly key: string; readonly floor: number }[]> {
  if (room !== undefined) {
    const place = findOwnPlace(session, person, room)
    return place.ok ? success([{ key: place.value.key, floor: place.value.floor }]) : place
  }
  const began = session.identity?.began ?? session.hall.log.last
  return success([...ownKeys(session, person)].map(key => ({ key, floor: isDirectKey(key) ? began : 0 })))
}

/** The cursor of a page is the seq of its last hit; only we need to know. */
function parseCursor(cursor: string): Result<number> {
  const seq = Number(cursor)
  if (/^\d{1,16}$/.test(cursor) && Number.isSafeInteger(seq)) return success(seq)
  return refuse('bad_frame', 'the cursor is none that this server gave; search without one')
}
