import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { logFile } from '../src/server/dataDirectory.ts'
import type { EventEntry } from '../src/server/log/entries.ts'
import { openForWriting } from '../src/server/log/sqlite/database.ts'
import { openSqliteLog, type SqliteLog } from '../src/server/log/sqlite/sqliteLog.ts'
import { WordIndex } from '../src/server/log/sqlite/worker/wordIndex.ts'
import { percentile, type Row } from './figures.ts'

const SECONDS = 3
const IN_FLIGHT = [1, 32, 512]
const OFFERED = 5_000
/** Rows that the bare script puts into the search index at a time. */
const INDEX_SLICE = 512
const TEXT =
  'a message of about a hundred bytes, as people write them to each other over the day, more or less'

/**
 * Durable acknowledgements of the log, beside a bare script that inserts the same rows in batches of the same size, and
 * one that uses a transaction for each message.
 */
export async function send(): Promise<Row[]> {
  const rows: Row[] = []
  const one = bareScript(1)
  for (const inFlight of IN_FLIGHT) {
    const bare = inFlight === 1 ? one : bareScript(inFlight)
    const log = await withLog(opened => saturate(opened, inFlight))
    const shares = {
      'of bare': perSecond(log) / perSecond(bare),
      'of one each': perSecond(log) / perSecond(one),
    }
    rows.push({ what: `log, ${inFlight} in flight`, figures: { ...log, ...shares } })
    rows.push({ what: `bare script, ${inFlight} a transaction`, figures: bare })
  }
  rows.push({ what: `log, ${OFFERED} a second offered`, figures: await withLog(offer) })
  return rows
}

function perSecond(figures: Readonly<Record<string, number>>): number {
  return figures['acks/s'] ?? Number.NaN
}

function entry(): EventEntry {
  return {
    kind: 'event',
    roomKey: 'dev',
    roomName: 'dev',
    from: 'alice',
    session: 1,
    id: randomUUID(),
    body: { action: 'chat', message: TEXT },
  }
}

async function withLog<T>(work: (log: SqliteLog) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'chatd-bench-'))
  try {
    const opened = await openSqliteLog(logFile(directory))
    if (!opened.ok) throw new Error(opened.error)
    const result = await work(opened.value)
    await opened.value.close()
    return result
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function saturate(log: SqliteLog, inFlight: number): Promise<Record<string, number>> {
  const times: number[] = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const until = performance.now() + SECONDS * 1_000
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < until) times.push(await timed(log))
    }),
  )
  delay.disable()
  return figures(times, delay.percentile(99) / 1e6)
}

/** An open loop: {@link OFFERED} messages a second, without waiting for answers. */
async function offer(log: SqliteLog): Promise<Record<string, number>> {
  const times: number[] = []
  const answers: Promise<unknown>[] = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const began = performance.now()
  for (let sent = 0; sent < OFFERED * SECONDS; ) {
    const due = Math.floor(((performance.now() - began) / 1_000) * OFFERED)
    for (; sent < due; sent++) answers.push(timed(log).then(time => times.push(time)))
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  await Promise.all(answers)
  delay.disable()
  return figures(times, delay.percentile(99) / 1e6)
}

/** Stores one message; resolves with the time until its acknowledgement, ms. */
function timed(log: SqliteLog): Promise<number> {
  const began = performance.now()
  return new Promise((resolve, reject) =>
    log.append(entry(), stored => {
      if (stored.ok) resolve(performance.now() - began)
      else reject(new Error(stored.error.message))
    }),
  )
}

/**
 * The same rows in the same schema with the same search index, as a bare script would insert them: no threads, no waiting
 * callers, no repeated ids.
 */
function bareScript(batch: number): Record<string, number> {
  const directory = mkdtempSync(join(tmpdir(), 'chatd-bench-'))
  const database = openForWriting(join(directory, 'bare.db'), randomUUID())
  // The value that FTS5 uses by default.
  database.exec("INSERT INTO words (words, rank) VALUES ('automerge', 4)")
  database.exec(
    "INSERT INTO names (key, name) VALUES ('alice', 'alice'); INSERT INTO rooms (key, name) VALUES ('dev', 'dev')",
  )
  const insert = database.prepare(
    `INSERT INTO events (seq, room, prev, ts, author, action, id, session, text) VALUES (?, 1, ?, ?, 1, 'chat', ?, 1, ?)`,
  )
  const place = database.prepare('INSERT INTO room_events (room, seq) VALUES (1, ?)')
  const note = database.prepare('INSERT INTO event_ids (id, author, seq) VALUES (?, 1, ?)')
  const index = new WordIndex(database)
  const times: number[] = []
  const until = performance.now() + SECONDS * 1_000
  let seq = 0
  let indexed = 0
  while (performance.now() < until) {
    const began = performance.now()
    database.exec('BEGIN IMMEDIATE')
    for (let i = 0; i < batch; i++) {
      seq++
      const id = randomUUID()
      insert.run(seq, seq - 1, Date.now(), id, TEXT)
      place.run(seq)
      note.run(id, seq)
    }
    if (seq - indexed >= INDEX_SLICE) {
      index.addSlice()
      indexed = seq
    }
    database.exec('COMMIT')
    const took = performance.now() - began
    for (let i = 0; i < batch; i++) times.push(took)
  }
  database.close()
  rmSync(directory, { recursive: true, force: true })
  return figures(times, Number.NaN)
}

function figures(times: number[], loopDelay: number): Record<string, number> {
  times.sort((a, b) => a - b)
  return {
    'acks/s': times.length / SECONDS,
    'p50 ms': percentile(times, 50),
    'p99 ms': percentile(times, 99),
    'loop p99 ms': loopDelay,
  }
}
