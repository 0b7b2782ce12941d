import { randomUUID } from 'node:crypto'
import { failure, type Result, success } from '../../../protocol/errors.ts'
import type { Durations } from '../../durations.ts'
import type { Share } from '../../shares.ts'
import type { AccountChange, AccountContents, AccountEntry, AppliedAccounts } from '../accounts.ts'
import type { AppliedChange } from '../applied.ts'
import type { EventEntry, KeptSession, SessionChange } from '../entries.ts'
import type { Committed, LoggedEvent, RoomHead, SessionChangeOptions, Stored, WholeLog } from '../log.ts'
import type { CheckReport, LogMaintenance } from '../maintenance.ts'
import type { WatchedLog } from '../watched.ts'
import { AccountSessions } from './accountSessions.ts'
import { CommitQueue } from './commitQueue.ts'
import { openForReading, UnusableFile } from './database.ts'
import { withEnd } from './headRows.ts'
import { Listeners } from './listeners.ts'
import { Lookups } from './lookups.ts'
import { MaintainedLog } from './maintainedLog.ts'
import {
  type Others,
  pack,
  type ReaderMethods,
  type ThreadNews,
  type ThreadStart,
  unpack,
  type WriterMethods,
} from './messages.ts'
import { tellOthers } from './others.ts'
import { reached } from './reached.ts'
import { ReadQueue } from './readQueue.ts'
import { RoomHeads } from './roomHeads.ts'
import type { SqliteLogOptions } from './sqliteLogOptions.ts'
import { eventOf, type Position } from './storedEvent.ts'
import { Thread } from './thread.ts'

/**
 * Opens the log in a file, which is made where it does not exist. The caller holds the lock of its directory.
 * The error is a sentence that says what to do.
 */
export async function openSqliteLog(
  file: string,
  options: SqliteLogOptions = {},
): Promise<Result<SqliteLog, string>> {
  const log = new SqliteLog(file, options)
  const problem = await log.opened
  if (problem === undefined) return success(log)
  await log.abandon()
  return failure(problem)
}

/**
 * The log on SQLite. One thread owns the writing connection and takes everything that is queued into one transaction;
 * another thread reads. This side queues entries, and knows the head of every room.
 */
export class SqliteLog extends MaintainedLog implements WholeLog, LogMaintenance, WatchedLog {
  /** Resolves when the log can be used, with a sentence where it cannot. */
  readonly opened: Promise<string | undefined>
  readonly #options: SqliteLogOptions
  readonly #start: Omit<ThreadStart, 'role'>
  readonly #writer: Thread<WriterMethods>
  readonly #reader: Promise<Thread<ReaderMethods>>
  readonly #queue: CommitQueue
  readonly #onBug = (error: unknown): void => this.#options.onBug?.(error)
  readonly #listeners = new Listeners<readonly Committed[]>(this.#onBug)
  readonly #accountListeners = new Listeners<AppliedAccounts>(this.#onBug)
  readonly #appliedListeners = new Listeners<AppliedChange>(this.#onBug)
  readonly #forgottenListeners = new Listeners<readonly number[]>(this.#onBug)
  #accounts: AccountContents | undefined
  #accountSessions = new AccountSessions([])
  #epoch = ''
  #heads = new RoomHeads(() => undefined, 0)
  #lookups: Lookups | undefined
  #lastSession = 0
  #broken: Error | undefined
  #hasFailed = false

  constructor(file: string, options: SqliteLogOptions) {
    const reading = Promise.withResolvers<Thread<ReaderMethods>>()
    super(new ReadQueue(reading.promise))
    this.#options = options
    const { maxPages, seqStep, brokers } = options
    this.#start = { file, epoch: randomUUID(), maxPages, brokers }
    this.#queue = new CommitQueue({
      gathers: brokers !== undefined,
      post: batch => this.#writer.post({ kind: 'commit', batch: pack(batch) }),
      stored: (entry, position) => this.#stored(entry, position),
      hold: roomKey => this.#heads.hold(roomKey),
      release: roomKey => this.#heads.release(roomKey),
      forgot: numbers => this.#forgottenListeners.tell(numbers),
      tell: events => this.#listeners.tell(events),
      accountsChanged: applied => this.#accountsChanged(applied),
      applied: applied => this.#appliedListeners.tell(applied),
      onBug: this.#onBug,
      ...(seqStep !== undefined && {
        firstSeq: () => (Math.floor(this.#heads.last / seqStep) + 1) * seqStep,
      }),
    })
    const opening = Promise.withResolvers<string | undefined>()
    this.opened = opening.promise
    this.#reader = reading.promise
    // Readers see this rejection when they await; the handler only prevents an unhandled one.
    this.#reader.catch(() => undefined)
    this.#writer = new Thread<WriterMethods>(
      { ...this.#start, role: 'writer' },
      news => {
        if (news.kind === 'unusable') {
          // Its thread ends by itself: that is no second failure.
          this.#broken = new Error(news.message)
          opening.resolve(news.message)
          reading.reject(new Error(news.message))
        } else if (news.kind !== 'opened') this.#heard(news)
        else {
          const problem = this.#learn(news)
          // The file has its layout now, so that it can be read.
          if (problem === undefined) this.#openReader(reading)
          else reading.reject(new Error(problem))
          opening.resolve(problem)
        }
      },
      error => {
        opening.resolve(`the log could not be opened: ${error.message}`)
        reading.reject(error)
        this.#broke(error)
      },
    )
  }

  get epoch(): string {
    return this.#epoch
  }

  get last(): number {
    return this.#heads.last
  }

  get committing(): number {
    return this.#queue.committing
  }

  get commits(): Durations {
    return this.#queue.commits
  }

  get waiting(): number {
    return this.#queue.waiting
  }

  get isWritable(): boolean {
    return this.#broken === undefined && !this.#hasFailed
  }

  turns(): Promise<void> {
    return this.#writer.call('turns')
  }

  isBusy(share?: Share): boolean {
    return this.#queue.isBusy(share)
  }

  head(roomKey: string): RoomHead | undefined {
    return this.#heads.head(roomKey)
  }

  isEnding(roomKey: string): boolean {
    return this.#lookups?.isEnding(roomKey) === true
  }

  leadsTo(nameKey: string): string {
    // Most names are those of rooms whose heads are at hand.
    if (this.#heads.head(nameKey) !== undefined) return nameKey
    return this.#lookups?.leadsTo(nameKey) ?? nameKey
  }

  endedAt(roomKey: string): number {
    const head = this.#heads.head(roomKey)
    return head === undefined ? (this.#lookups?.endedAt(roomKey) ?? 0) : (head.endedAt ?? 0)
  }

  directsOf(name: string, limit: number): readonly string[] {
    return this.#lookups?.directsOf(name, limit) ?? []
  }

  spelling(name: string): string | undefined {
    return this.#lookups?.spelling(name)
  }

  openSession(hash: string): KeptSession | undefined {
    return this.#lookups?.openSession(hash)
  }

  roomLike(key: string, name: string): string | undefined {
    return this.#lookups?.lookalikes.room(key, name)
  }

  accountLike(name: string): string | undefined {
    return this.#lookups?.lookalikes.account(name)
  }

  oldestSession(person: string): number | undefined {
    return this.#lookups?.oldestSession(person)
  }

  sessionOf(number: number): KeptSession | undefined {
    return this.#lookups?.session(number)
  }

  get lastSession(): number {
    return this.#lastSession
  }

  onForgotten(listener: (numbers: readonly number[]) => void): () => void {
    return this.#forgottenListeners.add(listener)
  }

  keptAccounts(): AccountContents {
    if (this.#accounts === undefined) throw new Error('the log is not open yet')
    return this.#accounts
  }

  changeAccounts(
    entry: AccountEntry,
    settled: (result: Result<AccountChange>) => void,
    origin?: object,
  ): void {
    this.#queue.changeAccounts(entry, settled, origin)
  }

  onAccounts(listener: (applied: AppliedAccounts) => void): () => void {
    return this.#accountListeners.add(listener)
  }

  append(entry: EventEntry, settled: (result: Result<Stored>) => void, origin?: object, share?: Share): void {
    this.#queue.append({ ...entry, ...withEnd(this.endedAt(entry.roomKey)) }, settled, origin, share)
  }

  changeSession(change: SessionChange, options?: SessionChangeOptions): void {
    const isOfRoom = change.kind === 'read' || change.kind === 'notify'
    const end = isOfRoom ? withEnd(this.endedAt(change.roomKey)) : {}
    this.#queue.changeSession({ ...change, ...end }, options)
  }

  onApplied(listener: (applied: AppliedChange) => void): () => void {
    return this.#appliedListeners.add(listener)
  }

  subscribe(listener: (events: readonly Committed[]) => void): () => void {
    return this.#listeners.add(listener)
  }

  reach(seq: number): Promise<boolean> {
    if (this.#options.brokers === undefined || this.last >= seq) return Promise.resolve(true)
    return reached(() => this.last >= seq, this.#listeners)
  }

  async close(): Promise<void> {
    if (this.#broken === undefined) {
      await this.#writer.call('hurry')
      await this.#queue.drain()
      this.#closeLookups()
      // The readers first: else they are in the way of the writer's last checkpoint.
      await (await this.#reader).close()
      await this.#writer.close()
    }
    await this.abandon()
  }

  /** Ends the threads as they are; for a log that could not be opened. */
  async abandon(): Promise<void> {
    this.#broken ??= new Error('the log is closed')
    this.#queue.breakOff()
    this.#closeLookups()
    await this.#writer.end()
    await this.#reader.then(
      reader => reader.end(),
      () => undefined,
    )
  }

  protected override get writer(): Pick<Thread<WriterMethods>, 'call'> {
    return this.#writer
  }

  /** From then on nothing is found: the log is closed. */
  #closeLookups(): void {
    this.#lookups?.close()
    this.#lookups = undefined
  }

  /** A thread of its own looks: no page that a client reads waits for it. */
  async check(): Promise<CheckReport> {
    const noNews = (): void => undefined
    const thread = new Thread<ReaderMethods>({ ...this.#start, role: 'reader' }, noNews, noNews)
    try {
      return await thread.call('check')
    } finally {
      await thread.end()
    }
  }

  #openReader(reading: PromiseWithResolvers<Thread<ReaderMethods>>): void {
    const reader = new Thread<ReaderMethods>(
      { ...this.#start, role: 'reader' },
      news => {
        if (news.kind === 'opened') reading.resolve(reader)
        else if (news.kind === 'unusable') this.#broke(new Error(news.message))
      },
      error => {
        reading.reject(error)
        this.#broke(error)
      },
    )
  }

  /** A sentence where the file cannot be read. */
  #learn({ contents, position }: Extract<ThreadNews, { kind: 'opened' }>): string | undefined {
    if (contents === undefined) throw new Error('a writer opens with the contents of its log')
    try {
      this.#lookups = new Lookups(openForReading(this.#start.file))
    } catch (error) {
      if (error instanceof UnusableFile) return error.message
      throw error
    }
    this.#epoch = contents.epoch
    this.#heads = new RoomHeads(roomKey => this.#lookups?.head(roomKey), contents.last, contents.unfilled)
    this.#lastSession = contents.lastSession
    if (position === undefined) this.sessionNumbers.countFrom(contents.lastSession)
    else this.sessionNumbers.addBlock(position)
    this.#accounts = contents.accounts
    this.#accountSessions = new AccountSessions(contents.accounts.accounts)
    return undefined
  }

  #heard(news: Exclude<ThreadNews, { kind: 'opened' | 'unusable' }>): void {
    this.#lookups?.refresh()
    switch (news.kind) {
      case 'committed':
        if (this.#hasFailed) {
          this.#hasFailed = false
          this.#options.onRecovered?.()
        }
        if (news.position !== undefined) this.sessionNumbers.addBlock(news.position)
        return this.#queue.committed(unpack(news.outcomes))
      case 'others':
        return this.#others(unpack(news.others))
      case 'failed':
        if (!this.#hasFailed) this.#options.onTrouble?.(`nothing can be stored: ${news.message}`)
        this.#hasFailed = true
        return this.#queue.failed(
          news.diskFull
            ? 'the disk of the server is full; nothing can be said until there is room'
            : 'the server could not store this; try again soon',
        )
      case 'lost':
        return this.#broke(new Error(news.message))
      case 'shared':
        return this.noteShared(news.figures)
      case 'filled':
        return this.#heads.filled(news.upTo)
      case 'trouble':
        return this.#options.onTrouble?.(news.message)
    }
  }

  #others(others: Others): void {
    tellOthers(others, {
      heads: this.#heads,
      stored: (entry, position) => this.#stored(entry, position),
      accountsChanged: applied => this.#accountsChanged(applied),
      applied: applied => this.#appliedListeners.tell(applied),
      forgot: numbers => this.#forgottenListeners.tell(numbers),
      renewed: epoch => {
        this.#epoch = epoch
      },
      tell: events => this.#listeners.tell(events),
    })
  }

  #stored(entry: EventEntry, position: Position): LoggedEvent {
    this.#heads.stored(entry, position.seq, position.prev)
    return eventOf(entry, position, this.#epoch, this.#accountSessions.isGuest(entry))
  }

  #accountsChanged(applied: AppliedAccounts): void {
    this.#accountSessions.apply(applied.change)
    this.#accountListeners.tell(applied)
  }

  #broke(error: Error): void {
    if (this.#broken !== undefined) return
    this.#broken = error
    this.#queue.breakOff()
    this.#options.onBroken?.(error)
  }
}
