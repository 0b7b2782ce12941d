import { readFile } from 'node:fs/promises'
import { isIPv4 } from 'node:net'
import { endianness } from 'node:os'
import { ipv6Groups } from '../address.ts'

/** The kernel's tables of connections; another system than Linux has none, and its dead links wait for its own timeouts. */
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6']
/** Established, or half closed by the peer; see `tcp_states.h` of Linux. */
const OPEN_STATES = '0[18]'
/** The line of a connection whose last bytes were sent more than once, and not acknowledged: ports, the peer, how many times. */
const UNANSWERED = new RegExp(
  `^ *\\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+:[0-9A-F]{4}) ${OPEN_STATES} \\S+ 01:\\S+ ([0-9A-F]{8}) `,
)
const NEVER = '00000000'
/** The timer of bytes that were sent and are not acknowledged yet: few lines of a table have it, and only those are parsed. */
const TIMER = ' 01:'
/** A table of 20,000 connections takes some milliseconds: clients that wait cause no more looks than this, ms. */
const LOOK_EVERY = 250

/** One TCP connection of this process, by its two ends. */
export interface Ends {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly localPort?: number | undefined
}

/** A link that is watched. */
export interface WatchedLink {
  readonly ends: Ends
  /** Bytes that were sent to it are acknowledged, or are not, in spite of being sent again. */
  answers(isAnswering: boolean, now: number): void
}

/**
 * Finds links whose peer acknowledges nothing. While bytes are on their way the kernel sends no keepalive, and gives up after
 * a quarter of an hour only; Node has no setting for that. So the kernel's own table tells.
 */
export class LinkWatch {
  readonly #links: () => Iterable<WatchedLink>
  #looked: Promise<void> = Promise.resolve()
  #lookedAt = Number.NEGATIVE_INFINITY

  /** @param links those to be watched */
  constructor(links: () => Iterable<WatchedLink>) {
    this.#links = links
  }

  /** Looks, unless it has just done so, and tells each link; resolves when it has. */
  look(): Promise<void> {
    const now = performance.now()
    if (now - this.#lookedAt < LOOK_EVERY) return this.#looked
    this.#lookedAt = now
    this.#looked = this.#look()
    return this.#looked
  }

  async #look(): Promise<void> {
    const unanswered = unansweredIn(await Promise.all(TABLES.map(readTable)))
    const now = performance.now()
    for (const link of this.#links())
      link.answers(unanswered.size === 0 || !unanswered.has(keyOf(link.ends)), now)
  }
}

/** The connections in the kernel's tables that acknowledge nothing, as {@link keyOf} gives them. */
export function unansweredIn(tables: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>()
  for (const table of tables)
    for (let at = table.indexOf(TIMER); at !== -1; at = table.indexOf(TIMER, at + 1)) {
      const line = table.slice(table.lastIndexOf('\n', at) + 1, table.indexOf('\n', at))
      const [, localPort, peer, times = NEVER] = UNANSWERED.exec(line) ?? []
      if (times !== NEVER) found.add(`${localPort} ${peer}`)
    }
  return found
}

/** A connection as the kernel writes it. */
export function keyOf({ remoteAddress, remotePort, localPort }: Ends): string {
  if (remoteAddress === undefined || remotePort === undefined || localPort === undefined) return ''
  return `${hexPort(localPort)} ${hexAddress(remoteAddress)}:${hexPort(remotePort)}`
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}

/** The kernel writes an address as words of 32 bits of this machine. */
function hexAddress(address: string): string {
  const bytes = isIPv4(address)
    ? address.split('.').map(Number)
    : ipv6Groups(address).flatMap(group => {
        const value = Number.parseInt(group, 16)
        return [value >> 8, value & 0xff]
      })
  let hex = ''
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes.slice(at, at + 4)
    for (const byte of endianness() === 'LE' ? word.reverse() : word)
      hex += byte.toString(16).padStart(2, '0')
  }
  return hex.toUpperCase()
}

async function readTable(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1')
  } catch {
    return ''
  }
}
