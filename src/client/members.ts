import type { Member } from '../protocol/requests.ts'
import type { Answer, PendingRequests } from './pendingRequests.ts'

/** Names of one page: the most that a server sends. */
const MEMBERS_PAGE = 200

/** All people in a room, by the room's name; reads page after page. */
export async function allMembers(
  requests: PendingRequests,
  room: string,
): Promise<Answer<readonly Member[]>> {
  const all: Member[] = []
  for (;;) {
    const after = all.at(-1)?.name
    const page = await requests.ask({
      action: 'members',
      room,
      limit: MEMBERS_PAGE,
      ...(after === undefined ? {} : { after }),
    })
    if (!page.ok) return page
    all.push(...page.value.members)
    if (!page.value.more || page.value.members.length === 0) return { ok: true, value: all }
  }
}
