import { randomUUIDv7 } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { logFile } from '../src/server/dataDirectory.ts'
import type { EventEntry } from '../src/server/log/entries.ts'
import { openSqliteLog, type SqliteLog } from '../src/server/log/sqlite/sqliteLog.ts'
import type { BrokerCluster } from '../test/cluster/brokerCluster.ts'
import { BareLog } from './bareLog.ts'
import { percentile, type Row } from './figures.ts'
import { type Appending, keepUnderWay, timedAppend } from './underWay.ts'

/** The sides take turns of this share of the whole time. */
const TURNS = 4
const ROOMS = 100
const AUTHORS = 200

/** One way of keeping a log. */
interface Side {
  readonly what: string
  /** Each as a daemon has it. */
  readonly logs: readonly (Appending & Pick<SqliteLog, 'close'>)[]
  times: number[]
  seconds: number
}

/** What {@link logAlone} needs. */
export interface LogAlone {
  readonly brokers: BrokerCluster
  /** A directory for the files of the logs. */
  readonly home: string
  readonly inFlight: readonly number[]
  /** Of each way with each number in flight. */
  readonly seconds: number
  readonly message: string
}

/** The same work without clients: appends to the log of a daemon in this process, by the log's own threads. */
export async function logAlone({ brokers, home, inFlight, seconds, message }: LogAlone): Promise<Row[]> {
  const sides: Side[] = []
  const rows: Row[] = []
  try {
    sides.push(await open('SQLite', [join(home, 'log-alone')]))
    for (const [what, count] of [
      ['one log on three brokers', 1],
      ['two logs on three brokers', 2],
    ] as const) {
      const stream = `alone${count}`
      await brokers.init(stream)
      const directories = Array.from({ length: count }, (_, at) => join(home, `${stream}-${at}`))
      sides.push(await open(what, directories, brokers.brokersOf(stream)))
    }
    await brokers.init('bare2')
    sides.push(await openBare(brokers.brokersOf('bare2')))
    for (const places of inFlight) {
      const turns = Array.from({ length: TURNS + 1 }, (_, turn) => turn)
      for (const turn of turns) {
        // The first turn of each warms it up.
        if (turn === 1) for (const side of sides) Object.assign(side, { times: [], seconds: 0 })
        for (const side of turn % 2 === 0 ? sides : sides.toReversed())
          await use(side, places, seconds / TURNS, message)
      }
      rows.push(...rowsOf(sides, places))
    }
    return rows
  } finally {
    for (const { logs } of sides) await Promise.all(logs.map(log => log.close()))
  }
}

async function open(
  what: string,
  directories: readonly string[],
  brokers?: ReturnType<BrokerCluster['brokersOf']>,
): Promise<Side> {
  const logs: SqliteLog[] = []
  for (const directory of directories) {
    mkdirSync(directory, { recursive: true })
    const opened = await openSqliteLog(logFile(directory), brokers === undefined ? {} : { brokers })
    if (!opened.ok) throw new Error(opened.error)
    logs.push(opened.value)
  }
  return { what, logs, times: [], seconds: 0 }
}

async function openBare(brokers: ReturnType<BrokerCluster['brokersOf']>): Promise<Side> {
  const logs = await Promise.all([BareLog.open(brokers), BareLog.open(brokers)])
  return { what: 'two that keep nothing on three brokers', logs, times: [], seconds: 0 }
}

async function use(side: Side, places: number, seconds: number, message: string): Promise<void> {
  const { logs, times } = side
  side.seconds += await keepUnderWay(places, seconds, async place => {
    const log = logs[place % logs.length]
    if (log !== undefined) times.push(await timedAppend(log, inAnyRoom(message)))
  })
}

function inAnyRoom(message: string): EventEntry {
  const roomKey = `room${Math.floor(Math.random() * ROOMS)}`
  const from = `user${Math.floor(Math.random() * AUTHORS)}`
  const body = { action: 'chat', message } as const
  return { kind: 'event', roomKey, roomName: roomKey, from, id: randomUUIDv7(), body }
}

function rowsOf(sides: readonly Side[], places: number): Row[] {
  const rate = ({ times, seconds }: Side): number => times.length / seconds
  const [first] = sides
  return sides.map(side => {
    const times = side.times.toSorted((a, b) => a - b)
    return {
      what: `${places} in flight: the log alone, ${side.what}`,
      figures: {
        'entries/s': rate(side),
        'p50 ms': percentile(times, 50),
        'p99 ms': percentile(times, 99),
        'of SQLite': first === undefined ? Number.NaN : rate(side) / rate(first),
      },
    }
  })
}
