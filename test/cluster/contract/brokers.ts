import type { TestProject } from 'vitest/node'
import { BrokerCluster } from '../brokerCluster.ts'
import { findNatsServer, WITHOUT_NATS } from '../natsServer.ts'
import { EXCLUSIONS } from './exclusions.ts'
import { CONTRACT_CHOICE, EXCLUDED_FILES } from './files.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The brokers that the daemons of tests have their log at; undefined: each daemon has a log of its own. */
    brokers: readonly string[] | undefined
  }
}

/** Starts the brokers that all files of the project share, and prints what is not run on them. */
export default async function brokers({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  const program = findNatsServer()
  if (program === undefined) {
    console.log(WITHOUT_NATS)
    provide('brokers', [])
    return undefined
  }
  printExclusions()
  const cluster = await BrokerCluster.start(program)
  provide('brokers', cluster.brokersOf('any').servers)
  return () => cluster.close()
}

/** Of the files that are run. */
function printExclusions(): void {
  const isWhole = process.env['CHATD_CONTRACT'] !== undefined
  if (isWhole)
    for (const [file, why] of Object.entries(EXCLUDED_FILES))
      console.log(`not on the cluster: ${file}: ${why}`)
  for (const { file, test, why } of EXCLUSIONS)
    if (isWhole || CONTRACT_CHOICE.includes(file))
      console.log(`not on the cluster: ${file}: "${test}": ${why}`)
}
