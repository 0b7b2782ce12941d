import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { searchTerms } from '../src/protocol/searchTerms.ts'
import { logFile } from '../src/server/dataDirectory.ts'
import { openSqliteLog, type SqliteLog } from '../src/server/log/sqlite/sqliteLog.ts'
import { percentile, type Row } from './figures.ts'
import { fillLog } from './longLog.ts'

const EVENTS = 1_000_000
const ROUNDS = 200

/** Pages and searches in a room of a million events, through the log as the daemon uses it. */
export async function history(): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'chatd-bench-'))
  try {
    fillLog(directory, EVENTS, n => (n === 1 ? 'ops' : 'dev'))
    const opened = await openSqliteLog(logFile(directory))
    if (!opened.ok) throw new Error(opened.error)
    const log = opened.value
    const rows = [
      await measure('page of 100, the newest', () => page(log, undefined)),
      await measure('page of 100, anywhere', () => page(log, Math.ceil(Math.random() * EVENTS))),
      await measure('search, one hit', () => search(log, `n${Math.ceil(Math.random() * EVENTS)}`)),
      await measure('search, a word of every tenth', () => search(log, 'deploy')),
      await measure('search, two such words', () => search(log, 'deploy review')),
      await measure('search, a part of a word', () => search(log, 'eplo')),
      await measure('search, no hit', () => search(log, 'ployrev')),
      await measure('search, in another room', () => search(log, 'deploy', 'ops')),
      await measure('unread, over 1,000', () => log.unread(new Map([['dev', 0]]), 'bob', 1_000)),
    ]
    await log.close()
    return rows
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function page(log: SqliteLog, before: number | undefined): Promise<unknown> {
  return log.read('dev', { before, limit: 100, maxBytes: 512 * 1024 })
}

function search(log: SqliteLog, words: string, room = 'dev'): Promise<unknown> {
  return log.search({
    terms: searchTerms(words),
    rooms: [{ key: room, floor: 0 }],
    limit: 50,
    maxBytes: 512 * 1024,
  })
}

async function measure(what: string, ask: () => Promise<unknown>): Promise<Row> {
  const times: number[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const began = performance.now()
    await ask()
    times.push(performance.now() - began)
  }
  times.sort((a, b) => a - b)
  return {
    what,
    figures: {
      'p50 ms': percentile(times, 50),
      'p99 ms': percentile(times, 99),
      'max ms': times.at(-1) ?? 0,
    },
  }
}
