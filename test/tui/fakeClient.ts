import { failure } from '../../src/protocol/errors.ts'
/** A client in memory, for the screen's own tests: rooms that a test fills, and a list of what the screen asked for. */

import { Account } from '../../src/client/account.ts'
import type { ChatClient, ClientEvent } from '../../src/client/client.ts'
import type { LinkState } from '../../src/client/link.ts'
import { NOTHING_SET, type NotifyChange } from '../../src/client/notify.ts'
import type { OutboxEntry, OutboxState } from '../../src/client/outbox.ts'
import { type Answer, PendingRequests } from '../../src/client/pendingRequests.ts'
import type { RoomMember, RoomView } from '../../src/client/room.ts'
import type { Credential } from '../../src/client/signIn.ts'
import type { MessageEntry, TimelineEntry } from '../../src/client/timelineEntry.ts'
import { foldName, foldRoom, mentions, parseConversation } from '../../src/protocol/names.ts'

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** A room whose timeline a test changes. */
export type FakeRoom = Mutable<Omit<RoomView, 'timeline' | 'outbox'>> & {
  timeline: TimelineEntry[]
  outbox: OutboxEntry[]
}

/** 14:00:00 UTC on Monday 23 November 2026. */
export const NOON = Date.UTC(2026, 10, 23, 14, 0, 0)
const MINUTE = 60_000

/** A client that is online in no room. Times are `NOON` and a minute more for each message. */
export class FakeClient implements ChatClient {
  link: LinkState = { status: 'online', since: NOON }
  username: string
  server = { name: 'chatd', version: '0.1.0', features: ['edit', 'delete', 'react', 'search'] }
  limits = {
    frame: 65536,
    message: 16384,
    topic: 512,
    away: 256,
    emoji: 32,
    query: 256,
    reactions: 20,
    rooms: 1000,
    page: 200,
  }
  clockOffset = 0
  role: string | undefined
  /** The requests about the account; a test sets what it needs. */
  account = new Account(new PendingRequests(() => false), {
    sign: () => Promise.resolve(failure('not here')),
  })
  readonly rooms = new Map<string, FakeRoom>()
  /** What the screen asked for, in order: `say lobby hello`. */
  readonly asked: string[] = []
  readonly #listeners = new Set<(event: ClientEvent) => void>()
  #entries = 0

  constructor(username = 'me') {
    this.username = username
  }

  /** Opens a room. */
  open(name: string, change: Partial<FakeRoom> = {}): FakeRoom {
    const room: FakeRoom = {
      key: name.startsWith('@') ? `@${foldName(name.slice(1))}` : foldRoom(name),
      name,
      title: name,
      kind: name.startsWith('@') ? 'direct' : 'room',
      version: 1,
      status: 'joined',
      error: undefined,
      topic: '',
      people: 1,
      members: new Map<string, RoomMember>(),
      typing: [],
      timeline: [],
      messageAt: seq =>
        room.timeline.find((entry): entry is MessageEntry => entry.kind === 'message' && entry.seq === seq),
      moreBefore: false,
      loadingBefore: false,
      outbox: [],
      // All that a test puts in was said before.
      replayUntil: Number.POSITIVE_INFINITY,
      read: 0,
      unread: 0,
      mentions: 0,
      notify: NOTHING_SET,
      ...change,
    }
    this.rooms.set(room.key, room)
    this.changed(room)
    return room
  }

  /** A person sends a message; it is unread unless it is ours. */
  receive(room: FakeRoom, from: string, text: string, ts?: number): MessageEntry {
    const last = room.timeline.at(-1)
    const seq = (last !== undefined && 'seq' in last ? last.seq : 0) + 1
    const entry: MessageEntry = {
      kind: 'message',
      seq,
      ts: ts ?? NOON + (seq - 1) * MINUTE,
      from,
      id: `id-${room.key}-${seq}-${++this.#entries}`,
      text,
      replyTo: undefined,
      edited: undefined,
      reactions: {},
      deleted: undefined,
    }
    room.timeline.push(entry)
    if (foldName(from) !== foldName(this.username)) {
      room.unread++
      if (room.kind === 'direct' || mentions(text, this.username)) room.mentions++
    } else room.read = Math.max(room.read, 0)
    this.changed(room)
    return entry
  }

  /** Everything in the room is read. */
  allRead(room: FakeRoom): void {
    const last = room.timeline.at(-1)
    room.read = last !== undefined && 'seq' in last ? last.seq : 0
    room.unread = 0
    room.mentions = 0
    this.changed(room)
  }

  /** What became of an entry of the outbox. */
  settle(room: FakeRoom, at: number, state: OutboxState): void {
    const entry = room.outbox[at]
    if (entry === undefined) throw new Error('no such entry')
    room.outbox = room.outbox.with(at, { ...entry, state })
    this.changed(room)
  }

  /** Tells the screen. */
  changed(room?: FakeRoom): void {
    if (room !== undefined) room.version++
    this.emit({ type: 'changed' })
  }

  emit(event: ClientEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  setLink(link: LinkState): void {
    this.link = link
    this.changed()
  }

  get hasUnsent(): boolean {
    return [...this.rooms.values()].some(({ outbox }) =>
      outbox.some(({ state }) => state.status === 'waiting' || state.status === 'sending'),
    )
  }

  start(): void {}

  async close(): Promise<void> {}

  subscribe(listener: (event: ClientEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  join(name: string) {
    this.asked.push(`join ${name}`)
    const place = parseConversation(name)
    if (!place.ok) return place
    const key = place.value.kind === 'direct' ? `@${foldName(place.value.with)}` : place.value.key
    const room = this.rooms.get(key) ?? this.open(name)
    return { ok: true, value: room.key } as const
  }

  leave(key: string): void {
    this.asked.push(`leave ${key}`)
    this.rooms.delete(key)
    this.changed()
  }

  say(key: string, text: string): Answer<string> {
    this.asked.push(`say ${key} ${text}`)
    const id = `out-${++this.#entries}`
    const room = this.rooms.get(key)
    if (room === undefined) return failure({ code: 'not_found', message: 'no such room' })
    const ts = NOON + 90 * MINUTE
    const request = { action: 'chat', room: room.name, message: text, id } as const
    room.outbox = [...room.outbox, { id, roomKey: key, ts, state: { status: 'sending' }, request }]
    this.changed(room)
    return { ok: true, value: id } as const
  }

  setTopic(key: string, topic: string) {
    this.asked.push(`topic ${key} ${topic}`)
    return { ok: true, value: 'id' } as const
  }

  edit(key: string, target: number, text: string) {
    this.asked.push(`edit ${key} ${target} ${text}`)
    return { ok: true, value: 'id' } as const
  }

  delete(key: string, target: number) {
    this.asked.push(`delete ${key} ${target}`)
    return { ok: true, value: 'id' } as const
  }

  react(key: string, target: number, emoji: string, on: boolean) {
    this.asked.push(`react ${key} ${target} ${emoji} ${on}`)
    return { ok: true, value: 'id' } as const
  }

  retry(id: string): void {
    this.asked.push(`retry ${id}`)
  }

  discard(id: string): void {
    this.asked.push(`discard ${id}`)
    for (const room of this.rooms.values()) {
      room.outbox = room.outbox.filter(entry => entry.id !== id)
      this.changed(room)
    }
  }

  markRead(key: string, seq: number): void {
    this.asked.push(`read ${key} ${seq}`)
    const room = this.rooms.get(key)
    if (room === undefined) return
    room.read = seq
    room.unread = 0
    room.mentions = 0
    this.changed(room)
  }

  typing(key: string, on: boolean): void {
    this.asked.push(`typing ${key} ${on}`)
  }

  away(message: string | undefined): void {
    this.asked.push(`away ${message}`)
  }

  loadBefore(key: string): void {
    this.asked.push(`before ${key}`)
  }

  fillGap(key: string, before: number): void {
    this.asked.push(`gap ${key} ${before}`)
  }

  async reach(key: string, seq: number) {
    this.asked.push(`reach ${key} ${seq}`)
    return { ok: true, value: undefined } as const
  }

  async members(key: string) {
    this.asked.push(`members ${key}`)
    const value = [
      { name: 'alice', since: 0 },
      { name: 'bob', since: 0, away: 'lunch' },
    ]
    return { ok: true, value } as const
  }

  async setNotify(key: string, { level, muted }: NotifyChange) {
    this.asked.push(`notify ${key} ${JSON.stringify({ level, muted })}`)
    const room = this.rooms.get(key)
    if (room === undefined) return failure({ code: 'not_in_room', message: 'not open' })
    room.notify = {
      level: level === 'default' ? undefined : (level ?? room.notify.level),
      muted: muted ?? room.notify.muted,
    }
    this.changed(room)
    return { ok: true, value: undefined } as const
  }

  async mentions() {
    return failure({ code: 'offline', message: 'offline' })
  }

  async listRooms() {
    return { ok: true, value: [] } as const
  }

  async search() {
    return failure({ code: 'offline', message: 'offline' })
  }

  async history() {
    return failure({ code: 'offline', message: 'offline' })
  }

  rename(username: string): void {
    this.asked.push(`rename ${username}`)
    this.username = username
    this.setLink({ status: 'connecting', attempt: 1 })
  }

  signIn(credential: Credential): void {
    this.asked.push(`signIn ${credential.by}`)
  }

  acceptKey(fingerprint: string): void {
    this.asked.push(`acceptKey ${fingerprint}`)
  }

  reconnectNow(): void {
    this.asked.push('reconnect')
  }
}
