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
