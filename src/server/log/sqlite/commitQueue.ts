import { type Refusal, type Result, refuse, success } from '../../../protocol/errors.ts'
import { Durations } from '../../durations.ts'
import { FairQueue, OWN_SHARE, type Share } from '../../shares.ts'
import type { AccountChange, AccountEntry, AppliedAccounts } from '../accounts.ts'
import type { AppliedChange } from '../applied.ts'
import type { EventEntry, SessionChange } from '../entries.ts'
import type { Committed, LoggedEvent, SessionChangeOptions, Stored } from '../log.ts'
import { type Batch, type Outcome, pack } from './messages.ts'
import { appliedBy } from './others.ts'
import { OwedChanges } from './owedChanges.ts'
import type { Position } from './storedEvent.ts'

/** A batch is at most this, so that no entry waits long behind a flood. */
const MAX_BATCH = 512
const MAX_BATCH_BYTES = 256 * 1024
const QUOTES = 2
/** What an entry costs beside its text, in bytes of text. */
const ENTRY_COST = 512
/**
 * What one person stores in a turn. Messages of one room that are stored together go to its members together: with a turn of
 * one message, 500 busy rooms took a third more CPU.
 */
const TURN_COST = 32 * ENTRY_COST
/** With more than this waiting, those who have most of it waiting are read later. */
const BUSY_COST = 4_096 * ENTRY_COST
/** Hard limits: new events of those are refused, and then of all; slowing senders was not enough. */
const MOST_COST = 4 * BUSY_COST
const MOST_COST_OF_ALL = 2 * MOST_COST
/** A commit that has not come by then is not waited for, ms. */
const LATE = 100
/** When a refused sender may try again, ms. */
const RETRY_AFTER = 2_000
/** How long a batch that could go is held for those who were just answered: a share of the commit before, and ms. */
const GATHER_SHARE = 1 / 4
const GATHER_MOST = 4

/** What a {@link CommitQueue} needs of the log around it. */
export interface CommitQueueOptions {
  /** Hands a batch to the writer. The next one goes after `committed` or `failed`. */
  readonly post: (batch: Batch) => void
  /** An event of this room is on its way until {@link release}, which comes after all was told of it. */
  readonly hold?: (roomKey: string) => void
  readonly release?: (roomKey: string) => void
  /** Open sessions were forgotten because there were too many. */
  readonly forgot?: (numbers: readonly number[]) => void
  /** Makes the event of an entry that was stored; called in order of seq, before the entry is settled. */
  readonly stored: (entry: EventEntry, position: Position) => LoggedEvent
  /** Tells the subscribers of the events of a batch, after all of it is settled. */
  readonly tell: (events: readonly Committed[]) => void
  /** Tells of a change to accounts; called in the order of the log, before the entry is settled. */
  readonly accountsChanged?: (applied: AppliedAccounts) => void
  /** Tells of a change to a session; called likewise. */
  readonly applied?: (applied: AppliedChange) => void
  /** Called with what a sender or a subscriber threw. */
  readonly onBug?: (error: unknown) => void
  /** The clock, ms since 1970. */
  readonly now?: () => number
  /**
   * A commit takes long, and costs much: what those say who were just answered goes with what waits. Without that, people who
   * wait for their answers fall into two groups, each of which waits for the commit of the other.
   */
  readonly gathers?: boolean
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
  readonly share: Share
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
  /** From handing a batch to the writer until it is durable. */
  readonly commits = new Durations()
  readonly #options: CommitQueueOptions
  readonly #owed = new OwedChanges()
  readonly #waiting = new FairQueue<Waiting>(TURN_COST)
  /** The batch that the writer has. */
  #posted: readonly Waiting[] | undefined
  #postedAt = 0
  /** The events in it. */
  #committing = 0
  #scheduled: NodeJS.Immediate | undefined
  #gathering: NodeJS.Timeout | undefined
  /** With so many waiting, nothing more is to be gathered. */
  #enough = 0
  #broken: Refusal | undefined
  #drained: (() => void) | undefined

  constructor(options: CommitQueueOptions) {
    this.#options = options
  }

  /** How many events the writer has now; 0 where it has been late with them, as a shared log can be. */
  get committing(): number {
    return performance.now() - this.#postedAt > LATE ? 0 : this.#committing
  }

  /** How many entries wait, or are with the writer. */
  get waiting(): number {
    return this.#waiting.size + (this.#posted?.length ?? 0)
  }

  /** True while more waits than should, and this share has its part of it: its senders are to be read later. */
  isBusy(share: Share = OWN_SHARE): boolean {
    return this.#waiting.cost > BUSY_COST && this.#waiting.isHeavy(share)
  }

  /** See `Log.append`. Refused with `storage_unavailable` where far too much waits. */
  append(
    entry: EventEntry,
    settled: (result: Result<Stored>) => void,
    origin?: object,
    share: Share = OWN_SHARE,
  ): void {
    const { body } = entry
    const text = body.action === 'chat' || body.action === 'edit' ? body.message : ''
    const { cost } = this.#waiting
    const isFull = cost > MOST_COST_OF_ALL || (cost > MOST_COST && this.#waiting.isHeavy(share))
    if (isFull) {
      const message = 'the server has more to store than it can now; try again soon'
      return settled(refuse('storage_unavailable', message, { retryAfter: RETRY_AFTER }))
    }
    const told = (result: Result<Settlement>): void =>
      settled(result.ok ? success(result.value.stored) : result)
    this.#enqueue({ entry, share, bytes: sizeOf(text) - QUOTES, settled: told, origin })
  }

  /** See `AccountStore.changeAccounts`. */
  changeAccounts(
    entry: AccountEntry,
    settled: (result: Result<AccountChange>) => void,
    origin?: object | undefined,
  ): void {
    const told = (result: Result<Settlement>): void => {
      if (!result.ok) settled(result)
      else if (result.value.change !== undefined) settled(success(result.value.change))
    }
    this.#enqueue({ entry, share: OWN_SHARE, bytes: sizeOf(entry), settled: told, origin })
  }

  /** See `SessionStore.changeSession`. */
  changeSession(change: SessionChange, options: SessionChangeOptions = {}): void {
    this.#enqueue(this.#waitingChange(change, options))
  }

  /** The writer has stored the batch; an outcome for each of its entries. */
  committed(outcomes: readonly Outcome[]): void {
    const took = performance.now() - this.#postedAt
    this.commits.add(took / 1_000)
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
      else if (outcome?.kind === 'account' && entry.kind === 'account') {
        const { change } = outcome
        this.#guarded(() => this.#options.accountsChanged?.({ entry, change, origin }))
        settledAt(NO_POSITION, change)
      } else {
        const applied = outcome && appliedBy(entry, outcome, origin)
        if (applied !== undefined) this.#guarded(() => this.#options.applied?.(applied))
        settledAt(NO_POSITION)
        if (outcome?.kind === 'began' && outcome.forgotten.length > 0)
          this.#guarded(() => this.#options.forgot?.(outcome.forgotten))
      }
    })
    if (events.length > 0) this.#guarded(() => this.#options.tell(events))
    this.#release(batch)
    if (this.#options.gathers === true && this.#waiting.size > 0)
      this.#gather(batch.length, took * GATHER_SHARE)
    else this.#goOn()
  }

  /** The writer has stored nothing of the batch; `message` is for the senders. */
  failed(message: string): void {
    const refusal = refuse('storage_unavailable', message, { retryAfter: RETRY_AFTER })
    const batch = this.#takePosted()
    for (const { settled } of batch) this.#guarded(() => settled(refusal))
    this.#release(batch)
    this.#goOn()
  }

  /** Resolves when everything that waits is settled. */
  drain(): Promise<void> {
    if (this.#owed.size > 0) this.#post()
    if (this.#waiting.size === 0 && this.#posted === undefined) return Promise.resolve()
    return new Promise(resolve => {
      this.#drained = resolve
    })
  }

  /** There is no writer any more: refuses what waits and what comes. */
  breakOff(): void {
    const refusal = refuse('storage_unavailable', 'the server cannot store anything now')
    this.#broken ??= refusal.error
    const lost = [...this.#takePosted()]
    for (let one = this.#waiting.take(); one !== undefined; one = this.#waiting.take()) lost.push(one)
    for (const { settled } of lost) this.#guarded(() => settled(refusal))
    this.#release(lost)
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

  #waitingChange(entry: SessionChange, options: SessionChangeOptions): Waiting {
    const { settled, kept, origin, share = OWN_SHARE } = options
    const answered = (result: Result<Settlement>): void => {
      if (settled !== undefined) settled(result.ok ? success(undefined) : result)
      else if (!result.ok) this.#owed.owe(entry, options)
      else kept?.()
    }
    return { entry, share, bytes: 0, settled: answered, origin }
  }

  #release(batch: readonly Waiting[]): void {
    for (const { entry } of batch) if (entry.kind === 'event') this.#options.release?.(entry.roomKey)
  }

  #enqueue(waiting: Waiting): void {
    if (this.#broken !== undefined) return waiting.settled({ ok: false, error: this.#broken })
    if (waiting.entry.kind === 'event') this.#options.hold?.(waiting.entry.roomKey)
    this.#waiting.add(waiting.share, waiting, ENTRY_COST + waiting.bytes)
    if (this.#gathering !== undefined && this.#waiting.size < this.#enough) return
    // At the end of the tick, so that all that it brought goes together.
    if (this.#posted === undefined) this.#scheduled ??= setImmediate(() => this.#post())
  }

  #gather(answered: number, ms: number): void {
    this.#enough = Math.min(MAX_BATCH, this.#waiting.size + answered)
    if (this.#waiting.size >= this.#enough) return this.#post()
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    this.#gathering = setTimeout(() => this.#post(), Math.min(ms, GATHER_MOST))
  }

  #post(): void {
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    if (this.#posted !== undefined || this.#broken !== undefined) return
    const owed = this.#owed.take().map(({ change, options }) => this.#waitingChange(change, options))
    const batch = this.#takeBatch(owed)
    if (batch.length === 0) return
    this.#posted = batch
    this.#postedAt = performance.now()
    this.#committing = batch.filter(({ entry }) => entry.kind === 'event').length
    const { post, now = Date.now, firstSeq } = this.#options
    post({ ts: now(), firstSeq: firstSeq?.(), entries: batch.map(({ entry }) => entry) })
  }

  /** @param batch what goes first */
  #takeBatch(batch: Waiting[]): Waiting[] {
    let bytes = 0
    for (let next = this.#waiting.first(); next !== undefined; next = this.#waiting.first()) {
      bytes += next.bytes
      if (batch.length >= MAX_BATCH || (bytes > MAX_BATCH_BYTES && batch.length > 0)) break
      this.#waiting.take()
      batch.push(next)
    }
    return batch
  }

  #takePosted(): readonly Waiting[] {
    const batch = this.#posted ?? []
    this.#posted = undefined
    this.#committing = 0
    return batch
  }

  #goOn(): void {
    if (this.#waiting.size > 0) this.#post()
    else if (this.#posted === undefined) this.#drained?.()
  }
}

/** The bytes of a value as it is sent on: a batch fits into one message of a shared log. */
function sizeOf(value: unknown): number {
  return Buffer.byteLength(pack(value))
}
