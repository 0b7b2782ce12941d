import { describe, onTestFinished } from 'vitest'
import { openSqliteLog, type SqliteLog, type SqliteLogOptions } from '../../src/server/sqliteLog.ts'
import { temporaryDirectory } from './directory.ts'
import { testLog } from './logContract.ts'

/** A log in a directory of its own, or in one that is given; closed with the test. */
async function openLog(directory = temporaryDirectory(), options: SqliteLogOptions = {}): Promise<SqliteLog> {
  const opened = await openSqliteLog(directory, options)
  if (!opened.ok) throw new Error(opened.message)
  onTestFinished(() => opened.log.abandon())
  return opened.log
}

describe('the log on SQLite', () => {
  testLog(() => openLog())
})
