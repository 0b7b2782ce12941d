import { lookup } from 'node:dns/promises'
import { failure, success } from '../../../protocol/errors.ts'
import { type Brokers, hostOf } from '../../brokers.ts'
import { UnusableStream } from '../stream.ts'
import { ApiError, askApi, STREAM_NOT_FOUND, type StreamInfo } from './api.ts'
import { connectToBrokers } from './brokers.ts'
import {
  type BrokerSeen,
  type ClusterSeen,
  type Finding,
  findingsOf,
  type MonitorSeen,
} from './clusterFindings.ts'
import { lookAtMonitor } from './monitoring.ts'
import { readersOf } from './readers.ts'

const MONITORING_PORT = 8_222

/** What a check of a cluster gives. */
export interface ClusterReport {
  readonly findings: readonly Finding[]
  /** The names of the brokers that answered. */
  readonly brokers: readonly string[]
  /** Those of them whose monitoring was not asked, since `--monitor` names others. */
  readonly notAsked: readonly string[]
}

/**
 * Looks at all brokers of a shared log, at their monitoring and at the stream.
 * @param monitors addresses of monitoring; none: that of each broker on its usual port
 */
export async function checkCluster(brokers: Brokers, monitors: readonly string[]): Promise<ClusterReport> {
  const urls = [...new Set(monitors.length > 0 ? monitors : brokers.servers.map(monitorOf))]
  const [seen, monitored, stream] = await Promise.all([
    Promise.all(brokers.servers.map(server => lookAtBroker(brokers, server))),
    Promise.all(urls.map(url => lookAtOne(url, brokers.access?.ca))),
    lookAtStream(brokers),
  ])
  const { found, readers } = stream
  const cluster: ClusterSeen = { stream: brokers.stream, brokers: seen, monitors: monitored, found, readers }
  const names = seen.flatMap(({ at }) => (at.ok ? [at.value.name] : []))
  const asked = monitored.flatMap(({ at }) => (at.ok ? [at.value.name] : []))
  return {
    findings: findingsOf(cluster),
    brokers: names,
    notAsked: monitors.length > 0 ? names.filter(name => !asked.includes(name)) : [],
  }
}

function monitorOf(server: string): string {
  return `http://${server.replace(/:\d+$/, '')}:${MONITORING_PORT}`
}

async function lookAtOne(url: string, ca: string | undefined): Promise<MonitorSeen> {
  return { url, at: await lookAtMonitor(url, ca) }
}

async function lookAtBroker(brokers: Brokers, server: string): Promise<BrokerSeen> {
  try {
    const connection = await connectToBrokers({ ...brokers, servers: [server] }, 'chatd cluster check')
    const { info } = connection
    await connection.close()
    // The types of the library lack it.
    const { domain } = (info ?? {}) as { readonly domain?: string }
    return {
      server,
      at: success({
        name: info?.server_name ?? server,
        cluster: info?.cluster,
        domain,
        address: await addressOf(hostOf(server)),
      }),
    }
  } catch (error) {
    return { server, at: failure(reasonOf(error)) }
  }
}

async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host)).address
  } catch {
    return host
  }
}

async function lookAtStream(brokers: Brokers): Promise<Pick<ClusterSeen, 'found' | 'readers'>> {
  try {
    const connection = await connectToBrokers(brokers, 'chatd cluster check')
    try {
      const info = await askApi<StreamInfo>(connection, `STREAM.INFO.${brokers.stream}`)
      return { found: success(info), readers: await readersOf(connection, brokers.stream) }
    } finally {
      await connection.close()
    }
  } catch (error) {
    if (error instanceof ApiError && error.code === STREAM_NOT_FOUND)
      return { found: success(undefined), readers: [] }
    // That no broker can be reached is told of each broker.
    return { found: failure(error instanceof UnusableStream ? '' : reasonOf(error)), readers: [] }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
