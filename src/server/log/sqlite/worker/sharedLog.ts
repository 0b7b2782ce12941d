import { isBusy, isDiskFull } from '../../../../files/sqliteErrors.ts'
import type { Entry } from '../../entries.ts'
import {
  type Stream,
  type StreamEnd,
  StreamGone,
  type StreamMessage,
  type Tail,
  UnusableStream,
} from '../../stream.ts'
import type { SharedFigures } from '../../watched.ts'
import type { Outcome } from '../messages.ts'
import { EnvelopeSender, type Submission } from './envelopeSender.ts'
import { type Applied, NewerRules, type Projection } from './projection.ts'
import { SharedWatch } from './sharedWatch.ts'
import { StreamErasing } from './streamErasing.ts'

/** What goes into one transaction: others wait no longer than that takes. */
const ENTRIES_AT_ONCE = 512
const BYTES_AT_ONCE = 512 * 1024
/** With more messages than this waiting to be applied, no more are asked for. */
const ENOUGH = 128
/** A full disk is tried again after this, ms. */
const TRY_AGAIN = 1_000
/** A stream that ends before the checkpoint may be that of a broker that lags; after this it is not, ms. */
const WENT_BACK_AFTER = 15_000

/** What a {@link SharedLog} tells, in the order of the log. */
export interface SharedLogListener {
  /** Entries were stored that no batch of the main thread waits for. */
  readonly others: (entries: readonly Entry[], outcomes: readonly Outcome[]) => void
  /** Messages were applied. */
  readonly committed: () => void
  /** A sentence for the operator. */
  readonly alarm: (message: string) => void
  /** How it follows the stream, every second. */
  readonly figures: (figures: SharedFigures) => void
  /** The stream no longer has what follows: a start takes the base. A sentence. */
  readonly fellBehind: (message: string) => void
}

/** What a daemon says of a log that {@link SharedLog.leave} has ended. */
const ENDED =
  'the log was moved to a single server (chatd cluster move --back): stop this daemon, and send its people to that server'

/** Where the stream has no messages, both inclusive. */
interface Hole {
  readonly from: number
  readonly to: number
}

/**
 * A log that a stream orders and several daemons fold. Envelopes of this daemon go out through {@link EnvelopeSender}; what
 * the stream holds, its own too, is applied as the tail brings it. It stops for good where going on could make two daemons
 * differ: what is in the file can be read further on.
 */
export class SharedLog {
  readonly #stream: Stream
  readonly #projection: Projection
  readonly #listener: SharedLogListener
  readonly #sender: EnvelopeSender
  readonly #erasing: StreamErasing
  readonly #watch: SharedWatch
  readonly #inbox: (StreamMessage | Hole)[] = []
  readonly #followed = new Set<{ readonly position: number; readonly resolve: () => void }>()
  readonly #readyWaiters = new Set<() => void>()
  #tail: Tail | undefined
  #isBusy = false
  #isFull = false
  #behindSince: number | undefined
  #halted: string | undefined
  #isClosed = false
  #holes = 0

  constructor(stream: Stream, projection: Projection, listener: SharedLogListener) {
    this.#stream = stream
    this.#projection = projection
    this.#listener = listener
    this.#sender = new EnvelopeSender(stream)
    this.#erasing = new StreamErasing(stream, projection, message => listener.alarm(message))
    const state = () => ({
      checkpoint: projection.checkpoint,
      holes: this.#holes,
      halted: this.#halted,
      inFlight: this.#sender.inFlight,
    })
    this.#watch = new SharedWatch(stream, state, figures => listener.figures(figures))
  }

  /** Applies everything that the stream holds now; the position of a message that this daemon has in it. */
  async open(): Promise<number> {
    const { last } = await this.#stream.end()
    await this.#watch.start()
    this.#tail = this.#stream.tail(this.#projection.checkpoint + 1, {
      began: () => this.#mayGoOn(),
      message: message => this.#received(message),
      hole: (from, to) => this.#received({ from, to }),
      ready: () => this.#ready(),
    })
    await this.#reach(last)
    if (this.#halted !== undefined) throw new UnusableStream(this.#halted)
    // Shows that more than half of the brokers store, and gives the daemon numbers that no other one has.
    const position = await this.mark()
    this.#erasing.start()
    this.#watch.tell()
    return position
  }

  /** Applies everything that the stream holds now. */
  async reachAll(): Promise<void> {
    await this.#reach((await this.#stream.end()).last)
  }

  /** Has entries ordered and applied by all daemons. */
  submit(submission: Submission): void {
    this.#sender.submit(submission)
  }

  /** Has entries of maintenance applied; they are told of as those of others. Rejects with a sentence. */
  commit(entries: readonly Entry[]): Promise<readonly Outcome[]> {
    return new Promise((resolve, reject) =>
      this.#sender.submit({
        entries,
        stored: outcomes => {
          this.#listener.others(entries, outcomes)
          resolve(outcomes)
        },
        refused: message => reject(new Error(message)),
      }),
    )
  }

  /** Ends the log for all daemons: nothing that comes after counts. Rejects with a sentence. */
  async leave(): Promise<void> {
    await this.mark({ ends: true })
  }

  /** Stores a message without entries; its position. Rejects with a sentence. */
  mark(more: Pick<Submission, 'ends'> = {}): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#sender.submit({
        entries: [],
        ...more,
        stored: (_, at) => resolve(at),
        refused: message => reject(new UnusableStream(message)),
      }),
    )
  }

  /** The log is being closed: without progress senders are refused soon. */
  hurry(): void {
    this.#sender.hurry()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#tail?.end()
    this.#sender.close()
    this.#erasing.close()
    this.#watch.close()
    await this.#stream.close()
  }

  /** Resolves when everything up to a position is applied, or when the log has stopped. */
  #reach(position: number): Promise<void> {
    if (this.#projection.checkpoint >= position || this.#halted !== undefined) return Promise.resolve()
    return new Promise(resolve => this.#followed.add({ position, resolve }))
  }

  #ready(): Promise<void> {
    if (this.#inbox.length < ENOUGH) return Promise.resolve()
    return new Promise(resolve => this.#readyWaiters.add(resolve))
  }

  /** Looks whether the stream is the one that was read until now, and has everything that was read. */
  async #mayGoOn(): Promise<boolean> {
    if (this.#isClosed || this.#halted !== undefined) return false
    const { checkpoint, made, hasEnded } = this.#projection
    if (hasEnded) {
      this.#halt(ENDED)
      return false
    }
    let end: StreamEnd
    try {
      end = await this.#stream.end()
    } catch (error) {
      if (!(error instanceof StreamGone) || made === '') throw error
      return this.#haltAtLast(
        error,
        `the stream is gone: it was deleted at the brokers, or they are others now. Nothing is applied any more; keep this data directory, it may be the only copy`,
      )
    }
    if (made === '') this.#projection.follow(end.made)
    else if (made !== end.made) {
      this.#halt(
        `the stream was made again (${end.made}; this directory follows the one of ${made}): start chatd again, which follows it where it can`,
      )
      return false
    }
    if (checkpoint < end.first - 1) {
      await this.#missed(end.first - 1)
      return false
    }
    const found = checkpoint < end.first ? 'gone' : await this.#look(checkpoint)
    if (found === 'gone' && end.last >= checkpoint && checkpoint >= end.first) {
      // While the stream is being trimmed, the messages before its new beginning go one by one.
      const trimmed = await this.#stream.trimmed()
      if (checkpoint < trimmed) await this.#missed(trimmed)
      if (checkpoint <= trimmed) return checkpoint === trimmed
    }
    // Nothing is left of the message at the checkpoint where the stream begins right after it.
    if (checkpoint === end.first - 1 || (end.last >= checkpoint && found === 'same')) {
      this.#behindSince = undefined
      return true
    }
    // A broker that is cut off still shows an older end.
    return this.#haltAtLast(
      new Error('the stream ends before the checkpoint'),
      `the stream went back: it ends at ${end.last}, and this daemon has applied ${checkpoint} messages of it; the brokers lost what they had stored. Nothing is applied any more; keep this data directory, it may be the only copy`,
    )
  }

  /** Throws a reason to try again, and halts where it holds for long: a broker that lags or has just begun is no proof. */
  #haltAtLast(reason: Error, message: string): false {
    const now = performance.now()
    this.#behindSince ??= now
    if (now - this.#behindSince < WENT_BACK_AFTER) throw reason
    this.#halt(message)
    return false
  }

  /** What is between the checkpoint and a position is no longer in the stream: a base has it, or the brokers lost it. */
  async #missed(upTo: number): Promise<void> {
    const { checkpoint } = this.#projection
    const isCovered = (await this.#stream.trimmed()) >= upTo
    const what = `the stream no longer has the messages ${checkpoint + 1} to ${upTo}, and this daemon has not applied them`
    if (!isCovered)
      return this.#halt(
        `${what}; no base has them either: the brokers lost them. Nothing is applied any more; keep this data directory, and look at the brokers`,
      )
    const message = `${what}, since it was away for too long: start chatd again, which takes the base of the log`
    this.#halt(message)
    this.#listener.fellBehind(message)
  }

  /** What stands in the stream at the checkpoint: what was applied there, or another message. */
  async #look(checkpoint: number): Promise<'same' | 'other' | 'gone'> {
    const message = await this.#stream.get(checkpoint)
    if (message === undefined) return 'gone'
    return this.#projection.fits(message) ? 'same' : 'other'
  }

  #received(item: StreamMessage | Hole): void {
    this.#inbox.push(item)
    if (!this.#isBusy) this.#schedule()
  }

  #schedule(): void {
    this.#isBusy = true
    setImmediate(() => void this.#work())
  }

  async #work(): Promise<void> {
    const [first] = this.#inbox
    if (first === undefined || this.#isClosed || this.#halted !== undefined) {
      this.#isBusy = false
      return this.#wakeReaders()
    }
    if ('from' in first) await this.#fill(first)
    else this.#applyNext()
    this.#wakeReaders()
    if (!this.#isFull) return this.#schedule()
    setTimeout(() => this.#schedule(), TRY_AGAIN)
  }

  #wakeReaders(): void {
    if (this.#inbox.length >= ENOUGH) return
    for (const resolve of this.#readyWaiters) resolve()
    this.#readyWaiters.clear()
  }

  #applyNext(): void {
    const messages: StreamMessage[] = []
    let bytes = 0
    for (const item of this.#inbox) {
      if ('from' in item || messages.length >= ENTRIES_AT_ONCE || bytes >= BYTES_AT_ONCE) break
      messages.push(item)
      bytes += item.data.byteLength
    }
    if (this.#apply(messages)) this.#inbox.splice(0, messages.length)
  }

  /** False where it is to be tried again, or never. */
  #apply(messages: readonly StreamMessage[]): boolean {
    let applied: readonly Applied[]
    try {
      applied = this.#projection.apply(messages)
      this.#isFull = false
    } catch (error) {
      this.#failed(error, messages)
      return false
    }
    if (this.#isClosed) return true
    this.#sender.progress()
    let isOwn = false
    for (const { position, envelope, outcomes } of applied) {
      const isWaitedFor = this.#sender.applied(envelope, outcomes, position)
      isOwn ||= envelope.d === this.#sender.incarnation
      if (!isWaitedFor && envelope.w.length > 0) this.#listener.others(envelope.w, outcomes)
    }
    this.#erasing.noteNew(isOwn)
    this.#listener.committed()
    if (this.#projection.hasEnded) this.#halt(ENDED)
    for (const one of this.#followed) {
      if (this.#projection.checkpoint < one.position) continue
      this.#followed.delete(one)
      one.resolve()
    }
    return true
  }

  #failed(error: unknown, messages: readonly StreamMessage[]): void {
    const reason = error instanceof Error ? error.message : String(error)
    if (error instanceof NewerRules) return this.#halt(reason)
    if (isDiskFull(error) || isBusy(error)) {
      if (!this.#isFull) this.#listener.alarm(`the shared log cannot be applied here: ${reason}`)
      this.#isFull = true
      this.#sender.cannotApply(reason)
      return
    }
    const [first, last] = [messages[0]?.position, messages.at(-1)?.position]
    this.#halt(
      `the messages ${first} to ${last} of the stream cannot be applied (${reason}): report it as a bug`,
    )
  }

  /** Looks for the messages of a hole: those whose text was erased, and those that only this reader's broker lacks. */
  async #fill(hole: Hole): Promise<void> {
    for (let position = hole.from; position <= hole.to; position++) {
      const found = await this.#find(position)
      if (this.#isClosed) return
      if (found === undefined && (await this.#isTrimmed(position))) return
      const isReplaced = found !== undefined && found.position !== position
      if (!isReplaced) this.#holes++
      if (found === undefined)
        return this.#halt(
          `the stream has no message ${position}, and nothing says why: a broker is damaged, or one was removed by hand. Nothing is applied any more; look at the brokers, then start chatd again`,
        )
      if (!isReplaced)
        this.#listener.alarm(
          `a broker lacks message ${position} of the stream, and another one has it: remove the store of the damaged broker and let it fetch the stream again`,
        )
      if (!this.#apply([{ ...found, position, replaces: isReplaced ? undefined : found.replaces }])) {
        this.#inbox[0] = { from: position, to: hole.to }
        return
      }
    }
    this.#inbox.shift()
  }

  /** Whether a message may be gone, or is before the beginning of the stream; then {@link #missed} has stopped the log. */
  async #isTrimmed(position: number): Promise<boolean> {
    try {
      const { first } = await this.#stream.end()
      const isBefore = position < first
      if (!isBefore && position > (await this.#stream.trimmed())) return false
      await this.#missed(isBefore ? first - 1 : position)
      return true
    } catch {
      return false
    }
  }

  async #find(position: number): Promise<StreamMessage | undefined> {
    const until = performance.now() + WENT_BACK_AFTER
    for (;;) {
      try {
        return await this.#stream.get(position)
      } catch (error) {
        if (performance.now() >= until || this.#isClosed) {
          this.#listener.alarm(`message ${position} of the stream could not be asked for: ${String(error)}`)
          return undefined
        }
        await new Promise(resolve => setTimeout(resolve, TRY_AGAIN))
      }
    }
  }

  #halt(message: string): void {
    if (this.#halted !== undefined) return
    this.#halted = message
    this.#listener.alarm(message)
    this.#sender.halt(message)
    this.#watch.tell()
    for (const { resolve } of this.#followed) resolve()
    this.#followed.clear()
  }
}
