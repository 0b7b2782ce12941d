import { BlockList, isIP } from 'node:net'
import { plainAddress } from '../protocol/loopback.ts'
import type { AddressRange } from './settings.ts'

/** Parses `10.0.0.0/8`, `fd00::/8` or one address; undefined for any other text. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const [network = '', prefix, ...more] = text.split('/')
  const bits = { 4: 32, 6: 128 }[isIP(network)]
  if (bits === undefined || network.includes('%') || more.length > 0) return undefined
  if (prefix === undefined) return { network, prefix: bits }
  const number = Number(prefix)
  return /^\d{1,3}$/.test(prefix) && number <= bits ? { network, prefix: number } : undefined
}

/** Address ranges, to ask which addresses are in one of them. */
export class AddressRanges {
  readonly #ranges: () => readonly AddressRange[]
  #listed: readonly AddressRange[] = []
  #list = new BlockList()

  /** @param ranges is asked each time: a reload of the configuration gives another list */
  constructor(ranges: () => readonly AddressRange[]) {
    this.#ranges = ranges
  }

  has(remote: string): boolean {
    const ranges = this.#ranges()
    if (ranges !== this.#listed) this.#take(ranges)
    const address = plainAddress(remote).split('%', 1).join('')
    const family = isIP(address)
    return family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }

  #take(ranges: readonly AddressRange[]): void {
    this.#list = new BlockList()
    for (const { network, prefix } of ranges)
      this.#list.addSubnet(network, prefix, isIP(network) === 6 ? 'ipv6' : 'ipv4')
    this.#listed = ranges
  }
}
