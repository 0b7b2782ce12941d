const HOUR = 3_600_000
const DAY = 24 * HOUR
/** The machine's clock may be ahead of the steady one by this much: time that it was put right by, and sleep. */
const SLACK = HOUR
/** How long a server may be off. Beyond, a clock that is ahead may as well have jumped. */
const MAX_OFF = 7 * DAY
/** The time is noted in the log this often, ms. */
const NOTED_EVERY = HOUR
/** An alarm that lasts is told again this often, ms. */
const TOLD_EVERY = DAY

/** What a look at the clocks gives. All times are ms since 1970. */
export interface RetentionTime {
  /** The time that ages are measured by. */
  readonly time: number
  /** To be noted in the log, where it is time for that. */
  readonly note: number | undefined
  /** A sentence for the operator. */
  readonly alarm: string | undefined
}

/**
 * The time that retention goes by. A clock that jumps ahead would make everything old at once, and what is removed does not
 * come back. So the time goes on as the steady clock does from what the log noted last, and the machine's clock is believed
 * only where it fits.
 */
export class RetentionClock {
  readonly #now: () => number
  readonly #steady: () => number
  /** The time that is believed, when the steady clock was at `#at`. */
  #time: number
  #at: number
  #notedAt = Number.NEGATIVE_INFINITY
  #toldAt = Number.NEGATIVE_INFINITY

  /**
   * @param noted the time that the log noted last; undefined: it never did
   * @param now the machine's clock, ms since 1970
   * @param steady a clock that never jumps, ms
   */
  constructor(
    noted: number | undefined,
    now: () => number = Date.now,
    steady: () => number = () => performance.now(),
  ) {
    this.#now = now
    this.#steady = steady
    this.#at = steady()
    const isBelieved = noted === undefined || now() - noted <= MAX_OFF
    this.#time = isBelieved ? now() : noted
  }

  /** Looks at the clocks. */
  look(): RetentionTime {
    const steady = this.#steady()
    const now = this.#now()
    const expected = this.#time + steady - this.#at
    const ahead = now - expected
    if (Math.abs(ahead) <= SLACK) {
      this.#time = now
      this.#at = steady
      this.#toldAt = Number.NEGATIVE_INFINITY
    }
    // A clock that was set back keeps too much, never too little.
    const time = Math.min(now, expected)
    return { time, note: this.#noteOf(expected, steady), alarm: this.#alarmOf(ahead, steady) }
  }

  /** Believes the machine's clock from now on: an operator said that it is right. */
  accept(): void {
    this.#time = this.#now()
    this.#at = this.#steady()
    this.#notedAt = Number.NEGATIVE_INFINITY
    this.#toldAt = Number.NEGATIVE_INFINITY
  }

  #noteOf(expected: number, steady: number): number | undefined {
    if (steady - this.#notedAt < NOTED_EVERY) return undefined
    this.#notedAt = steady
    return Math.round(expected)
  }

  #alarmOf(ahead: number, steady: number): string | undefined {
    if (ahead <= SLACK || steady - this.#toldAt < TOLD_EVERY) return undefined
    this.#toldAt = steady
    return `the clock of this machine is ${lengthOf(ahead)} ahead of the time that the log knows: events are removed by the time of the log alone; set the clock right or, if it is right, run chatd retain --accept-clock`
  }
}

function lengthOf(ms: number): string {
  return ms >= DAY ? `${Math.round(ms / DAY)} days` : `${Math.round(ms / HOUR)} hours`
}
