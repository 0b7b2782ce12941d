import { searchTerms } from '../src/protocol/searchTerms.ts'
import { logFile } from '../src/server/dataDirectory.ts'
import { openSqliteLog, type SqliteLog } from '../src/server/log/sqlite/sqliteLog.ts'
import { percentile, type Row } from './figures.ts'
import { copyLog, type LogCopy, roomName } from './keptLog.ts'
import { twoWords } from './longLog.ts'
import { dropPages, loadPages } from './pageCache.ts'
import { counted, type Sizes, scaled } from './sizes.ts'

/** How often each is asked at full scale. A cold question needs a log that was just opened. */
const COLD = 30
const WARM = 100
/** Questions of the same kind before the warm ones. */
const BEFORE_WARM = 30
const SEARCHED_ROOMS = 50
const MAX_BYTES = 512 * 1024

type Ask = (log: SqliteLog) => Promise<unknown>

/** Pages and searches anywhere in a long log: from the disk, and from memory. */
export async function reading(sizes: Sizes): Promise<Row[]> {
  const copy = copyLog(sizes.events, sizes)
  const of = `of ${counted(copy.events)} events`
  const asked = scaled(SEARCHED_ROOMS, sizes)
  const count = scaled(COLD, sizes)
  try {
    const pages: Ask = log => page(log, copy)
    const searches: Ask = log => search(log, copy, asked)
    return [
      await cold(`page of 100 anywhere ${of}`, copy, count, pages, pages),
      await warm(`page of 100 anywhere ${of}`, copy, pages),
      await cold(`two words in ${asked} rooms ${of}`, copy, count, log => search(log, copy, 1), searches),
      await warm(`two words in ${asked} rooms ${of}`, copy, searches),
    ]
  } finally {
    copy.remove()
  }
}

const anyOf = (count: number): number => Math.floor(Math.random() * count)

async function page(log: SqliteLog, { rooms, events }: LogCopy): Promise<unknown> {
  const room = roomName(anyOf(rooms))
  return log.read(room, { before: anyOf(events) + 1, limit: 100, maxBytes: MAX_BYTES })
}

async function search(log: SqliteLog, { rooms }: LogCopy, asked: number): Promise<unknown> {
  const names = new Set<string>()
  while (names.size < Math.min(asked, rooms)) names.add(roomName(anyOf(rooms)))
  return log.search({
    terms: searchTerms(twoWords()),
    rooms: [...names].map(key => ({ key, floor: 0 })),
    limit: 50,
    maxBytes: MAX_BYTES,
  })
}

/**
 * Each question is asked of a log that was just opened, and of which the kernel holds nothing in memory. One small question
 * goes before it, with which the reading thread of a daemon is done long ago: it loads code.
 */
async function cold(what: string, copy: LogCopy, count: number, first: Ask, ask: Ask): Promise<Row> {
  const times: number[] = []
  let kept = 0
  for (let i = 0; i < count; i++)
    await withLog(copy, async log => {
      await first(log)
      if (!dropPages(logFile(copy.directory))) kept++
      times.push(await timed(log, ask))
    })
  const note = kept === 0 ? 'cold' : `not cold: ${kept} of ${count} times the kernel kept the file`
  return { what: `${what}, ${note}`, figures: figures(times) }
}

/** The questions are about other rooms each time, so that the log's own memory helps little; the kernel has the file. */
async function warm(what: string, copy: LogCopy, ask: Ask): Promise<Row> {
  const times: number[] = []
  await loadPages(logFile(copy.directory))
  await withLog(copy, async log => {
    for (let i = 0; i < BEFORE_WARM; i++) await ask(log)
    for (let i = 0; i < WARM; i++) times.push(await timed(log, ask))
  })
  return { what: `${what}, warm`, figures: figures(times) }
}

async function withLog(copy: LogCopy, work: (log: SqliteLog) => Promise<void>): Promise<void> {
  const opened = await openSqliteLog(logFile(copy.directory))
  if (!opened.ok) throw new Error(opened.error)
  try {
    await work(opened.value)
  } finally {
    await opened.value.close()
  }
}

async function timed(log: SqliteLog, ask: Ask): Promise<number> {
  const began = performance.now()
  await ask(log)
  return performance.now() - began
}

function figures(times: number[]): Record<string, number> {
  times.sort((a, b) => a - b)
  return {
    'p50 ms': percentile(times, 50),
    'p99 ms': percentile(times, 99),
    'max ms': percentile(times, 100),
  }
}
