import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { copyEmptyLog, copyLog, type LogCopy } from '../../bench/keptLog.ts'
import { DEFAULT_SIZES, type Sizes } from '../../bench/sizes.ts'
import { logFile } from '../../src/server/dataDirectory.ts'
import { takeCleanStop } from '../../src/server/log/sqlite/cleanStop.ts'

let home: string
let sizes: Sizes

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kept-log-'))
  vi.stubEnv('TMPDIR', home)
  sizes = { ...DEFAULT_SIZES, events: 700, scale: 0.01 }
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true, force: true })
})

function column(copy: LogCopy, sql: string): unknown {
  const database = new DatabaseSync(logFile(copy.directory), { readOnly: true })
  try {
    return Object.values(database.prepare(sql).get() ?? {})[0]
  } finally {
    database.close()
  }
}

test('a log has all events, rooms and authors, with the ids that clients make', () => {
  const copy = copyLog(700, sizes)
  expect([copy.events, copy.rooms, copy.authors]).toEqual([700, 100, 20])
  expect(column(copy, 'SELECT count(*) FROM events')).toBe(700)
  expect(column(copy, 'SELECT count(DISTINCT room) FROM events')).toBe(100)
  expect(column(copy, 'SELECT count(DISTINCT author) FROM events')).toBe(20)
  // The version stands in the third part of a UUID.
  expect(column(copy, "SELECT count(*) FROM events WHERE id LIKE '%-%-7%'")).toBe(700)
  expect(column(copy, 'SELECT indexed FROM log')).toBe(700)
})

test('a daemon takes a copy for a log that was closed cleanly', () => {
  expect(takeCleanStop(logFile(copyLog(700, sizes).directory))).toBe(true)
})

test('a log is filled once, and a copy is changed without it', () => {
  const first = copyLog(700, sizes)
  const directory = join(home, 'chat-tui-bench-logs')
  const [name = ''] = readdirSync(directory)
  const kept = statSync(logFile(join(directory, name)), { bigint: true })
  const database = new DatabaseSync(logFile(first.directory))
  database.exec('DELETE FROM events')
  database.close()
  const second = copyLog(700, sizes)
  expect(column(second, 'SELECT count(*) FROM events')).toBe(700)
  expect(statSync(logFile(join(directory, name)), { bigint: true })).toMatchObject({
    ino: kept.ino,
    mtimeNs: kept.mtimeNs,
  })
  second.remove()
  expect(existsSync(second.directory)).toBe(false)
})

test('the option names the directory of the long log, of no other', () => {
  const log = join(home, 'given')
  copyLog(700, { ...sizes, log })
  expect(existsSync(logFile(log))).toBe(true)
  expect(copyEmptyLog({ ...sizes, log }).events).toBe(100)
  expect(readdirSync(join(home, 'chat-tui-bench-logs'))).toHaveLength(1)
})

test('a directory that holds other things is not replaced', () => {
  const file = join(home, 'notes')
  writeFileSync(file, 'mine')
  expect(() => copyLog(700, { ...sizes, log: home })).toThrow('holds no log')
  expect(existsSync(file)).toBe(true)
})
