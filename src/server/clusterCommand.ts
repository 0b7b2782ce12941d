import { existsSync } from 'node:fs'
import { jsonLine } from './admin/answerLines.ts'
import { type Brokers, showBrokers } from './brokers.ts'
import { showBytes } from './byteSize.ts'
import type { ClusterCommand } from './clusterFlags.ts'
import { runLogWork } from './clusterLogs.ts'
import { brokersOf as brokersOfConfig } from './config/brokersOf.ts'
import { CONFIG_FILE, namedConfigFile } from './config/configFile.ts'
import { readSources } from './config/configuration.ts'
import { merged } from './config/sources.ts'
import { EXIT_FAILED, EXIT_USAGE, fail } from './exits.ts'
import { type ClusterStatus, clusterStatus, initCluster } from './log/jetstream/cluster.ts'
import { checkCluster } from './log/jetstream/clusterCheck.ts'

/** Runs a command about the brokers of a shared log. Exits by itself: 1 where it fails, 2 where nothing names the brokers. */
export async function runClusterCommand(command: ClusterCommand): Promise<never> {
  const brokers = brokersOf(command)
  if (command.log !== undefined) return runLogWork(command.log, brokers, command.replicas)
  if (command.what === 'init') {
    const made = await initCluster(brokers, command.replicas)
    if (!made.ok) fail(EXIT_FAILED, made.error)
    const { stream, replicas } = made.value
    print(
      `made the stream "${stream}", which ${replicas} brokers keep: start chatd --log ${showBrokers(brokers)}`,
    )
    process.exit(0)
  }
  if (command.what === 'check') return runCheck(brokers, command)
  const status = await clusterStatus(brokers)
  if (!status.ok) fail(EXIT_FAILED, status.error)
  for (const line of linesOf(status.value)) print(line)
  process.exit(isWhole(status.value) ? 0 : EXIT_FAILED)
}

async function runCheck(brokers: Brokers, { monitors, json }: ClusterCommand): Promise<never> {
  const { findings, brokers: names, notAsked } = await checkCluster(brokers, monitors)
  const isRight = findings.length === 0
  if (json) print(jsonLine({ ok: isRight, findings, brokers: names, notAsked }))
  else {
    for (const { sentence } of findings) print(`- ${sentence}`)
    if (notAsked.length > 0)
      print(`not asked for their monitoring: ${notAsked.join(', ')}; run this on their machines too`)
    if (isRight)
      print(`the stream "${brokers.stream}" and the brokers ${names.join(', ')} are as they should be`)
  }
  process.exit(isRight ? 0 : EXIT_FAILED)
}

function brokersOf({ file, given }: ClusterCommand): Brokers {
  const configFile = namedConfigFile(file) ?? (existsSync(CONFIG_FILE) ? CONFIG_FILE : undefined)
  const sources = readSources({ file: configFile, environment: process.env, flags: given })
  if (!sources.ok) fail(EXIT_USAGE, sources.error)
  const brokers = brokersOfConfig(merged(sources.value))
  if (!brokers.ok) fail(EXIT_USAGE, brokers.error)
  if (brokers.value === undefined)
    fail(EXIT_USAGE, 'name the brokers: --log tls://HOST:PORT,HOST:PORT,HOST:PORT')
  return brokers.value
}

function isWhole({ leader, others, replicas }: ClusterStatus): boolean {
  const current = others.filter(({ isCurrent }) => isCurrent).length
  return replicas === 1 || (leader !== undefined && current === replicas - 1)
}

function linesOf(status: ClusterStatus): readonly string[] {
  const { stream, made, leader, others, replicas, messages, bytes, first, last, base, readers } = status
  return [
    `stream: ${stream}, made ${made}`,
    `content: ${messages} messages, ${showBytes(bytes)}; positions ${first} to ${last}`,
    base === undefined
      ? 'base: none yet; a new daemon reads everything'
      : `base: everything up to position ${base.position}, ${showBytes(base.bytes)}, of ${new Date(base.at).toISOString()}`,
    ...(replicas === 1 ? ['replicas: 1, so that a broker that fails takes the log away'] : []),
    ...(leader === undefined ? [] : [`broker ${leader}: leads`]),
    ...others.map(({ name, isCurrent, lag }) =>
      isCurrent
        ? `broker ${name}: has everything`
        : `broker ${name}: lacks ${lag} messages, or does not answer`,
    ),
    ...readers.map(
      ({ name, lag }) => `daemon ${name}: ${lag === 0 ? 'is given everything' : `waits for ${lag} messages`}`,
    ),
  ]
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
