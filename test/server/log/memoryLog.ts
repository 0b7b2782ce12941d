import { randomUUID } from 'node:crypto'
import { type Result, success } from '../../../src/protocol/errors.ts'
import { foldText } from '../../../src/protocol/foldedText.ts'
import { foldName, mentionedNames } from '../../../src/protocol/names.ts'
import { holdsTerms } from '../../../src/protocol/searchTerms.ts'
import type {
  AccountChange,
  AccountContents,
  AccountEntry,
  AppliedAccounts,
} from '../../../src/server/log/accounts.ts'
import type { AppliedChange } from '../../../src/server/log/applied.ts'
import {
  type Change,
  type Changeable,
  checkChange,
  isChange,
  presentReactions,
} from '../../../src/server/log/changes.ts'
import type { EventEntry, KeptSession, SessionChange } from '../../../src/server/log/entries.ts'
import type {
  Committed,
  Found,
  LoggedEvent,
  MentionRange,
  Mentions,
  MissedBounds,
  NewestRoom,
  Page,
  Query,
  Range,
  RoomHead,
  SessionChangeOptions,
  Stored,
  Unread,
  WholeLog,
} from '../../../src/server/log/log.ts'
import { answerRepeat } from '../../../src/server/log/repeats.ts'
import { directNames } from '../../../src/server/log/roomKeys.ts'
import { roomLike, skeletonOf } from '../../../src/server/log/skeleton.ts'
import { AccountSessions } from '../../../src/server/log/sqlite/accountSessions.ts'
import { MemoryAccounts } from './memoryAccounts.ts'

const EVENTS_KEPT = 10_000
/** More than this waiting, and senders are read later. */
const BUSY_ENTRIES = 4_096
const MAX_BATCH = 512
/** The bytes of an event's frame beside its text: names, numbers, quotes. */
const FRAME_BYTES = 160

interface Waiting {
  readonly entry: EventEntry
  readonly settled: (result: Result<Stored>) => void
  readonly origin: object | undefined
}

/** The facts of a message that its event does not hold. */
interface Marks {
  session: number | undefined
  /** By emoji: the spelling of the name by folded name, in the order in which they came. */
  readonly reactions: Map<string, Map<string, string>>
}

type Chat = LoggedEvent & { readonly action: 'chat' }

/** One room: its events in order, and its head. */
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

/** A log that lives as long as the process. A commit takes the entries of one turn of the event loop. */
export class MemoryLog implements WholeLog {
  readonly epoch = randomUUID()
  readonly #eventsKept: number
  readonly #now: () => number
  readonly #rooms = new Map<string, RoomLog>()
  readonly #directs = new Map<string, Set<string>>()
  /** Folded name and id of every event that is kept and was sent with an id, to the event. */
  readonly #byId = new Map<string, LoggedEvent>()
  readonly #marks = new Map<number, Marks>()
  readonly #accounts = new MemoryAccounts()
  readonly #accountSessions = new AccountSessions([])
  readonly #accountListeners = new Set<(applied: AppliedAccounts) => void>()
  readonly #appliedListeners = new Set<(applied: AppliedChange) => void>()
  readonly #listeners = new Set<(events: readonly Committed[]) => void>()
  #lastSession = 0
  readonly #forgottenListeners = new Set<(numbers: readonly number[]) => void>()
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

  get committing(): number {
    return 0
  }

  isBusy(): boolean {
    return this.#waiting.length > BUSY_ENTRIES
  }

  head(roomKey: string): RoomHead | undefined {
    const room = this.#rooms.get(roomKey)
    return room === undefined ? undefined : headOf(room)
  }

  newestRooms(of: string | undefined, before: number, limit: number): Promise<readonly NewestRoom[]> {
    const rooms = [...this.#rooms.values()]
      .map(headOf)
      .filter(({ key }) =>
        of === undefined ? directNames(key) === undefined : directNames(key)?.includes(of) === true,
      )
      .filter(({ last }) => last < before)
      .sort((a, b) => b.last - a.last)
    return Promise.resolve(rooms.slice(0, limit).map(({ key, last }) => ({ key, last })))
  }

  isEnding(): boolean {
    return false
  }

  /** Nothing renames rooms here. */
  leadsTo(nameKey: string): string {
    return nameKey
  }

  endedAt(): number {
    return 0
  }

  directsOf(name: string, limit: number): readonly string[] {
    const heads = [...(this.#directs.get(name) ?? [])].flatMap(key => this.head(key) ?? [])
    return heads
      .sort((a, b) => b.last - a.last)
      .slice(0, limit)
      .map(({ key }) => key)
  }

  spelling(name: string): string | undefined {
    return this.#accounts.lookups.spelling(name)
  }

  append(entry: EventEntry, settled: (result: Result<Stored>) => void, origin?: object): void {
    this.#waiting.push({ entry, settled, origin })
    this.#scheduled ??= setImmediate(() => this.#commit())
  }

  keptAccounts(): AccountContents {
    return this.#accounts.contents()
  }

  changeAccounts(
    entry: AccountEntry,
    settled: (result: Result<AccountChange>) => void,
    origin?: object | undefined,
  ): void {
    setImmediate(() => {
      const changed = this.#accounts.change(entry, this.#now(), this.#last)
      if (changed.ok) {
        this.#accountSessions.apply(changed.value)
        for (const listener of this.#accountListeners) listener({ entry, change: changed.value, origin })
      }
      settled(changed)
    })
  }

  onApplied(listener: (applied: AppliedChange) => void): () => void {
    this.#appliedListeners.add(listener)
    return () => this.#appliedListeners.delete(listener)
  }

  onAccounts(listener: (applied: AppliedAccounts) => void): () => void {
    this.#accountListeners.add(listener)
    return () => this.#accountListeners.delete(listener)
  }

  changeSession(change: SessionChange, { settled, kept, origin }: SessionChangeOptions = {}): void {
    const forgotten = this.#accounts.changeSession(change, this.#now())
    setImmediate(() => {
      if (change.kind !== 'began')
        for (const listener of this.#appliedListeners) listener({ kind: 'session', change, origin })
      settled?.(success(undefined))
      kept?.()
      if (forgotten.length > 0) for (const listener of this.#forgottenListeners) listener(forgotten)
    })
  }

  openSession(hash: string): KeptSession | undefined {
    return this.#accounts.lookups.openSession(hash)
  }

  roomLike(key: string, name: string): string | undefined {
    if (directNames(key) !== undefined) return undefined
    const skeleton = skeletonOf(name)
    const isLike = (room: RoomHead): boolean => room.key !== key && skeletonOf(room.name) === skeleton
    return [...this.#rooms.keys()].flatMap(other => this.head(other) ?? []).find(isLike)?.name
  }

  accountLike(name: string): string | undefined {
    return this.#accounts.lookups.lookalikes.account(name)
  }

  oldestSession(person: string): number | undefined {
    return this.#accounts.lookups.oldestSession(person)
  }

  sessionOf(number: number): KeptSession | undefined {
    return this.#accounts.lookups.session(number)
  }

  reserveSession(): number {
    return ++this.#lastSession
  }

  freshSession(): Promise<number> {
    return Promise.resolve(this.reserveSession())
  }

  onForgotten(listener: (numbers: readonly number[]) => void): () => void {
    this.#forgottenListeners.add(listener)
    return () => this.#forgottenListeners.delete(listener)
  }

  reachAll(): Promise<void> {
    return Promise.resolve()
  }

  reach(_seq: number): Promise<boolean> {
    return Promise.resolve(true)
  }

  subscribe(listener: (events: readonly Committed[]) => void): () => void {
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
    { events: maxEvents, bytes: maxBytes }: MissedBounds,
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

  unread(positions: ReadonlyMap<string, number>, name: string, max: number): Promise<readonly Unread[]> {
    return Promise.resolve([...positions].map(([room, after]) => this.#unreadIn(room, after, name, max)))
  }

  mentions(person: string, roomKeys: readonly string[], { before, limit }: MentionRange): Promise<Mentions> {
    const found = roomKeys
      .flatMap(key => this.#rooms.get(key)?.events ?? [])
      .filter(
        event =>
          event.action === 'chat' &&
          event.deleted === undefined &&
          event.seq < before &&
          foldName(event.from) !== person &&
          mentionedNames(event.message ?? '').has(person),
      )
    const events = found.sort((a, b) => b.seq - a.seq).slice(0, limit)
    return Promise.resolve({ events, more: found.length > limit })
  }

  #unreadIn(roomKey: string, after: number, name: string, max: number): Unread {
    const events = this.#rooms.get(roomKey)?.events ?? []
    let unread = 0
    let mentions = 0
    for (let i = indexAfter(events, after); i < events.length && unread < max; i++) {
      const event = events[i]
      if (event?.action !== 'chat' || event.deleted !== undefined || foldName(event.from) === name) continue
      unread++
      if (mentionedNames(event.message ?? '').has(name)) mentions++
    }
    return { unread, mentions }
  }

  ownEvents(
    person: string,
    _session: number | undefined,
    after: number,
    limit: number,
  ): Promise<{ events: readonly LoggedEvent[]; next: number | undefined }> {
    const own = [...this.#rooms.values()]
      .flatMap(room => room.events)
      .filter(event => event.seq > after && foldName(event.from) === person)
      .sort((a, b) => a.seq - b.seq)
    const events = own.slice(0, limit)
    return Promise.resolve({ events, next: own.length > limit ? events.at(-1)?.seq : undefined })
  }

  search(query: Query): Promise<Found> {
    const floors = new Map(query.rooms.map(({ key, floor }) => [key, floor]))
    const hits = [...this.#rooms.values()]
      .filter(room => floors.has(room.key))
      .flatMap(room => room.events)
      .filter(event => event.seq > (floors.get(event.roomKey) ?? 0) && isHit(event, query))
      .sort((a, b) => b.seq - a.seq)
    const shown: LoggedEvent[] = []
    let bytes = 0
    for (const hit of hits) {
      bytes += frameBytes(hit)
      if (shown.length === query.limit || (bytes > query.maxBytes && shown.length > 0)) break
      shown.push(hit)
    }
    return Promise.resolve({ hits: shown, more: shown.length < hits.length })
  }

  close(): Promise<void> {
    while (this.#waiting.length > 0) this.#commit()
    return Promise.resolve()
  }

  #commit(): void {
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    const batch = this.#waiting.splice(0, MAX_BATCH)
    const committed: Committed[] = []
    const answers = batch.map(({ entry, origin }) =>
      this.#store(entry, event => committed.push({ event, origin })),
    )
    batch.forEach(({ settled }, i) => {
      const answer = answers[i]
      if (answer !== undefined) settled(answer)
    })
    if (committed.length > 0) for (const listener of this.#listeners) listener(committed)
    if (this.#waiting.length > 0) this.#scheduled ??= setImmediate(() => this.#commit())
  }

  #store(entry: EventEntry, committed: (event: LoggedEvent) => void): Result<Stored> {
    const idKey = entry.id === undefined ? undefined : identityOf(entry.from, entry.id)
    const earlier = idKey === undefined ? undefined : this.#byId.get(idKey)
    if (earlier !== undefined) return answerRepeat(entry, earlier)
    if (isChange(entry.body)) {
      const allowed = this.#check(entry, entry.body)
      if (!allowed.ok) return allowed
    }
    const like = this.#rooms.has(entry.roomKey) ? undefined : this.roomLike(entry.roomKey, entry.roomName)
    if (like !== undefined) return { ok: false, error: roomLike(entry.roomName, like) }
    const room = this.#room(entry)
    this.#accounts.spoke(entry.from, entry.session)
    const event: LoggedEvent = {
      roomKey: entry.roomKey,
      seq: ++this.#last,
      prev: room.events.at(-1)?.seq ?? room.firstPrev,
      ts: this.#now(),
      from: entry.from,
      id: entry.id ?? randomUUID(),
      ...(this.#accountSessions.isGuest(entry) ? { guest: true as const } : {}),
      ...entry.body,
    }
    room.events.push(event)
    if (event.action === 'topic') room.topic = event.topic
    if (event.action === 'chat') this.#marks.set(event.seq, { session: entry.session, reactions: new Map() })
    if (isChange(entry.body)) this.#apply(room, entry.body, event)
    if (idKey !== undefined) this.#byId.set(idKey, event)
    this.#forgetOldest(room)
    committed(event)
    return success({ seq: event.seq, ts: event.ts })
  }

  #check(entry: EventEntry, change: Change): Result<undefined> {
    const target = this.#chat(this.#rooms.get(entry.roomKey), change.target)
    const marks = this.#marks.get(change.target)
    const changeable: Changeable | undefined =
      target === undefined || marks === undefined
        ? undefined
        : {
            session: marks.session,
            isDeleted: target.deleted !== undefined,
            reactions: {
              kinds: marks.reactions.size,
              inAll: [...marks.reactions.values()].reduce((sum, names) => sum + names.size, 0),
              hasKind: emoji => marks.reactions.has(emoji),
              has: (emoji, person) => marks.reactions.get(emoji)?.has(person) === true,
            },
          }
    return checkChange(change, changeable, entry.from, entry.session)
  }

  #chat(room: RoomLog | undefined, seq: number): Chat | undefined {
    const event = room?.events[indexAfter(room.events, seq - 1)]
    return event?.action === 'chat' && event.seq === seq ? event : undefined
  }

  /** Brings a message to its new state. The text before goes, also from older edits. */
  #apply(room: RoomLog, change: Change, event: LoggedEvent): void {
    const chat = this.#chat(room, change.target)
    const marks = this.#marks.get(change.target)
    if (chat === undefined || marks === undefined) return
    if (change.action === 'react') {
      const person = foldName(event.from)
      const names = marks.reactions.get(change.emoji) ?? new Map<string, string>()
      if (change.on) marks.reactions.set(change.emoji, names.set(person, event.from))
      else if (names.delete(person) && names.size === 0) marks.reactions.delete(change.emoji)
      const reactions = presentReactions(
        new Map(
          [...marks.reactions].map(([emoji, by]) => [emoji, { count: by.size, names: [...by.values()] }]),
        ),
      )
      const { reactions: _, ...rest } = chat
      this.#replace(room, reactions === undefined ? rest : { ...rest, reactions })
      return
    }
    for (const older of room.events) {
      if (older.action !== 'edit' || older.target !== change.target || older === event) continue
      const { message: _, ...rest } = older
      this.#replace(room, rest)
    }
    if (change.action === 'edit') {
      this.#replace(room, { ...chat, message: change.message, edited: event.seq })
    } else {
      const { message: _, reactions: __, ...rest } = chat
      marks.reactions.clear()
      this.#replace(room, { ...rest, deleted: { seq: event.seq, by: event.from, ts: event.ts } })
    }
  }

  #replace(room: RoomLog, event: LoggedEvent): void {
    room.events[indexAfter(room.events, event.seq - 1)] = event
  }

  #room(entry: EventEntry): RoomLog {
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
    for (const event of forgotten) {
      this.#byId.delete(identityOf(event.from, event.id))
      this.#marks.delete(event.seq)
    }
  }
}

function headOf(room: RoomLog): RoomHead {
  const { key, name, topic, firstPrev, events } = room
  return { key, name, topic, firstPrev, first: events[0]?.seq ?? 0, last: events.at(-1)?.seq ?? firstPrev }
}

function identityOf(from: string, id: string): string {
  return `${foldName(from)} ${id}`
}

function isHit(event: LoggedEvent, { terms, from, until, before }: Query): boolean {
  if (event.action !== 'chat' || event.message === undefined) return false
  if (before !== undefined && event.seq >= before) return false
  if (until !== undefined && event.ts >= until) return false
  if (from !== undefined && foldName(event.from) !== from) return false
  return (terms.length > 0 || from !== undefined) && holdsTerms(folded(event.message), terms)
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

/** Folds each text once: a test asks for thousands of searches. */
const foldedTexts = new Map<string, string>()
/** More than any test says. */
const TEXTS_KEPT = 10_000

function folded(text: string): string {
  const known = foldedTexts.get(text)
  if (known !== undefined) return known
  if (foldedTexts.size >= TEXTS_KEPT) foldedTexts.clear()
  const fresh = foldText(text)
  foldedTexts.set(text, fresh)
  return fresh
}
