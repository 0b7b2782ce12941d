import { randomUUID } from 'node:crypto'
import { type Result, refuse, success } from '../protocol/errors.ts'
import { foldName, mentionedNames } from '../protocol/names.ts'
import {
  directNames,
  type Entry,
  type EntryBody,
  type Log,
  type LoggedEvent,
  type Page,
  type Range,
  type RoomHead,
  type Stored,
} from './log.ts'

const EVENTS_KEPT = 10_000
/** More than this waiting, and senders are read later. */
const BUSY_ENTRIES = 4_096
const MAX_BATCH = 512
/** What the frame of an event has beside its text: names, numbers, quotes. */
const FRAME_BYTES = 160

interface Waiting {
  readonly entry: Entry
  readonly settled: (result: Result<Stored>) => void
}

/** One room: its events in order, and what is known of it without looking at them. */
interface RoomLog {
  key: string
  name: string
  topic: string
  firstPrev: number
  events: LoggedEvent[]
}

/** Options of a {@link MemoryLog}, for tests. */
export interface MemoryLogOptions {
  /** How many events of a room are kept; 10,000. */
  readonly eventsKept?: number
  /** The clock, ms since 1970. */
  readonly now?: () => number
}

/** A log that lives as long as the process. A commit takes what was appended during one turn of the event loop. */
export class MemoryLog implements Log {
  readonly epoch = randomUUID()
  readonly #eventsKept: number
  readonly #now: () => number
  readonly #rooms = new Map<string, RoomLog>()
  readonly #directs = new Map<string, Set<string>>()
  /** Folded name and id of every event that is kept and was sent with an id, to the event. */
  readonly #byId = new Map<string, LoggedEvent>()
  readonly #listeners = new Set<(events: readonly LoggedEvent[]) => void>()
  #waiting: Waiting[] = []
  #scheduled: NodeJS.Immediate | undefined
  #last = 0

  constructor(options: MemoryLogOptions = {}) {
    this.#eventsKept = options.eventsKept ?? EVENTS_KEPT
    this.#now = options.now ?? Date.now
  }

  get last(): number {
    return this.#last
  }

  get isBusy(): boolean {
    return this.#waiting.length > BUSY_ENTRIES
  }

  head(roomKey: string): RoomHead | undefined {
    const room = this.#rooms.get(roomKey)
    return room === undefined ? undefined : headOf(room)
  }

  *heads(): Iterable<RoomHead> {
    for (const room of this.#rooms.values()) yield headOf(room)
  }

  directsOf(name: string): Iterable<string> {
    return this.#directs.get(name) ?? []
  }

  append(entry: Entry, settled: (result: Result<Stored>) => void): void {
    this.#waiting.push({ entry, settled })
    this.#scheduled ??= setImmediate(() => this.#commit())
  }

  subscribe(listener: (events: readonly LoggedEvent[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  read(roomKey: string, range: Range): Promise<Page> {
    const room = this.#rooms.get(roomKey)
    const events = room?.events ?? []
    const lowest = indexAfter(events, range.floor ?? 0)
    return Promise.resolve({
      ...pageOf(events, lowest, range),
      last: room === undefined ? 0 : headOf(room).last,
    })
  }

  missed(
    roomKey: string,
    after: number,
    maxEvents: number,
    maxBytes: number,
  ): Promise<{ events: number; bytes: number }> {
    const events = this.#rooms.get(roomKey)?.events ?? []
    let count = 0
    let bytes = 0
    for (
      let i = indexAfter(events, after);
      i < events.length && count <= maxEvents && bytes <= maxBytes;
      i++
    ) {
      count++
      bytes += frameBytes(events[i])
    }
    return Promise.resolve({ events: count, bytes })
  }

  unread(
    roomKey: string,
    after: number,
    name: string,
    max: number,
  ): Promise<{ unread: number; mentions: number }> {
    const events = this.#rooms.get(roomKey)?.events ?? []
    let unread = 0
    let mentions = 0
    for (let i = indexAfter(events, after); i < events.length && unread < max; i++) {
      const event = events[i]
      if (event?.action !== 'chat' || event.deleted !== undefined || foldName(event.from) === name) continue
      unread++
      if (mentionedNames(event.message ?? '').has(name)) mentions++
    }
    return Promise.resolve({ unread, mentions })
  }

  close(): Promise<void> {
    while (this.#waiting.length > 0) this.#commit()
    return Promise.resolve()
  }

  #commit(): void {
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    const batch = this.#waiting.splice(0, MAX_BATCH)
    const committed: LoggedEvent[] = []
    const answers = batch.map(({ entry }) => this.#store(entry, committed))
    batch.forEach(({ settled }, i) => {
      const answer = answers[i]
      if (answer !== undefined) settled(answer)
    })
    if (committed.length > 0) for (const listener of this.#listeners) listener(committed)
    if (this.#waiting.length > 0) this.#scheduled ??= setImmediate(() => this.#commit())
  }

  #store(entry: Entry, committed: LoggedEvent[]): Result<Stored> {
    const idKey = entry.id === undefined ? undefined : identityOf(entry.from, entry.id)
    const earlier = idKey === undefined ? undefined : this.#byId.get(idKey)
    if (earlier !== undefined) return repeat(entry, earlier)
    const room = this.#room(entry)
    const event: LoggedEvent = {
      roomKey: entry.roomKey,
      seq: ++this.#last,
      prev: room.events.at(-1)?.seq ?? room.firstPrev,
      ts: this.#now(),
      from: entry.from,
      id: entry.id ?? randomUUID(),
      ...entry.body,
    }
    room.events.push(event)
    if (event.action === 'topic') room.topic = event.topic
    if (idKey !== undefined) this.#byId.set(idKey, event)
    this.#forgetOldest(room)
    committed.push(event)
    return success({ seq: event.seq, ts: event.ts })
  }

  #room(entry: Entry): RoomLog {
    const known = this.#rooms.get(entry.roomKey)
    if (known !== undefined) return known
    const room: RoomLog = { key: entry.roomKey, name: entry.roomName, topic: '', firstPrev: 0, events: [] }
    this.#rooms.set(room.key, room)
    for (const name of new Set(directNames(room.key))) {
      const directs = this.#directs.get(name) ?? new Set()
      this.#directs.set(name, directs.add(room.key))
    }
    return room
  }

  /** Cuts a tenth at a time: taking one from the front for each that comes would move the whole array each time. */
  #forgetOldest(room: RoomLog): void {
    if (room.events.length <= this.#eventsKept * 1.1) return
    const forgotten = room.events.splice(0, room.events.length - this.#eventsKept)
    room.firstPrev = forgotten.at(-1)?.seq ?? room.firstPrev
    for (const event of forgotten) this.#byId.delete(identityOf(event.from, event.id))
  }
}

function headOf(room: RoomLog): RoomHead {
  const { key, name, topic, firstPrev, events } = room
  return { key, name, topic, firstPrev, first: events[0]?.seq ?? 0, last: events.at(-1)?.seq ?? firstPrev }
}

function identityOf(from: string, id: string): string {
  return `${foldName(from)} ${id}`
}

/** The same id with the same content gets the first answer, with anything else an error. */
function repeat(entry: Entry, earlier: LoggedEvent): Result<Stored> {
  if (earlier.roomKey === entry.roomKey && sameBody(entry.body, earlier)) {
    return success({ seq: earlier.seq, ts: earlier.ts })
  }
  return refuse('id_reused', 'this id was used before for something else; make a new one for each request')
}

function sameBody(body: EntryBody, event: LoggedEvent): boolean {
  if (body.action === 'topic') return event.action === 'topic' && event.topic === body.topic
  return event.action === 'chat' && event.message === body.message && event.replyTo === body.replyTo
}

/** The index of the first event after a position. */
function indexAfter(events: readonly LoggedEvent[], position: number): number {
  let low = 0
  let high = events.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((events[middle]?.seq ?? Number.POSITIVE_INFINITY) <= position) low = middle + 1
    else high = middle
  }
  return low
}

/** About how long the frame of an event is; escapes in its text are not counted. */
function frameBytes(event: LoggedEvent | undefined): number {
  const text = event?.action === 'chat' ? event.message : event?.action === 'topic' ? event.topic : undefined
  return FRAME_BYTES + (text === undefined ? 0 : Buffer.byteLength(text))
}

/** A page from the events from index `lowest` on; grows from where the range points until a bound is met. */
function pageOf(events: readonly LoggedEvent[], lowest: number, range: Range): Omit<Page, 'last'> {
  let from: number
  let to: number
  if (range.after !== undefined) from = to = Math.max(lowest, indexAfter(events, range.after))
  else if (range.before !== undefined) from = to = Math.max(lowest, indexAfter(events, range.before - 1))
  else if (range.around !== undefined) from = to = Math.max(lowest, indexAfter(events, range.around))
  else from = to = events.length
  const forward = range.after !== undefined || range.around !== undefined
  const backward = range.after === undefined
  let bytes = 0
  const fits = (index: number): boolean => {
    bytes += frameBytes(events[index])
    return to - from < range.limit && (bytes <= range.maxBytes || from === to)
  }
  for (let grown = true; grown; ) {
    grown = false
    if (backward && from > lowest && fits(from - 1)) {
      from--
      grown = true
    }
    if (forward && to < events.length && fits(to)) {
      to++
      grown = true
    }
  }
  return { events: events.slice(from, to), moreBefore: from > lowest, moreAfter: to < events.length }
}
