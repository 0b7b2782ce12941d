import type { SessionChange } from '../entries.ts'
import type { SessionChangeOptions } from '../log.ts'

/** A change that is owed, and how it is told. */
interface Owed {
  readonly change: SessionChange
  readonly options: SessionChangeOptions
}

/**
 * Session changes that could not be stored and that no client would send again, such as the beginning of a session while
 * the disk is full. They go before the next batch, so that the log holds no event of a session that it does not hold.
 */
export class OwedChanges {
  /**
   * By their subject, in the order in which they are to be stored: of several changes only the last is owed, in its own place; but
   * a beginning stays before what follows from it.
   */
  readonly #changes = new Map<string, Owed>()

  /** How many there are. */
  get size(): number {
    return this.#changes.size
  }

  /** Remembers a change that was not stored. */
  owe(change: SessionChange, options: SessionChangeOptions): void {
    const subject = subjectOf(change)
    const earlier = this.#changes.get(subject)
    // The later change stands for the earlier one, whose sender hears of it too.
    const kept = (): void => {
      earlier?.options.kept?.()
      options.kept?.()
    }
    if (change.kind !== 'began') this.#changes.delete(subject)
    this.#changes.set(subject, { change, options: { ...options, kept } })
  }

  /** Hands over all of them, in the order in which they are to be stored. */
  take(): readonly Owed[] {
    const changes = [...this.#changes.values()]
    this.#changes.clear()
    return changes
  }
}

function subjectOf(change: SessionChange): string {
  switch (change.kind) {
    case 'began':
      return String(change.session.number)
    case 'forgotten':
      return String(change.session)
    case 'floor':
      return `${change.session} floor`
    case 'read':
      return `${change.session} ${change.roomKey}`
    case 'left':
      return `${change.session} left ${change.roomKey}`
    case 'notify':
      return `${change.session} notify ${change.roomKey}`
  }
}
