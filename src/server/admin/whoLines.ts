import { printable } from './answerLines.ts'
import type { ConnectionFacts } from './liveServer.ts'

/** The columns of `who`, each with its least width; the last ones are as wide as they are. */
const COLUMNS = [
  ['NUMBER', 8],
  ['NAME', 12],
  ['KIND', 8],
  ['SPEAKS', 7],
  ['TLS', 4],
  ['SINCE', 20],
  ['IDLE', 7],
  ['IN', 7],
  ['OUT', 7],
  ['ADDRESS', 16],
  ['CLIENT', 16],
  ['ROOMS', 0],
] as const
/** Rooms in a line for a person; JSON has all. */
const ROOMS_SHOWN = 8

/** The first line of `who`. */
export const WHO_HEADING = row(COLUMNS.map(([heading]) => heading))

/** A connection in a line of `who`. No cell has a blank in it but the last, so that awk can cut the line. */
export function connectionLine(facts: ConnectionFacts): string {
  const { name, kind, speaks, isEncrypted, since, idle, received, sent, address, client } = facts
  return row([
    connectionName(facts),
    name ?? '-',
    kind ?? '-',
    speaks ?? '-',
    isEncrypted ? 'yes' : 'no',
    `${new Date(since).toISOString().slice(0, 19)}Z`,
    idle === undefined ? '-' : `${Math.round(idle / 1_000)}s`,
    sizeText(received),
    sizeText(sent),
    address === '' ? '-' : address,
    client === undefined || client === '' ? '-' : printable(client).replaceAll(/\s+/gu, '_'),
    roomsText(facts.rooms),
  ])
}

/** A connection as the object of `who --json`. */
export function connectionObject(facts: ConnectionFacts): object {
  const { number, daemon, isEncrypted, since, idle, ...others } = facts
  return {
    connection: `c${number}`,
    ...(daemon === undefined ? {} : { daemon }),
    ...others,
    tls: isEncrypted,
    since: new Date(since).toISOString(),
    ...(idle === undefined ? {} : { idle: Math.round(idle / 1_000) }),
  }
}

/** What an operator calls a connection: each daemon has numbers of its own. */
export function connectionName({ number, daemon }: Pick<ConnectionFacts, 'number' | 'daemon'>): string {
  return daemon === undefined ? `c${number}` : `c${number}@${daemon}`
}

/** How many connections, for a sentence. */
export function connectionsText(count: number): string {
  return count === 1 ? '1 connection' : `${count} connections`
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, at) => cell.padEnd(COLUMNS[at]?.[1] ?? 0))
    .join(' ')
    .trimEnd()
}

function roomsText(rooms: readonly string[]): string {
  if (rooms.length === 0) return '-'
  const more = rooms.length - ROOMS_SHOWN
  const shown = rooms.slice(0, ROOMS_SHOWN).join(',')
  return more > 0 ? `${shown} and ${more} more` : shown
}

function sizeText(bytes: number | undefined): string {
  if (bytes === undefined) return '-'
  if (bytes < 1_024) return `${bytes}`
  return bytes < 1_048_576 ? `${(bytes / 1_024).toFixed(1)}K` : `${(bytes / 1_048_576).toFixed(1)}M`
}
