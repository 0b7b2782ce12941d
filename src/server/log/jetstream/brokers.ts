import { connect, type NatsConnection } from '@nats-io/transport-node'
import type { Brokers } from '../../brokers.ts'
import { UnusableStream } from '../stream.ts'

/** JetStream of older servers loses acknowledged messages in faults that newer ones survive. */
const LEAST_VERSION = [2, 15] as const
const CONNECT_TIMEOUT = 3_000
const PING_EVERY = 2_000
const MAX_PINGS_OUT = 2
const RECONNECT_WAIT = 200

/** Connects to one of the brokers. Throws {@link UnusableStream} where none answers, or where it is too old. */
export async function connectToBrokers({ servers }: Brokers, name: string): Promise<NatsConnection> {
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
