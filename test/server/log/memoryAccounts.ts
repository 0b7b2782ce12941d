import { DatabaseSync } from 'node:sqlite'
import { type Result, success } from '../../../src/protocol/errors.ts'
import type { AccountChange, AccountContents, AccountEntry } from '../../../src/server/log/accounts.ts'
import type { SessionChange } from '../../../src/server/log/entries.ts'
import { Lookups } from '../../../src/server/log/sqlite/lookups.ts'
import { migrate } from '../../../src/server/log/sqlite/schema.ts'
import { AccountFold } from '../../../src/server/log/sqlite/worker/accountFold.ts'
import { AuditTable } from '../../../src/server/log/sqlite/worker/auditTable.ts'
import { NameTable } from '../../../src/server/log/sqlite/worker/nameTable.ts'
import { SessionTable } from '../../../src/server/log/sqlite/worker/sessionTable.ts'

/** The accounts of a log in memory: the rule of the real one, on a database without a file. */
export class MemoryAccounts {
  readonly lookups: Lookups
  readonly #names: NameTable
  readonly #sessions: SessionTable
  readonly #fold: AccountFold

  constructor() {
    const database = new DatabaseSync(':memory:')
    migrate(database, 'epoch')
    this.#names = new NameTable(database)
    this.#sessions = new SessionTable(database, this.#names)
    this.#fold = new AccountFold(database, this.#names, this.#sessions, new AuditTable(database))
    this.lookups = new Lookups(database)
  }

  contents(): AccountContents {
    return this.#fold.contents()
  }

  /** The sessions that were forgotten for one that begins. */
  changeSession(change: SessionChange, ts: number): readonly number[] {
    if (change.kind === 'began') return this.#sessions.begin(change, ts)
    this.#sessions.apply(change)
    return []
  }

  /** A person said something, in a session or without one. */
  spoke(name: string, session: number | undefined): void {
    this.#names.spoke(this.#names.numberOf(name))
    if (session !== undefined) this.#sessions.holds(session)
  }

  change(entry: AccountEntry, ts: number, last: number): Result<AccountChange> {
    const changed = this.#fold.apply(entry, { ts, last })
    return changed.ok ? success(changed.value) : changed
  }
}
