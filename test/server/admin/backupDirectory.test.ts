import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { backUp } from '../../../src/server/admin/backup.ts'
import { type BackupPlace, backUpInto, lastBackup } from '../../../src/server/admin/backupDirectory.ts'
import { backupDirectory, logFile } from '../../../src/server/dataDirectory.ts'
import { temporaryDirectory } from '../directory.ts'
import { isRoot, makeLog, smallDisk, textsOf } from './logs.ts'

const NAME = /^chatd-\d{8}T\d{6}Z\.db$/
/** Beyond the process numbers that Linux gives. */
const DEAD = 4_999_999

function place(directory: string, more: Partial<BackupPlace> = {}): BackupPlace {
  return { directory, owner: dirname(directory), keep: 7, kind: 'nightly', prefix: 'chatd-', ...more }
}

async function prepared(): Promise<{ data: string; log: string; directory: string }> {
  const data = temporaryDirectory()
  return { data, log: await makeLog(data, 'kept'), directory: backupDirectory(data) }
}

/** Writes more than the middle of a file over, so that pages of it are damaged. */
function damage(file: string): void {
  const bytes = readFileSync(file)
  bytes.fill(0xa5, 8_192, bytes.length - 8_192)
  writeFileSync(file, bytes)
}

describe('backups that chatd names', () => {
  test('lie in a directory for the owner alone, under names with the time, and are logs', async () => {
    const { log, directory } = await prepared()
    const before = Date.now()
    const made = await backUpInto(log, place(directory))
    if (!made.ok) throw new Error(made.error.message)
    expect(readdirSync(directory)).toEqual([expect.stringMatching(NAME)])
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(statSync(made.value.file).mode & 0o777).toBe(0o600)
    expect(lastBackup(directory)).toBeGreaterThan(before - 1_000)
    expect(lastBackup(directory)).toBeLessThanOrEqual(Date.now())
    const copy = temporaryDirectory()
    writeFileSync(logFile(copy), readFileSync(made.value.file))
    expect((await textsOf(copy)).texts).toEqual(['kept'])
  })

  test('the newest stay and the oldest of this naming go, and nothing else', async () => {
    const { log, directory } = await prepared()
    mkdirSync(directory)
    const others = [
      'chatd-before-layout-8-20200101T000000Z.db',
      'chatd-20200101T000000Z.db.txt',
      'chatd-Mon.db',
      'notes',
      'chatd-20209999T000000Z.db',
    ]
    const old = [1, 2, 3, 4].map(day => `chatd-2020010${day}T000000Z.db`)
    for (const name of [...others, ...old]) writeFileSync(join(directory, name), name)
    mkdirSync(join(directory, 'chatd-20190101T000000Z.db'))
    const made = await backUpInto(log, place(directory, { keep: 3 }))
    if (!made.ok) throw new Error(made.error.message)
    expect(made.value.removed).toEqual([old[1], old[0]].map(name => join(directory, String(name))))
    const left = readdirSync(directory).filter(name => !others.includes(name))
    expect(left.sort()).toEqual([
      'chatd-20190101T000000Z.db',
      'chatd-20200103T000000Z.db',
      'chatd-20200104T000000Z.db',
      made.value.file.slice(directory.length + 1),
    ])
  })

  test('two of one second do not meet, and one that a wrong clock named does not count as the last', async () => {
    const { log, directory } = await prepared()
    const both = [await backUpInto(log, place(directory)), await backUpInto(log, place(directory))]
    expect(both.map(({ ok }) => ok)).toEqual([true, true])
    writeFileSync(join(directory, 'chatd-20990101T000000Z.db'), '')
    expect(readdirSync(directory)).toHaveLength(3)
    expect(Date.now() - (lastBackup(directory) ?? 0)).toBeLessThan(10_000)
    expect(await backUpInto(log, place(directory, { keep: 1 }))).toMatchObject({ ok: true })
    expect(readdirSync(directory).filter(name => !name.includes('2099'))).toHaveLength(1)
    expect(lastBackup(join(directory, 'nowhere'))).toBeUndefined()
  })

  test('what dead processes left goes, what living ones write stays', async () => {
    const { log, directory } = await prepared()
    mkdirSync(directory)
    const left = [
      `chatd-20200101T000000Z.db.${DEAD}.part`,
      `chatd-20200101T000000Z.db.${DEAD}.part-journal`,
      `chatd-20200101T000000Z.db.${process.pid}.part`,
      `chatd-before-layout-8-20200101T000000Z.db.${DEAD}.part`,
    ]
    const stays = [`chatd-20200101T000000Z.db.${process.ppid}.part`, `thesis.db.${DEAD}.part`]
    for (const name of [...left, ...stays]) writeFileSync(join(directory, name), '')
    expect(await backUpInto(log, place(directory))).toMatchObject({ ok: true })
    expect(readdirSync(directory).filter(name => !NAME.test(name))).toEqual(stays.sort())
  })

  test('a damaged log pushes out no good copy', async () => {
    const { log, directory } = await prepared()
    mkdirSync(directory)
    writeFileSync(join(directory, 'chatd-20200101T000000Z.db'), 'good')
    damage(log)
    expect(await backUpInto(log, place(directory, { keep: 1 }))).toMatchObject({
      ok: false,
      error: {
        message: expect.stringMatching(
          /^no backup was made, and older ones are as they were: .* is damaged .*restore/,
        ),
      },
    })
    expect(readdirSync(directory)).toEqual(['chatd-20200101T000000Z.db'])
  })

  test.skipIf(!isRoot)(
    'by root, a configured directory and what it holds belong to the owner of the data',
    async () => {
      const { log, data } = await prepared()
      const other = 65_534
      chownSync(data, other, other)
      const directory = join(temporaryDirectory(), 'made', 'backups')
      const made = await backUpInto(log, place(directory, { owner: data }))
      if (!made.ok) throw new Error(made.error.message)
      for (const path of [dirname(directory), directory, made.value.file])
        expect([path, statSync(path).uid]).toEqual([path, other])
      // One that is there already stays as it is.
      const roots = temporaryDirectory()
      const second = await backUpInto(log, place(roots, { owner: data }))
      expect([statSync(roots).uid, second.ok && statSync(second.value.file).uid]).toEqual([0, 0])
    },
  )

  test('a directory that cannot be made is a sentence', async () => {
    const { log, data } = await prepared()
    writeFileSync(join(data, 'file'), '')
    expect(await backUpInto(log, place(join(data, 'file', 'backups')))).toMatchObject({
      error: { message: expect.stringContaining('choose another directory with --directory') },
    })
  })

  test.skipIf(!isRoot)('on a full disk nothing is lost, and no half copy stays', async () => {
    const data = temporaryDirectory()
    const log = await makeLog(data, ...Array.from({ length: 200 }, (_, i) => `${i} ${'x'.repeat(10_000)}`))
    const directory = smallDisk('1m')
    writeFileSync(join(directory, 'chatd-20200101T000000Z.db'), 'good')
    expect(await backUpInto(log, place(directory, { owner: undefined, keep: 1 }))).toMatchObject({
      ok: false,
      error: {
        message: expect.stringMatching(
          /[23]\.\d MiB are needed for it, and [\d.]+ [KM]iB are free; make room.*older backups are as they were/,
        ),
      },
    })
    // Where the room goes while the copy is made.
    expect(await backUp(log, join(directory, 'chatd-20270101T000000Z.db'))).toMatchObject({
      ok: false,
      error: {
        message: expect.stringMatching(/the disk is full; make room.*older backups are as they were/),
      },
    })
    expect(readdirSync(directory)).toEqual(['chatd-20200101T000000Z.db'])
  })
})
