import { decodeEnvelope, encodeEnvelope } from '../../envelope.ts'
import type { Stream } from '../../stream.ts'
import type { Projection } from './projection.ts'

/** A daemon erases what its own entries removed after this, ms: the projections of the others have it by then. */
const OWN_AFTER = 1_000
/** What others removed is left to them for this long, and as much again by chance. */
const OTHERS_AFTER = 30_000
const TRY_AGAIN = 10_000
const LOOK_EVERY = 500

/**
 * Takes removed texts out of the stream: first the same envelope without them is stored in another place, then the message is
 * erased. Every daemon has the list; the one whose entry removed the text goes first.
 */
export class StreamErasing {
  readonly #stream: Pick<Stream, 'get' | 'replace'>
  readonly #projection: Projection
  readonly #alarm: (message: string) => void
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  #hasFailed = false

  constructor(
    stream: Pick<Stream, 'get' | 'replace'>,
    projection: Projection,
    alarm: (message: string) => void,
  ) {
    this.#stream = stream
    this.#projection = projection
    this.#alarm = alarm
  }

  start(): void {
    this.#look()
  }

  /** Messages were applied, and texts may have gone. */
  noteNew(isOwn: boolean): void {
    const wait = isOwn ? OWN_AFTER : OTHERS_AFTER * (1 + Math.random())
    try {
      this.#projection.dueAt(Math.round(Date.now() + wait))
    } catch {
      // On a full disk no time can be noted: then they are due at once.
    }
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #look(): void {
    if (this.#isClosed) return
    const position = this.#projection.nextErasure(Date.now())
    if (position === undefined) {
      this.#timer = setTimeout(() => this.#look(), LOOK_EVERY)
      return
    }
    void this.#erase(position).finally(() => {
      if (!this.#isClosed) this.#timer = setTimeout(() => this.#look(), this.#hasFailed ? LOOK_EVERY : 0)
    })
  }

  async #erase(position: number): Promise<void> {
    try {
      const message = await this.#stream.get(position)
      if (this.#isClosed) return
      const envelope = message === undefined ? undefined : decodeEnvelope(message.data)
      const without = envelope === undefined ? undefined : this.#projection.withoutRemoved(envelope, position)
      if (message !== undefined && without !== undefined)
        await this.#stream.replace(position, encodeEnvelope({ ...without, ts: without.ts ?? message.ts }))
      if (this.#isClosed) return
      this.#projection.erased(position)
      this.#hasFailed = false
    } catch (error) {
      if (this.#isClosed) return
      const reason = error instanceof Error ? error.message : String(error)
      if (!this.#hasFailed) this.#alarm(`a removed text could not be erased at the brokers yet: ${reason}`)
      this.#hasFailed = true
      this.#again(position)
    }
  }

  #again(position: number): void {
    try {
      this.#projection.erased(position, Date.now() + TRY_AGAIN)
    } catch {
      // On a full disk: it stays the first, and is tried again at once.
    }
  }
}
