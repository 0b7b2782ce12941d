import { DatabaseSync } from 'node:sqlite'
import { type Result, success } from '../../../src/protocol/errors.ts'
import type { AccountChange, AccountContents, AccountEntry } from '../../../src/server/log/accounts.ts'
import type { SessionChange } from '../../../src/server/log/entries.ts'
import { migrate } from '../../../src/server/log/sqlite/schema.ts'
import { AccountFold } from '../../../src/server/log/sqlite/worker/accountFold.ts'
import { NameTable } from '../../../src/server/log/sqlite/worker/nameTable.ts'
import { SessionTable } from '../../../src/server/log/sqlite/worker/sessionTable.ts'

/** The accounts of a log in memory: the rule of the real one, on a database without a file. */
export class MemoryAccounts {
  readonly #sessions: SessionTable
  readonly #fold: AccountFold

  constructor() {
    const database = new DatabaseSync(':memory:')
    migrate(database, 'epoch')
    const names = new NameTable(database)
    this.#sessions = new SessionTable(database, names)
    this.#fold = new AccountFold(database, names, this.#sessions)
  }

  contents(): AccountContents {
    return this.#fold.contents()
  }

  changeSession(change: SessionChange, ts: number): void {
    this.#sessions.apply(change, ts)
  }

  change(entry: AccountEntry, ts: number, last: number): Result<AccountChange> {
    const changed = this.#fold.apply(entry, { ts, last })
    return changed.ok ? success(changed.value) : changed
  }
}
