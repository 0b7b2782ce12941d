/** What follows from what is visible: the read position moves, the line "new" is drawn, pages of history are asked for. */

import type { RoomView } from '../../client/room.ts'
import { isOurs } from '../model/message.ts'
import { roomScreen, type ScreenState, withRoom } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { entryKey } from '../select/entryRows.ts'
import { type Pane, paneOf } from '../select/pane.ts'
import { andThen, type Step, step } from './step.ts'

/** Reads what is visible, and asks for what is missing there. */
export function read(state: ScreenState, world: World): Step {
  const pane = paneOf(state, world)
  if (pane === undefined) return step(state)
  return andThen(moveReadPosition(state, pane, world), next => askForHistory(next, world))
}

function moveReadPosition(state: ScreenState, { room, view }: Pane, world: World): Step {
  const screen = roomScreen(state)
  if (room.status !== 'joined') return step(screen.settled ? withRoom(state, { settled: false }) : state)
  const isSeen = state.focused && view.atBottom
  let next = state
  // Something came while nobody looked: before we came, while scrolled back, or behind another window.
  const isMissed = isSeen ? !screen.settled && hasEarlierUnread(room, world) : room.unread > 0
  if (isMissed && (screen.marker ?? -1) < room.read) {
    next = withRoom(next, { marker: room.read })
  }
  if (!screen.settled) next = withRoom(next, { settled: true, asked: [] })
  if (!isSeen || room.unread === 0) return step(next)
  const seq = newestSeq(room)
  return seq > room.read ? step(next, { type: 'markRead', room: room.key, seq }) : step(next)
}

/** Whether something is unread that was said before we came: what came since, before the first look, was not missed. */
function hasEarlierUnread(room: RoomView, world: World): boolean {
  let since = 0
  for (const entry of room.timeline.toReversed()) {
    if (entry.kind !== 'message' || entry.seq <= Math.max(room.replayUntil, room.read)) break
    if (entry.deleted === undefined && !isOurs(world, entry)) since++
  }
  return room.unread > since
}

/** The newest position in the log that the server has now; 0: none. */
function newestSeq({ timeline }: RoomView): number {
  for (let at = timeline.length - 1; at >= 0; at--) {
    const entry = timeline[at]
    if (entry?.kind === 'restart') return 0
    if (entry?.kind === 'message' || entry?.kind === 'topic') return entry.seq
  }
  return 0
}

function askForHistory(state: ScreenState, world: World): Step {
  const pane = paneOf(state, world)
  if (pane === undefined || pane.room.status !== 'joined' || world.client.link.status !== 'online') {
    return step(state)
  }
  return andThen(askForEarlier(state, pane), next => askForGap(next, pane))
}

/** A page before the first entry is asked for before the user gets there. */
function askForEarlier(state: ScreenState, { room, view, height }: Pane): Step {
  if (!room.moreBefore || room.loadingBefore) return step(state)
  const isNear = roomScreen(state).anchor === 'bottom' ? view.top.block === 0 : view.top.block <= height
  const first = room.timeline[0]
  const page = `before ${first === undefined ? '' : entryKey(first)}`
  if (!isNear) return step(state)
  return asking(state, page, { type: 'loadBefore', room: room.key })
}

/** A gap is filled from the end at which the user comes to it, so that what is read stays where it is. */
function askForGap(state: ScreenState, { room, view }: Pane): Step {
  for (let block = view.lastBlock; block >= Math.max(1, view.top.block); block--) {
    const entry = room.timeline[block - 1]
    if (entry?.kind === 'gap' && entry.reason !== 'expired' && !entry.loading) {
      const isBelow = roomScreen(state).anchor !== 'bottom' && block > view.top.block
      const end = isBelow ? 'oldest' : 'newest'
      const page = `${entryKey(entry)} ${entry.after}`
      return asking(state, page, { type: 'fillGap', room: room.key, before: entry.before, end })
    }
  }
  return step(state)
}

function asking(state: ScreenState, page: string, effect: Step['effects'][number]): Step {
  const { asked } = roomScreen(state)
  if (asked.includes(page)) return step(state)
  return step(withRoom(state, { asked: [...asked, page].slice(-20) }), effect)
}
