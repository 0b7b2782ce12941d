import type { SrvRecord } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { isOnThisMachine, type ServerAddress } from './serverAddress.ts'

/** How long DNS may take to say which addresses are behind a name, ms; then the name itself is tried. */
const PATIENCE_MS = 1_500
/** More records of a name are not looked at. */
const MOST_RECORDS = 32

/** The SRV records behind a name of chatd; none where DNS has none, or does not answer. Never throws. */
export type FindServices = (name: string) => Promise<readonly SrvRecord[]>

/** An address that DNS names. */
export interface Service extends ServerAddress {
  /** 0 is the best. */
  readonly rank: number
  readonly weight: number
}

/** Asks DNS for `_chatd._tcp.NAME`. @param servers other name servers than those of the system */
export function findServices(name: string, servers: readonly string[] = []): Promise<readonly SrvRecord[]> {
  if (!mayHaveServices(name)) return Promise.resolve([])
  const resolver = new Resolver({ timeout: PATIENCE_MS, tries: 1 })
  if (servers.length > 0) resolver.setServers(servers)
  // The timeout of a resolver is for each of its name servers.
  const timer = setTimeout(() => resolver.cancel(), PATIENCE_MS)
  return resolver
    .resolveSrv(`_chatd._tcp.${name.replace(/\.$/, '')}`)
    .catch(() => [])
    .finally(() => clearTimeout(timer))
}

/** Names without a dot are of this network, and those of `.local` are not in DNS (RFC 6762). */
function mayHaveServices(name: string): boolean {
  const isDotted = /[^.]\.[^.]/.test(name)
  return isDotted && isIP(name) === 0 && !isOnThisMachine(name) && !/\.local\.?$/i.test(name)
}

/** The addresses of SRV records; the target `.` says that there is none. */
export function servicesOf(records: readonly SrvRecord[]): readonly Service[] {
  const usable = records
    .slice(0, MOST_RECORDS)
    .filter(({ name, port }) => /^[\w.-]{1,253}$/.test(name) && name !== '.' && port > 0)
  const priorities = [...new Set(usable.map(({ priority }) => priority))].sort((a, b) => a - b)
  return usable.map(({ name, port, priority, weight }) => ({
    host: name,
    port,
    rank: priorities.indexOf(priority),
    weight,
  }))
}

/** Beside larger weights, one of 0 has a very small chance. */
const LEAST_WEIGHT = 0.001

/** A random order in which one of a larger weight tends to come earlier (RFC 2782). */
export function byWeight<T extends { readonly weight: number }>(
  services: readonly T[],
  random: () => number,
): T[] {
  // The least of some exponential times is the time of each with a chance in proportion to its rate.
  return services
    .map(service => ({ service, at: -Math.log(1 - random()) / Math.max(service.weight, LEAST_WEIGHT) }))
    .sort((a, b) => a.at - b.at)
    .map(({ service }) => service)
}
