import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { isDiskFull } from '../../../../files/sqliteErrors.ts'
import { foldText } from '../../../../protocol/foldedText.ts'
import { integer, type Row, text } from '../columns.ts'
import { GRAMS_VERSION, gramOfAuthor, gramOfRoom, gramsOf } from './grams.ts'

/** With more new text than this not indexed yet, in bytes, every commit indexes a slice. */
const MAX_LAG = 8 * 1024 * 1024
/** What a message costs beside its text, in bytes of text. */
const MESSAGE_WORK = 128
/** Events that a slice looks at, and the bytes of their texts: some milliseconds. */
const SLICE = 512
const SLICE_BYTES = 64 * 1024
/** Pages that one merge rewrites. A slice adds about ten, and each is rewritten once on each of a few levels. */
const MERGED_PAGES = 64
/**
 * Parts of one level that are merged together. With the 4 of FTS5, appending to ten million events is 5 % slower; with 16, commits
 * of 512 stall for 0.3 s. A search in 50 rooms takes 5.5 ms instead of 4.5, since it looks at twice as many parts.
 */
const MERGED_PARTS = 8
const MESSAGES = "SELECT seq, text, room, author FROM events WHERE action = 'chat' AND text IS NOT NULL"

/**
 * The search index as the writer keeps it: new messages are added behind the commit, in order of seq, up to
 * `position`. A message up to there is changed or removed in the same transaction as its event.
 */
export class WordIndex {
  readonly #database: DatabaseSync
  readonly #one: StatementSync
  readonly #some: StatementSync
  readonly #add: StatementSync
  readonly #remove: StatementSync
  readonly #merge: StatementSync
  readonly #end: StatementSync
  readonly #setPosition: StatementSync
  readonly #last: StatementSync
  #position = 0
  /** About how much was said since the log was opened and is not indexed yet, in bytes. */
  #behind = 0
  /** Whether this transaction changed the index, which adds a part to it. */
  #hasNewPart = false

  constructor(database: DatabaseSync) {
    this.#database = database
    emptyIfOutdated(database)
    setMergedParts(database)
    this.#one = database.prepare(`${MESSAGES} AND seq = ?`)
    this.#some = database.prepare(`${MESSAGES} AND seq > ? AND seq <= ? ORDER BY seq`)
    this.#add = database.prepare('INSERT INTO words (rowid, grams) VALUES (?, ?)')
    this.#remove = database.prepare("INSERT INTO words (words, rowid, grams) VALUES ('delete', ?, ?)")
    this.#merge = database.prepare(`INSERT INTO words (words, rank) VALUES ('merge', ${MERGED_PAGES})`)
    this.#end = database.prepare(
      'SELECT max(seq) AS last, count(*) AS count FROM (SELECT seq FROM events WHERE seq > ? ORDER BY seq LIMIT ? + 0)',
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
  }

  /** Indexes the next slice, in the transaction of the caller; false where nothing is left. */
  addSlice(): boolean {
    const row = this.#end.get(this.#position, SLICE)
    if (row === undefined || row['last'] === null) return this.#catchUp()
    let end = integer(row, 'last')
    let work = 0
    let isCut = false
    for (const message of this.#some.iterate(this.#position, end)) {
      this.#put(this.#add, message)
      work += workOf(text(message, 'text'))
      isCut = work >= SLICE_BYTES
      if (isCut) {
        end = integer(message, 'seq')
        break
      }
    }
    this.#setPosition.run(end)
    this.#position = end
    this.#behind = Math.max(0, this.#behind - work)
    return isCut || integer(row, 'count') === SLICE || this.#catchUp()
  }

  /** Nothing is left to index: the position is the end of the log, also where its last events were removed. */
  #catchUp(): false {
    const last = integer(this.#last.get() ?? {}, 'last')
    if (last > this.#position) this.#setPosition.run(last)
    this.#position = Math.max(this.#position, last)
    this.#behind = 0
    return false
  }

  /** Counts a new message that is not indexed yet. */
  appended(message: string): void {
    this.#behind += workOf(message)
  }

  /** About how much was said and is not indexed yet, in bytes. */
  get behind(): number {
    return this.#behind
  }

  /** Does not let the index fall too far behind; for calling with every commit. */
  keepUp(): void {
    if (this.#behind > MAX_LAG) this.addSlice()
  }

  /** Takes a message out, as it stands now: call it before the text changes. */
  remove(seq: number): void {
    this.#change(this.#remove, seq)
  }

  /** Puts a message back in, as it stands now. */
  add(seq: number): void {
    this.#change(this.#add, seq)
  }

  /** Merges a little where the transaction changed the index; for calling at its end. */
  mergeSome(): void {
    if (this.#hasNewPart) this.#merge.run()
    this.#hasNewPart = false
  }

  #change(change: StatementSync, seq: number): void {
    if (seq > this.#position) return
    const message = this.#one.get(seq)
    if (message !== undefined) this.#put(change, message)
  }

  /** FTS5 keeps no copy of what was indexed: it is told the same grams again where a message is taken out. */
  #put(change: StatementSync, message: Row): void {
    const room = gramOfRoom(integer(message, 'room'))
    const author = gramOfAuthor(integer(message, 'author'))
    change.run(integer(message, 'seq'), `${room} ${author}${gramsOf(foldText(text(message, 'text')))}`)
    this.#hasNewPart = true
  }
}

function setMergedParts(database: DatabaseSync): void {
  const set = database.prepare("SELECT v FROM words_config WHERE k = 'usermerge'").get()?.['v']
  if (set === MERGED_PARTS) return
  try {
    database.exec(`INSERT INTO words (words, rank) VALUES ('usermerge', ${MERGED_PARTS})`)
  } catch (error) {
    // With a full disk the daemon starts nevertheless, and the next start sets it.
    if (!isDiskFull(error)) throw error
  }
}

function workOf(message: string): number {
  return MESSAGE_WORK + message.length
}

/** An index of other rules is emptied, and filled again behind the commits: what it holds could not be taken out of it. */
function emptyIfOutdated(database: DatabaseSync): void {
  if (text(database.prepare('SELECT grams FROM log').get() ?? {}, 'grams') === GRAMS_VERSION) return
  database.exec("BEGIN IMMEDIATE; INSERT INTO words (words) VALUES ('delete-all')")
  database.prepare('UPDATE log SET indexed = 0, grams = ?').run(GRAMS_VERSION)
  database.exec('COMMIT')
}
