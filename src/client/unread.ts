import { setTimeout as delay } from 'node:timers/promises'
import type { ChatEvent, DeleteEvent, EditEvent } from '../protocol/events.ts'
import { MAX_UNREAD } from '../protocol/limits.ts'
import { foldName, mentions } from '../protocol/names.ts'
import type { RoomSummary } from '../protocol/requests.ts'
import type { PendingRequests } from './pendingRequests.ts'
import type { Room, RoomView } from './room.ts'
import type { MessageEntry, TimelineEntry } from './timelineEntry.ts'

/** Where a timeline does not hold all unread messages, the server is asked for the counts after this, ms. */
const ASK_AFTER_MS = 500

/** Numbers of unread messages, and of those that mention us; in a direct conversation every message does. */
interface Counts {
  readonly unread: number
  readonly mentions: number
}

const NONE: Counts = { unread: 0, mentions: 0 }

/** What {@link Unread} works with. */
export interface UnreadOptions {
  readonly requests: PendingRequests
  /** Our own name. */
  readonly me: () => string
  /** The room with this name on the server. */
  readonly find: (name: string) => Room | undefined
  /** Takes what a room is called; undefined: its name. */
  readonly retitle: (room: Room, title: string | undefined) => void
}

/**
 * Keeps the unread counts of rooms equal to those that the server would tell now. They follow from the messages in the
 * timeline; where it does not hold them all, the server is asked.
 */
export class Unread {
  readonly #options: UnreadOptions
  #isAsking = false

  constructor(options: UnreadOptions) {
    this.#options = options
  }

  /** Applies the server's summary of a room. */
  summarize(room: Room, summary: RoomSummary): void {
    room.read = summary.read
    room.unread = summary.unread
    room.mentions = room.kind === 'direct' ? summary.unread : summary.mentions
    room.countedTo = summary.last
    if (room.topic === '') room.topic = summary.topic
    this.#options.retitle(room, summary.title)
    room.touch()
  }

  /** Counts a new message, unless a summary of the server covers it. */
  arrived(room: Room, event: ChatEvent): void {
    const entry = room.messageAt(event.seq)
    if (event.seq <= room.countedTo || entry === undefined) return
    const more = countsOf(entry, room, this.#options.me())
    if (more.unread > 0) room.countedTo = event.seq
    setCounts(room, { unread: room.unread + more.unread, mentions: room.mentions + more.mentions })
  }

  /**
   * Counts a message again after its edit or deletion: it may no longer be unread, or mention us now.
   * @param before the message before the change; undefined if the timeline did not hold it
   */
  changed(room: Room, change: EditEvent | DeleteEvent, before: MessageEntry | undefined): void {
    if (change.seq <= room.countedTo || change.target <= room.read) return
    if (before === undefined || room.unread === MAX_UNREAD) return void this.#ask()
    const me = this.#options.me()
    const was = countsOf(before, room, me)
    const is = countsOf(room.messageAt(change.target), room, me)
    setCounts(room, {
      unread: room.unread - was.unread + is.unread,
      mentions: room.mentions - was.mentions + is.mentions,
    })
  }

  /** Moves the read position of a room, and counts the unread messages after it. */
  moveRead(room: Room, seq: number): void {
    room.read = seq
    const { isWhole, ...counts } = countHeld(room, this.#options.me())
    setCounts(room, counts)
    room.countedTo = Math.max(room.countedTo, room.log.last ?? 0)
    if (!isWhole) void this.#ask()
    room.touch()
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    await delay(ASK_AFTER_MS, undefined, { ref: false })
    this.#isAsking = false
    const answer = await this.#options.requests.ask({ action: 'rooms' })
    if (!answer.ok) return
    for (const summary of answer.value.rooms) {
      const room = this.#options.find(summary.room)
      // A read position that the server does not have yet is newer than the summary.
      if (room !== undefined && room.read === summary.read) this.summarize(room, summary)
    }
  }
}

function setCounts(room: Room, { unread, mentions }: Counts): void {
  room.unread = Math.max(0, Math.min(MAX_UNREAD, unread))
  room.mentions = Math.max(0, Math.min(MAX_UNREAD, mentions))
}

/** What one entry of a timeline adds to the counts of its room. */
function countsOf(
  entry: TimelineEntry | undefined,
  { read, kind }: Pick<RoomView, 'read' | 'kind'>,
  me: string,
): Counts {
  if (entry?.kind !== 'message' || entry.deleted !== undefined || entry.seq <= read) return NONE
  if (foldName(entry.from) === foldName(me)) return NONE
  return { unread: 1, mentions: kind === 'direct' || mentions(entry.text ?? '', me) ? 1 : 0 }
}

/** Counts the held messages after the read position. `isWhole`: no unread message can be missing. */
function countHeld(room: RoomView, me: string): Counts & { readonly isWhole: boolean } {
  let unread = 0
  let mentioned = 0
  let hasGap = false
  let reachesRead = false
  for (let at = room.timeline.length - 1; at >= 0 && !reachesRead; at--) {
    const entry = room.timeline[at]
    if (entry === undefined || entry.kind === 'restart') break
    if (entry.kind === 'gap') {
      hasGap ||= entry.reason !== 'expired' && entry.before > room.read + 1
      reachesRead = entry.after <= room.read
      continue
    }
    reachesRead = entry.seq <= room.read
    const counts = countsOf(entry, room, me)
    unread += counts.unread
    mentioned += counts.mentions
  }
  return { unread, mentions: mentioned, isWhole: !hasGap && (reachesRead || !room.moreBefore) }
}
