import { randomUUID } from 'node:crypto'
import { type Result, refuse, success } from '../../../protocol/errors.ts'
import type {
  Entry,
  Found,
  KeptSession,
  Log,
  LoggedEvent,
  Note,
  Page,
  Query,
  Range,
  RoomHead,
  Stored,
} from '../log.ts'
import type { LogUpkeep, Retention, RoomRetention } from '../maintenance.ts'
import { logFile } from './database.ts'
import type { WorkerStart } from './messages.ts'
import { OwedNotes } from './owedNotes.ts'
import { pack, unpack } from './packed.ts'
import { Heads } from './roomHeads.ts'
import { callAside, type Said, Thread } from './thread.ts'
import { type Contents, eventOf, type Outcome, type Work } from './worker/writer.ts'

/** A commit batch is at most this, so that nobody waits long behind a flood. */
const MAX_BATCH = 512
const MAX_BATCH_BYTES = 256 * 1024
/** More than this waiting, and senders are read later. */
const BUSY_WORK = 4_096
const BUSY_BYTES = 8 * 1024 * 1024
/** More than this waiting, and nothing is taken: what is held back has not helped. */
const MOST_WORK = 4 * BUSY_WORK
const MOST_BYTES = 4 * BUSY_BYTES
const RETRY_AFTER = 2_000

/** How a log is opened; all for tests but `onTrouble` and `onBroken`. */
export interface SqliteLogOptions {
  /** Told, in a sentence, what an operator should know: a full disk, a failed task. */
  readonly onTrouble?: (message: string) => void
  /** A thread of the log died, by a bug: nothing is stored any more. */
  readonly onBroken?: (error: Error) => void
  /** The file never has more pages than this, as if the disk were full then. */
  readonly maxPages?: number
}

/** A log that is open, or why it cannot be used: a sentence that says what to do. */
export type OpenResult =
  | { readonly ok: true; readonly log: SqliteLog }
  | { readonly ok: false; readonly message: string }

interface Waiting {
  readonly work: Work
  readonly bytes: number
  readonly settled: (result: Result<Stored>) => void
}

/** Opens the log in a data directory. Whoever opens it holds the directory's lock. */
export async function openSqliteLog(directory: string, options: SqliteLogOptions = {}): Promise<OpenResult> {
  const file = logFile(directory)
  const log = new SqliteLog(file, options)
  const problem = await log.opened
  if (problem === undefined) return { ok: true, log }
  await log.abandon()
  return { ok: false, message: problem }
}

/**
 * The log on SQLite. A thread owns the writing connection and takes all that is queued into one transaction;
 * another reads. This side queues, and knows of every room what can be known without reading.
 */
export class SqliteLog implements Log, LogUpkeep {
  /** Resolves when the log can be used, with a sentence where it cannot. */
  readonly opened: Promise<string | undefined>
  readonly #options: SqliteLogOptions
  readonly #start: Omit<WorkerStart, 'role'>
  readonly #writer: Thread
  readonly #reader: Promise<Thread>
  readonly #listeners = new Set<(events: readonly LoggedEvent[]) => void>()
  #epoch = ''
  #heads = new Heads()
  #sessions: readonly KeptSession[] = []
  #names: readonly string[] = []
  #waiting: Waiting[] = []
  #waitingBytes = 0
  readonly #owed = new OwedNotes()
  /** What the writer is storing now. */
  #storing: readonly Waiting[] | undefined
  /** The entries among it. */
  #committing = 0
  #scheduled: NodeJS.Immediate | undefined
  #broken: Error | undefined
  #hasFailed = false
  #drained: (() => void) | undefined

  constructor(file: string, options: SqliteLogOptions) {
    this.#options = options
    const start = { file, epoch: randomUUID(), maxPages: options.maxPages }
    this.#start = start
    const opening = Promise.withResolvers<string | undefined>()
    const reading = Promise.withResolvers<Thread>()
    this.opened = opening.promise
    this.#reader = reading.promise
    // Whoever reads hears of it; where nobody does there is nothing to hear.
    this.#reader.catch(() => undefined)
    this.#writer = new Thread(
      { ...start, role: 'writer' },
      message => {
        if (message.kind === 'unusable') {
          opening.resolve(message.message)
          reading.reject(new Error(message.message))
        } else if (message.kind !== 'opened') this.#heard(message)
        else {
          this.#learn(message.contents)
          // The file has its layout now, so that it can be read.
          const reader = new Thread(
            { ...start, role: 'reader' },
            said => {
              if (said.kind === 'opened') reading.resolve(reader)
              else if (said.kind === 'unusable') this.#broke(new Error(said.message))
            },
            error => {
              reading.reject(error)
              this.#broke(error)
            },
          )
          opening.resolve(undefined)
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
    return this.#committing
  }

  get isBusy(): boolean {
    return this.#waiting.length > BUSY_WORK || this.#waitingBytes > BUSY_BYTES
  }

  head(roomKey: string): RoomHead | undefined {
    return this.#heads.of(roomKey)
  }

  heads(): Iterable<RoomHead> {
    return this.#heads.all()
  }

  directsOf(name: string): Iterable<string> {
    return this.#heads.directsOf(name)
  }

  keptSessions(): Iterable<KeptSession> {
    return this.#sessions
  }

  keptNames(): Iterable<string> {
    return this.#names
  }

  append(entry: Entry, settled: (result: Result<Stored>) => void): void {
    const { body } = entry
    const text = body.action === 'chat' || body.action === 'edit' ? body.message : ''
    this.#enqueue({ work: { entry }, bytes: Buffer.byteLength(text), settled })
  }

  note(note: Note, settled?: (result: Result<undefined>) => void): void {
    this.#enqueue(this.#waitingNote(note, settled))
  }

  subscribe(listener: (events: readonly LoggedEvent[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async read(roomKey: string, range: Range): Promise<Page> {
    return (await this.#read('read', roomKey, range)) as Page
  }

  async missed(
    roomKey: string,
    after: number,
    maxEvents: number,
    maxBytes: number,
  ): Promise<{ events: number; bytes: number }> {
    return (await this.#read('missed', roomKey, after, maxEvents, maxBytes)) as {
      events: number
      bytes: number
    }
  }

  async unread(
    roomKey: string,
    after: number,
    name: string,
    max: number,
  ): Promise<{ unread: number; mentions: number }> {
    return (await this.#read('unread', roomKey, after, name, max)) as { unread: number; mentions: number }
  }

  async search(query: Query): Promise<Found> {
    // What was said and acknowledged is found, although the index is filled later.
    await this.#writer.call('catchUp')
    return (await this.#read('search', query)) as Found
  }

  async close(): Promise<void> {
    if (this.#broken === undefined) {
      await this.#drain()
      // The reader first: the writer's last checkpoint is to find nobody in its way.
      await (await this.#reader).close()
      await this.#writer.close()
    }
    await this.abandon()
  }

  /** Ends the threads as they are; for a log that could not be opened. */
  async abandon(): Promise<void> {
    this.#broken ??= new Error('the log is closed')
    await this.#writer.end()
    await this.#reader.then(
      reader => reader.end(),
      () => undefined,
    )
  }

  async erase(name: string): Promise<Result<{ readonly messages: number }>> {
    return this.#attempt(async () => ({ messages: (await this.#writer.call('erase', name)) as number }))
  }

  async setRetention(roomKey: string | undefined, retention: Retention): Promise<Result<undefined>> {
    return this.#attempt(async () => {
      await this.#writer.call('setRetention', { roomKey, retention })
      return undefined
    })
  }

  async retentions(): Promise<readonly RoomRetention[]> {
    return (await this.#writer.call('retentions')) as readonly RoomRetention[]
  }

  async check(): Promise<{ readonly ok: boolean; readonly lines: readonly string[] }> {
    return (await callAside({ ...this.#start, role: 'reader' }, 'check')) as { ok: boolean; lines: string[] }
  }

  async renewEpoch(): Promise<Result<string>> {
    const epoch = randomUUID()
    return this.#attempt(async () => {
      await this.#writer.call('renewEpoch', epoch)
      this.#epoch = epoch
      return epoch
    })
  }

  /** Takes what was deleted out of the write-ahead log now instead of within the minute; false where a reader is in the way. */
  async purge(): Promise<boolean> {
    return (await this.#writer.call('purge')) as boolean
  }

  async #read(method: string, ...args: readonly unknown[]): Promise<unknown> {
    return (await this.#reader).call(method, ...args)
  }

  async #attempt<T>(what: () => Promise<T>): Promise<Result<T>> {
    try {
      return success(await what())
    } catch (error) {
      return refuse('storage_unavailable', error instanceof Error ? error.message : String(error))
    }
  }

  #learn(contents: Contents | undefined): void {
    if (contents === undefined) throw new Error('a writer opens with the contents of its log')
    this.#epoch = contents.epoch
    this.#heads = new Heads(contents.heads, contents.last)
    this.#sessions = contents.sessions
    this.#names = contents.names
  }

  #waitingNote(note: Note, settled?: (result: Result<undefined>) => void): Waiting {
    const answered = (result: Result<Stored>): void => {
      if (settled !== undefined) settled(result.ok ? success(undefined) : result)
      else if (!result.ok) this.#owed.owe(note)
    }
    return { work: { note }, bytes: 0, settled: answered }
  }

  #enqueue(waiting: Waiting): void {
    if (this.#broken !== undefined)
      return waiting.settled(refuse('storage_unavailable', 'the server cannot store anything now'))
    const isFull = this.#waiting.length >= MOST_WORK || this.#waitingBytes >= MOST_BYTES
    if (isFull && 'entry' in waiting.work) {
      const message = 'the server has more to store than it can now; try again soon'
      return waiting.settled(refuse('storage_unavailable', message, { retryAfter: RETRY_AFTER }))
    }
    this.#waiting.push(waiting)
    this.#waitingBytes += waiting.bytes
    // At the end of the tick, so that all that it brought goes together.
    if (this.#storing === undefined) this.#scheduled ??= setImmediate(() => this.#store())
  }

  #store(): void {
    this.#scheduled = undefined
    if (this.#storing !== undefined) return
    if (this.#owed.size > 0)
      this.#waiting = [...this.#owed.take().map(note => this.#waitingNote(note)), ...this.#waiting]
    if (this.#waiting.length === 0) return
    let bytes = 0
    let count = 0
    for (const waiting of this.#waiting) {
      bytes += waiting.bytes
      if (count === MAX_BATCH || (bytes > MAX_BATCH_BYTES && count > 0)) break
      count++
    }
    const batch = this.#waiting.splice(0, count)
    this.#waitingBytes -= batch.reduce((sum, waiting) => sum + waiting.bytes, 0)
    this.#storing = batch
    this.#committing = batch.filter(({ work }) => 'entry' in work).length
    this.#writer.post({ kind: 'commit', batch: pack(batch.map(({ work }) => work)) })
  }

  #heard(message: Exclude<Said, { kind: 'opened' | 'unusable' }>): void {
    switch (message.kind) {
      case 'committed':
        return this.#committed(unpack(message.outcomes))
      case 'failed':
        return this.#failed(message.message, message.diskFull)
      case 'happened':
        for (const event of message.events) this.#heads.happened(event)
        return this.#tell(message.events)
      case 'forgot':
        return this.#heads.put(message.head)
      case 'trouble':
        return this.#options.onTrouble?.(message.message)
    }
  }

  #committed(outcomes: readonly Outcome[]): void {
    const batch = this.#takeStored()
    if (this.#hasFailed) {
      this.#hasFailed = false
      this.#options.onTrouble?.('storing works again')
    }
    const events: LoggedEvent[] = []
    let next = 0
    for (const { work, settled } of batch) {
      const outcome = 'entry' in work ? outcomes[next++] : undefined
      if (outcome === undefined || !('entry' in work)) settled(success({ seq: 0, ts: 0 }))
      else if ('repeats' in outcome) settled(outcome.repeats)
      else {
        events.push(eventOf(work.entry, outcome, this.#epoch))
        this.#heads.stored(work.entry, outcome.seq, outcome.prev)
        settled(success({ seq: outcome.seq, ts: outcome.ts }))
      }
    }
    if (events.length > 0) this.#tell(events)
    this.#goOn()
  }

  #failed(reason: string, diskFull: boolean): void {
    const batch = this.#takeStored()
    if (!this.#hasFailed) this.#options.onTrouble?.(`nothing can be stored: ${reason}`)
    this.#hasFailed = true
    const message = diskFull
      ? 'the disk of the server is full; nothing can be said until there is room'
      : 'the server could not store this; try again soon'
    for (const { settled } of batch)
      settled(refuse('storage_unavailable', message, { retryAfter: RETRY_AFTER }))
    this.#goOn()
  }

  #takeStored(): readonly Waiting[] {
    const batch = this.#storing ?? []
    this.#storing = undefined
    this.#committing = 0
    return batch
  }

  #goOn(): void {
    if (this.#waiting.length > 0) this.#store()
    else if (this.#storing === undefined) this.#drained?.()
  }

  #tell(events: readonly LoggedEvent[]): void {
    for (const listener of this.#listeners) listener(events)
  }

  #drain(): Promise<void> {
    if (this.#owed.size > 0) this.#store()
    if (this.#waiting.length === 0 && this.#storing === undefined) return Promise.resolve()
    return new Promise(resolve => {
      this.#drained = resolve
    })
  }

  #broke(error: Error): void {
    if (this.#broken !== undefined) return
    this.#broken = error
    const lost = [...this.#takeStored(), ...this.#waiting]
    this.#waiting = []
    for (const { settled } of lost)
      settled(refuse('storage_unavailable', 'the server cannot store anything now'))
    this.#drained?.()
    this.#options.onBroken?.(error)
  }
}
