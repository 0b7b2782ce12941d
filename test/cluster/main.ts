/**
 * `npm run test:cluster [-- NAME] [--messages N]`: three daemons on three brokers, and one fault after another; only those
 * whose name holds NAME where one is given. A table in Markdown at the end says what was measured.
 * `npm run test:cluster -- contract`: the tests of the protocol and of accounts on such a cluster. Exit code 1 where a promise broke or a test failed.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { canMount } from '../crash/fullDisk.ts'
import { BrokerCluster } from './brokerCluster.ts'
import { BrokerNetwork } from './brokerNetwork.ts'
import { runContract } from './contract/run.ts'
import { findNatsServer, WITHOUT_NATS } from './natsServer.ts'
import { type RunReport, run } from './run.ts'
import { type Scenario, scenarios } from './scenarios.ts'

const BROKERS = 3
const DAEMONS = 3
const IN_FLIGHT = 16
/** File systems that are filled, MiB. */
const DISK_OF_DAEMON = 64
const DISK_OF_BROKER = 128
/** Lines of the table of one run. */
const MOST_PROBLEMS = 20

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { messages: { type: 'string', default: '20000' } },
})
const [wanted = ''] = positionals
const program = findNatsServer()
if (program === undefined) console.log(WITHOUT_NATS)
else if (wanted === 'contract') process.exitCode = runContract()
else await runAll(program)

async function runAll(natsServer: string): Promise<void> {
  const rows: string[] = []
  const chosen = scenarios({ messages: Number(values.messages) }).filter(({ name }) => name.includes(wanted))
  for (const [at, scenario] of chosen.entries()) {
    const missing = missingFor(scenario)
    if (missing === undefined) rows.push(await runOne(natsServer, scenario, `storm${at}`))
    else {
      console.log(`${scenario.name}: SKIPPED: ${missing}`)
      rows.push(`| ${scenario.name} | skipped: ${missing} | | | | |`)
    }
  }
  console.log(
    [
      '',
      '| Fault | Acknowledged | Refused; of those given up, stored later | Longest wait of a sender | of a reader | Found |',
      '|---|---|---|---|---|---|',
      ...rows,
    ].join('\n'),
  )
}

function missingFor({ needs }: Scenario): string | undefined {
  if (needs === undefined) return undefined
  if (needs === 'namespaces')
    return BrokerNetwork.isPossible ? undefined : 'no network namespaces here; they need root and iproute2'
  return canMount() ? undefined : 'only root can mount a small file system'
}

async function runOne(natsServer: string, scenario: Scenario, stream: string): Promise<string> {
  const { name, needs, promised, isLost, fault } = scenario
  const directory = mkdtempSync(join(tmpdir(), 'chatd-cluster-'))
  let network: BrokerNetwork | undefined
  let brokers: BrokerCluster | undefined
  try {
    network = needs === 'namespaces' ? new BrokerNetwork(BROKERS) : undefined
    // Brokers of its own, so that no scenario meets what another has left.
    brokers = await BrokerCluster.start(
      natsServer,
      BROKERS,
      network?.hosts,
      needs === 'brokerDisks' ? DISK_OF_BROKER : undefined,
    )
    const report = await run({
      brokers,
      network,
      stream,
      directory,
      daemons: DAEMONS,
      inFlight: IN_FLIGHT,
      diskSize: needs === 'daemonDisk' ? DISK_OF_DAEMON : undefined,
      isLost,
      fault,
    })
    return tell(name, report, promised)
  } catch (error) {
    process.exitCode = 1
    const reason = error instanceof Error ? error.message : String(error)
    console.log(`${name}: FAILED: ${reason}`)
    return `| ${name} | failed: ${reason.split('\n')[0]} | | | | |`
  } finally {
    await brokers?.close()
    network?.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Prints what a run gave; its row of the table. */
function tell(name: string, report: RunReport, promised = Number.POSITIVE_INFINITY): string {
  const { acknowledged, stored, seen, longestWait, longestSilence, refused, storedLater, alarms } = report
  const broken = [
    ...report.broken,
    ...(longestWait <= promised
      ? []
      : [`nothing was acknowledged for ${seconds(longestWait)}, and ${seconds(promised)} are promised`]),
  ]
  const found =
    broken.length === 0 ? 'nothing lost or doubled, one order' : `${broken.length} broken promises`
  console.log(
    `${name}: acknowledged ${acknowledged}, stored ${stored}, seen ${seen}, refused ${refused}, of those given up stored later ${storedLater}, longest wait ${seconds(longestWait)}, of a reader ${seconds(longestSilence)}; ${found}`,
  )
  if (alarms.length > 0) console.log(`  told operators ${alarms.length} sentences, such as: ${alarms.at(-1)}`)
  for (const problem of broken.slice(0, MOST_PROBLEMS)) console.log(`  ${problem}`)
  if (broken.length > 0) process.exitCode = 1
  return `| ${name} | ${acknowledged.toLocaleString('en')} | ${refused.toLocaleString('en')}; ${storedLater} | ${seconds(longestWait)} | ${seconds(longestSilence)} | ${found} |`
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
