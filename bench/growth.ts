import { writeFileSync } from 'node:fs'
import type { Row } from './figures.ts'
import { copyLog, type LogCopy } from './keptLog.ts'
import { costs, lasting } from './manyRooms.ts'
import { plot, type Series } from './plot.ts'
import { startDaemon, startDaemonIn } from './programs.ts'
import { counted, type Sizes, scaled } from './sizes.ts'
import { underSpreadLoad } from './underLoad.ts'

const ROOMS = [1, 10, 100, 500, 2_000]
const MEMBERS = [10, 100, 1_000]
/** Parts of the events of the long log. */
const LENGTHS = [0, 0.01, 0.1, 1]
/** The members of each room while the rooms or the log grow: all of them, its author too, are sent a message. */
const FEW = 4
/** The rooms that speak while the log grows. */
const SPEAKING_ROOMS = 500
const PER_SECOND = 200
/** A second, in a room of a thousand: few enough for each server that is measured. */
const PER_SECOND_TO_MANY = 50

/** What the rows of a panel begin with. */
const PANELS = {
  rooms: { title: 'rooms of 4, 200 messages a second', xLabel: 'rooms' },
  members: { title: 'one room, 50 messages a second', xLabel: 'members' },
  log: { title: '500 rooms of 4, a long log', xLabel: 'events in the log' },
} as const

/** What a message costs as the rooms, the members of a room and the log grow. */
export async function growth(sizes: Sizes): Promise<Row[]> {
  const rows: Row[] = []
  for (const rooms of distinct(ROOMS.map(count => scaled(count, sizes))))
    rows.push(await measure('rooms', rooms, rooms, FEW, PER_SECOND, sizes))
  for (const members of distinct(MEMBERS.map(count => Math.max(2, scaled(count, sizes)))))
    rows.push(await measure('members', members, 1, members, PER_SECOND_TO_MANY, sizes))
  for (const length of LENGTHS) {
    const events = Math.round(length * sizes.events)
    const copy = events === 0 ? undefined : copyLog(events, sizes)
    const rooms = scaled(SPEAKING_ROOMS, sizes)
    try {
      rows.push(await measure('log', copy?.events ?? 0, rooms, FEW, PER_SECOND, sizes, copy))
    } finally {
      copy?.remove()
    }
  }
  return rows
}

function distinct(counts: readonly number[]): number[] {
  return [...new Set(counts)]
}

async function measure(
  grows: keyof typeof PANELS,
  size: number,
  rooms: number,
  members: number,
  perSecond: number,
  sizes: Sizes,
  copy?: LogCopy,
): Promise<Row> {
  const daemon = copy === undefined ? await startDaemon() : await startDaemonIn(copy.directory)
  try {
    const order = { people: rooms * members, rooms, members, speaking: rooms, perSecond, ...lasting(sizes) }
    const loaded = await underSpreadLoad(daemon, order)
    const { title, xLabel } = PANELS[grows]
    return { what: `${title}: ${counted(size)} ${xLabel}`, figures: { size, ...costs(loaded, members) } }
  } finally {
    await daemon.stop()
  }
}

/** Draws the rows of {@link growth} into a file. */
export function drawGrowth(rows: readonly Row[], file: string): void {
  const series = (title: string, name: string, column: string, unit: number): Series => ({
    name,
    points: rows
      .filter(({ what }) => what.startsWith(`${title}: `))
      .map(({ figures }) => [figures['size'] ?? Number.NaN, (figures[column] ?? Number.NaN) / unit]),
  })
  const panels = Object.values(PANELS).map(({ title, xLabel }) => ({
    title,
    xLabel,
    series: [
      series(title, 'a message', 'ms a message', 1),
      series(title, 'a delivery', 'µs a delivery', 1_000),
    ],
  }))
  writeFileSync(file, plot('CPU time of chatd', 'ms', panels))
}
