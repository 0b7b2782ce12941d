import type { RoomSummary } from '../protocol/requests.ts'
import type { Answer, PendingRequests } from './pendingRequests.ts'

/** Pages that are asked for: several thousand rooms, those with the newest events first. */
const MOST_PAGES = 8

/** The rooms of the session, and the public ones where asked for, those with the newest events first. */
export async function roomList(
  requests: PendingRequests,
  all: boolean,
): Promise<Answer<readonly RoomSummary[]>> {
  const rooms: RoomSummary[] = []
  let cursor: string | undefined
  for (let page = 1; ; page++) {
    const answer = await requests.ask({ action: 'rooms', all, ...(cursor === undefined ? {} : { cursor }) })
    if (!answer.ok) return answer
    rooms.push(...answer.value.rooms)
    cursor = answer.value.cursor
    if (cursor === undefined || page === MOST_PAGES) return { ok: true, value: rooms }
  }
}
