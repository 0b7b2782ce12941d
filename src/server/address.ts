import { isIP } from 'node:net'
import { DEFAULT_PORT } from '../protocol/limits.ts'
import { isLoopback, plainAddress } from '../protocol/loopback.ts'
import type { ListenAddress } from './settings.ts'

/** Addresses of unix sockets have 108 bytes in the kernel, the end included (unix(7)). */
export const MAX_SOCKET_PATH_BYTES = 107
const MAX_PORT = 65_535
const UNIX = 'unix:'

/** Parses `HOST:PORT`, `HOST`, `:PORT`, `[IPv6]:PORT` or `unix:/PATH`; undefined for any other text. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  if (text.startsWith(UNIX)) return isSocketPath(text) ? { path: text.slice(UNIX.length) } : undefined
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:\s]*))(?::(?<port>\d{1,5}))?$/.exec(text)
  if (match === null) return isIP(text) === 6 ? { host: text, port: DEFAULT_PORT } : undefined
  const { v6, host, port } = match.groups ?? {}
  if (v6 !== undefined && isIP(v6) !== 6) return undefined
  const number = port === undefined ? DEFAULT_PORT : Number(port)
  const name = v6 ?? host ?? ''
  if (number > MAX_PORT || (name === '' && port === undefined)) return undefined
  return { host: name === '' ? '127.0.0.1' : name, port: number }
}

function isSocketPath(text: string): boolean {
  return text.startsWith(`${UNIX}/`) && !text.endsWith('/') && !text.includes('\0')
}

/** An address, as `parseListenAddress` reads it. */
export function showAddress(address: ListenAddress): string {
  if ('path' in address) return `${UNIX}${address.path}`
  const { host, port } = address
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether only this machine can connect to an address. */
export function isLocal(address: ListenAddress): boolean {
  return 'path' in address || isLoopback(address.host)
}

/** The group that limits count as one address: an IPv4 address, or the /64 of an IPv6 address, which one subscriber has whole. */
export function addressGroup(remote: string): string {
  const address = plainAddress(remote)
  return isIP(address) === 6 ? `${ipv6Groups(address).slice(0, 4).join(':')}::/64` : address
}

/** The eight groups of an IPv6 address in hexadecimal, without its zone. */
export function ipv6Groups(address: string): readonly string[] {
  const whole = address
    .split('%', 1)
    .join('')
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, asGroups)
  const [head = '', tail] = whole.split('::')
  const groups = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = new Array<string>(Math.max(0, 8 - groups.length - after.length)).fill('0')
  return [...groups, ...zeros, ...after].map(group => Number.parseInt(group, 16).toString(16))
}

/** An IPv4 address at the end of an IPv6 one, as its two groups. */
function asGroups(_: string, ...bytes: readonly string[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}
