import { failure, type Result, success } from '../protocol/errors.ts'

/** Where a shared log is: the brokers, and the name of its stream. */
export interface Brokers {
  /** `host:port` each. */
  readonly servers: readonly string[]
  readonly stream: string
}

/** The stream where none is named. */
const DEFAULT_STREAM = 'chatd'
const DEFAULT_PORT = 4222
const URL = /^nats:\/\/([^/?#]+)(?:\/([A-Za-z0-9_-]{1,32}))?\/?$/
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/

/** Parses `nats://host:port,host,host/stream`; the error is what is wrong with it. */
export function parseBrokers(text: string): Result<Brokers, string> {
  const [, hosts, stream = DEFAULT_STREAM] = URL.exec(text) ?? []
  if (hosts === undefined) return failure('It is no list of brokers; write nats://HOST:PORT,HOST:PORT')
  const servers: string[] = []
  for (const one of hosts.split(',')) {
    const [, host, port = DEFAULT_PORT] = HOST.exec(one) ?? []
    if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
      return failure(`"${one}" is no broker; write HOST or HOST:PORT`)
    servers.push(`${host}:${port}`)
  }
  return success({ servers, stream })
}

/** The brokers as `--log` takes them. */
export function showBrokers({ servers, stream }: Brokers): string {
  return `nats://${servers.join(',')}${stream === DEFAULT_STREAM ? '' : `/${stream}`}`
}
