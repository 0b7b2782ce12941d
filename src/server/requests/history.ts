import { refuse } from '../../protocol/errors.ts'
import type { RoomEvent } from '../../protocol/events.ts'
import type { Request } from '../../protocol/requests.ts'
import { type LoggedEvent, presentEvent } from '../log/log.ts'
import type { Person } from '../rooms/people.ts'
import { ANSWER_BYTES, cutToBytes } from './answerSize.ts'
import type { Client } from './client.ts'
import { resolveJoined } from './conversation.ts'

const DEFAULT_PAGE = 100

/** Serves `history`: a page of a conversation. */
export async function history(client: Client, person: Person, request: Request<'history'>): Promise<void> {
  const conversation = resolveJoined(client, person, request.room)
  if (!conversation.ok) return client.refuse(conversation.error, request.id)
  const { key, name, floor } = conversation.value
  const { log } = client.services
  const { before, after, around } = request
  const bounds = [before, after, around].filter(bound => bound !== undefined)
  if (bounds.length > 1) {
    const { error } = refuse('bad_frame', 'ask for one of "before", "after" and "around", not for several')
    return client.refuse(error, request.id)
  }
  const head = log.head(key)
  const last = head?.last ?? 0
  if (bounds.some(bound => bound > last)) {
    const { error } = refuse('not_found', `"${name}" ends at ${last}`)
    return client.refuse(error, request.id)
  }
  const limit = request.limit ?? DEFAULT_PAGE
  const range = { before, after, around, floor, limit, maxBytes: ANSWER_BYTES }
  const page = await log.read(key, range, client.share)
  const frames = page.events.map(event => presentEvent(event, name, floor))
  const kept =
    around === undefined
      ? cutToBytes(frames, after !== undefined ? 'end' : 'start')
      : cutAround(frames, around)
  client.ok(request, {
    events: kept,
    first: firstShown(head?.first ?? 0, page.events, floor, page.moreBefore),
    last: page.last,
    moreBefore: page.moreBefore || kept[0] !== frames[0],
    moreAfter: page.moreAfter || kept.at(-1) !== frames.at(-1),
  })
}

/** `first` for a client that does not see the beginning: the oldest event that it was shown, when there is no more. */
function firstShown(
  first: number,
  events: readonly LoggedEvent[],
  floor: number,
  moreBefore: boolean,
): number {
  if (first > floor || first === 0) return first
  return moreBefore ? floor + 1 : (events[0]?.seq ?? 0)
}

/** As many of the frames around a position as fit in one line; the farthest ones go first. */
function cutAround(frames: readonly RoomEvent[], around: number): RoomEvent[] {
  const middle = frames.findLastIndex(({ seq }) => seq <= around)
  const [older, newer] = [frames.slice(0, middle + 1).reverse(), frames.slice(middle + 1)]
  const inTurns = older.length > newer.length ? older : newer
  const nearest = inTurns.flatMap((_, i) => [older[i], newer[i]].filter(frame => frame !== undefined))
  return cutToBytes(nearest, 'end').sort((a, b) => a.seq - b.seq)
}
