import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { integer } from './rows.ts'

/** With more messages than this not indexed yet, every commit indexes as many as it may have brought. */
const MAX_LAG = 4_096
const SLICE = 512
/** Pages that one merge rewrites. A slice adds about ten, and each is rewritten once on each of a few levels. */
const MERGED_PAGES = 64

/**
 * The search index as the writer keeps it: new messages are added behind the commit, in order of seq, up to
 * `position`. A message up to there is changed or removed in the same transaction as its event.
 */
export class WordIndex {
  readonly #database: DatabaseSync
  readonly #addOne: StatementSync
  readonly #removeOne: StatementSync
  readonly #addAll: StatementSync
  readonly #merge: StatementSync
  readonly #end: StatementSync
  readonly #setPosition: StatementSync
  readonly #last: StatementSync
  #position = 0
  /** About how many messages follow the position: seqs are not dense, so their distance does not tell. */
  #behind = 0
  /** Whether this transaction changed the index, which adds a part to it. */
  #hasNewPart = false

  constructor(database: DatabaseSync) {
    this.#database = database
    const current = 'SELECT seq, text, scope FROM searchable WHERE text IS NOT NULL AND'
    this.#addOne = database.prepare(`INSERT INTO words (rowid, text, scope) ${current} seq = ?`)
    this.#removeOne = database.prepare(
      `INSERT INTO words (words, rowid, text, scope)
      SELECT 'delete', seq, text, scope FROM searchable WHERE text IS NOT NULL AND seq = ?`,
    )
    this.#addAll = database.prepare(
      `INSERT INTO words (rowid, text, scope) ${current} seq > ? AND seq <= ? ORDER BY seq`,
    )
    this.#merge = database.prepare(`INSERT INTO words (words, rank) VALUES ('merge', ${MERGED_PAGES})`)
    this.#end = database.prepare(
      'SELECT max(seq) AS last, count(*) AS count FROM (SELECT seq FROM events WHERE seq > ? ORDER BY seq LIMIT ?)',
    )
    this.#setPosition = database.prepare('UPDATE log SET indexed = ?')
    this.#last = database.prepare('SELECT last FROM log')
    this.load()
  }

  /** Every message up to this seq can be found. */
  get position(): number {
    return this.#position
  }

  /** Reads the position again. */
  load(): void {
    this.#hasNewPart = false
    this.#position = integer(this.#database.prepare('SELECT indexed FROM log').get() ?? {}, 'indexed')
    this.#behind = integer(this.#end.get(this.#position, MAX_LAG + SLICE) ?? {}, 'count')
  }

  /** Indexes the next slice, in the transaction of the caller; false where nothing is left. */
  addSlice(): boolean {
    const row = this.#end.get(this.#position, SLICE)
    if (row === undefined || row['last'] === null) return this.#catchUp()
    const end = integer(row, 'last')
    this.#addAll.run(this.#position, end)
    this.#hasNewPart = true
    this.#setPosition.run(end)
    this.#position = end
    this.#behind = Math.max(0, this.#behind - integer(row, 'count'))
    return integer(row, 'count') === SLICE || this.#catchUp()
  }

  /** Nothing is left to index: the position is the end of the log, also where its last events were removed. */
  #catchUp(): false {
    const last = integer(this.#last.get() ?? {}, 'last')
    if (last > this.#position) this.#setPosition.run(last)
    this.#position = Math.max(this.#position, last)
    return false
  }

  /** Counts a new message that is not indexed yet. */
  appended(): void {
    this.#behind++
  }

  /** Does not let the index fall too far behind; for calling with every commit. */
  keepUp(): void {
    if (this.#behind > MAX_LAG) this.addSlice()
  }

  /** Takes a message out, as it stands now: call it before the text changes. */
  remove(seq: number): void {
    if (seq > this.#position) return
    this.#removeOne.run(seq)
    this.#hasNewPart = true
  }

  /** Puts a message back in, as it stands now. */
  add(seq: number): void {
    if (seq > this.#position) return
    this.#addOne.run(seq)
    this.#hasNewPart = true
  }

  /** Merges a little where the transaction changed the index; for calling at its end. */
  mergeSome(): void {
    if (this.#hasNewPart) this.#merge.run()
    this.#hasNewPart = false
  }
}
