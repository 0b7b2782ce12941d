import { removeLog } from './admin/beginStream.ts'
import { restoreToCluster } from './admin/clusterRestore.ts'
import { makeBase } from './admin/makeBase.ts'
import { moveBack, moveToCluster } from './admin/moveLog.ts'
import type { Brokers } from './brokers.ts'
import { showBytes } from './byteSize.ts'
import type { LogWork } from './clusterFlags.ts'
import { findDataDirectory, logFile } from './dataDirectory.ts'
import { absolute, EXIT_FAILED, fail } from './exits.ts'
import { withBrokers } from './log/jetstream/cluster.ts'
import { isConfirmed } from './question.ts'

/** Does something with a shared log as a whole. Exits by itself: 1 where it fails. */
export async function runLogWork(log: LogWork, brokers: Brokers, replicas: number): Promise<never> {
  const done = await work(log, brokers, replicas)
  if (!done.ok) fail(EXIT_FAILED, done.error)
  process.exit(0)
}

async function work(log: LogWork, brokers: Brokers, replicas: number) {
  switch (log.work) {
    case 'restore':
      return restoreToCluster(brokers, absolute(log.source), { replicas, print })
    case 'move': {
      const directory = directoryOf(log.data)
      return log.isBack
        ? moveBack(directory, brokers, { print })
        : moveToCluster(directory, brokers, { replicas, print })
    }
    case 'base':
      return storeBaseOf(directoryOf(log.data), brokers)
    case 'remove': {
      const question = `Remove the log "${brokers.stream}" from the brokers, with everything that was said, for ever?`
      if (log.asks && !(await isConfirmed(question))) fail(EXIT_FAILED, 'nothing was removed')
      return withBrokers(brokers, async connection => {
        await removeLog(connection, brokers.stream)
        print(`removed the log "${brokers.stream}" from the brokers`)
      })
    }
  }
}

function storeBaseOf(directory: string, brokers: Brokers) {
  return withBrokers(brokers, async connection => {
    const made = await makeBase(connection, brokers, logFile(directory))
    print(
      made === undefined
        ? 'another daemon makes a base now'
        : `stored a base of ${showBytes(made.bytes)}, which has everything up to position ${made.position}; the stream holds what is after ${made.trim}`,
    )
  })
}

function directoryOf(data: string | undefined): string {
  return absolute(data ?? findDataDirectory())
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
