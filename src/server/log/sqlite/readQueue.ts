import { FairQueue, OWN_SHARE, type Share } from '../../shares.ts'
import type { Found, Query } from '../log.ts'
import type { ReaderMethods, SearchProgress } from './messages.ts'
import type { Thread } from './thread.ts'

/** Calls that the reading thread has at once: it need not wait for this side between two. */
const AT_ONCE = 2
/** How long one search may keep the reading thread busy in all, ms. */
const SEARCH_BUDGET = 250

/** One call; it goes to the thread when its turn comes. */
interface WaitingCall {
  readonly send: (thread: Thread<ReaderMethods>) => Promise<unknown>
}

/**
 * Gives the reading thread its calls in fair turns, so that a page waits for one turn of those who ask for much, and not for
 * all that they ask. A search has many turns, each of some milliseconds, and a budget.
 */
export class ReadQueue {
  readonly #thread: Promise<Thread<ReaderMethods>>
  readonly #waiting = new FairQueue<WaitingCall>()
  #running = 0

  constructor(thread: Promise<Thread<ReaderMethods>>) {
    this.#thread = thread
  }

  /** Calls a method of the reading thread; rejects where the thread is gone. */
  call<K extends keyof ReaderMethods>(
    share: Share | undefined,
    method: K,
    ...args: Parameters<ReaderMethods[K]>
  ): Promise<Awaited<ReturnType<ReaderMethods[K]>>> {
    return new Promise((resolve, reject) => {
      const send = (thread: Thread<ReaderMethods>): Promise<unknown> =>
        thread.call(method, ...args).then(resolve, reject)
      this.#waiting.add(share ?? OWN_SHARE, { send })
      this.#next().catch(reject)
    })
  }

  /** Searches, turn by turn; a search that reaches its budget says where it stopped. */
  async search(share: Share | undefined, query: Query): Promise<Found> {
    let progress: SearchProgress | undefined
    let spent = 0
    for (;;) {
      const step = await this.call(share, 'search', query, progress, spent >= SEARCH_BUDGET)
      if ('found' in step) return step.found
      progress = step.progress
      spent += step.ms
    }
  }

  async #next(): Promise<void> {
    if (this.#running >= AT_ONCE) return
    this.#running++
    try {
      const thread = await this.#thread
      for (let call = this.#waiting.take(); call !== undefined; call = this.#waiting.take())
        await call.send(thread)
    } finally {
      this.#running--
    }
  }
}
