import { constants, fstatSync, openSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { errorCode } from '../files/errorCode.ts'

const STDERR = 2
/** What is held while standard error takes nothing, bytes; further lines are lost, and counted. */
const MOST_HELD = 256 * 1024
/** How often a write is tried again, ms. */
const RETRY_EVERY = 100

/** Writes some of the bytes; how many, 0: none can be written now. */
type Write = (bytes: Buffer) => number

/**
 * Standard error, written without ever waiting: a pipe that nobody reads, a terminal that was stopped by Ctrl+S or a journal
 * that hangs must not stop the server. Lines that find no room are lost; the first line after them says how many.
 */
export class LogSink {
  readonly #write: Write
  readonly #lost: (lines: number) => string
  #held: Buffer[] = []
  #heldBytes = 0
  #lostLines = 0
  #retry: NodeJS.Timeout | undefined

  /**
   * @param lost makes the line that tells how many were lost
   * @param write for tests
   */
  constructor(lost: (lines: number) => string, write: Write = standardError()) {
    this.#lost = lost
    this.#write = write
  }

  /** Writes a line, now or once there is room. */
  write(line: string): void {
    const bytes = Buffer.from(line)
    if (this.#heldBytes + bytes.length > MOST_HELD) {
      this.#lostLines++
      return
    }
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    if (this.#retry === undefined) this.#flush()
  }

  #flush(): void {
    this.#retry = undefined
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const written = this.#write(next)
      this.#heldBytes -= written
      if (written < next.length) {
        this.#held[0] = next.subarray(written)
        this.#retry = setTimeout(() => this.#flush(), RETRY_EVERY)
        this.#retry.unref()
        return
      }
      this.#held.shift()
    }
  }

  #next(): Buffer | undefined {
    if (this.#held.length === 0 && this.#lostLines > 0) {
      const line = Buffer.from(this.#lost(this.#lostLines))
      this.#lostLines = 0
      this.#held.push(line)
      this.#heldBytes += line.length
    }
    return this.#held[0]
  }
}

function standardError(): Write {
  const stat = fstatSync(STDERR)
  if (stat.isSocket()) return toSocket()
  // A file never makes its writer wait for a reader.
  return intoDescriptor(stat.isFile() ? STDERR : withoutWaiting())
}

/** The same pipe or terminal, opened once more: so other programs that write to it are not changed. */
function withoutWaiting(): number {
  try {
    return openSync(`/proc/self/fd/${STDERR}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    return STDERR
  }
}

function intoDescriptor(descriptor: number): Write {
  return bytes => {
    try {
      return writeSync(descriptor, bytes)
    } catch (error) {
      const isFull = errorCode(error) === 'EAGAIN'
      // A reader that has gone does not come back: the line is lost, and the server goes on.
      return isFull ? 0 : bytes.length
    }
  }
}

/** The journal's socket cannot be opened once more; a socket of Node does not wait. */
function toSocket(): Write {
  const socket = new Socket({ fd: STDERR, readable: false, writable: true })
  socket.on('error', () => undefined)
  socket.unref()
  return bytes => {
    if (socket.writableLength > 0) return 0
    socket.write(bytes)
    return bytes.length
  }
}
