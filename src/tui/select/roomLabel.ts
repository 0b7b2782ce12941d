/** The name of a room on the screen. */

import type { RoomView } from '../../client/room.ts'
import { type CleanText, clean, cleanLine } from '../text/clean.ts'

/** `#lobby` for a room, `@alice` for a direct conversation. */
export function roomLabel(room: Pick<RoomView, 'kind' | 'title'>): CleanText {
  const name = cleanLine(room.title)
  return room.kind === 'direct' ? name : clean`#${name}`
}
