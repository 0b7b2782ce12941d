import { isIP } from 'node:net'

/** Whether a host, or the address of a peer, is this machine itself: only there does plain text need no flag. */
export function isLoopback(host: string): boolean {
  const address = plainAddress(host.toLowerCase())
  return address === 'localhost' || address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
}

/** An address with IPv4 in its short form, also where it came in over IPv6. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
