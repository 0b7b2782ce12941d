import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { logFile } from '../../../../src/server/dataDirectory.ts'
import { checkLogFile, contentOf, layoutInHeader } from '../../../../src/server/log/sqlite/logFileReport.ts'
import { SCHEMA_VERSION } from '../../../../src/server/log/sqlite/schema.ts'
import { openSqliteLog } from '../../../../src/server/log/sqlite/sqliteLog.ts'
import { makeKilledLog, makeLog, snapshot } from '../../admin/logs.ts'
import { temporaryDirectory } from '../../directory.ts'
import { append } from '../logContract.ts'

const UNTOUCHED = new URL('../../../../src/server/log/sqlite/untouchedLog.ts', import.meta.url).href
const LAYOUTS = readdirSync(join(import.meta.dirname, 'layouts'))
  .map(name => Number.parseInt(name, 10))
  .filter(layout => layout < SCHEMA_VERSION)

function report(file: string) {
  const checked = checkLogFile(file)
  if (!checked.ok) throw new Error(checked.error)
  return checked.value
}

function problem(file: string): string {
  const checked = checkLogFile(file)
  if (checked.ok) throw new Error('it is a log')
  return checked.error
}

describe('a check of a file', () => {
  test('says what a closed log holds, and leaves it and its directory as they were', async () => {
    const directory = temporaryDirectory()
    const before = Date.now()
    const file = await makeLog(directory, 'one', 'two')
    const tree = snapshot(directory)
    const { ok, lines, content, layout } = report(file)
    expect({ ok, layout }).toEqual({ ok: true, layout: SCHEMA_VERSION })
    expect(content).toMatchObject({ events: 2, rooms: 1 })
    expect(content?.newest).toBeGreaterThanOrEqual(before)
    expect(lines.join('\n')).toMatch(
      /^file: .* [KM]iB\nintegrity: ok\norder: .*\nreferences: .*\nids: .*\nlayout: .*\ncontent: 2 events in 1 room, until 2/,
    )
    expect(snapshot(directory)).toEqual(tree)
  })

  test('works on a log in use, while others write, and through a link', async () => {
    const directory = temporaryDirectory()
    const opened = await openSqliteLog(logFile(directory))
    if (!opened.ok) throw new Error(opened.error)
    await append(opened.value, { text: 'one' })
    const link = join(temporaryDirectory(), 'link.db')
    symlinkSync(logFile(directory), link)
    const writing = Promise.all(Array.from({ length: 200 }, (_, i) => append(opened.value, { text: `${i}` })))
    expect(report(logFile(directory)).content?.events).toBeGreaterThanOrEqual(1)
    await writing
    expect(report(logFile(directory)).content?.events).toBe(201)
    expect(contentOf(logFile(directory))?.events).toBe(201)
    expect(report(link).ok).toBe(true)
    expect(readdirSync(directory).sort()).toEqual(['chatd.db', 'chatd.db-shm', 'chatd.db-wal'])
    await opened.value.close()
  })

  test('reads a copy made by hand with its write-ahead log, and changes neither', async () => {
    const directory = temporaryDirectory()
    const file = await makeKilledLog(directory, 'one', 'two', 'three')
    const tree = snapshot(directory)
    expect(report(file).content?.events).toBe(3)
    expect(snapshot(directory)).toEqual(tree)
  })

  test('removes the copies that killed checks left, and nothing else', async () => {
    const file = await makeKilledLog(temporaryDirectory(), 'one')
    const temporary = temporaryDirectory()
    vi.stubEnv('TMPDIR', temporary)
    onTestFinished(() => void vi.unstubAllEnvs())
    const program = `const { openUntouched } = await import(${JSON.stringify(UNTOUCHED)})
      openUntouched(${JSON.stringify(file)})
      process.kill(process.pid, 'SIGKILL')`
    const killed = spawnSync(process.execPath, ['--input-type=module', '-e', program])
    expect(killed.signal).toBe('SIGKILL')
    expect(readdirSync(temporary)).toEqual([expect.stringMatching(/^chatd-check-\d+-\w{6}$/)])
    const others = [
      `chatd-check-${process.ppid}-abcdef`,
      'chatd-check-abcdef',
      `chatd-check-${killed.pid}-abc`,
    ]
    for (const name of others) mkdirSync(join(temporary, name))
    const [a, b] = [`chatd-check-${killed.pid}-aaaaaa`, `chatd-check-${killed.pid}-bbbbbb`]
    writeFileSync(join(temporary, a), 'a file')
    symlinkSync(dirname(file), join(temporary, b))
    expect(report(file).content?.events).toBe(1)
    expect(readdirSync(temporary).sort()).toEqual([...others, a, b].sort())
    if (process.getuid?.() !== 0) return
    rmSync(join(temporary, a))
    mkdirSync(join(temporary, a))
    chownSync(join(temporary, a), 65_534, 65_534)
    report(file)
    expect(readdirSync(temporary).sort()).toEqual([...others, a, b].sort())
  })

  test.each(LAYOUTS)('reads layout %i', layout => {
    const file = join(temporaryDirectory(), 'old.db')
    writeFileSync(file, gunzipSync(readFileSync(join(import.meta.dirname, `layouts/${layout}.db.gz`))))
    const found = report(file)
    expect(found).toMatchObject({ ok: true, layout })
    expect(found.lines.join('\n')).toContain('its next start brings it to that')
    expect(layoutInHeader(file)).toBe(layout)
  })

  test('says of what is no log what it is, and what to do', async () => {
    const directory = temporaryDirectory()
    const make = (name: string, bytes: string | Buffer): string => {
      writeFileSync(join(directory, name), bytes)
      return join(directory, name)
    }
    expect(problem(join(directory, 'nothing'))).toMatch(/^there is no file/)
    expect(problem(directory)).toMatch(/is a directory; name a file in it/)
    execFileSync('mkfifo', [join(directory, 'pipe')])
    expect(problem(join(directory, 'pipe'))).toMatch(/is no plain file/)
    expect(problem(make('empty', ''))).toMatch(/is empty/)
    expect(problem(make('garbage', randomBytes(100_000)))).toMatch(/compressed or encrypted, undo that first/)
    expect(problem(make('short', 'SQLite format 3\0'))).toMatch(/was cut short: it has 16 bytes/)
    const other = new DatabaseSync(join(directory, 'other.db'))
    other.exec('CREATE TABLE wine (year); PRAGMA user_version = 3')
    other.close()
    expect(problem(join(directory, 'other.db'))).toMatch(/of another program/)
  })

  test('finds a half copy, a newer layout, damaged pages, a broken order and events without an author', async () => {
    const log = await makeLog(
      temporaryDirectory(),
      ...Array.from({ length: 50 }, (_, i) => `${i} ${'x'.repeat(3_000)}`),
    )
    const copy = (): string => {
      const file = join(temporaryDirectory(), 'copy.db')
      copyFileSync(log, file)
      return file
    }
    const changed = (sql: string): string => {
      const file = copy()
      const database = new DatabaseSync(file)
      database.exec(`PRAGMA journal_mode = DELETE; ${sql}`)
      database.close()
      return file
    }
    const half = copy()
    truncateSync(half, readFileSync(half).length / 2)
    expect(problem(half)).toMatch(/was cut short: it has \d+ of \d+ bytes; copy it again/)
    expect(problem(changed('PRAGMA user_version = 99'))).toMatch(
      /newer chatd \(layout 99, .*use that version/,
    )
    const pages = copy()
    const bytes = readFileSync(pages)
    bytes.fill(0xa5, bytes.length - 60_000, bytes.length - 20_000)
    writeFileSync(pages, bytes)
    const damaged = checkLogFile(pages)
    expect(damaged.ok ? damaged.value.ok : damaged.error).toSatisfy(
      found => found === false || String(found).includes('is damaged'),
    )
    const broken = report(changed('UPDATE events SET prev = 1 WHERE seq = 10'))
    expect(broken).toMatchObject({ ok: false, content: undefined })
    expect(broken.lines.join('\n')).toContain('order: 1 events do not follow')
    const lost = report(changed('UPDATE events SET author = 99 WHERE seq > 48'))
    expect(lost.lines.join('\n')).toContain('references: 2 events have no room or no author')
    expect(report(changed('UPDATE log SET last = 3')).ok).toBe(false)
  })

  test.skipIf(process.getuid?.() !== 0)('reads a log on a disk that takes no write', async () => {
    const directory = join(temporaryDirectory(), 'disk')
    mkdirSync(directory)
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', directory])
    try {
      const file = await makeKilledLog(directory, 'one')
      execFileSync('mount', ['-o', 'remount,ro', directory])
      expect(report(file).content?.events).toBe(1)
    } finally {
      execFileSync('umount', ['--lazy', directory])
      rmSync(directory, { recursive: true, force: true })
    }
  })

  test.skipIf(process.getuid?.() === 0)('says who may read it', async () => {
    const file = await makeLog(temporaryDirectory(), 'one')
    chmodSync(file, 0)
    expect(problem(file)).toMatch(/cannot be read \(EACCES\); run this as its owner, or as root/)
  })
})
