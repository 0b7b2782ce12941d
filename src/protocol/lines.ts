/** One line of a stream of bytes, or the fact that a line was too long. */
export type Line = { readonly kind: 'line'; readonly bytes: Buffer } | { readonly kind: 'too-long' }

const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d
const FIRST_HOLD_BYTES = 512
const TOO_LONG: Line = { kind: 'too-long' }

/**
 * Cuts lines from chunks of bytes, however they are split. The reader pulls lines, so that it can stop in the middle of a
 * chunk and go on later. Empty lines are skipped, `\r\n` counts as `\n`.
 *
 * A line that grows beyond the bound is reported once, while it is still arriving, and skipped to its end. At most the
 * bound is held in memory.
 */
export class LineCutter {
  readonly #maxBytes: number
  /** Chunks that are not searched to their end; `#offset` is the next byte of the first. */
  readonly #chunks: Buffer[] = []
  #offset = 0
  /** The beginning of a line without its end yet; copied, so that a few bytes do not keep a whole chunk in memory. */
  #held: Buffer = Buffer.alloc(0)
  #heldBytes = 0
  #skipping = false

  /** @param maxBytes the longest line, without its line end */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Adds bytes. They are not copied, and must not change until {@link next} has read them. */
  push(chunk: Buffer): void {
    if (chunk.length > 0) this.#chunks.push(chunk)
  }

  /** Whether bytes of an unfinished line are held: at the end of input they are a half line. */
  get hasHalfLine(): boolean {
    return this.#heldBytes > 0 || this.#skipping
  }

  /** The next line, valid until the next call; undefined when more bytes are needed. */
  next(): Line | undefined {
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      if (this.#heldBytes === 0 && !this.#skipping && this.#skipsNewlines(chunk)) continue
      const end = chunk.indexOf(NEWLINE, this.#offset)
      const found = end === -1 ? this.#takeRest(chunk) : this.#takeLine(chunk, end)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Skips empty lines, of which a chunk may hold 65,536; true where it was nothing else. */
  #skipsNewlines(chunk: Buffer): boolean {
    while (chunk[this.#offset] === NEWLINE) this.#offset++
    const isDone = this.#offset >= chunk.length
    if (isDone) this.#dropChunk()
    return isDone
  }

  #takeLine(chunk: Buffer, end: number): Line | undefined {
    const part = chunk.subarray(this.#offset, end)
    this.#offset = end + 1
    if (this.#offset === chunk.length) this.#dropChunk()
    if (this.#skipping) {
      this.#skipping = false
      return undefined
    }
    let bytes = part
    if (this.#heldBytes > 0) {
      if (this.#heldBytes + part.length > this.#maxBytes + 1) {
        this.#release()
        return TOO_LONG
      }
      this.#hold(part)
      bytes = this.#held.subarray(0, this.#heldBytes)
      this.#release()
    }
    if (bytes[bytes.length - 1] === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1)
    if (bytes.length > this.#maxBytes) return TOO_LONG
    return bytes.length === 0 ? undefined : { kind: 'line', bytes }
  }

  #takeRest(chunk: Buffer): Line | undefined {
    const part = chunk.subarray(this.#offset)
    this.#dropChunk()
    if (this.#skipping) return undefined
    // One byte over the bound may still be the \r of a line end.
    if (this.#heldBytes + part.length > this.#maxBytes + 1) {
      this.#release()
      this.#skipping = true
      return TOO_LONG
    }
    this.#hold(part)
    return undefined
  }

  #hold(part: Buffer): void {
    const needed = this.#heldBytes + part.length
    if (needed > this.#held.length) {
      const doubled = Math.min(2 * this.#held.length, this.#maxBytes + 1)
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, doubled, FIRST_HOLD_BYTES))
      this.#held.copy(grown, 0, 0, this.#heldBytes)
      this.#held = grown
    }
    part.copy(this.#held, this.#heldBytes)
    this.#heldBytes = needed
  }

  #release(): void {
    this.#held = Buffer.alloc(0)
    this.#heldBytes = 0
  }

  #dropChunk(): void {
    this.#chunks.shift()
    this.#offset = 0
  }
}
