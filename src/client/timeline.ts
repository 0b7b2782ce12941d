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

/** A page of history and its bounds. */
export interface TimelinePage {
  readonly events: readonly RoomEvent[]
  /** The newest seq when the page was read: its messages are as of then. */
  readonly last: number
  readonly moreBefore: boolean
  readonly moreAfter: boolean
}

/** Whether a page ends right before the held entries, or anywhere before them. */
type Fit = 'close' | 'loose'

/** A message in a snapshot, with the seq as of which it is current. */
type SnapshotMessage = Omit<MessageEntry, Missing> & { readonly [F in Missing]?: MessageEntry[F] } & {
  readonly asOf: number
}

/** The newest part of a timeline as plain data; a timeline can be restored from it. */
export interface TimelineSnapshot {
  readonly entries: readonly (SnapshotMessage | TopicEntry)[]
  readonly last: number
  readonly firstPrev: number
  readonly moreBefore: boolean
}

/** The fields that a snapshot omits if they are undefined. */
type Missing = 'text' | 'replyTo' | 'edited' | 'deleted'

const ENTRIES_KEPT = 10_000
/** Changes that are kept since they may be newer than a requested page, which takes well under a second. */
const CHANGES_KEPT = 1_000

/**
 * The held part of one room's log: messages and topics in order, with gaps as entries, so that it is known what is
 * missing. Edits, deletions and reactions are folded into their messages. Pages and live events give the same entries
 * in any order of arrival.
 *
 * Seqs are compared only after the last restart; entries above it are only kept.
 */
export class Timeline {
  readonly #entries: TimelineEntry[] = []
  readonly #kept: number
  /** The index of the first entry of the server's present log. */
  #start = 0
  /** Every event after this seq is held, except in gaps. */
  #firstPrev = 0
  /** The seq up to which the log is known; undefined before any is known. */
  #last: number | undefined
  #moreBefore = false
  /** By the seq of the message. */
  readonly #held = new Map<number, Held>()
  /** The newest changes, in order of seq: a page that was read before them does not include them. */
  readonly #changes: Change[] = []
  /** The ends of the gaps of missed events, so that an event does not look through all entries for one. */
  readonly #missed = new Set<number>()

  /** @param kept the most entries that are held; the oldest go */
  constructor(kept: number = ENTRIES_KEPT) {
    this.#kept = kept
  }

  /** In order, the newest last; changed in place. */
  get entries(): readonly TimelineEntry[] {
    return this.#entries
  }

  /** The seq to resume from; undefined before any is known. */
  get last(): number | undefined {
    return this.#last
  }

  /** The seq before which history continues; only meaningful with {@link moreBefore}. */
  get before(): number {
    return this.#firstPrev + 1
  }

  /** Whether the server has events before the first entry. */
  get moreBefore(): boolean {
    return this.#moreBefore
  }

  /** The message of a seq in the server's present log; undefined if it is not held, or not a message. */
  messageAt(seq: number): MessageEntry | undefined {
    const entry = this.#entries[this.#indexOf(seq)]
    return entry?.kind === 'message' && entry.seq === seq ? entry : undefined
  }

  /** Begins an empty timeline at a seq of a log. */
  begin(last: number, moreBefore: boolean): void {
    this.#last = last
    this.#firstPrev = last
    this.#moreBefore = moreBefore
  }

  /**
   * The newest entries of the server's present log; undefined before any is known. Entries above a gap are not among
   * them: events in the gap may have deleted them.
   * @param limit the most entries
   * @param length the most characters of all entries together; the newest entry is always included
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

  /** Restores a snapshot into an empty timeline. */
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

  /** The seq as of which a held message is current: all changes up to the known end of the log are folded in. */
  #asOf(seq: number): number {
    const held = this.#held.get(seq)
    return Math.max(held?.asOf ?? seq, this.#last ?? seq, ...(held?.reacted?.values() ?? []))
  }

  /** The server has another log: keeps the entries above a restart entry. */
  restart(ts: number): void {
    this.#entries.push({ kind: 'restart', ts })
    this.#start = this.#entries.length
    this.#last = undefined
    this.#firstPrev = 0
    this.#moreBefore = false
    this.#held.clear()
    this.#changes.length = 0
    this.#missed.clear()
  }

  /**
   * Adds the next event, live or replayed; false if it is held already. An event that does not follow the last one opens
   * a gap.
   * @param asOf the seq as of which it is current: a replayed event was read after the replay began
   */
  append(event: RoomEvent, asOf: number = event.seq): boolean {
    if (this.#last === undefined) this.begin(event.prev, event.prev > 0)
    const last = this.#last ?? event.prev
    if (event.seq <= last) return false
    if (event.prev > last) {
      this.#splice(this.#entries.length, 0, [
        { kind: 'gap', after: last, before: event.seq, reason: 'missed', loading: false },
      ])
    }
    this.#last = event.seq
    this.#place(event, Math.max(asOf, event.seq))
    this.#trim()
    return true
  }

  /** The server left events out of a replay. */
  leaveOut(gap: Gap): void {
    const after = Math.max(gap.after, this.#last ?? 0)
    if (gap.before <= after + 1) return
    this.#splice(this.#entries.length, 0, [
      { kind: 'gap', after, before: gap.before, reason: gap.reason, loading: false },
    ])
    this.#last = gap.before - 1
  }

  /** Adds a page before the first entry; a page that ends earlier gets a gap behind it. */
  prepend(page: TimelinePage, fit: Fit = 'close'): void {
    const events = page.events.filter(event => event.seq <= this.#firstPrev)
    this.#splice(this.#start, 0, gapBehind(events, page, fit, this.before))
    this.#insert(events, this.#start, page.last)
    this.#firstPrev = events[0]?.prev ?? (page.moreBefore ? this.#firstPrev : 0)
    this.#moreBefore = page.moreBefore
    this.#reapply(page)
  }

  /** The gap that ends at a seq, if there is one. */
  gapBefore(before: number): GapEntry | undefined {
    const entry = this.#entries[this.#gapIndex(before)]
    return entry?.kind === 'gap' ? entry : undefined
  }

  /** The newest gap that can be filled and is not loading. */
  nextGap(): GapEntry | undefined {
    if (this.#missed.size === 0) return undefined
    const at = this.#entries.findLastIndex(entry => isMissed(entry) && !entry.loading)
    const entry = this.#entries[at]
    return at >= this.#start && entry?.kind === 'gap' ? entry : undefined
  }

  /** Marks a gap as loading, or no longer. */
  setLoading(before: number, loading: boolean): void {
    const index = this.#gapIndex(before)
    const entry = this.#entries[index]
    if (entry?.kind === 'gap') this.#entries[index] = { ...entry, loading }
  }

  /** The gap around a seq, if there is one that can be filled. */
  gapAround(seq: number): GapEntry | undefined {
    const entry = this.#entries[this.#indexOf(seq)]
    return entry?.kind === 'gap' && entry.after < seq && entry.reason !== 'expired' ? entry : undefined
  }

  /** Adds a page within a gap: the gap shrinks, splits or disappears. */
  fill(before: number, page: TimelinePage, fit: Fit = 'close'): void {
    const index = this.#gapIndex(before)
    const gap = this.#entries[index]
    if (gap?.kind !== 'gap') return
    const events = page.events.filter(event => event.seq > gap.after && event.seq < gap.before)
    const first = events[0]
    // The page reaches the gap's beginning if the event before its first is held, or no longer exists.
    const isWhole = first === undefined || first.prev <= gap.after
    const isExpired = !isWhole && !page.moreBefore
    const rest: GapEntry[] = isWhole
      ? []
      : [{ ...gap, before: first.seq, loading: false, reason: isExpired ? 'expired' : gap.reason }]
    this.#splice(index, 1, [...rest, ...gapBehind(events, page, fit, before)])
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
    this.#splice(index, 0, inserted)
  }

  /** Replaces entries; every gap comes and goes here. */
  #splice(index: number, count: number, entries: readonly TimelineEntry[]): readonly TimelineEntry[] {
    const removed = this.#entries.splice(index, count, ...entries)
    for (const entry of removed) if (isMissed(entry)) this.#missed.delete(entry.before)
    for (const entry of entries) if (isMissed(entry)) this.#missed.add(entry.before)
    return removed
  }

  /** Folds the page's changes into messages that are held, and changes that came since into the page's messages. */
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
    // Removes a tenth at a time: removing one for each new entry would move the whole array each time.
    if (this.#entries.length <= this.#kept * 1.1) return
    const dropped = this.#splice(0, this.#entries.length - this.#kept, [])
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

  /** The index of the entry of a seq, or where it would be inserted. */
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

/** Whether an entry is a gap of events that this client missed; the others were left out, or are gone. */
function isMissed(entry: TimelineEntry): entry is GapEntry {
  return entry.kind === 'gap' && entry.reason === 'missed'
}

/** The gap between a page and a later seq; none if no event is between them. */
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
