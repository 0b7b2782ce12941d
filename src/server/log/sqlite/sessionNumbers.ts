import { seqOf } from '../envelope.ts'

/** Blocks that are kept for a time in which nothing can be stored. */
const KEPT = 64

/**
 * The numbers that a daemon gives to sessions. Alone with its log it counts on. With a shared log each of its messages brings
 * a block of numbers, made from the message's position: no other daemon gets them, and later ones are higher.
 */
export class SessionNumbers {
  #last = 0
  /** The last number of the block in use; undefined: there are no blocks. */
  #end: number | undefined
  readonly #blocks: number[] = []

  /** Counts on from the highest number of a log of one's own. */
  countFrom(last: number): void {
    this.#last = last
  }

  /** A message of this daemon stands at a position of the shared log. */
  addBlock(position: number): void {
    this.#end ??= 0
    this.#blocks.push(position)
    if (this.#blocks.length > KEPT) this.#blocks.shift()
  }

  /** A number that no session has or had. Throws where a shared log has stored nothing for far too many sessions. */
  next(): number {
    if (this.#end === undefined || this.#last < this.#end) return ++this.#last
    const position = this.#blocks.shift()
    if (position === undefined) throw new Error('no session can begin: the shared log stores nothing')
    this.#last = seqOf(position, 0)
    this.#end = seqOf(position + 1, 0) - 1
    return this.#last
  }
}
