/**
 * What the user has read: unread messages that stood on the screen, uncovered, for a moment, while the user looked.
 * The protocol has one read position for each room, so it moves only over messages that were all seen.
 */

import type { RoomView } from '../../client/room.ts'
import type { MessageEntry, TimelineEntry } from '../../client/timelineEntry.ts'
import { isOurs } from '../model/message.ts'
import { type RoomScreen, roomScreen, type ScreenState, withRoom } from '../model/state.ts'
import type { World } from '../model/world.ts'
import { blockAt, blockRows } from '../select/blocks.ts'
import type { Pane } from '../select/pane.ts'
import { moved } from '../select/viewport.ts'

/** A message is read once it stood on the screen this long, ms: passing through a room reads nothing. */
const READ_AFTER_MS = 1_000
/** On a terminal that does not report its focus, the user looks at the screen for this long after a key, ms. */
const LOOKS_AFTER_KEY_MS = 120_000

/** Whether the user can see the timeline: no box covers it, and the terminal is in use. */
export function isLooking({ focused, lastInput, now, overlay, isElsewhere }: ScreenState): boolean {
  return overlay === undefined && !isElsewhere && (focused ?? now - lastInput < LOOKS_AFTER_KEY_MS)
}

/** The state with the unread messages on the screen noted, and those that stood there long enough seen. */
export function gazed(state: ScreenState, { room, ...pane }: Pane, world: World): ScreenState {
  const { gaze: before, seen: seenBefore } = roomScreen(state)
  const visible =
    isLooking(state) && !roomScreen(state).isPeeking ? visibleUnread({ room, ...pane }, world) : []
  if (visible.length === 0 && before.size === 0) return state
  const gaze = new Map<number, number>()
  const seen = new Set([...seenBefore].filter(seq => seq > room.read))
  for (const { seq } of visible) {
    if (seen.has(seq)) continue
    const since = before.get(seq) ?? state.now
    if (state.now - since >= READ_AFTER_MS) seen.add(seq)
    else gaze.set(seq, since)
  }
  return withRoom(state, { gaze, seen })
}

/** When the next message on the screen counts as read; our clock, ms. Undefined: no message waits for it. */
export function gazeDue(state: ScreenState): number | undefined {
  const { gaze } = roomScreen(state)
  return gaze.size === 0 ? undefined : Math.min(...gaze.values()) + READ_AFTER_MS
}

/** The read position that the seen messages allow: no unread message up to it was not seen. */
export function readUpTo(room: RoomView, seen: ReadonlySet<number>, world: World): number {
  const { timeline } = room
  const { start, reachesRead } = entriesAfter(room)
  // Unread messages before the first loaded entry were not on the screen.
  if (!reachesRead && room.moreBefore && countUnread(timeline, start, world) < room.unread) return room.read
  let position = room.read
  for (let at = start; at < timeline.length; at++) {
    const entry = timeline[at]
    if (entry === undefined || (entry.kind === 'gap' && entry.reason !== 'expired')) break
    if (isUnread(entry, world) && !seen.has(entry.seq)) break
    if (entry.kind === 'message' || entry.kind === 'topic') position = entry.seq
  }
  return position
}

/**
 * The change to a room in which the user sends a message: all that stands on the screen is read, and the line "new" goes,
 * unless unread messages remain above.
 */
export function spoken(state: ScreenState, room: RoomView, world: World): Partial<RoomScreen> {
  const { gaze, seen: before, marker } = roomScreen(state)
  const seen = new Set([...before, ...gaze.keys()])
  const position = readUpTo(room, seen, world)
  const isAllRead = !room.timeline.some(entry => isUnread(entry, world) && entry.seq > position)
  return {
    anchor: 'bottom',
    isPeeking: false,
    gaze: new Map(),
    seen,
    marker: isAllRead || room.unread === 0 ? undefined : marker,
  }
}

type Unread = MessageEntry & { readonly deleted: undefined }

function isUnread(entry: TimelineEntry, world: World): entry is Unread {
  return entry.kind === 'message' && entry.deleted === undefined && !isOurs(world, entry)
}

function countUnread(timeline: readonly TimelineEntry[], start: number, world: World): number {
  let count = 0
  for (let at = start; at < timeline.length; at++) {
    const entry = timeline[at]
    if (entry !== undefined && isUnread(entry, world)) count++
  }
  return count
}

/**
 * Where the entries after the read position start, and whether those before it are loaded. It looks at each of them, at
 * every change of a room: in a busy room there are thousands, so nothing is copied.
 */
function entriesAfter({ timeline, read }: RoomView): {
  readonly start: number
  readonly reachesRead: boolean
} {
  let start = timeline.length
  let reachesRead = false
  while (start > 0) {
    const entry = timeline[start - 1]
    if (entry === undefined || entry.kind === 'restart') break
    reachesRead = entry.kind === 'gap' ? entry.after <= read : entry.seq <= read
    if (reachesRead && entry.kind !== 'gap') break
    start--
    if (reachesRead) break
  }
  return { start, reachesRead }
}

/** The unread messages that are wholly on the screen, or fill it with their end. */
function visibleUnread({ room, scene, view, height }: Pane, world: World): readonly MessageEntry[] {
  const found: MessageEntry[] = []
  const bottom = moved(scene, view.top, height - 1)
  for (let block = view.lastBlock; block >= Math.max(1, view.top.block); block--) {
    const entry = room.timeline[block - 1]
    // Below the timeline stand messages of ours that are on their way, and warnings.
    if (entry === undefined) continue
    if (entry.kind === 'restart') break
    if (!isUnread(entry, world) || entry.seq <= room.read) continue
    const { before, own, after } = blockAt(scene, block)
    const lastRow = blockRows({ before, own, after }).length - after.length - 1
    const isCutBelow = block === bottom.block && bottom.row < lastRow
    const isCutAbove = block === view.top.block && view.top.row > before.length && own.length < height
    if (!isCutBelow && !isCutAbove) found.push(entry)
  }
  return found
}
