import {
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Result } from '../../../src/protocol/errors.ts'
import { backUp } from '../../../src/server/admin/backup.ts'
import { type Restore, restore } from '../../../src/server/admin/restore.ts'
import type { TaskFailure } from '../../../src/server/admin/taskFailure.ts'
import { lockDirectory, logFile } from '../../../src/server/dataDirectory.ts'
import { temporaryDirectory } from '../directory.ts'
import { isRoot, makeKilledLog, makeLog, smallDisk, snapshot, textsOf } from './logs.ts'

const OTHER_USER = 65_534

/** A backup with one message. */
async function makeBackup(text = 'from the backup'): Promise<string> {
  const source = await makeLog(temporaryDirectory(), text)
  const file = join(temporaryDirectory(), 'backup.db')
  const made = await backUp(source, file)
  if (!made.ok) throw new Error(made.error.message)
  return file
}

interface Ran {
  readonly result: Result<undefined, TaskFailure>
  readonly out: string
  readonly asked: readonly string[]
}

async function run(
  directory: string,
  file: string,
  { answer = true, ...more }: Partial<Restore> & { readonly answer?: boolean } = {},
): Promise<Ran> {
  const [out, asked]: [string[], string[]] = [[], []]
  const result = await restore(
    directory,
    { task: 'restore', file, isDryRun: false, asks: false, ...more },
    {
      print: async line => out.push(line),
      confirm: async question => {
        asked.push(question)
        return answer
      },
    },
  )
  return { result, out: out.join('\n'), asked }
}

function refused(message: RegExp) {
  return { ok: false, error: { message: expect.stringMatching(message) } }
}

function keptIn(directory: string): readonly string[] {
  return readdirSync(directory).filter(name => name.includes('.before-restore-'))
}

describe('a restore', () => {
  test('puts the backup in place with an epoch of its own, keeps what was there, and can be undone', async () => {
    const data = temporaryDirectory()
    const log = await makeLog(data, 'old one', 'old two')
    const old = await textsOf(data)
    const file = await makeBackup()
    const bytes = readFileSync(file)
    const { result, out } = await run(data, file)
    expect(result).toEqual({ ok: true, value: undefined })
    expect(out).toMatch(/log: the one that is there holds 2 events in 1 room, until /)
    expect(out).toMatch(/chatd\.db holds 1 event in 1 room, until 2.*\nkept: .*before-restore-/)
    expect(readFileSync(file).equals(bytes)).toBe(true)
    expect(statSync(log).mode & 0o777).toBe(0o600)
    const now = await textsOf(data)
    expect(now.texts).toEqual(['from the backup'])
    const epoch = new DatabaseSync(file, { readOnly: true }).prepare('SELECT epoch FROM log').get()?.['epoch']
    expect([old.epoch, epoch]).not.toContain(now.epoch)
    const [kept] = keptIn(data)
    expect(readdirSync(data).sort()).toEqual(['chatd.db', 'chatd.db.clean', String(kept), 'lock'].sort())
    expect((await run(data, join(data, String(kept)))).result.ok).toBe(true)
    expect((await textsOf(data)).texts).toEqual(['old one', 'old two'])
  })

  test('of a log that a killed daemon left keeps its newest messages', async () => {
    const data = temporaryDirectory()
    await makeKilledLog(data, 'one', 'two', 'three')
    expect((await run(data, await makeBackup())).result.ok).toBe(true)
    expect((await textsOf(data)).texts).toEqual(['from the backup'])
    const again = temporaryDirectory()
    copyFileSync(join(data, String(keptIn(data)[0])), logFile(again))
    expect((await textsOf(again)).texts).toEqual(['one', 'two', 'three'])
  })

  test('takes a copy made by hand with its write-ahead log, and an older layout', async () => {
    const data = temporaryDirectory()
    const raw = await makeKilledLog(temporaryDirectory(), 'one', 'two')
    expect((await run(data, raw)).result.ok).toBe(true)
    expect((await textsOf(data)).texts).toEqual(['one', 'two'])
    const layouts = join(import.meta.dirname, '../log/sqlite/layouts')
    const old = join(temporaryDirectory(), 'old.db')
    writeFileSync(old, gunzipSync(readFileSync(join(layouts, '5.db.gz'))))
    const { result, out } = await run(data, old)
    expect(result.ok).toBe(true)
    expect(out).toContain('layout: 5 ')
    expect((await textsOf(data)).texts.length).toBeGreaterThan(0)
  })

  test('makes the data directory of a new host, for its owner alone, and says what is missing', async () => {
    const data = join(temporaryDirectory(), 'new', 'chatd')
    const { result, out } = await run(data, await makeBackup())
    expect(result.ok).toBe(true)
    expect(out).toMatch(/does not exist and is made, for the user/)
    expect(out).toContain('there is no tls.pem')
    expect(statSync(data).mode & 0o777).toBe(0o700)
    expect((await textsOf(data)).texts).toEqual(['from the backup'])
  })

  test('a dry run says all of it and changes nothing, also while a daemon runs', async () => {
    const data = temporaryDirectory()
    await makeLog(data, 'old')
    const lock = lockDirectory(data)
    if (!lock.ok) throw new Error(lock.error)
    onTestFinished(() => lock.value.release())
    const file = await makeBackup()
    const [tree, other] = [snapshot(data), snapshot(join(file, '..'))]
    const { result, out, asked } = await run(data, file, { isDryRun: true, asks: true })
    expect(result.ok).toBe(true)
    expect(asked).toEqual([])
    expect(out).toMatch(
      /content: 1 event in 1 room.*\nroom: .*free\nlog: .*\na daemon uses .* \(process \d+\): stop it.*\nnothing was changed/,
    )
    expect(await run(data, file)).toMatchObject({ out: '', result: refused(/in use by a chatd \(process/) })
    expect([snapshot(data), snapshot(join(file, '..'))]).toEqual([tree, other])
    const missing = join(data, 'no', 'such')
    expect((await run(missing, file, { isDryRun: true })).result.ok).toBe(true)
    expect(existsSync(join(data, 'no'))).toBe(false)
  })

  test('asks first, and a no changes nothing', async () => {
    const data = temporaryDirectory()
    await makeLog(data, 'old')
    const tree = snapshot(data)
    const file = await makeBackup()
    const { result, asked } = await run(data, file, { asks: true, answer: false })
    expect(result).toMatchObject(refused(/^nothing was changed$/))
    expect(asked).toEqual([expect.stringMatching(/^Put 1 event in 1 room, until .* in the place of the log/)])
    expect(snapshot(data)).toEqual(tree)
    expect((await run(data, file, { asks: true })).result.ok).toBe(true)
  })

  test('refuses what is no good backup, the log itself, and a link, and changes nothing', async () => {
    const data = temporaryDirectory()
    const log = await makeLog(data, 'old')
    const second = join(temporaryDirectory(), 'second.db')
    linkSync(log, second)
    const file = await makeBackup()
    const newer = new DatabaseSync(file)
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    const tree = snapshot(data)
    const cases: readonly (readonly [string, RegExp])[] = [
      [log, /is the log of .* itself/],
      [second, /is the log of .* itself/],
      [file, /newer chatd .*nothing was changed/],
      [join(data, 'nothing'), /there is no file/],
      [data, /is a directory/],
      [import.meta.filename, /is no log of chatd/],
    ]
    for (const [given, message] of cases)
      expect((await run(data, given)).result).toMatchObject(refused(message))
    expect(snapshot(data)).toEqual(tree)
    const linked = temporaryDirectory()
    symlinkSync(log, logFile(linked))
    expect((await run(linked, await makeBackup())).result).toMatchObject(refused(/is a link/))
  })

  test('replaces a damaged log, and keeps all of its files', async () => {
    const data = temporaryDirectory()
    const log = await makeKilledLog(data, 'old')
    const wal = readFileSync(`${log}-wal`)
    writeFileSync(log, 'no log at all')
    writeFileSync(`${log}.saving`, 'half')
    const { result, out } = await run(data, await makeBackup())
    expect(result.ok).toBe(true)
    expect(out).toContain('the one that is there cannot be read')
    const kept = keptIn(data)
    expect(kept).toHaveLength(3)
    expect(kept.map(name => name.replace(/.*Z/, ''))).toEqual(['', '-wal', '.saving'])
    expect(readFileSync(join(data, String(kept[0])), 'utf8')).toBe('no log at all')
    expect(readFileSync(join(data, String(kept[1]))).equals(wal)).toBe(true)
    expect((await textsOf(data)).texts).toEqual(['from the backup'])
  })

  test('waits for no program that has the log open, and says so', async () => {
    const data = temporaryDirectory()
    const log = await makeLog(data, 'old')
    const shell = new DatabaseSync(log)
    shell.exec('BEGIN; SELECT * FROM log')
    onTestFinished(() => shell.close())
    expect((await run(data, await makeBackup())).result).toMatchObject(refused(/in use by another program/))
    expect(keptIn(data)).toEqual([])
    expect(readdirSync(data).filter(name => name.includes('restoring'))).toEqual([])
  })

  test.skipIf(!isRoot)('by root gives the files to the owner of the directory', async () => {
    const data = temporaryDirectory()
    chownSync(data, OTHER_USER, OTHER_USER)
    expect((await run(data, await makeBackup())).result.ok).toBe(true)
    for (const name of readdirSync(data))
      expect([name, statSync(join(data, name)).uid]).toEqual([name, OTHER_USER])
    const fresh = join(data, 'new', 'host')
    expect((await run(fresh, await makeBackup())).result.ok).toBe(true)
    for (const path of [fresh, join(data, 'new'), logFile(fresh)]) expect(statSync(path).uid).toBe(OTHER_USER)
  })

  test.skipIf(!isRoot)('from another file system; on a full disk nothing changes', async () => {
    const disk = smallDisk('1m')
    const data = join(disk, 'data')
    mkdirSync(data)
    await makeLog(data, 'old')
    expect((await run(data, await makeBackup())).result.ok).toBe(true)
    expect((await textsOf(data)).texts).toEqual(['from the backup'])
    const before = readdirSync(data)
    const large = await makeBackup('x'.repeat(2_000_000))
    const { result, out } = await run(data, large)
    expect(out).toContain('room: that is too little; make room first')
    expect(result).toMatchObject(refused(/the disk is full; make room; nothing was changed/))
    expect(readdirSync(data)).toEqual(before)
    expect((await textsOf(data)).texts).toEqual(['from the backup'])
  })
})
