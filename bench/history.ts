import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { logFile, openForWriting } from '../src/server/database.ts'
import { openSqliteLog, type SqliteLog } from '../src/server/sqliteLog.ts'
import { Writer } from '../src/server/writer.ts'
import { percentile, type Row } from './figures.ts'

const EVENTS = 1_000_000
const BATCH = 5_000
const ROUNDS = 200
const WORDS = ['build', 'deploy', 'green', 'red', 'lunch', 'test', 'server', 'client', 'review', 'merge']

/** Pages and searches in a room of a million events, asked for as the daemon does. */
export async function history(): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'chatd-bench-'))
  try {
    fill(directory)
    const opened = await openSqliteLog(directory)
    if (!opened.ok) throw new Error(opened.message)
    const { log } = opened
    const rows = [
      await measure('page of 100, the newest', () => page(log, undefined)),
      await measure('page of 100, anywhere', () => page(log, Math.ceil(Math.random() * EVENTS))),
      await measure('search, one hit', () => search(log, [`n${Math.ceil(Math.random() * EVENTS)}`])),
      await measure('search, a word of every tenth', () => search(log, ['deploy'])),
      await measure('search, two such words', () => search(log, ['deploy', 'review'])),
      await measure('search, in another room', () => search(log, ['deploy'], 'ops')),
      await measure('unread, over 1,000', () => log.unread('dev', 0, 'bob', 1_000)),
    ]
    await log.close()
    return rows
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function fill(directory: string): void {
  const database = openForWriting(logFile(directory), 'bench')
  // Nobody waits for these.
  database.exec('PRAGMA synchronous = OFF')
  const writer = new Writer(database)
  const say = (n: number) => {
    const roomKey = n === 1 ? 'ops' : 'dev'
    const words = [WORDS[n % 10], WORDS[(n >> 3) % 10], WORDS[(n >> 5) % 10], `n${n}`]
    const body = { action: 'chat', message: `${words.join(' ')} and what people say besides` } as const
    return { entry: { roomKey, roomName: roomKey, from: `user${n % 50}`, body } }
  }
  for (let n = 1; n <= EVENTS; n += BATCH) writer.commit(Array.from({ length: BATCH }, (_, i) => say(n + i)))
  while (writer.indexMore());
  database.close()
}

function page(log: SqliteLog, before: number | undefined): Promise<unknown> {
  return log.read('dev', { before, limit: 100, maxBytes: 512 * 1024 })
}

function search(log: SqliteLog, words: readonly string[], room = 'dev'): Promise<unknown> {
  return log.search({ words, rooms: [{ key: room, floor: 0 }], limit: 50, maxBytes: 512 * 1024 })
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
