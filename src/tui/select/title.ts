/** The title of the window. */

import type { ScreenState } from '../model/state.ts'
import { roomOf, roomsOf, type World } from '../model/world.ts'
import { type CleanText, clean } from '../text/clean.ts'
import { truncate } from '../text/width.ts'
import { countText } from './countText.ts'
import { roomLabel } from './roomLabel.ts'

const WIDEST = 100

/** `(@2 5) #dev – chat-tui`: unread mentions and other messages of all rooms that are not muted; undefined: the user wants none. */
export function titleOf(state: ScreenState, world: World): CleanText | undefined {
  if (!state.settings.title) return undefined
  let unread = 0
  let mentions = 0
  for (const room of roomsOf(world)) {
    if (room.notify.muted) continue
    unread += room.unread
    mentions += room.mentions
  }
  const counts = [
    ...(mentions > 0 ? [clean`@${countText(mentions)}`] : []),
    ...(unread > mentions ? [countText(unread - mentions)] : []),
  ]
  const room = roomOf(world, state.current)
  const where = room === undefined ? clean`chat-tui` : clean`${roomLabel(room)} – chat-tui`
  const [first, second] = counts
  const before =
    first === undefined ? clean`` : second === undefined ? clean`(${first}) ` : clean`(${first} ${second}) `
  return truncate(clean`${before}${where}`, WIDEST)
}
