import type { NatsConnection } from '@nats-io/transport-node'
import { failure, type Result, success } from '../../../protocol/errors.ts'
import { UnusableStream } from '../stream.ts'

/** Where a shared log is: the brokers, and the name of its stream. */
export interface Brokers {
  /** `host:port` each. */
  readonly servers: readonly string[]
  readonly stream: string
}

const DEFAULT_STREAM = 'chatd'
const DEFAULT_BROKER_PORT = 4222
/** JetStream of older servers loses acknowledged messages in faults that newer ones survive. */
const LEAST_VERSION = [2, 15] as const
const CONNECT_TIMEOUT = 3_000
const PING_EVERY = 2_000
const MAX_PINGS_OUT = 2
const RECONNECT_WAIT = 200
const URL = /^nats:\/\/([^/?#]+)(?:\/([A-Za-z0-9_-]{1,32}))?\/?$/
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/

/** Parses `nats://host:port,host,host/stream`; the error is what is wrong with it. */
export function parseBrokers(text: string): Result<Brokers, string> {
  const [, hosts, stream = DEFAULT_STREAM] = URL.exec(text) ?? []
  if (hosts === undefined) return failure('It is no list of brokers; write nats://HOST:PORT,HOST:PORT')
  const servers: string[] = []
  for (const one of hosts.split(',')) {
    const [, host, port = DEFAULT_BROKER_PORT] = HOST.exec(one) ?? []
    if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
      return failure(`"${one}" is no broker; write HOST or HOST:PORT`)
    servers.push(`${host}:${port}`)
  }
  return success({ servers, stream })
}

/** Connects to one of the brokers. Throws {@link UnusableStream} where none answers, or where it is too old. */
export async function connectToBrokers({ servers }: Brokers, name: string): Promise<NatsConnection> {
  // Loaded here: a daemon with a log of its own does not need it.
  const { connect } = await import('@nats-io/transport-node')
  let connection: NatsConnection
  try {
    connection = await connect({
      servers: [...servers],
      name,
      timeout: CONNECT_TIMEOUT,
      pingInterval: PING_EVERY,
      maxPingOut: MAX_PINGS_OUT,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT,
      // The operator has named the brokers; others that they gossip may be of another network.
      ignoreClusterUpdates: true,
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UnusableStream(
      `no broker answers at ${servers.join(', ')} (${reason}): start nats-server there, or correct --log`,
    )
  }
  const problem = problemOf(connection)
  if (problem === undefined) return connection
  await connection.close()
  throw new UnusableStream(problem)
}

function problemOf({ info }: NatsConnection): string | undefined {
  const version = info?.version ?? '0.0.0'
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isOld = major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1])
  if (isOld)
    return `the broker is nats-server ${version}, and chatd needs ${LEAST_VERSION.join('.')} or newer: install the release of nats.io`
  if (info?.jetstream !== true)
    return 'the broker has no JetStream: start nats-server with "jetstream { store_dir: ... }" in its configuration'
  return undefined
}
