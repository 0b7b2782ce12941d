import type { PlainChat, ServerFrame } from '../../protocol/responses.ts'
import type { LoggedEvent } from '../log/log.ts'
import { Line } from '../transport/line.ts'
import type { Person } from './people.ts'
import type { Peer, Room } from './room.ts'

/** A frame about one room. */
export type RoomFrame = Extract<ServerFrame, { readonly room: string }>

/**
 * A frame for each full member, with the name by which it joined; all but a few share one line.
 * @param except a person who does not get it
 */
export function* linesToMembers(
  room: Room,
  frame: RoomFrame,
  except?: Person,
): Iterable<readonly [Peer, Line]> {
  const line = Line.of(frame)
  for (const { peer, name } of room.members.values()) {
    if (peer.isPlain || peer.personKey === except?.key) continue
    yield [peer, name === room.name ? line : Line.of({ ...frame, room: name })]
  }
}

type LoggedChat = LoggedEvent & { readonly action: 'chat' }

/** Whether an event is a message, which plain members get. */
export function isChat(event: LoggedEvent): event is LoggedChat {
  return event.action === 'chat'
}

/** Whether an event is about a message from before a connection sees anything. */
export function isOlder(event: LoggedEvent, { floor }: Peer): boolean {
  return event.action === 'edit' && event.target <= floor
}

/** A message as a plain member gets it. */
export function plainFrame(event: LoggedChat, room: string): PlainChat {
  return { action: 'chat', room, message: event.message ?? '', from: event.from }
}
