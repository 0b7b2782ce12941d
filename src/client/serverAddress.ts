import { isIP } from 'node:net'
import { isLoopback } from '../protocol/loopback.ts'

const UNIX = 'unix:'

/** Where a server listens. */
export interface ServerAddress {
  /** A name, an IP address, or `unix:` and an absolute path, for which the port says nothing. */
  readonly host: string
  readonly port: number
}

/** The path of a unix socket; undefined for other hosts. */
export function socketPath(host: string): string | undefined {
  return host.startsWith(UNIX) ? host.slice(UNIX.length) : undefined
}

/** An address for people, and for the lines of `known_servers`: `host:9011`, `[::1]:9011`, `unix:/path`. */
export function showServer({ host, port }: ServerAddress): string {
  if (socketPath(host) !== undefined) return host
  const name = host.toLowerCase()
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`
}

/** Whether no network lies between this program and the server. */
export function isOnThisMachine(host: string): boolean {
  return socketPath(host) !== undefined || isLoopback(host)
}

/** Reads `host:port` or `[IPv6]:port`; undefined for any other text. */
export function parseHostPort(text: string): ServerAddress | undefined {
  if (text.length > 300) return undefined
  const [, v6, name, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]{1,253})):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  const isPort = port >= 1 && port <= 65_535
  if (!isPort || (v6 !== undefined && isIP(v6) !== 6)) return undefined
  const host = v6 ?? name
  return host === undefined ? undefined : { host, port }
}
