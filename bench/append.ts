import { randomUUIDv7 } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { logFile } from '../src/server/dataDirectory.ts'
import type { EventEntry } from '../src/server/log/entries.ts'
import { openSqliteLog, type SqliteLog } from '../src/server/log/sqlite/sqliteLog.ts'
import { percentile, type Row } from './figures.ts'
import { authorName, copyEmptyLog, copyLog, type LogCopy, roomName } from './keptLog.ts'
import { counted, type Sizes } from './sizes.ts'
import { keepUnderWay, timedAppend } from './underWay.ts'

const IN_FLIGHT = [1, 32, 512]
/** The logs take turns of this share of the whole time. */
const TURNS = 10
/** So that what one log still does behind its commits is over, ms. */
const BETWEEN = 50
const TEXT =
  'a message of about a hundred bytes, as people write them to each other over the day, more or less'

/** One of the logs, and what was measured of it. */
interface Side {
  readonly log: SqliteLog
  readonly copy: LogCopy
  times: number[]
  /** How long it was used, s. */
  seconds: number
}

/**
 * Durable appends to a long log, and to one that has only the same rooms and names. The two take turns in one run, since the
 * speed of a disk changes from minute to minute.
 */
export async function append(sizes: Sizes): Promise<Row[]> {
  const empty = await open(copyEmptyLog(sizes))
  const long = await open(copyLog(sizes.events, sizes))
  const rows: Row[] = []
  try {
    for (const inFlight of IN_FLIGHT) {
      for (const side of [empty, long]) await use(side, inFlight, sizes.seconds / TURNS)
      for (const side of [empty, long]) Object.assign(side, { times: [], seconds: 0 })
      for (let turn = 0; turn < TURNS; turn++)
        for (const side of turn % 2 === 0 ? [empty, long] : [long, empty])
          await use(side, inFlight, sizes.seconds / TURNS)
      rows.push(...compared(inFlight, empty, long))
    }
    return rows
  } finally {
    for (const { log, copy } of [empty, long]) {
      await log.close()
      copy.remove()
    }
  }
}

async function open(copy: LogCopy): Promise<Side> {
  const opened = await openSqliteLog(logFile(copy.directory))
  if (!opened.ok) throw new Error(opened.error)
  return { log: opened.value, copy, times: [], seconds: 0 }
}

/** Appends for some seconds, with so many appends waiting at a time. */
async function use(side: Side, inFlight: number, seconds: number): Promise<void> {
  await wait(BETWEEN)
  side.seconds += await keepUnderWay(inFlight, seconds, async () =>
    side.times.push(await timedAppend(side.log, anyMessage(side.copy))),
  )
}

function anyMessage({ rooms, authors }: LogCopy): EventEntry {
  const roomKey = roomName(Math.floor(Math.random() * rooms))
  return {
    kind: 'event',
    roomKey,
    roomName: roomKey,
    from: authorName(Math.floor(Math.random() * authors)),
    session: 1,
    id: randomUUIDv7(),
    body: { action: 'chat', message: TEXT },
  }
}

function compared(inFlight: number, empty: Side, long: Side): Row[] {
  const [before, after] = [figures(empty), figures(long)]
  const ratios = {
    'appends ×': (after['appends/s'] ?? Number.NaN) / (before['appends/s'] ?? Number.NaN),
    'p99 ×': (after['p99 ms'] ?? Number.NaN) / (before['p99 ms'] ?? Number.NaN),
  }
  const name = `${inFlight} in flight`
  return [
    { what: `${name}: an empty log`, figures: before },
    { what: `${name}: ${counted(long.copy.events)} events`, figures: { ...after, ...ratios } },
  ]
}

function figures({ times, seconds }: Side): Record<string, number> {
  times.sort((a, b) => a - b)
  return {
    'appends/s': times.length / seconds,
    'p50 ms': percentile(times, 50),
    'p99 ms': percentile(times, 99),
    'max ms': percentile(times, 100),
  }
}
