/** Effects of what is visible: the read position moves, the line "new" is set, missing pages of history are requested. */

import type { RoomView } from '../../client/room.ts'
import type { MessageEntry, TopicEntry } from '../../client/timelineEntry.ts'
import { isOurs, lastMessage } from '../model/message.ts'
import { roomScreen, type ScreenState, withNotice, withRoom } from '../model/state.ts'
import { roomOf, type World } from '../model/world.ts'
import { entryKey } from '../select/entryRows.ts'
import { type Pane, paneOf } from '../select/pane.ts'
import { clean } from '../text/clean.ts'
import { gazed, isLooking, readUpTo } from './gaze.ts'
import { andThen, type Step, step } from './step.ts'

/** Marks the visible messages as read, and requests what is missing among them. */
export function read(state: ScreenState, world: World): Step {
  const pane = paneOf(state, world)
  if (pane === undefined) return step(state)
  return andThen(moveReadPosition(state, pane, world), next => askForHistory(next, world))
}

function moveReadPosition(state: ScreenState, pane: Pane, world: World): Step {
  const { room, view } = pane
  const screen = roomScreen(state)
  if (room.status !== 'joined') return step(screen.settled ? withRoom(state, { settled: false }) : state)
  const isSeen = isLooking(state) && view.atBottom
  let next = state
  if (room.unread === 0 && !screen.caughtUp) next = withRoom(next, { caughtUp: true })
  // Messages came while the user did not look: before the start, under a box, while scrolled back, or in another window.
  const isMissed = isSeen ? !screen.settled && hasEarlierUnread(room, world) : room.unread > 0
  if (isMissed && (screen.marker === undefined || (screen.caughtUp && screen.marker < room.read))) {
    next = withRoom(next, { marker: room.read, caughtUp: false })
  }
  if (!screen.settled) next = withRoom(next, { settled: true, asked: [] })
  next = gazed(next, pane, world)
  if (room.unread === 0) return step(next)
  const seq = readUpTo(room, roomScreen(next).seen, world)
  return seq > room.read ? step(next, { type: 'markRead', room: room.key, seq }) : step(next)
}

/** Marks the whole room as read, also messages that never stood on the screen. */
export function markRoomRead(state: ScreenState, world: World): Step {
  const room = roomOf(world, state.current)
  if (room === undefined || room.unread === 0) return step(state)
  const last = room.timeline.findLast(entry => entry.kind !== 'gap')
  if (last === undefined || last.kind === 'restart') return step(state)
  const unread = withRoom(state, { marker: undefined, isPeeking: false, gaze: new Map(), seen: new Set() })
  return step(withNotice(unread, clean`marked as read`), { type: 'markRead', room: room.key, seq: last.seq })
}

/** Marks a message (by its seq) as unread, and all below it. Nothing is read then until the user leaves the room or writes. */
export function markUnreadFrom(state: ScreenState, room: RoomView, seq: number): Step {
  const marker = room.timeline.findLast(
    (entry): entry is MessageEntry | TopicEntry =>
      (entry.kind === 'message' || entry.kind === 'topic') && entry.seq < seq,
  )
  // Below the first message that is loaded there is a position too.
  const read = marker?.seq ?? Math.max(0, seq - 1)
  const unread = withRoom(state, {
    marker: read,
    caughtUp: false,
    isPeeking: true,
    gaze: new Map(),
    seen: new Set(),
  })
  return step(withNotice(unread, clean`unread from here on, on all your devices`), {
    type: 'markRead',
    room: room.key,
    seq: read,
  })
}

/** Marks the newest message of another user as unread. */
export function markNewestUnread(state: ScreenState, world: World): Step {
  const room = roomOf(world, state.current)
  const newest = room === undefined ? undefined : lastMessage(room, message => !isOurs(world, message))
  if (room === undefined || newest === undefined)
    return step(withNotice(state, clean`no other person has said anything here`, 'error'))
  return markUnreadFrom(state, room, newest.seq)
}

/** Looks at the room without marking anything as read, or as before again. */
export function togglePeek(state: ScreenState): Step {
  const isPeeking = !roomScreen(state).isPeeking
  const told = isPeeking
    ? clean`peeking: nothing is marked as read until you leave the room or write in it`
    : clean`what you see is marked as read again`
  return step(withNotice(withRoom(state, { isPeeking, gaze: new Map(), seen: new Set() }), told))
}

/** Whether a message from before our start is unread. Messages since the start, before the first look, were not missed. */
function hasEarlierUnread(room: RoomView, world: World): boolean {
  let since = 0
  for (const entry of room.timeline.toReversed()) {
    if (entry.kind !== 'message' || entry.seq <= Math.max(room.replayUntil, room.read)) break
    if (entry.deleted === undefined && !isOurs(world, entry)) since++
  }
  return room.unread > since
}

function askForHistory(state: ScreenState, world: World): Step {
  const pane = paneOf(state, world)
  if (pane === undefined || pane.room.status !== 'joined' || world.client.link.status !== 'online') {
    return step(state)
  }
  return andThen(askForEarlier(state, pane), next => askForGap(next, pane))
}

/** Requests the page before the first entry before the user scrolls to its end. */
function askForEarlier(state: ScreenState, { room, view, height }: Pane): Step {
  if (!room.moreBefore || room.loadingBefore) return step(state)
  const isNear = roomScreen(state).anchor === 'bottom' ? view.top.block === 0 : view.top.block <= height
  const first = room.timeline[0]
  const page = `before ${first === undefined ? '' : entryKey(first)}`
  if (!isNear) return step(state)
  return asking(state, page, { type: 'loadBefore', room: room.key })
}

/** Fills a gap from the end that the user reaches, so that the visible rows stay where they are. */
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
