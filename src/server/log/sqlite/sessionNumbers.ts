import { seqOf } from '../envelope.ts'

/** Blocks that are kept for a time in which nothing can be stored. */
const KEPT = 64

/** Numbers that no other daemon gives. */
interface Block {
  next: number
  /** Exclusive. */
  readonly end: number
}

/**
 * The numbers that a daemon gives to sessions. Alone with its log it counts on. With a shared log each of its messages brings
 * a block of numbers, made from the message's position: no other daemon gets them, and later ones are higher. It gives those of
 * the newest block, so that sessions of all daemons stand in the order in which they began.
 */
export class SessionNumbers {
  /** Of a log of one's own. */
  #last: number | undefined
  /** The newest is last. */
  readonly #blocks: Block[] = []

  /** Counts on from the highest number of a log of one's own. */
  countFrom(last: number): void {
    this.#last = last
  }

  /** A message of this daemon stands at a position of the shared log. */
  addBlock(position: number): void {
    this.#blocks.push({ next: seqOf(position, 0), end: seqOf(position + 1, 0) })
    if (this.#blocks.length > KEPT) this.#blocks.shift()
  }

  /** A number that no session has or had. Throws where a shared log has stored nothing for far too many sessions. */
  next(): number {
    if (this.#last !== undefined) {
      this.#last++
      return this.#last
    }
    let newest = this.#blocks.at(-1)
    while (newest !== undefined && newest.next === newest.end) {
      this.#blocks.pop()
      newest = this.#blocks.at(-1)
    }
    if (newest === undefined) throw new Error('no session can begin: the shared log stores nothing')
    return newest.next++
  }
}
