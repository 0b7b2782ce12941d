import type { DatabaseSync } from 'node:sqlite'
import type { Entry } from '../../entries.ts'
import { emptyWriteAheadLog } from '../database.ts'
import type { Batch, Contents, Outcome } from '../messages.ts'
import { Fold, type Moment } from './fold.ts'
import { IndexRemains } from './indexRemains.ts'
import type { RetentionTable } from './retentionTable.ts'
import { type Statements, statements } from './statements.ts'
import { WordIndex } from './wordIndex.ts'

/** Takes batches into transactions; {@link Fold} decides what they do. Belongs to the one writing connection. */
export class Writer {
  readonly #database: DatabaseSync
  readonly #index: WordIndex
  readonly #fold: Fold
  readonly #remains: IndexRemains
  readonly #sql: Statements
  /** Whether a text was replaced or removed since the last {@link purge}; perhaps by the process before this one. */
  #removedText = true

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#index = new WordIndex(database)
    this.#fold = new Fold(database, this.#index)
    this.#remains = new IndexRemains(database)
    this.#sql = statements(database)
  }

  /** What the log holds, without its events. */
  contents(): Contents {
    return this.#fold.contents()
  }

  /** Whether a person (a folded name) ever said something or had a session. */
  knows(person: string): boolean {
    return this.#fold.knows(person)
  }

  /** See `Fold.endingRooms`. */
  get endingRooms(): readonly string[] {
    return this.#fold.endingRooms
  }

  /** See `Fold.clock`. */
  get clock(): number | undefined {
    return this.#fold.clock
  }

  /** How long events are kept. To be read only: entries change it. */
  get retentions(): Pick<RetentionTable, 'all' | 'due'> {
    return this.#fold.retentions
  }

  /**
   * Applies a batch in one transaction; when this returns, all of it is on the disk. An outcome for each entry.
   * Throws, with nothing stored, what SQLite throws.
   */
  commit({ ts, firstSeq = 0, entries }: Batch): Outcome[] {
    return this.transact(apply => entries.map(entry => apply(entry, { ts, firstSeq })))
  }

  /** Applies entries in one transaction, with what the caller writes beside them. Throws as {@link commit} does. */
  transact<T>(work: (apply: (entry: Entry, at: Moment) => Outcome) => T): T {
    let hasRemoved = false
    const result = this.#inTransaction(() => {
      const applied = work((entry, at) => {
        hasRemoved ||= removesText(entry)
        return this.#fold.apply(entry, at)
      })
      this.#index.keepUp()
      this.#fold.keepUp()
      return applied
    })
    if (hasRemoved) this.#removedText = true
    return result
  }

  /** Indexes a slice of what is not indexed yet, and fills one; false where nothing is left. */
  indexMore(): boolean {
    return this.#inTransaction(() => {
      const isUnfilled = this.#fold.rooms.fill()
      return this.#index.addSlice() || isUnfilled
    })
  }

  /** Fills a slice of what is not noted of rooms yet; false where nothing is left. */
  fillMore(): boolean {
    return this.#fold.rooms.isBehind && this.#inTransaction(() => this.#fold.rooms.fill())
  }

  /** All that is noted of rooms behind the commit is noted up to this seq. */
  get filled(): number {
    return this.#fold.rooms.filled
  }

  /** Whether {@link indexMore} has something to do. */
  get isBehind(): boolean {
    return this.indexed < this.last || this.#fold.rooms.isBehind
  }

  /** Every message up to this seq can be found. */
  get indexed(): number {
    return this.#index.position
  }

  /** The seq of the newest event. */
  get last(): number {
    return this.#fold.last
  }

  /**
   * Takes removed text wholly out of the search index, and out of the write-ahead log. False where a reader is in the
   * way: try again. SQLite overwrites pages that become free in the file itself at once (`secure_delete`).
   */
  async purge(): Promise<boolean> {
    if (!this.#removedText) return true
    this.#removedText = false
    let isClean = false
    let isEmpty = false
    try {
      await this.#remains.clean(work => this.#inTransaction(work))
      isClean = true
    } finally {
      // Also where the disk is too full to rewrite the index: this makes room.
      isEmpty = emptyWriteAheadLog(this.#database)
      if (!isClean || !isEmpty) this.#removedText = true
    }
    return isEmpty
  }

  /** Whether {@link purge} has something to do. */
  get needsPurge(): boolean {
    return this.#removedText
  }

  #inTransaction<T>(work: () => T): T {
    const { last } = this.#fold
    this.#sql('BEGIN IMMEDIATE').run()
    try {
      const result = work()
      this.#index.mergeSome()
      this.#fold.saveLast(last)
      this.#sql('COMMIT').run()
      this.#fold.rooms.saved()
      return result
    } catch (error) {
      // SQLite has rolled back by itself where the disk is full.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      this.#fold.load()
      this.#index.load()
      throw error
    }
  }
}

function removesText(entry: Entry): boolean {
  if (entry.kind === 'event') return entry.body.action === 'edit' || entry.body.action === 'delete'
  return entry.kind === 'forget' || entry.kind === 'erase' || entry.kind === 'sweep'
}
