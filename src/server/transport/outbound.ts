import type { Socket } from 'node:net'
import { encodeFrame } from '../../protocol/codec.ts'
import type { PlainChat, ServerFrame } from '../../protocol/responses.ts'

/** The most that is handed to the kernel at once, so that progress is seen while a slow reader drains it. */
const SLICE_BYTES = 64 * 1024
const NOTHING = Buffer.alloc(0)

/** One encoded frame, or several that go together. Made once, owed to many. */
export class Line {
  readonly bytes: Buffer
  /** What a connection owes that is owed this line alone. */
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
 * What a connection is owed in one tick: a list of lines that shares its beginnings, so that connections
 * which are owed the same lines in the same order hold the same object, and its bytes are joined once for all.
 */
class Owed {
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

  /** This and one line more. Only the newest continuation is remembered: rooms hand the same line to all in turn. */
  and(line: Line): Owed {
    if (this.#next === undefined || this.#next.#last !== line.bytes) this.#next = new Owed(this, line.bytes)
    return this.#next
  }

  /** All of it in one buffer. */
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

/** How long the end of a tick waits for a commit at most, ms. */
const GATHER_MS = 2

/**
 * Ends each tick: writes what was gathered, one write a connection. A write costs what many messages cost, so where a
 * commit is on its way that brings many, the tick goes on until it is here.
 */
export class Tick {
  readonly #isMoreComing: () => boolean
  #waiting: Outbound[] = []
  #scheduled: NodeJS.Immediate | undefined
  #gathering: NodeJS.Timeout | undefined

  /** @param isMoreComing whether {@link commitCame} will be called soon, with much to write */
  constructor(isMoreComing: () => boolean = () => false) {
    this.#isMoreComing = isMoreComing
  }

  /** Has an outbound written at the end of this tick. */
  add(outbound: Outbound): void {
    this.#waiting.push(outbound)
    if (this.#gathering === undefined) this.#scheduled ??= setImmediate(() => this.#end())
  }

  /** What a commit brought has been owed: a tick that waited for it ends. */
  commitCame(): void {
    if (this.#gathering === undefined) return
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    this.#scheduled ??= setImmediate(() => this.#flush())
  }

  #end(): void {
    this.#scheduled = undefined
    if (this.#isMoreComing()) this.#gathering = setTimeout(() => this.#flush(), GATHER_MS)
    else this.#flush()
  }

  #flush(): void {
    this.#scheduled = undefined
    this.#gathering = undefined
    const waiting = this.#waiting
    this.#waiting = []
    for (const outbound of waiting) outbound.flush()
  }
}

/** What an {@link Outbound} tells its connection. */
export interface OutboundWatcher {
  /** More than the bound is left over from earlier ticks: the reader is too slow. */
  overflowed(): void
  /** Crossed the mark above which a connection counts as behind, in one of the two directions. */
  behindChanged(behind: boolean): void
  /** Everything is in the kernel's hands. */
  drained(): void
}

/** The bounds of an {@link Outbound}, in bytes left over from earlier ticks. */
export interface OutboundLimits {
  readonly cutAt: number
  readonly behindAt: number
}

/**
 * What one connection is owed. During a tick lines are gathered; at its end they go out in one write.
 * While the kernel takes no more they wait here, bounded.
 */
export class Outbound {
  readonly #socket: Socket
  readonly #tick: Tick
  readonly #limits: OutboundLimits
  readonly #watcher: OutboundWatcher
  #owed: Owed | undefined
  /** Left over from earlier ticks, and not yet given to the socket. */
  #backlog: Buffer[] = []
  #backlogBytes = 0
  #writing = false
  #progressAt = 0
  #behind = false
  #ending = false

  constructor(socket: Socket, tick: Tick, limits: OutboundLimits, watcher: OutboundWatcher) {
    this.#socket = socket
    this.#tick = tick
    this.#limits = limits
    this.#watcher = watcher
  }

  /** Owes one line more. */
  send(line: Line): void {
    if (this.#owed !== undefined) {
      this.#owed = this.#owed.and(line)
      return
    }
    this.#owed = line.alone
    this.#tick.add(this)
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
    if (this.leftOver > this.#limits.cutAt) {
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

  #write(bytes: Buffer): void {
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
    if (rest.length > 0) {
      this.#backlog.unshift(rest)
      this.#backlogBytes += rest.length
    }
    // An empty write is the public way to learn when the kernel has taken what was written before it.
    this.#socket.write(NOTHING, () => this.#taken())
    this.#noteBehind()
  }

  #taken(): void {
    if (this.#socket.destroyed) return
    this.#writing = false
    const next = this.#takeBacklog()
    if (next !== undefined) this.#write(next)
    this.#noteBehind()
    if (this.#writing) return
    if (this.#ending) this.#socket.end()
    this.#watcher.drained()
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
    const behind = this.leftOver > this.#limits.behindAt
    if (behind === this.#behind) return
    this.#behind = behind
    this.#watcher.behindChanged(behind)
  }
}
