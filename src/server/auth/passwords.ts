import { Worker } from 'node:worker_threads'
import { type Result, refuse, success } from '../../protocol/errors.ts'
import { findThreadEntry } from '../threadEntry.ts'

/** The least and the most characters of a new password; NIST SP 800-63B-4 asks for 8 where it is not alone. */
const LEAST = 8
const MOST_WAITING = 32
const RETRY_AFTER = 5_000
const NOT_CHECKED = 'the server could not check the password; try again in some seconds'
const ENTRIES = ['./passwordWorker.ts', './passwordWorker.js', '../passwordWorker.js']
/** What a password is compared with where there is none, so that this takes as long. */
const NO_PASSWORD = '-'

/** A password to hash, or to compare with a PHC string. */
export interface HashTask {
  readonly password: string
  readonly phc: string | undefined
}

/** What the thread answers. */
export interface HashAnswer {
  readonly hash?: string
  readonly isRight?: boolean
}

interface Waiting {
  readonly task: HashTask
  /** Undefined: the thread died. */
  readonly settle: (answer: HashAnswer | undefined) => void
}

/**
 * Hashes and compares passwords, one at a time, in a thread of its own: a hash takes some 50 ms and 19 MiB, so that
 * guessing is slow, and nobody else may wait for it. The thread is started at the first password.
 */
export class Passwords {
  #worker: Worker | undefined
  readonly #waiting: Waiting[] = []
  #current: Waiting | undefined

  /** The PHC string of a password. Error: `rate_limited`. */
  async hash(password: string): Promise<Result<string>> {
    const answer = await this.#ask({ password, phc: undefined })
    return answer.ok ? success(answer.value.hash ?? '') : answer
  }

  /** Whether a password is right. Takes as long where there is none to compare with. Error: `rate_limited`. */
  async check(password: string, phc: string | undefined): Promise<Result<boolean>> {
    const answer = await this.#ask({ password, phc: phc ?? NO_PASSWORD })
    return answer.ok ? success(answer.value.isRight === true && phc !== undefined) : answer
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.#worker?.terminate()
    this.#worker = undefined
  }

  #ask(task: HashTask): Promise<Result<HashAnswer>> {
    if (this.#waiting.length >= MOST_WAITING) {
      const message = 'too many passwords are being checked; try again in some seconds'
      return Promise.resolve(refuse('rate_limited', message, { retryAfter: RETRY_AFTER }))
    }
    return new Promise(resolve => {
      const settle = (answer: HashAnswer | undefined): void =>
        resolve(
          answer === undefined
            ? refuse('rate_limited', NOT_CHECKED, { retryAfter: RETRY_AFTER })
            : success(answer),
        )
      this.#waiting.push({ task, settle })
      this.#next()
    })
  }

  #next(): void {
    if (this.#current !== undefined) return
    this.#current = this.#waiting.shift()
    if (this.#current !== undefined) this.#start().postMessage(this.#current.task)
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(findThreadEntry(import.meta.url, ENTRIES))
    worker.on('message', (answer: HashAnswer) => this.#answered(answer))
    // Without memory for a hash the thread dies: the next password gets another thread.
    worker.on('error', () => this.#died(worker))
    worker.on('exit', () => this.#died(worker))
    worker.unref()
    this.#worker = worker
    return worker
  }

  #answered(answer: HashAnswer | undefined): void {
    const current = this.#current
    this.#current = undefined
    current?.settle(answer)
    this.#next()
  }

  #died(worker: Worker): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.#answered(undefined)
  }
}

/** Whether a password may be chosen; the error is a sentence. */
export function checkNewPassword(password: string, username: string): Result<undefined> {
  const length = [...password].length
  if (length < LEAST)
    return refuse('bad_frame', `a password has at least ${LEAST} characters; this one has ${length}`)
  if (password.toLowerCase() === username.toLowerCase())
    return refuse('bad_frame', 'the password is the name; choose another')
  return success(undefined)
}
