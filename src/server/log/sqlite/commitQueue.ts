import { type Refusal, type Result, refuse, success } from '../../../protocol/errors.ts'
import type { AccountChange, AccountEntry } from '../accounts.ts'
import type { EventEntry, SessionChange } from '../entries.ts'
import type { Committed, LoggedEvent, Stored } from '../log.ts'
import type { Batch, Outcome } from './messages.ts'
import { OwedChanges } from './owedChanges.ts'
import type { Position } from './storedEvent.ts'

/** A batch is at most this, so that no entry waits long behind a flood. */
const MAX_BATCH = 512
const MAX_BATCH_BYTES = 256 * 1024
/** With more than this waiting, senders are read later. */
const BUSY_ENTRIES = 4_096
const BUSY_BYTES = 8 * 1024 * 1024
/** Hard limit: new events are refused; slowing senders was not enough. */
const MOST_ENTRIES = 4 * BUSY_ENTRIES
const MOST_BYTES = 4 * BUSY_BYTES
/** When a refused sender may try again, ms. */
const RETRY_AFTER = 2_000

/** What a {@link CommitQueue} needs of the log around it. */
export interface CommitQueueOptions {
  /** Hands a batch to the writer. The next one goes after `committed` or `failed`. */
  readonly post: (batch: Batch) => void
  /** Makes the event of an entry that was stored; called in order of seq, before the entry is settled. */
  readonly stored: (entry: EventEntry, position: Position) => LoggedEvent
  /** Tells the subscribers of the events of a batch, after all of it is settled. */
  readonly tell: (events: readonly Committed[]) => void
  /** Tells of a change to accounts; called in the order of the log, before the entry is settled. */
  readonly accountsChanged?: (change: AccountChange) => void
  /** Called with what a sender or a subscriber threw. */
  readonly onBug?: (error: unknown) => void
  /** The clock, ms since 1970. */
  readonly now?: () => number
  /** The least seq of the next batch, for logs whose seqs are not dense. */
  readonly firstSeq?: () => number
}

/** What became of an entry, for its sender: the position of an event, or the change to accounts. */
interface Settlement {
  readonly stored: Stored
  readonly change: AccountChange | undefined
}

interface Waiting {
  readonly entry: EventEntry | SessionChange | AccountEntry
  readonly bytes: number
  readonly settled: (result: Result<Settlement>) => void
  readonly origin: object | undefined
}

const NO_POSITION: Stored = { seq: 0, ts: 0 }

/**
 * What waits to be committed, in order. It gathers what one tick brings, hands over one batch at a time, and settles
 * each entry when its batch comes back: so batches grow with the load.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions
  readonly #owed = new OwedChanges()
  #waiting: Waiting[] = []
  #waitingBytes = 0
  /** The batch that the writer has. */
  #posted: readonly Waiting[] | undefined
  /** The events in it. */
  #committing = 0
  #scheduled: NodeJS.Immediate | undefined
  #broken: Refusal | undefined
  #drained: (() => void) | undefined

  constructor(options: CommitQueueOptions) {
    this.#options = options
  }

  /** How many events the writer has now. */
  get committing(): number {
    return this.#committing
  }

  /** True while more waits than should: senders are to be read later. */
  get isBusy(): boolean {
    return this.#waiting.length > BUSY_ENTRIES || this.#waitingBytes > BUSY_BYTES
  }

  /** See `Log.append`. Refused with `storage_unavailable` where far too much waits. */
  append(entry: EventEntry, settled: (result: Result<Stored>) => void, origin?: object): void {
    const { body } = entry
    const text = body.action === 'chat' || body.action === 'edit' ? body.message : ''
    const isFull = this.#waiting.length >= MOST_ENTRIES || this.#waitingBytes >= MOST_BYTES
    if (isFull) {
      const message = 'the server has more to store than it can now; try again soon'
      return settled(refuse('storage_unavailable', message, { retryAfter: RETRY_AFTER }))
    }
    const told = (result: Result<Settlement>): void =>
      settled(result.ok ? success(result.value.stored) : result)
    this.#enqueue({ entry, bytes: Buffer.byteLength(text), settled: told, origin })
  }

  /** See `AccountStore.changeAccounts`. */
  changeAccounts(entry: AccountEntry, settled: (result: Result<AccountChange>) => void): void {
    const told = (result: Result<Settlement>): void => {
      if (!result.ok) settled(result)
      else if (result.value.change !== undefined) settled(success(result.value.change))
    }
    this.#enqueue({ entry, bytes: 0, settled: told, origin: undefined })
  }

  /** See `SessionStore.changeSession`. */
  changeSession(change: SessionChange, settled?: (result: Result<undefined>) => void): void {
    this.#enqueue(this.#waitingChange(change, settled))
  }

  /** The writer has stored the batch; an outcome for each of its entries. */
  committed(outcomes: readonly Outcome[]): void {
    const batch = this.#takePosted()
    const events: Committed[] = []
    batch.forEach(({ entry, settled: settle, origin }, index) => {
      const settled = (result: Result<Settlement>): void => this.#guarded(() => settle(result))
      const settledAt = (stored: Stored, change?: AccountChange): void => settled(success({ stored, change }))
      const outcome = outcomes[index]
      if (outcome?.kind === 'stored' && entry.kind === 'event') {
        events.push({ event: this.#options.stored(entry, outcome), origin })
        settledAt({ seq: outcome.seq, ts: outcome.ts })
      } else if (outcome?.kind === 'repeat') settledAt(outcome.first)
      else if (outcome?.kind === 'refused') settled({ ok: false, error: outcome.error })
      else if (outcome?.kind === 'account') {
        const { change } = outcome
        this.#guarded(() => this.#options.accountsChanged?.(change))
        settledAt(NO_POSITION, change)
      } else settledAt(NO_POSITION)
    })
    if (events.length > 0) this.#guarded(() => this.#options.tell(events))
    this.#goOn()
  }

  /** The writer has stored nothing of the batch; `message` is for the senders. */
  failed(message: string): void {
    const refusal = refuse('storage_unavailable', message, { retryAfter: RETRY_AFTER })
    for (const { settled } of this.#takePosted()) this.#guarded(() => settled(refusal))
    this.#goOn()
  }

  /** Resolves when everything that waits is settled. */
  drain(): Promise<void> {
    if (this.#owed.size > 0) this.#post()
    if (this.#waiting.length === 0 && this.#posted === undefined) return Promise.resolve()
    return new Promise(resolve => {
      this.#drained = resolve
    })
  }

  /** There is no writer any more: refuses what waits and what comes. */
  breakOff(message: string): void {
    const refusal = refuse('storage_unavailable', message)
    this.#broken ??= refusal.error
    const lost = [...this.#takePosted(), ...this.#waiting]
    this.#waiting = []
    this.#waitingBytes = 0
    for (const { settled } of lost) this.#guarded(() => settled(refusal))
    this.#drained?.()
  }

  /** Runs code of one sender or subscriber. A throw is a bug there, and must not stop the others or the queue. */
  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#options.onBug?.(error)
    }
  }

  #waitingChange(entry: SessionChange, settled?: (result: Result<undefined>) => void): Waiting {
    const answered = (result: Result<Settlement>): void => {
      if (settled !== undefined) settled(result.ok ? success(undefined) : result)
      else if (!result.ok) this.#owed.owe(entry)
    }
    return { entry, bytes: 0, settled: answered, origin: undefined }
  }

  #enqueue(waiting: Waiting): void {
    if (this.#broken !== undefined) return waiting.settled({ ok: false, error: this.#broken })
    this.#waiting.push(waiting)
    this.#waitingBytes += waiting.bytes
    // At the end of the tick, so that all that it brought goes together.
    if (this.#posted === undefined) this.#scheduled ??= setImmediate(() => this.#post())
  }

  #post(): void {
    this.#scheduled = undefined
    if (this.#posted !== undefined || this.#broken !== undefined) return
    if (this.#owed.size > 0)
      this.#waiting = [...this.#owed.take().map(change => this.#waitingChange(change)), ...this.#waiting]
    const batch = this.#takeBatch()
    if (batch.length === 0) return
    this.#posted = batch
    this.#committing = batch.filter(({ entry }) => entry.kind === 'event').length
    const { post, now = Date.now, firstSeq } = this.#options
    post({ ts: now(), firstSeq: firstSeq?.(), entries: batch.map(({ entry }) => entry) })
  }

  #takeBatch(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const waiting of this.#waiting) {
      if (count === MAX_BATCH || (bytes + waiting.bytes > MAX_BATCH_BYTES && count > 0)) break
      bytes += waiting.bytes
      count++
    }
    this.#waitingBytes -= bytes
    return this.#waiting.splice(0, count)
  }

  #takePosted(): readonly Waiting[] {
    const batch = this.#posted ?? []
    this.#posted = undefined
    this.#committing = 0
    return batch
  }

  #goOn(): void {
    if (this.#waiting.length > 0) this.#post()
    else if (this.#posted === undefined) this.#drained?.()
  }
}
