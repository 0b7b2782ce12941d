import { connect, errors, type NatsConnection } from '@nats-io/transport-node'
import type { Brokers } from '../../brokers.ts'
import { UnusableStream } from '../stream.ts'
import { accessOptions } from './access.ts'
import { asksForCertificate } from './brokerHello.ts'

/** JetStream of older servers loses acknowledged messages in faults that newer ones survive. */
const LEAST_VERSION = [2, 15] as const
const CONNECT_TIMEOUT = 3_000
const PING_EVERY = 2_000
const MAX_PINGS_OUT = 2
const RECONNECT_WAIT = 200
const RECONNECT_JITTER = 100

/** What OpenSSL and Node say of a certificate that no known authority signs. */
const UNKNOWN_AUTHORITY = [
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
]

/** A broker that could not be used, and why. */
interface Failed {
  readonly server: string
  readonly error: unknown
  /** Whether it asks for a certificate; looked at where nothing came after TLS. */
  readonly asksForCertificate: boolean
}

/**
 * Connects to one of the brokers, and signs in there. Throws {@link UnusableStream} with a sentence that says what to do where
 * none can be used.
 */
export async function connectToBrokers(brokers: Brokers, name: string): Promise<NatsConnection> {
  const { servers } = brokers
  const access = accessOptions(brokers)
  const failed: Failed[] = []
  // One after another, so that a broker that is down does not hide why the others refuse; daemons begin at different ones.
  const first = Math.floor(Math.random() * servers.length)
  for (const server of [...servers.slice(first), ...servers.slice(0, first)]) {
    try {
      const connection = await connect({
        ...access,
        servers: [server],
        name,
        timeout: CONNECT_TIMEOUT,
        pingInterval: PING_EVERY,
        maxPingOut: MAX_PINGS_OUT,
        maxReconnectAttempts: -1,
        reconnectTimeWait: RECONNECT_WAIT,
        // The library waits up to a second with TLS.
        reconnectJitterTLS: RECONNECT_JITTER,
        // A password that changes at the brokers first is read again here, not given up.
        ignoreAuthErrorAbort: true,
        // The operator has named the brokers; others that they gossip may be of another network.
        ignoreClusterUpdates: true,
      })
      connection.setServers([...servers])
      const problem = problemOf(connection)
      if (problem === undefined) return connection
      await connection.close()
      throw new UnusableStream(problem)
    } catch (error) {
      if (error instanceof UnusableStream) throw error
      const isSilent = brokers.isEncrypted === true && error instanceof errors.TimeoutError
      failed.push({ server, error, asksForCertificate: isSilent && (await asksForCertificate(server)) })
    }
  }
  throw new UnusableStream(sentenceOf(failed, brokers))
}

/** What to do where the brokers do not let the user of this connection do something; undefined for any other error. */
export function deniedSentence(error: unknown): string | undefined {
  const denied = [error, causeOf(error)].find(one => one instanceof errors.PermissionViolationError)
  return denied === undefined
    ? undefined
    : `the brokers refuse this user something (${messageOf(denied)}): give it the permissions of packaging/broker/nats.conf, see docs/cluster.md`
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

/** The sentence of the failure that an operator can do most about. */
function sentenceOf(failed: readonly Failed[], brokers: Brokers): string {
  for (const explain of [signInProblem, tlsProblem])
    for (const one of failed) {
      const sentence = explain(one, brokers)
      if (sentence !== undefined) return sentence
    }
  const [last] = failed.slice(-1)
  return `no broker answers at ${brokers.servers.join(', ')} (${messageOf(last?.error)}): start nats-server there, or correct --log`
}

function signInProblem({ server, error }: Failed, { access }: Brokers): string | undefined {
  const isRefused = [error, causeOf(error)].some(one => one instanceof errors.AuthorizationError)
  if (!isRefused) return undefined
  return access?.credentials === undefined
    ? `the broker ${server} wants a sign-in: write it into a file of chatd's user, and name that file with log-credentials`
    : `the broker ${server} does not take the sign-in of ${access.credentials}: correct it there, or among the users of the broker`
}

function tlsProblem(
  { server, error, asksForCertificate: asks }: Failed,
  { isEncrypted = false, access = {} }: Brokers,
): string | undefined {
  const code = codeOf(error) ?? codeOf(causeOf(error)) ?? ''
  const reason = messageOf(error)
  if (reason.includes("does not support 'tls'"))
    return `the broker ${server} has no TLS, which tls:// asks for: give it a "tls" block, or write nats:// where the way to it is safe`
  if (asks)
    return access.certificate === undefined
      ? `the broker ${server} asks for a certificate: name one that its "ca_file" has signed with log-cert`
      : `the broker ${server} does not take the certificate of ${access.certificate}: its "ca_file" must have signed it`
  const isTls = code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || code.startsWith('CERT_')
  if (!isTls && !UNKNOWN_AUTHORITY.includes(code)) return undefined
  if (!isEncrypted)
    return `the broker ${server} wants TLS (${reason}): write tls:// in the place of nats://, and see log-ca`
  if (UNKNOWN_AUTHORITY.includes(code))
    return `the certificate of the broker ${server} is signed by none of ${access.ca ?? 'the authorities that Node knows'} (${reason}): name the authority's certificate with log-ca`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `the certificate of the broker ${server} names none of the brokers of --log (${reason}): write their names into --log, or into the certificate`
  if (code === 'CERT_HAS_EXPIRED')
    return `the certificate of the broker ${server} has ended: renew it, then have the broker read it (nats-server --signal reload)`
  return `TLS with the broker ${server} fails (${reason}): look at its log, and at its certificate`
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
