import { afterAll, beforeAll, describe, onTestFinished } from 'vitest'
import { logFile } from '../../../../src/server/dataDirectory.ts'
import { openSqliteLog, type SqliteLog } from '../../../../src/server/log/sqlite/sqliteLog.ts'
import { BrokerCluster } from '../../../cluster/brokerCluster.ts'
import { findNatsServer, WITHOUT_NATS } from '../../../cluster/natsServer.ts'
import { temporaryDirectory } from '../../directory.ts'
import { testLog } from '../logContract.ts'

const program = findNatsServer()
if (program === undefined) console.log(WITHOUT_NATS)
let cluster: BrokerCluster | undefined
let streams = 0

beforeAll(async () => {
  if (program !== undefined) cluster = await BrokerCluster.start(program)
}, 60_000)

afterAll(() => cluster?.close())

function brokers(): BrokerCluster {
  if (cluster === undefined) throw new Error('there are no brokers')
  return cluster
}

/** A stream that has nothing but its epoch. */
async function newStream(): Promise<string> {
  const stream = `s${++streams}`
  await brokers().init(stream)
  return stream
}

async function openOn(stream: string, directory = temporaryDirectory()): Promise<SqliteLog> {
  const opened = await openSqliteLog(logFile(directory), { brokers: brokers().brokersOf(stream) })
  if (!opened.ok) throw new Error(opened.error)
  onTestFinished(() => opened.value.abandon())
  return opened.value
}

describe.skipIf(program === undefined)('a log that three brokers order', () => {
  testLog(async () => openOn(await newStream()))
})
