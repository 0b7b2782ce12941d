import { encodeFrame } from '../../protocol/codec.ts'
import type { PlainChat, ServerFrame } from '../../protocol/responses.ts'

/** One encoded frame, or several that go together. Encoded once, owed to many connections. */
export class Line {
  readonly bytes: Buffer
  /** What a connection is owed that is owed this line alone. */
  readonly alone: Owed

  /** @param encoded as `encodeFrame` gives it */
  constructor(encoded: string) {
    this.bytes = Buffer.from(encoded)
    this.alone = new Owed(undefined, this.bytes)
  }

  /** The line of one frame. */
  static of(frame: ServerFrame | PlainChat): Line {
    return new Line(encodeFrame(frame))
  }
}

/**
 * What a connection is owed in one tick: a list of lines. Lists share their beginnings, so connections that are owed the
 * same lines in the same order hold the same object, and its bytes are joined once for all of them.
 */
export class Owed {
  /** In bytes. */
  readonly length: number
  readonly #before: Owed | undefined
  readonly #last: Buffer
  #next: Owed | undefined
  #joined: Buffer | undefined

  constructor(before: Owed | undefined, last: Buffer) {
    this.#before = before
    this.#last = last
    this.length = (before?.length ?? 0) + last.length
  }

  /** This and one line more. It remembers only the newest continuation: rooms hand the same line to all members in turn. */
  and(line: Line): Owed {
    if (this.#next === undefined || this.#next.#last !== line.bytes) this.#next = new Owed(this, line.bytes)
    return this.#next
  }

  /** The whole list in one buffer. */
  bytes(): Buffer {
    if (this.#before === undefined) return this.#last
    if (this.#joined === undefined) {
      const parts: Buffer[] = []
      for (let owed: Owed | undefined = this; owed !== undefined; owed = owed.#before) parts.push(owed.#last)
      this.#joined = Buffer.concat(parts.reverse(), this.length)
    }
    return this.#joined
  }
}
