import { type CleanText, cleanLine } from '../text/clean.ts'

/** A sentence of the program for the user, such as that it started a daemon. */
export interface Report {
  /**
   * `warning`: something of the user's may be lost. `trouble`: the program cannot reach a server until the user acts.
   */
  readonly kind: 'info' | 'warning' | 'trouble'
  /** One sentence. */
  readonly message: CleanText
}

/** Reports for one listener. Reports from before it listens are kept for it. */
export class Reports {
  #early: Report[] = []
  #listener: ((report: Report) => void) | undefined

  /** Adds a report. The message may contain any text; it is cleaned. */
  add(kind: Report['kind'], message: string): void {
    const report: Report = { kind, message: cleanLine(message) }
    if (this.#listener === undefined) this.#early.push(report)
    else this.#listener(report)
  }

  /** Gives the listener the reports so far and all later ones; replaces the listener before it. */
  listen(listener: (report: Report) => void): void {
    this.#listener = listener
    const early = this.#early
    this.#early = []
    for (const report of early) listener(report)
  }
}
