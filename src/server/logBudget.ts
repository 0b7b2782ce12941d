import type { Logger } from './logger.ts'

/** Lines about an address in a minute at the level of their importance; further ones are for debugging. */
const LINES = 60
const MINUTE = 60_000

/**
 * Bounds what one address can have written into the log: connecting costs nothing, and a log has a disk. What was left out is
 * told as a number.
 */
export class LogBudget {
  readonly #logger: Logger
  readonly #lines = new Map<string, number>()
  /** Limits that were told in this minute, by the connection. */
  readonly #limits = new Set<string>()
  #since = 0

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Writes a line about an address. */
  info(address: string, fields: object, message: string): void {
    const lines = (this.#lines.get(address) ?? 0) + 1
    this.#lines.set(address, lines)
    this.#logger[lines > LINES ? 'debug' : 'info'](fields, message)
  }

  /** Tells the operator that a connection is at a limit: once a minute for each limit. */
  atLimit(
    { number: connection, address }: { readonly number: number; readonly address: string },
    session: number | undefined,
    code: string,
  ): void {
    const limit = `${connection} ${code}`
    if (this.#limits.has(limit)) return
    // Beyond that the lines are only counted, and one address does not fill the memory with its connections.
    if ((this.#lines.get(address) ?? 0) < LINES) this.#limits.add(limit)
    this.info(address, { connection, address, session, code }, 'at a limit')
  }

  /** Begins another minute; for calling about once a second. @param now ms, of a clock that is never set back */
  sweep(now: number): void {
    if (now - this.#since < MINUTE) return
    this.#since = now
    const busy = [...this.#lines].filter(([, lines]) => lines > LINES)
    for (const [address, lines] of busy.slice(0, LINES))
      this.#logger.warn({ address, lines: lines - LINES }, 'more lines about an address were left out')
    this.#lines.clear()
    this.#limits.clear()
  }
}
