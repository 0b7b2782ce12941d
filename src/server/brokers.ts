import { failure, type Result, success } from '../protocol/errors.ts'

/** Files with which a daemon signs in at its brokers, and by which it knows them. They are read again at each connection. */
export interface BrokerAccess {
  /** Certificates (PEM) that sign those of the brokers; by default the authorities that Node knows. */
  readonly ca?: string | undefined
  /** The certificate of this daemon (PEM), and its key. */
  readonly certificate?: string | undefined
  readonly key?: string | undefined
  /** A name and a password, a token, an nkey or a file of `nsc`. */
  readonly credentials?: string | undefined
}

/** Where a shared log is: the brokers, and the name of its stream. */
export interface Brokers {
  /** `host:port` each. */
  readonly servers: readonly string[]
  readonly stream: string
  /** Whether a broker without TLS is refused. */
  readonly isEncrypted?: boolean
  readonly access?: BrokerAccess
}

/** The stream where none is named. */
const DEFAULT_STREAM = 'chatd'
const DEFAULT_PORT = 4222
const URL = /^(nats|tls):\/\/([^/?#]+)(?:\/([A-Za-z0-9_-]{1,32}))?\/?$/
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/

/** Parses `nats://host:port,host,host/stream`, or the same with `tls://`; the error is what is wrong with it. */
export function parseBrokers(text: string): Result<Brokers, string> {
  // Not shown again: it may be a password.
  if (text.includes('@'))
    return failure(
      'It holds no password, since others see it here; put that into a file, see log-credentials',
    )
  const [, scheme, hosts, stream = DEFAULT_STREAM] = URL.exec(text) ?? []
  if (hosts === undefined)
    return failure(
      'It is no list of brokers; write tls://HOST:PORT,HOST:PORT, or nats:// for brokers without TLS',
    )
  const servers: string[] = []
  for (const one of hosts.split(',')) {
    const [, host, port = DEFAULT_PORT] = HOST.exec(one) ?? []
    if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
      return failure(`"${one}" is no broker; write HOST or HOST:PORT`)
    servers.push(`${host}:${port}`)
  }
  return success({ servers, stream, ...(scheme === 'tls' ? { isEncrypted: true } : {}) })
}

/** The brokers as `--log` takes them. */
export function showBrokers({ servers, stream, isEncrypted = false }: Brokers): string {
  return `${isEncrypted ? 'tls' : 'nats'}://${servers.join(',')}${stream === DEFAULT_STREAM ? '' : `/${stream}`}`
}

/** The host of `host:port`, an IPv6 address without its brackets. */
export function hostOf(server: string): string {
  return server.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
}
