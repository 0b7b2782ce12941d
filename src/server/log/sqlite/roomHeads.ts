import type { EventEntry } from '../entries.ts'
import type { LoggedEvent, RoomDirectory, RoomHead } from '../log.ts'
import { directNames } from '../roomKeys.ts'

/** The heads of all rooms, and the direct conversations of each person, as the writer last told them. */
export class RoomHeads implements RoomDirectory {
  readonly #heads = new Map<string, RoomHead>()
  readonly #directs = new Map<string, Set<string>>()
  #last = 0

  /** @param last the newest seq of all rooms */
  constructor(heads: Iterable<RoomHead> = [], last = 0) {
    this.#last = last
    for (const head of heads) this.put(head)
  }

  /** The newest seq of all rooms. */
  get last(): number {
    return this.#last
  }

  head(roomKey: string): RoomHead | undefined {
    return this.#heads.get(roomKey)
  }

  heads(): Iterable<RoomHead> {
    return this.#heads.values()
  }

  directsOf(name: string): Iterable<string> {
    return this.#directs.get(name) ?? []
  }

  /** Takes the head of a room as it is now. */
  put(head: RoomHead): void {
    const isNew = !this.#heads.has(head.key)
    this.#heads.set(head.key, head)
    if (!isNew) return
    for (const name of new Set(directNames(head.key))) {
      this.#directs.set(name, (this.#directs.get(name) ?? new Set()).add(head.key))
    }
  }

  /** An entry was stored at a position. */
  stored({ roomKey, roomName, body }: EventEntry, seq: number, prev: number): void {
    const head = this.#heads.get(roomKey)
    this.put({
      key: roomKey,
      name: head?.name ?? roomName,
      topic: body.action === 'topic' ? body.topic : (head?.topic ?? ''),
      first: head === undefined || head.first === 0 ? seq : head.first,
      firstPrev: head?.firstPrev ?? prev,
      last: seq,
    })
    this.#last = seq
  }

  /** Maintenance made an event, in a room that has a head. */
  happened(event: LoggedEvent): void {
    const { roomKey, seq } = event
    const head = this.#heads.get(roomKey)
    const topic = event.action === 'topic' ? { topic: event.topic } : {}
    if (head !== undefined) this.#heads.set(roomKey, { ...head, last: seq, ...topic })
    this.#last = seq
  }
}
