import type { RoomEvent } from '../protocol/events.ts'
import type { Gap } from '../protocol/responses.ts'
import {
  type Change,
  endOf,
  entryOf,
  foldChange,
  type GapEntry,
  type Held,
  isChange,
  type MessageEntry,
  type TimelineEntry,
  type TopicEntry,
} from './timelineEntry.ts'

/** A page of history as it came, and where it belongs. */
export interface TimelinePage {
  readonly events: readonly RoomEvent[]
  /** The newest seq when it was read: its messages stand as they did then. */
  readonly last: number
  readonly moreBefore: boolean
  readonly moreAfter: boolean
}

/** Where a page belongs: right before what is held, or anywhere before it. */
type Fit = 'close' | 'loose'

/** A message in a snapshot, with the position as of which it stands. */
type SnapshotMessage = Omit<MessageEntry, Missing> & { readonly [F in Missing]?: MessageEntry[F] } & {
  readonly asOf: number
}

/** The newest part of a timeline as plain data, which another one can go on from. */
export interface TimelineSnapshot {
  readonly entries: readonly (SnapshotMessage | TopicEntry)[]
  readonly last: number
  readonly firstPrev: number
  readonly moreBefore: boolean
}

/** The fields that data leaves out where they are undefined. */
type Missing = 'text' | 'replyTo' | 'edited' | 'deleted'

const ENTRIES_KEPT = 10_000
/** Changes that may be newer than a page that is on its way; what a page takes is well under a second. */
const CHANGES_KEPT = 1_000

/**
 * What a client holds of one room's log: messages and topics in order, with gaps as entries, so that it can
 * prove that it has missed nothing. It folds edits, deletions and reactions into their messages, and comes to
 * the same entries in whatever order pages and live events arrive.
 *
 * Positions are compared only within the part after the last restart; what is above it is only kept.
 */
export class Timeline {
  readonly #entries: TimelineEntry[] = []
  readonly #kept: number
  /** Index of the first entry of the log that the server has now. */
  #start = 0
  /** Everything after this position is held, but for the gaps. */
  #firstPrev = 0
  /** The position up to which we know the log; undefined before we know any. */
  #last: number | undefined
  #moreBefore = false
  /** By the seq of the message. */
  readonly #held = new Map<number, Held>()
  /** The newest changes that came, in order of seq: a page that was read before them does not show them. */
  readonly #changes: Change[] = []

  /** @param kept how many entries are held at most; the oldest go */
  constructor(kept: number = ENTRIES_KEPT) {
    this.#kept = kept
  }

  /** In order, the newest last; changed in place. */
  get entries(): readonly TimelineEntry[] {
    return this.#entries
  }

  /** Where to resume; undefined before anything is known. */
  get last(): number | undefined {
    return this.#last
  }

  /** The position before which history goes on; only meaningful with {@link moreBefore}. */
  get before(): number {
    return this.#firstPrev + 1
  }

  /** Whether the server has events before the first entry. */
  get moreBefore(): boolean {
    return this.#moreBefore
  }

  /** The message of a seq in the log that the server has now; undefined where it is not held, or no message. */
  messageAt(seq: number): MessageEntry | undefined {
    const entry = this.#entries[this.#indexOf(seq)]
    return entry?.kind === 'message' && entry.seq === seq ? entry : undefined
  }

  /** Begins at a position of a log of which nothing is held. */
  begin(last: number, moreBefore: boolean): void {
    this.#last = last
    this.#firstPrev = last
    this.#moreBefore = moreBefore
  }

  /**
   * The newest entries of the log that the server has now; undefined before anything is known of it. What stands above
   * a gap is not among them: it may have been deleted in there.
   * @param limit how many entries at most
   * @param length how many characters they hold together at most; the newest is always there
   */
  snapshot(limit: number, length: number): TimelineSnapshot | undefined {
    if (this.#last === undefined) return undefined
    const entries: TimelineSnapshot['entries'][number][] = []
    let at = this.#entries.length - 1
    for (let left = length; at >= this.#start && entries.length < limit; at--) {
      const entry = this.#entries[at]
      if (entry?.kind !== 'message' && entry?.kind !== 'topic') break
      left -= (entry.kind === 'message' ? entry.text : entry.topic)?.length ?? 0
      if (left < 0 && entries.length > 0) break
      entries.push(entry.kind === 'message' ? { ...entry, asOf: this.#asOf(entry.seq) } : entry)
    }
    const dropped = at >= this.#start ? this.#entries[at] : undefined
    return {
      entries: entries.reverse(),
      last: this.#last,
      firstPrev: dropped === undefined ? this.#firstPrev : endOf(dropped),
      moreBefore: this.#moreBefore || dropped !== undefined,
    }
  }

  /** Goes on from a snapshot; for a timeline of which nothing is known. */
  restore({ entries, last, firstPrev, moreBefore }: TimelineSnapshot): void {
    this.#last = last
    this.#firstPrev = firstPrev
    this.#moreBefore = moreBefore
    for (const entry of entries) {
      if (entry.kind === 'topic') this.#entries.push(entry)
      else {
        const { asOf, text, replyTo, edited, deleted, ...rest } = entry
        this.#entries.push({ ...rest, text, replyTo, edited, deleted })
        this.#held.set(entry.seq, { asOf })
      }
    }
  }

  /** The position as of which a held message stands: everything up to where we know the log is folded in. */
  #asOf(seq: number): number {
    const held = this.#held.get(seq)
    return Math.max(held?.asOf ?? seq, this.#last ?? seq, ...(held?.reacted?.values() ?? []))
  }

  /** The server has another log: keeps what is here above a line that says so. */
  restart(ts: number): void {
    this.#entries.push({ kind: 'restart', ts })
    this.#start = this.#entries.length
    this.#last = undefined
    this.#firstPrev = 0
    this.#moreBefore = false
    this.#held.clear()
    this.#changes.length = 0
  }

  /**
   * Takes the next event, live or replayed. False for one that is already held.
   * One that does not follow on what is held opens a gap.
   * @param asOf the position as of which it stands: a replayed one was read after the replay began
   */
  append(event: RoomEvent, asOf: number = event.seq): boolean {
    if (this.#last === undefined) this.begin(event.prev, event.prev > 0)
    const last = this.#last ?? event.prev
    if (event.seq <= last) return false
    if (event.prev > last) {
      this.#entries.push({ kind: 'gap', after: last, before: event.seq, reason: 'missed', loading: false })
    }
    this.#last = event.seq
    this.#place(event, Math.max(asOf, event.seq))
    this.#trim()
    return true
  }

  /** The server leaves something out of a replay. */
  leaveOut(gap: Gap): void {
    const after = Math.max(gap.after, this.#last ?? 0)
    if (gap.before <= after + 1) return
    this.#entries.push({ kind: 'gap', after, before: gap.before, reason: gap.reason, loading: false })
    this.#last = gap.before - 1
  }

  /** Puts the page that ends before {@link before} in front; one that ends long before it with a gap behind. */
  prepend(page: TimelinePage, fit: Fit = 'close'): void {
    const events = page.events.filter(event => event.seq <= this.#firstPrev)
    this.#entries.splice(this.#start, 0, ...gapBehind(events, page, fit, this.before))
    this.#insert(events, this.#start, page.last)
    this.#firstPrev = events[0]?.prev ?? (page.moreBefore ? this.#firstPrev : 0)
    this.#moreBefore = page.moreBefore
    this.#reapply(page)
  }

  /** The gap that ends at a position, if there is one. */
  gapBefore(before: number): GapEntry | undefined {
    const entry = this.#entries[this.#gapIndex(before)]
    return entry?.kind === 'gap' ? entry : undefined
  }

  /** The newest gap that can be filled and is not being filled. */
  nextGap(): GapEntry | undefined {
    return this.#entries
      .slice(this.#start)
      .findLast(entry => entry.kind === 'gap' && entry.reason === 'missed' && !entry.loading) as
      | GapEntry
      | undefined
  }

  /** Marks a gap as being filled, or no longer. */
  setLoading(before: number, loading: boolean): void {
    const index = this.#gapIndex(before)
    const entry = this.#entries[index]
    if (entry?.kind === 'gap') this.#entries[index] = { ...entry, loading }
  }

  /** The gap in which a position lies, if it is one that can be filled. */
  gapAround(seq: number): GapEntry | undefined {
    const entry = this.#entries[this.#indexOf(seq)]
    return entry?.kind === 'gap' && entry.after < seq && entry.reason !== 'expired' ? entry : undefined
  }

  /** Puts the page that ends before a gap's end, or any part of it, into the gap: it shrinks, is parted, or is gone. */
  fill(before: number, page: TimelinePage, fit: Fit = 'close'): void {
    const index = this.#gapIndex(before)
    const gap = this.#entries[index]
    if (gap?.kind !== 'gap') return
    const events = page.events.filter(event => event.seq > gap.after && event.seq < gap.before)
    const first = events[0]
    // The page reaches the gap's beginning when the event before its first is held, or when there is none any more.
    const isWhole = first === undefined || first.prev <= gap.after
    const isExpired = !isWhole && !page.moreBefore
    const rest: GapEntry[] = isWhole
      ? []
      : [{ ...gap, before: first.seq, loading: false, reason: isExpired ? 'expired' : gap.reason }]
    this.#entries.splice(index, 1, ...rest, ...gapBehind(events, page, fit, before))
    this.#insert(events, index + rest.length, page.last)
    this.#reapply(page)
  }

  #insert(events: readonly RoomEvent[], index: number, asOf: number): void {
    const inserted: TimelineEntry[] = []
    for (const event of events) {
      const entry = entryOf(event)
      if (entry === undefined) continue
      inserted.push(entry)
      if (entry.kind === 'message') this.#held.set(entry.seq, { asOf })
    }
    this.#entries.splice(index, 0, ...inserted)
  }

  /** Changes in the page can be to messages that are held already; changes that came since it was read, to its own. */
  #reapply(page: TimelinePage): void {
    for (const event of page.events) if (isChange(event)) this.#fold(event)
    for (const change of this.#changes) if (change.seq > page.last) this.#fold(change)
  }

  #place(event: RoomEvent, asOf: number): void {
    if (isChange(event)) {
      this.#changes.push(event)
      if (this.#changes.length > CHANGES_KEPT) this.#changes.shift()
      this.#fold(event)
    } else this.#insert([event], this.#entries.length, asOf)
  }

  #fold(change: Change): void {
    const index = this.#indexOf(change.target)
    const entry = this.#entries[index]
    if (entry?.kind !== 'message' || entry.seq !== change.target) return
    const held = this.#held.get(entry.seq)
    if (held === undefined || change.seq <= held.asOf) return
    const folded = foldChange(entry, change, held)
    if (folded !== undefined) this.#entries[index] = folded
  }

  #trim(): void {
    // A tenth at a time: taking one from the front for each that comes would move the whole array each time.
    if (this.#entries.length <= this.#kept * 1.1) return
    const dropped = this.#entries.splice(0, this.#entries.length - this.#kept)
    for (const entry of dropped) if (entry.kind === 'message') this.#held.delete(entry.seq)
    const intoCurrent = dropped.length > this.#start
    this.#start = Math.max(0, this.#start - dropped.length)
    if (!intoCurrent) return
    const last = dropped.at(-1)
    this.#firstPrev = last === undefined ? this.#firstPrev : endOf(last)
    this.#moreBefore = true
  }

  #gapIndex(before: number): number {
    for (let i = this.#start; i < this.#entries.length; i++) {
      const entry = this.#entries[i]
      if (entry?.kind === 'gap' && entry.before === before) return i
    }
    return -1
  }

  /** Where the entry of a seq is, or would be. */
  #indexOf(seq: number): number {
    let low = this.#start
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = this.#entries[middle]
      if (entry !== undefined && endOf(entry) < seq) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The gap between a page that lies somewhere before a position and that position; none where nothing is between. */
function gapBehind(
  events: readonly RoomEvent[],
  page: TimelinePage,
  fit: Fit,
  before: number,
): readonly GapEntry[] {
  const last = events.at(-1)
  const isClose = fit === 'close' || !page.moreAfter || page.events.length > events.length
  if (isClose || last === undefined || last.seq + 1 >= before) return []
  return [{ kind: 'gap', after: last.seq, before, reason: 'long', loading: false }]
}
