import { randomBytes } from 'node:crypto'
import type { Entry } from '../../entries.ts'
import { type Envelope, encodeEnvelope, RULES } from '../../envelope.ts'
import type { Stream } from '../../stream.ts'
import type { Outcome } from '../messages.ts'

/** An envelope is published again after this, until its fate is known, ms. */
const SEND_AGAIN = 300
/** Without progress for this long its sender is refused, ms. */
const REFUSE_AFTER = 12_000
/** The same while the daemon stops. */
const REFUSE_SOON = 3_000
/** And after this in any case: others may go on while this one does not. */
const REFUSE_AT_LAST = 60_000
const LOOK_EVERY = 100
/** The brokers take messages of 1 MiB; a batch is far below, unless its texts are all escapes. */
const MAX_BYTES = 1_000_000
const INCARNATION_BYTES = 9

/** What is to go into one envelope, and who waits for it. */
export interface Submission {
  readonly entries: readonly Entry[]
  /** It ends the log. */
  readonly ends?: true
  /** Called once, in the order of the log, while the message is being told of. */
  readonly stored: (outcomes: readonly Outcome[], position: number) => void
  /** Called once instead: it is not known whether it will be stored, or it never will be. A sentence. */
  readonly refused: (message: string) => void
}

/** An envelope on its way. */
interface Open {
  readonly n: number
  readonly data: Uint8Array
  readonly since: number
  sentAt: number
  isAcknowledged: boolean
  /** Who waits for it; undefined: was refused. */
  submission: Submission | undefined
}

/**
 * Sends what a daemon queues to a stream, one envelope at a time: so their order survives every retry. One that was refused
 * is sent on until its fate is known, since an isolated leader may have taken it.
 */
export class EnvelopeSender {
  /** This daemon, from its start to its end. */
  readonly incarnation = randomBytes(INCARNATION_BYTES).toString('base64url')
  readonly #stream: Pick<Stream, 'publish'>
  readonly #timer: NodeJS.Timeout
  readonly #waiting: Submission[] = []
  #open: Open | undefined
  #count = 0
  #progressAt = performance.now()
  /** Why the last publish failed. */
  #reason = ''
  /** Why nothing can be applied here. */
  #obstacle: string | undefined
  #isLate = false
  #refuseAfter = REFUSE_AFTER
  #halted: string | undefined

  constructor(stream: Pick<Stream, 'publish'>) {
    this.#stream = stream
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY)
  }

  /** Entries that are not applied yet. */
  get inFlight(): number {
    const { submission } = this.#open ?? {}
    const sent = submission?.entries.length ?? 0
    return this.#waiting.reduce((sum, { entries }) => sum + entries.length, sent)
  }

  /** Queues entries for an envelope of their own. */
  submit(submission: Submission): void {
    if (this.#halted !== undefined) return submission.refused(this.#halted)
    // The open envelope blocks the way, and has waited too long already.
    if (this.#isLate) return submission.refused(this.#lateness())
    this.#waiting.push(submission)
    this.#sendNext()
  }

  /** What the stream has cannot be applied here; why, as SQLite says it. */
  cannotApply(reason: string): void {
    this.#obstacle = reason
  }

  /** The log goes on: a message of any sender was applied. */
  progress(): void {
    this.#obstacle = undefined
    this.#progressAt = performance.now()
  }

  /** An envelope of this daemon was applied. False where no one waits for it any more. */
  applied({ d, n }: Envelope, outcomes: readonly Outcome[], position: number): boolean {
    if (d !== this.incarnation || this.#open?.n !== n) return false
    const { submission } = this.#open
    this.#open = undefined
    this.#isLate = false
    this.#reason = ''
    submission?.stored(outcomes, position)
    this.#sendNext()
    return submission !== undefined
  }

  /** The daemon stops, and must not wait long for brokers. */
  hurry(): void {
    this.#refuseAfter = REFUSE_SOON
  }

  /** Nothing is sent any more, and everything is refused. */
  halt(message: string): void {
    this.#halted = message
    this.#refuseAll(message)
  }

  /** Ends the sender as it is. */
  close(): void {
    clearInterval(this.#timer)
    this.#refuseAll('the log is closed')
    this.#halted ??= 'the log is closed'
  }

  #sendNext(): void {
    if (this.#open !== undefined || this.#halted !== undefined) return
    const submission = this.#waiting.shift()
    if (submission === undefined) return
    const n = ++this.#count
    const end = submission.ends === true ? { end: true as const } : {}
    const data = encodeEnvelope({ v: RULES, d: this.incarnation, n, w: submission.entries, ...end })
    if (data.byteLength > MAX_BYTES) {
      submission.refused('this is too much for one message of the shared log')
      return this.#sendNext()
    }
    const now = performance.now()
    this.#progressAt = now
    this.#open = { n, data, since: now, sentAt: now, isAcknowledged: false, submission }
    this.#publish(this.#open)
  }

  #publish(open: Open): void {
    open.sentAt = performance.now()
    this.#stream.publish(open.data, `${this.incarnation}.${open.n}`).then(
      () => {
        open.isAcknowledged = true
      },
      (error: unknown) => {
        this.#reason = error instanceof Error ? error.message : String(error)
      },
    )
  }

  #look(): void {
    const open = this.#open
    if (open === undefined || this.#halted !== undefined) return
    const now = performance.now()
    if (!open.isAcknowledged && now - open.sentAt >= SEND_AGAIN) this.#publish(open)
    const isLate = now - this.#progressAt >= this.#refuseAfter || now - open.since >= REFUSE_AT_LAST
    if (!isLate || this.#isLate) return
    this.#isLate = true
    this.#refuseAll(this.#lateness())
  }

  #lateness(): string {
    if (this.#obstacle !== undefined)
      return `this daemon cannot store what the brokers have (${this.#obstacle}): look at the disk of its data directory`
    const reason = this.#reason === '' ? '' : ` (${this.#reason})`
    return `the brokers have not stored anything for ${this.#refuseAfter / 1_000} s${reason}; they need more than half of their replicas`
  }

  #refuseAll(message: string): void {
    const refused = [
      ...(this.#open?.submission === undefined ? [] : [this.#open.submission]),
      ...this.#waiting,
    ]
    if (this.#open !== undefined) this.#open.submission = undefined
    this.#waiting.length = 0
    for (const submission of refused) submission.refused(message)
  }
}
