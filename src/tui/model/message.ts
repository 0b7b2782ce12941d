/** Finding messages in a timeline: those of the server's present log that are not deleted. */

import type { RoomView } from '../../client/room.ts'
import type { MessageEntry } from '../../client/timelineEntry.ts'
import { foldName } from '../../protocol/names.ts'
import type { World } from './world.ts'

/** The newest message that `isWanted` accepts; undefined if there is none. */
export function lastMessage(
  { timeline }: RoomView,
  isWanted: (message: MessageEntry) => boolean,
): MessageEntry | undefined {
  for (let at = timeline.length - 1; at >= 0; at--) {
    const entry = timeline[at]
    // Entries above belong to another log; no request can reach them.
    if (entry?.kind === 'restart') return undefined
    if (entry?.kind === 'message' && entry.deleted === undefined && isWanted(entry)) return entry
  }
  return undefined
}

/** The message of an id; undefined if it is not in the timeline or is deleted. */
export function messageOf(room: RoomView, id: string): MessageEntry | undefined {
  return lastMessage(room, message => message.id === id)
}

/** Whether a message is ours, by the name of its sender. */
export function isOurs({ client }: World, { from }: Pick<MessageEntry, 'from'>): boolean {
  return foldName(from) === foldName(client.username)
}

/** Whether the server serves an action; true until the server has told its features. */
export function isServed({ client }: World, action: string): boolean {
  return client.server === undefined || client.server.features.includes(action)
}
