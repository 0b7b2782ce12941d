import { directNames, type Entry, type LoggedEvent, type RoomHead } from '../log.ts'

/** What a log knows of its rooms without reading: their heads, and who has which direct conversations. */
export class Heads {
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

  /** The head of a room that has ever had an event. */
  of(roomKey: string): RoomHead | undefined {
    return this.#heads.get(roomKey)
  }

  /** All of them. */
  all(): Iterable<RoomHead> {
    return this.#heads.values()
  }

  /** The keys of the direct conversations of a person (a folded name). */
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

  /** An entry was stored at a place. */
  stored({ roomKey, roomName, body }: Entry, seq: number, prev: number): void {
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

  /** An event happened that nobody sent an entry for, in a room that has a head. */
  happened(event: LoggedEvent): void {
    const { roomKey, seq } = event
    const head = this.#heads.get(roomKey)
    const topic = event.action === 'topic' ? { topic: event.topic } : {}
    if (head !== undefined) this.#heads.set(roomKey, { ...head, last: seq, ...topic })
    this.#last = seq
  }
}
