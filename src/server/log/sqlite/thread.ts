import { Worker } from 'node:worker_threads'
import { findThreadEntry } from '../../threadEntry.ts'
import type { CallAnswer, ThreadAnswers, ThreadCall, ThreadNews, ThreadStart, ToThread } from './messages.ts'

const ENTRIES = ['./worker/worker.ts', './logWorker.js', '../logWorker.js']

interface PendingCall {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** The methods of a thread by name. */
type Methods<M> = { readonly [K in keyof M]: (...args: never[]) => unknown }

/** One thread of a log: calls that it answers, and the news that it tells by itself. `M` is what can be called. */
export class Thread<M extends Methods<M> & { close(): void }> {
  readonly #worker: Worker
  readonly #calls = new Map<number, PendingCall>()
  #called = 0
  /** The calls of this tick. */
  #unsent: ThreadCall[] = []
  /** Why the thread answers no call any more. */
  #ended: Error | undefined

  /**
   * @param news called with everything that the thread tells beside its answers
   * @param died called when the thread ends unasked; every pending call is rejected before
   */
  constructor(start: ThreadStart, news: (message: ThreadNews) => void, died: (error: Error) => void) {
    this.#worker = new Worker(findThreadEntry(import.meta.url, ENTRIES), { workerData: start })
    this.#worker.on('message', (message: ThreadAnswers | ThreadNews) => {
      if (message.kind === 'answers') for (const answer of message.answers) this.#settle(answer)
      else news(message)
    })
    const fail = (error: Error): void => {
      this.#rejectAll(error)
      died(error)
    }
    this.#worker.on('error', fail)
    this.#worker.on('exit', () => fail(new Error('a thread of the log has ended')))
  }

  /** Sends a message that is not answered as a call. */
  post(message: Extract<ToThread, { kind: 'commit' }>): void {
    // In the order of the calls and messages.
    this.#sendCalls()
    this.#worker.postMessage(message)
  }

  /** Calls a method of the thread; rejects with a sentence where it fails. */
  call<K extends keyof M & string>(method: K, ...args: Parameters<M[K]>): Promise<Awaited<ReturnType<M[K]>>> {
    // The thread answers with what the method of this name gives: the one cast of all calls.
    return this.#call(method, args) as Promise<Awaited<ReturnType<M[K]>>>
  }

  /** Closes what the thread holds, then ends it. */
  async close(): Promise<void> {
    await this.#call('close', [])
    await this.end()
  }

  /** Ends the thread at once; rejects the calls that still wait. */
  async end(): Promise<void> {
    this.#worker.removeAllListeners('exit')
    await this.#worker.terminate()
    this.#rejectAll(new Error('the log is closed'))
  }

  #call(method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const number = ++this.#called
    return new Promise((resolve, reject) => {
      this.#calls.set(number, { resolve, reject })
      if (this.#unsent.push({ number, method, args }) === 1) setImmediate(() => this.#sendCalls())
    })
  }

  #sendCalls(): void {
    if (this.#unsent.length === 0) return
    const message: ToThread = { kind: 'calls', calls: this.#unsent }
    this.#unsent = []
    this.#worker.postMessage(message)
  }

  #settle(answer: CallAnswer): void {
    const call = this.#calls.get(answer.number)
    this.#calls.delete(answer.number)
    if ('value' in answer) call?.resolve(answer.value)
    else call?.reject(new Error(answer.message))
  }

  #rejectAll(error: Error): void {
    this.#ended = error
    for (const call of this.#calls.values()) call.reject(error)
    this.#calls.clear()
  }
}
