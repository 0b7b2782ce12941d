import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { integer } from '../columns.ts'

/** Separators that are looked at before others have their turn; some milliseconds. */
const LOOKED_AT = 100
/** Pages of the index that are rewritten in one transaction; some milliseconds. */
const PAGES = 64
/** A merge that changed fewer rows than this had nothing to do (SQLite's manual, FTS5, "merge"). */
const CHANGED_SOMETHING = 2

/**
 * Removes what deleted text leaves in the search index. Between its pages FTS5 keeps separators: beginnings of words, at
 * times whole words. It takes the last use of a word out of the pages, and leaves the separator until the pages are
 * rewritten.
 */
export class IndexRemains {
  readonly #separators: StatementSync
  readonly #merge: StatementSync
  readonly #changes: StatementSync

  /** @param database the writing connection */
  constructor(database: DatabaseSync) {
    database.exec("CREATE VIRTUAL TABLE IF NOT EXISTS temp.living USING fts5vocab (main, words, 'instance')")
    // Compared as bytes: a separator can end in the middle of a character. The first byte of each names the index.
    this.#separators = database.prepare(`
      WITH some AS (
        SELECT segid, term, substr(CAST(term AS BLOB), 2) AS beginning FROM words_idx
        WHERE (segid, term) > (?, ?) ORDER BY segid, term LIMIT ? + 0
      )
      SELECT segid, term, length(beginning) > 0 AND coalesce(substr((
        SELECT CAST(living.term AS BLOB) FROM temp.living WHERE living.term >= CAST(beginning AS TEXT) LIMIT 1
      ), 1, length(beginning)) <> beginning, TRUE) AS is_dead
      FROM some
    `)
    this.#merge = database.prepare("INSERT INTO words (words, rank) VALUES ('merge', ?)")
    this.#changes = database.prepare('SELECT total_changes() AS changes')
  }

  /**
   * Rewrites the index where a separator begins no word of any message. Other tasks have their turn between the parts.
   * Throws what SQLite throws.
   * @param inTransaction runs each part
   */
  async clean(inTransaction: <T>(work: () => T) => T): Promise<void> {
    if (!(await this.#hasDeadSeparator())) return
    // A negative number begins a merge of the whole index, positive ones continue it.
    for (let pages = -PAGES; inTransaction(() => this.#changed(pages)); pages = PAGES) await turn()
  }

  async #hasDeadSeparator(): Promise<boolean> {
    let after: readonly SQLInputValue[] = [-1, '']
    for (;;) {
      const rows = this.#separators.all(...after, LOOKED_AT)
      if (rows.some(row => row['is_dead'] === 1)) return true
      const last = rows.at(-1)
      if (last === undefined) return false
      after = [last['segid'] ?? null, last['term'] ?? null]
      await turn()
    }
  }

  #changed(pages: number): boolean {
    const before = integer(this.#changes.get() ?? {}, 'changes')
    this.#merge.run(pages)
    return integer(this.#changes.get() ?? {}, 'changes') - before >= CHANGED_SOMETHING
  }
}
