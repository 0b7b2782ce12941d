import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts'

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** What a thread says beside its answers. */
export type Said = Exclude<FromWorker, { readonly kind: 'answer' | 'refused' }>

/** One thread of a log: calls that are answered, and what it says by itself. */
export class Thread {
  readonly #worker: Worker
  readonly #calls = new Map<number, Waiting>()
  #asked = 0

  /**
   * @param said what it says beside its answers
   * @param died it ended although nobody asked it to; every call that waits is rejected
   */
  constructor(start: WorkerStart, said: (message: Said) => void, died: (error: Error) => void) {
    this.#worker = new Worker(entry(), { workerData: start })
    this.#worker.on('message', (message: FromWorker) => {
      if (message.kind === 'answer') this.#take(message.number)?.resolve(message.value)
      else if (message.kind === 'refused') this.#take(message.number)?.reject(new Error(message.message))
      else said(message)
    })
    const fail = (error: Error): void => {
      for (const call of this.#calls.values()) call.reject(error)
      this.#calls.clear()
      died(error)
    }
    this.#worker.on('error', fail)
    this.#worker.on('exit', () => fail(new Error('a thread of the log has ended')))
  }

  /** Sends something that is not answered as a call. */
  post(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  /** Calls a method of the thread; rejects with a sentence where it fails. */
  call(method: string, ...args: readonly unknown[]): Promise<unknown> {
    const number = ++this.#asked
    return new Promise((resolve, reject) => {
      this.#calls.set(number, { resolve, reject })
      this.#worker.postMessage({ kind: 'call', number, method, args })
    })
  }

  /** Closes what the thread holds, then ends it. */
  async close(): Promise<void> {
    await this.call('close')
    await this.end()
  }

  /** Ends the thread at once. */
  async end(): Promise<void> {
    this.#worker.removeAllListeners('exit')
    await this.#worker.terminate()
  }

  #take(number: number): Waiting | undefined {
    const call = this.#calls.get(number)
    this.#calls.delete(number)
    return call
  }
}

/** Has a thread of its own do one thing that takes long: nobody's page waits for it. */
export async function callAside(start: WorkerStart, method: string): Promise<unknown> {
  const noNews = (): void => undefined
  const thread = new Thread(start, noNews, noNews)
  try {
    return await thread.call(method)
  } finally {
    await thread.end()
  }
}

/** The entry of the thread: a source file, or beside the programs where they are built, in whatever chunk this is. */
function entry(): string {
  const candidates = ['./worker/worker.ts', './logWorker.js', '../logWorker.js']
  const files = candidates.map(candidate => fileURLToPath(new URL(candidate, import.meta.url)))
  const found = files.find(file => existsSync(file))
  if (found === undefined) throw new Error(`the program is not whole: none of ${files.join(', ')} is there`)
  return found
}
