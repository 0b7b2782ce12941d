import { isIP } from 'node:net'
import { DEFAULT_PORT } from '../protocol/limits.ts'
import type { ListenAddress } from './settings.ts'

const MAX_PORT = 65_535

/** Parses `HOST:PORT`, `HOST`, `:PORT` or `[IPv6]:PORT`; undefined for any other text. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:\s]*))(?::(?<port>\d{1,5}))?$/.exec(text)
  if (match === null) return isIP(text) === 6 ? { host: text, port: DEFAULT_PORT } : undefined
  const { v6, host, port } = match.groups ?? {}
  if (v6 !== undefined && isIP(v6) !== 6) return undefined
  const number = port === undefined ? DEFAULT_PORT : Number(port)
  const name = v6 ?? host ?? ''
  if (number > MAX_PORT || (name === '' && port === undefined)) return undefined
  return { host: name === '' ? '127.0.0.1' : name, port: number }
}

/** An address with its port, as `parseListenAddress` reads it. */
export function showAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether only this machine can connect to a host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** The group that limits count as one address: an IPv4 address, or the /64 of an IPv6 address, which one subscriber has whole. */
export function addressGroup(remote: string | undefined): string {
  const address = (remote ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
  if (isIP(address) !== 6) return address
  const [head = '', tail] = address.split('%', 1).join('').split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':')
    while (groups.length + after.length < 8) groups.push('0')
    groups.push(...after)
  }
  return `${groups.slice(0, 4).join(':')}::/64`
}
