/**
 * `npm run test:cluster [-- NAME]`: three daemons on three brokers, and one fault after another; only those whose name holds
 * NAME where one is given. A line for each says what was measured. Exit code 1 where a promise broke.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BrokerCluster } from './brokerCluster.ts'
import { BrokerNetwork } from './brokerNetwork.ts'
import { findNatsServer, WITHOUT_NATS } from './natsServer.ts'
import { run } from './run.ts'
import { SCENARIOS } from './scenarios.ts'

const BROKERS = 3
const DAEMONS = 3
const IN_FLIGHT = 16
const [wanted = ''] = process.argv.slice(2)
const program = findNatsServer()
if (program === undefined) console.log(WITHOUT_NATS)
else await runAll(program)

async function runAll(natsServer: string): Promise<void> {
  const scenarios = SCENARIOS.filter(({ name }) => name.includes(wanted))
  for (const [at, { name, cuts, fault }] of scenarios.entries()) {
    if (cuts === true && !BrokerNetwork.isPossible) {
      console.log(`${name}: SKIPPED: no network namespaces here; they need root and iproute2`)
      continue
    }
    const network = cuts === true ? new BrokerNetwork(BROKERS) : undefined
    const directory = mkdtempSync(join(tmpdir(), 'chatd-cluster-'))
    let brokers: BrokerCluster | undefined
    try {
      // Brokers of its own, so that no scenario meets what another has left.
      brokers = await BrokerCluster.start(natsServer, BROKERS, network?.hosts)
      const stream = `storm${at}`
      const report = await run({
        brokers,
        network,
        stream,
        directory,
        daemons: DAEMONS,
        inFlight: IN_FLIGHT,
        fault,
      })
      const { acknowledged, stored, seen, longestWait, refused, alarms, broken } = report
      console.log(
        `${name}: acknowledged ${acknowledged}, stored ${stored}, seen ${seen}, refused ${refused}, longest wait ${(longestWait / 1_000).toFixed(1)} s; ${broken.length === 0 ? 'lost 0, doubled 0, one order, one hash' : `${broken.length} broken promises`}`,
      )
      if (alarms.length > 0)
        console.log(`  told operators ${alarms.length} sentences, such as: ${alarms.at(-1)}`)
      for (const problem of broken.slice(0, 20)) console.log(`  ${problem}`)
      if (broken.length > 0) process.exitCode = 1
    } catch (error) {
      console.log(`${name}: FAILED: ${error instanceof Error ? error.message : String(error)}`)
      process.exitCode = 1
    } finally {
      await brokers?.close()
      network?.close()
      rmSync(directory, { recursive: true, force: true })
    }
  }
}
