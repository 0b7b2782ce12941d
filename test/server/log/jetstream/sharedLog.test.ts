import { describe, onTestFinished } from 'vitest'
import { logFile } from '../../../../src/server/dataDirectory.ts'
import { openSqliteLog, type SqliteLog } from '../../../../src/server/log/sqlite/sqliteLog.ts'
import { testBrokers } from '../../../cluster/testBrokers.ts'
import { temporaryDirectory } from '../../directory.ts'
import { testLog } from '../logContract.ts'

const { program, cluster, newStream } = testBrokers()

async function openOn(stream: string, directory = temporaryDirectory()): Promise<SqliteLog> {
  const opened = await openSqliteLog(logFile(directory), { brokers: cluster().brokersOf(stream) })
  if (!opened.ok) throw new Error(opened.error)
  onTestFinished(() => opened.value.abandon())
  return opened.value
}

describe.skipIf(program === undefined)('a log that three brokers order', () => {
  testLog(async () => openOn(await newStream()))
})
