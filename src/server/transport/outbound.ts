import type { Socket } from 'node:net'
import type { Line, Owed } from './line.ts'
import type { Flushable, Tick } from './tick.ts'

/** The most that is handed to the kernel at once, so that progress is seen while a slow reader drains it. */
const SLICE_BYTES = 64 * 1024
const NOTHING = Buffer.alloc(0)

/** What an {@link Outbound} tells its connection. */
export interface OutboundWatcher {
  /** More than the bound is left over from earlier ticks: the peer reads too slowly. */
  overflowed(): void
  /** Crossed the mark above which a connection counts as behind, in one of the two directions. */
  behindChanged(behind: boolean): void
  /** The kernel has taken everything. */
  drained(): void
}

/** How an {@link Outbound} works; its bounds are in bytes left over from earlier ticks. */
export interface OutboundOptions {
  readonly cutAt: number
  readonly behindAt: number
  readonly isEncrypted: boolean
}

/**
 * The output of one connection. It gathers lines during a tick, and writes them at its end in one piece. While the
 * kernel takes no more they wait here, bounded.
 */
export class Outbound implements Flushable {
  readonly #socket: Socket
  readonly #tick: Tick
  readonly #options: OutboundOptions
  readonly #watcher: OutboundWatcher
  #owed: Owed | undefined
  /** Whether all that is owed may wait a moment. */
  #mayWait = false
  /** Left over from earlier ticks, and not yet given to the socket. */
  #backlog: Buffer[] = []
  #backlogBytes = 0
  #writing = false
  #progressAt = 0
  #behind = false
  #ending = false

  /** One function for all writes: there is one a tick and connection. */
  readonly #taken = (): void => {
    if (this.#socket.destroyed) return
    this.#writing = false
    const next = this.#backlogBytes > 0 ? this.#takeBacklog() : undefined
    if (next !== undefined) this.#write(next)
    if (next !== undefined || this.#behind) this.#noteBehind()
    if (this.#writing) return
    if (this.#ending) this.#socket.end()
    this.#watcher.drained()
  }

  constructor(socket: Socket, tick: Tick, options: OutboundOptions, watcher: OutboundWatcher) {
    this.#socket = socket
    this.#tick = tick
    this.#options = options
    this.#watcher = watcher
  }

  /** Owes one line more. */
  send(line: Line): void {
    const isAdded = this.#owed !== undefined && !this.#mayWait
    this.#owe(line)
    this.#mayWait = false
    if (!isAdded) this.#tick.add(this)
  }

  /** Owes one line more, which may wait a moment for further ones. The order of lines stays. */
  sendSoon(line: Line): void {
    if (this.#owed === undefined) {
      this.#mayWait = true
      this.#tick.addSoon(this)
    }
    this.#owe(line)
  }

  /** Bytes that the kernel has not taken yet, of earlier ticks. */
  get leftOver(): number {
    return this.#writing ? this.#backlogBytes + this.#socket.writableLength : 0
  }

  /** Whether nothing is owed. */
  get isEmpty(): boolean {
    return this.#owed === undefined && !this.#writing
  }

  /** How long the kernel has taken nothing although something is left over, ms. */
  stuckFor(now: number): number {
    return this.#writing ? now - this.#progressAt : 0
  }

  /** Ends the tick: writes, or adds to what is left over. */
  flush(): void {
    const owed = this.#owed
    if (owed === undefined) return
    this.#owed = undefined
    if (this.#socket.destroyed) return
    if (this.leftOver > this.#options.cutAt) {
      this.#watcher.overflowed()
      return
    }
    if (this.#writing) {
      this.#backlog.push(owed.bytes())
      this.#backlogBytes += owed.length
      this.#noteBehind()
    } else {
      this.#write(owed.bytes())
    }
  }

  /** Ends the connection's sending side once everything owed is written. */
  end(): void {
    if (this.#ending) return
    this.#ending = true
    this.flush()
    if (!this.#writing) this.#socket.end()
  }

  #owe(line: Line): void {
    this.#owed = this.#owed === undefined ? line.alone : this.#owed.and(line)
  }

  #write(bytes: Buffer): void {
    if (this.#options.isEncrypted) return this.#writeEncrypted(bytes)
    let rest = bytes
    for (;;) {
      this.#socket.write(rest.length > SLICE_BYTES ? rest.subarray(0, SLICE_BYTES) : rest)
      rest = rest.length > SLICE_BYTES ? rest.subarray(SLICE_BYTES) : NOTHING
      if (this.#socket.writableLength > 0) break
      if (rest.length > 0) continue
      const next = this.#takeBacklog()
      if (next === undefined) {
        this.#writing = false
        return
      }
      rest = next
    }
    this.#writing = true
    this.#progressAt = performance.now()
    this.#putBack(rest)
    // An empty write is the public way to learn when the kernel has taken what was written before it.
    this.#socket.write(NOTHING, this.#taken)
    this.#noteBehind()
  }

  /** Right after a write through TLS the socket never says that the kernel took it: the write's callback tells. */
  #writeEncrypted(bytes: Buffer): void {
    this.#writing = true
    this.#progressAt = performance.now()
    if (bytes.length > SLICE_BYTES) this.#putBack(bytes.subarray(SLICE_BYTES))
    this.#socket.write(bytes.length > SLICE_BYTES ? bytes.subarray(0, SLICE_BYTES) : bytes, this.#taken)
    if (this.#backlogBytes > 0) this.#noteBehind()
  }

  #putBack(rest: Buffer): void {
    if (rest.length === 0) return
    this.#backlog.unshift(rest)
    this.#backlogBytes += rest.length
  }

  /** The next bytes of the backlog, small ones joined up to a slice. */
  #takeBacklog(): Buffer | undefined {
    const parts: Buffer[] = []
    let bytes = 0
    for (let part = this.#backlog[0]; part !== undefined; part = this.#backlog[0]) {
      if (bytes > 0 && bytes + part.length > SLICE_BYTES) break
      parts.push(part)
      bytes += part.length
      this.#backlog.shift()
    }
    this.#backlogBytes -= bytes
    return parts.length > 1 ? Buffer.concat(parts, bytes) : parts[0]
  }

  #noteBehind(): void {
    const behind = this.leftOver > this.#options.behindAt
    if (behind === this.#behind) return
    this.#behind = behind
    this.#watcher.behindChanged(behind)
  }
}
