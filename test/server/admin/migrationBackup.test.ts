import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync } from 'node:zlib'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { backUpBeforeMigration } from '../../../src/server/admin/migrationBackup.ts'
import { prepareLog } from '../../../src/server/admin/prepareLog.ts'
import { backupDirectory, logFile } from '../../../src/server/dataDirectory.ts'
import { checkLogFile, layoutInHeader } from '../../../src/server/log/sqlite/logFileReport.ts'
import { SCHEMA_VERSION } from '../../../src/server/log/sqlite/schema.ts'
import { temporaryDirectory } from '../directory.ts'
import { isRoot, makeLog, smallDisk, textsOf } from './logs.ts'

const LAYOUTS = join(import.meta.dirname, '../log/sqlite/layouts')
const OLD = 7

function oldLog(directory = temporaryDirectory()): string {
  writeFileSync(logFile(directory), gunzipSync(readFileSync(join(LAYOUTS, `${OLD}.db.gz`))), { mode: 0o600 })
  return directory
}

describe('before a migration', () => {
  test('the log is copied as it is, then gets its new layout', async () => {
    const data = oldLog()
    const before = await backUpBeforeMigration(data)
    const names = readdirSync(backupDirectory(data))
    expect(names).toEqual([
      expect.stringMatching(new RegExp(`^chatd-before-layout-${SCHEMA_VERSION}-\\d{8}T\\d{6}Z\\.db$`)),
    ])
    const file = join(backupDirectory(data), String(names[0]))
    expect(before).toEqual({ kind: 'made', layout: OLD, file })
    const { texts } = await textsOf(data)
    expect(layoutInHeader(logFile(data))).toBe(SCHEMA_VERSION)
    expect(checkLogFile(file)).toMatchObject({ ok: true, value: { ok: true, layout: OLD } })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const restored = temporaryDirectory()
    writeFileSync(logFile(restored), readFileSync(file))
    expect((await textsOf(restored)).texts).toEqual(texts)
    expect(await backUpBeforeMigration(data)).toBeUndefined()
  })

  test('the look at every page of the copy keeps no timer of a starting daemon waiting', async () => {
    const data = oldLog()
    const log = new DatabaseSync(logFile(data))
    // The check computes this for each row: a small log that takes as long as a large one.
    log.exec(`CREATE TABLE slow(x CHECK (length(hex(zeroblob(1000000))) > 0)); PRAGMA ignore_check_constraints = 1;
      WITH RECURSIVE rows(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM rows WHERE n < 200)
      INSERT INTO slow SELECT n FROM rows`)
    log.exec('PRAGMA ignore_check_constraints = 0')
    const began = performance.now()
    log.prepare('PRAGMA quick_check').all()
    const takes = performance.now() - began
    log.close()
    expect(takes).toBeGreaterThan(200)
    let [last, longest] = [performance.now(), 0]
    const note = (): void => {
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
    }
    const timer = setInterval(note, 5)
    const before = await backUpBeforeMigration(data)
    note()
    clearInterval(timer)
    expect(before).toMatchObject({ kind: 'made' })
    expect(longest).toBeLessThan(takes / 2)
  })

  test('nothing is copied of a log that has the newest layout, that is empty, or that is none', async () => {
    const data = temporaryDirectory()
    expect(await backUpBeforeMigration(data)).toBeUndefined()
    writeFileSync(logFile(data), '')
    expect(await backUpBeforeMigration(data)).toBeUndefined()
    writeFileSync(logFile(data), 'no log')
    expect(await backUpBeforeMigration(data)).toBeUndefined()
    const current = temporaryDirectory()
    await makeLog(current, 'one')
    const began = performance.now()
    for (let n = 0; n < 100; n++) expect(await backUpBeforeMigration(current)).toBeUndefined()
    expect((performance.now() - began) / 100).toBeLessThan(5)
    expect(existsSync(backupDirectory(current))).toBe(false)
  })

  test('starts that fail again and again make one copy; after a change there is another, and two stay', async () => {
    const data = oldLog()
    const first = await backUpBeforeMigration(data)
    if (first?.kind !== 'made') throw new Error('none was made')
    expect(await backUpBeforeMigration(data)).toEqual({ ...first, kind: 'there' })
    for (let n = 1; n <= 2; n++) {
      const later = new Date(Date.now() + n * 10_000)
      utimesSync(logFile(data), later, later)
      expect(await backUpBeforeMigration(data)).toMatchObject({ kind: 'made' })
    }
    expect(readdirSync(backupDirectory(data))).toHaveLength(2)
    expect(existsSync(first.file)).toBe(false)
  })

  test.skipIf(!isRoot)('without room there is a warning, and the start goes on', async () => {
    const data = oldLog(smallDisk('1m'))
    const lines: string[] = []
    const logger = pino({ base: {} }, { write: line => lines.push(line) })
    await prepareLog(data, logger)
    expect(lines.join('')).toMatch(
      /"level":40.*there is no copy of it as it was: \d+\.\d MiB are needed for it/,
    )
    expect(readdirSync(data)).toEqual(['chatd.db'])
    expect((await textsOf(data)).texts.length).toBeGreaterThan(0)
  })

  test('a start tells of the copy, and removes what a killed restore left', async () => {
    const data = oldLog()
    for (const end of ['', '-journal']) writeFileSync(`${logFile(data)}.restoring${end}`, 'half')
    const lines: string[] = []
    await prepareLog(data, pino({ base: {} }, { write: line => lines.push(line) }))
    expect(lines.join('')).toMatch(/"level":30.*"layout":7,"file":".*a copy of it as it was is/)
    expect(readdirSync(data).filter(name => name.includes('restoring'))).toEqual([])
  })
})
