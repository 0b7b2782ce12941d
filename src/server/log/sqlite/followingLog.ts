import type { SharedFigures } from '../watched.ts'
import { Barrier } from './barrier.ts'
import { LogReading } from './logReading.ts'
import type { WriterMethods } from './messages.ts'
import { SessionNumbers } from './sessionNumbers.ts'
import type { Thread } from './thread.ts'

/** The part of a log that keeps up with other daemons, where they share it. A log of its own has everything at once. */
export abstract class FollowingLog extends LogReading {
  protected abstract readonly writer: Pick<Thread<WriterMethods>, 'call'>

  protected readonly sessionNumbers = new SessionNumbers(() => this.writer.call('mark'))
  readonly #all = new Barrier(() => this.writer.call('reachAll'))
  #shared: SharedFigures | undefined

  /** How it follows a shared log, as of a second ago; undefined: it is a log of its own. */
  get shared(): SharedFigures | undefined {
    return this.#shared
  }

  protected noteShared(figures: SharedFigures): void {
    this.#shared = figures
  }

  /** See `Log.reachAll`. */
  async reachAll(): Promise<void> {
    await this.#all.pass()
  }

  /** See `SessionStore.reserveSession`. */
  reserveSession(): number {
    return this.sessionNumbers.next()
  }

  /** See `SessionStore.freshSession`. */
  freshSession(): Promise<number | undefined> {
    return this.sessionNumbers.fresh()
  }
}
