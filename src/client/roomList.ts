import { foldRoom } from '../protocol/names.ts'
import type { RoomSummary } from '../protocol/requests.ts'
import type { Leaves } from './leaves.ts'
import type { Answer, PendingRequests } from './pendingRequests.ts'
import type { Rooms } from './rooms.ts'

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

/** Requests the unread counts, and opens the rooms of this session that this client does not know. */
export function learnRooms(
  requests: PendingRequests,
  rooms: Rooms,
  leaves: Leaves,
  open: (key: string, name: string) => void,
): void {
  requests.askInOrder({ action: 'rooms' }, answer => {
    for (const summary of answer.ok ? answer.value.rooms : []) {
      const key = rooms.names.keyOf(summary.room)
      if (key === '') continue
      if (!rooms.has(key) && !leaves.has(summary.room)) open(key, summary.room)
      const room = rooms.get(key)
      if (room !== undefined) rooms.unread.summarize(room, summary)
    }
  })
}

/** Whether a list has a room of a (folded) name. */
export function isListed(rooms: readonly RoomSummary[], nameKey: string): boolean {
  return rooms.some(({ room, title = room }) => foldRoom(room) === nameKey || foldRoom(title) === nameKey)
}
