import { FairQueue, OWN_SHARE, type Share } from '../../shares.ts'
import type { Found, Query } from '../log.ts'
import type { ReaderMethods, SearchProgress } from './messages.ts'
import type { Thread } from './thread.ts'

/** So many ms of work, at about most, are with the reading thread at once: it need not wait for this side between two calls. */
const AT_ONCE_MS = 8
/** What a turn of a search takes at most, ms. */
const SEARCH_TURN_MS = 4
/** How long one search may keep the reading thread busy in all, ms. */
const SEARCH_BUDGET = 250

/** What answers the calls. */
type ReadingThread = Pick<Thread<ReaderMethods>, 'call'>

/** One call; it goes to the thread when its turn comes. */
interface WaitingCall {
  readonly ms: number
  readonly send: (thread: ReadingThread) => Promise<unknown>
}

/**
 * Gives the reading thread its calls in fair turns, so that a page waits for one turn of those who ask for much, and not for
 * all that they ask. A search has many turns, each of some milliseconds, and a budget.
 */
export class ReadQueue {
  readonly #thread: Promise<ReadingThread>
  readonly #waiting = new FairQueue<WaitingCall>()
  /** How many ms of work the thread has. */
  #running = 0

  constructor(thread: Promise<ReadingThread>) {
    this.#thread = thread
  }

  /**
   * Calls a method of the reading thread; rejects where the thread is gone.
   * @param ms about the most that it takes: many brief calls are with the thread at once, and few long ones
   */
  call<K extends keyof ReaderMethods>(
    share: Share | undefined,
    ms: number,
    method: K,
    ...args: Parameters<ReaderMethods[K]>
  ): Promise<Awaited<ReturnType<ReaderMethods[K]>>> {
    return new Promise((resolve, reject) => {
      const send = (thread: ReadingThread): Promise<unknown> =>
        thread.call(method, ...args).then(resolve, reject)
      this.#waiting.add(share ?? OWN_SHARE, { ms, send })
      this.#thread.then(thread => this.#sendMore(thread), reject)
    })
  }

  /** Searches, turn by turn; a search that reaches its budget says where it stopped. */
  async search(share: Share | undefined, query: Query): Promise<Found> {
    let progress: SearchProgress | undefined
    let spent = 0
    for (;;) {
      const step = await this.call(share, SEARCH_TURN_MS, 'search', query, progress, spent >= SEARCH_BUDGET)
      if ('found' in step) return step.found
      progress = step.progress
      spent += step.ms
    }
  }

  #sendMore(thread: ReadingThread): void {
    for (;;) {
      const next = this.#waiting.first()
      if (next === undefined || (this.#running > 0 && this.#running + next.ms > AT_ONCE_MS)) return
      this.#waiting.take()
      this.#running += next.ms
      void next.send(thread).then(() => {
        this.#running -= next.ms
        this.#sendMore(thread)
      })
    }
  }
}
