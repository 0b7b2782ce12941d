import { seqOf } from '../envelope.ts'
import { Barrier } from './barrier.ts'

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
 * a block of numbers, made from the message's position: no other daemon gets them, and later ones are higher.
 */
export class SessionNumbers {
  /** Those who come at once get numbers of one block. */
  readonly #mark: Barrier
  /** Of a log of one's own. */
  #last: number | undefined
  /** The newest is last. */
  readonly #blocks: Block[] = []

  /** @param mark stores a message of this daemon; its position, where the log is shared */
  constructor(mark: () => Promise<number | undefined>) {
    this.#mark = new Barrier(async () => {
      const position = await mark()
      if (position !== undefined) this.addBlock(position)
    })
  }

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
    const block = this.#blocks.findLast(isLeft)
    if (block === undefined) throw new Error('no session can begin: the shared log stores nothing')
    return block.next++
  }

  /** Likewise, above the numbers of all sessions that were stored before the call; undefined where nothing can be stored. */
  async fresh(): Promise<number | undefined> {
    while (await this.#mark.pass()) {
      const newest = this.#blocks.at(-1)
      // More may have come at once than a block has numbers.
      if (newest === undefined || isLeft(newest)) return this.next()
    }
    return undefined
  }
}

function isLeft({ next, end }: Block): boolean {
  return next < end
}
