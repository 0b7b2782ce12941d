import { type CleanText, cleanLine } from '../text/clean.ts'

/** Something that the program wants to say to the user, beside what the client says. */
export interface Report {
  /** `trouble`: the program cannot do what it is for until somebody does something. */
  readonly kind: 'info' | 'trouble'
  /** One sentence. */
  readonly message: CleanText
}

/** What is reported before anybody listens is kept for who listens first; one listener at a time. */
export class Reports {
  #early: Report[] = []
  #listener: ((report: Report) => void) | undefined

  /** Says something; the message may hold anything. */
  add(kind: Report['kind'], message: string): void {
    const report: Report = { kind, message: cleanLine(message) }
    if (this.#listener === undefined) this.#early.push(report)
    else this.#listener(report)
  }

  /** Hears what was reported so far, and from now on. */
  listen(listener: (report: Report) => void): void {
    this.#listener = listener
    const early = this.#early
    this.#early = []
    for (const report of early) listener(report)
  }
}
