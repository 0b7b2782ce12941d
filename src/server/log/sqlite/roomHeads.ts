import type { EventEntry } from '../entries.ts'
import type { LoggedEvent, RoomHead } from '../log.ts'
import { withEnd } from './headRows.ts'

/** Heads that are remembered beside those that are held. */
const CACHED = 10_000

/**
 * The heads of rooms as the subscribers were told of their events. A room with an entry on its way is held: its head in the
 * file may be ahead of what was told. That of a room whose newest event is not filled is behind, see `RoomFill`: these are
 * kept until they are. All others are read when they are asked for, and remembered for a while.
 */
export class RoomHeads {
  readonly #read: (roomKey: string) => RoomHead | undefined
  readonly #heads = new Map<string, RoomHead>()
  /** How many entries of a room are on their way, and its head; undefined where it has no event yet. */
  readonly #held = new Map<string, { entries: number; head: RoomHead | undefined }>()
  /** In the order of their newest events. */
  readonly #unfilled = new Map<string, RoomHead>()
  #last = 0

  /**
   * @param read reads a head from the file
   * @param last the newest seq of all rooms
   * @param unfilled the heads that are not filled yet, in the order of their newest events
   */
  constructor(
    read: (roomKey: string) => RoomHead | undefined,
    last: number,
    unfilled: readonly RoomHead[] = [],
  ) {
    this.#read = read
    this.#last = last
    for (const head of unfilled) this.#unfilled.set(head.key, head)
  }

  /** The newest seq of all rooms. */
  get last(): number {
    return this.#last
  }

  head(roomKey: string): RoomHead | undefined {
    const held = this.#held.get(roomKey)
    if (held !== undefined) return held.head
    const known = this.#unfilled.get(roomKey) ?? this.#heads.get(roomKey)
    if (known !== undefined) return known
    const head = this.#read(roomKey)
    if (head !== undefined) this.#remember(head)
    return head
  }

  /** An entry of a room is on its way. */
  hold(roomKey: string): void {
    const held = this.#held.get(roomKey)
    if (held === undefined) this.#held.set(roomKey, { entries: 1, head: this.head(roomKey) })
    else held.entries++
  }

  /** An entry of a room is stored or refused, and the subscribers were told. */
  release(roomKey: string): void {
    const held = this.#held.get(roomKey)
    if (held === undefined || --held.entries > 0) return
    this.#held.delete(roomKey)
    if (held.head !== undefined && !this.#unfilled.has(roomKey)) this.#remember(held.head)
  }

  /** The room was deleted. */
  drop(roomKey: string): void {
    const held = this.#held.get(roomKey)
    if (held !== undefined) held.head = undefined
    this.#heads.delete(roomKey)
    this.#unfilled.delete(roomKey)
  }

  /** Takes the head of a room as it is now. */
  put(head: RoomHead): void {
    const held = this.#held.get(head.key)
    if (held !== undefined) held.head = head
    if (this.#unfilled.has(head.key)) this.#unfilled.set(head.key, head)
    else if (this.#heads.has(head.key)) this.#heads.set(head.key, head)
  }

  /** The file has the heads of all rooms that have no event after this one. */
  filled(upTo: number): void {
    for (const [key, head] of this.#unfilled) {
      if (head.last > upTo) return
      this.#unfilled.delete(key)
      this.#remember(head)
    }
  }

  /** The room is called otherwise. */
  renamed(roomKey: string, name: string): void {
    const head = this.head(roomKey)
    if (head !== undefined) this.put({ ...head, title: name === head.name ? undefined : name })
  }

  /** An entry was stored at a position. */
  stored({ roomKey, roomName, endedAt, body }: EventEntry, seq: number, prev: number): void {
    const head = this.head(roomKey)
    this.#spoken({
      key: roomKey,
      name: head?.name ?? roomName,
      title: head?.title,
      topic: body.action === 'topic' ? body.topic : (head?.topic ?? ''),
      first: head === undefined || head.first === 0 ? seq : head.first,
      firstPrev: head?.firstPrev ?? prev,
      last: seq,
      ...withEnd(head === undefined ? endedAt : head.endedAt),
    })
    this.#last = seq
  }

  /** Maintenance made an event, in a room that has a head. */
  happened(event: LoggedEvent): void {
    const { roomKey, seq } = event
    const head = this.head(roomKey)
    const topic = event.action === 'topic' ? { topic: event.topic } : {}
    if (head !== undefined) this.#spoken({ ...head, last: Math.max(seq, head.last), ...topic })
    this.#last = seq
  }

  /** The room has a new newest event. */
  #spoken(head: RoomHead): void {
    const held = this.#held.get(head.key)
    if (held !== undefined) held.head = head
    this.#heads.delete(head.key)
    this.#unfilled.delete(head.key)
    this.#unfilled.set(head.key, head)
  }

  #remember(head: RoomHead): void {
    if (this.#heads.size >= CACHED) this.#heads.clear()
    this.#heads.set(head.key, head)
  }
}
