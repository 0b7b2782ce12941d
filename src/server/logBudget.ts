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
  readonly #shown: (address: string) => object
  readonly #lines = new Map<string, number>()
  /** What was told in this minute and is told once a minute. */
  readonly #told = new Set<string>()
  #since = 0

  /** @param shown the fields by which the log shows an address */
  constructor(logger: Logger, shown: (address: string) => object) {
    this.#logger = logger
    this.#shown = shown
  }

  /** Writes a line about an address; whether the log has it now. */
  line(
    address: string,
    level: 'debug' | 'info' | 'warn' | 'error',
    fields: object,
    message: string,
  ): boolean {
    if (level === 'debug' || !this.#logger.isLevelEnabled(level)) {
      this.#logger.debug(fields, message)
      return this.#logger.isLevelEnabled('debug')
    }
    const lines = (this.#lines.get(address) ?? 0) + 1
    this.#lines.set(address, lines)
    const taken = lines > LINES ? 'debug' : level
    this.#logger[taken](fields, message)
    return this.#logger.isLevelEnabled(taken)
  }

  /** Tells something about an address, unless the log has it since a minute. */
  once(what: string, address: string, tell: () => void): void {
    if (this.#told.has(what)) return
    // Beyond that the lines are only counted, and one address does not fill the memory with its connections.
    if ((this.#lines.get(address) ?? 0) < LINES) this.#told.add(what)
    tell()
  }

  /** Begins another minute; for calling about once a second. @param now ms, of a clock that is never set back */
  sweep(now: number): void {
    if (now - this.#since < MINUTE) return
    this.#since = now
    const busy = [...this.#lines].filter(([, lines]) => lines > LINES)
    for (const [address, lines] of busy.slice(0, LINES))
      this.#logger.warn(
        { ...this.#shown(address), lines: lines - LINES },
        'more lines about an address were left out',
      )
    this.#lines.clear()
    this.#told.clear()
  }
}
