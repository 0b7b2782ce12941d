/** Finding messages in a timeline: those of the log that the server has now, deleted ones left out. */

import type { RoomView } from '../../client/room.ts'
import type { MessageEntry } from '../../client/timelineEntry.ts'
import { foldName } from '../../protocol/names.ts'
import type { World } from './world.ts'

/** The newest message that is wanted; undefined where there is none. */
export function lastMessage(
  { timeline }: RoomView,
  isWanted: (message: MessageEntry) => boolean,
): MessageEntry | undefined {
  for (let at = timeline.length - 1; at >= 0; at--) {
    const entry = timeline[at]
    // What stands above is another log's; nothing can be done to it.
    if (entry?.kind === 'restart') return undefined
    if (entry?.kind === 'message' && entry.deleted === undefined && isWanted(entry)) return entry
  }
  return undefined
}

/** The message of an id; undefined where it is not in the timeline, or deleted. */
export function messageOf(room: RoomView, id: string): MessageEntry | undefined {
  return lastMessage(room, message => message.id === id)
}

/** Whether we said it, as far as the name tells. */
export function isOurs({ client }: World, { from }: Pick<MessageEntry, 'from'>): boolean {
  return foldName(from) === foldName(client.username)
}

/** Whether the server serves an action; true before we know. */
export function isServed({ client }: World, action: string): boolean {
  return client.server === undefined || client.server.features.includes(action)
}
