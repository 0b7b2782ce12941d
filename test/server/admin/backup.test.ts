import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { backUp } from '../../../src/server/admin/backup.ts'
import { logFile } from '../../../src/server/dataDirectory.ts'
import type { LoggedEvent } from '../../../src/server/log/log.ts'
import { openSqliteLog, type SqliteLog } from '../../../src/server/log/sqlite/sqliteLog.ts'
import { temporaryDirectory } from '../directory.ts'
import { append } from '../log/logContract.ts'

async function openLog(directory: string): Promise<SqliteLog> {
  const opened = await openSqliteLog(logFile(directory))
  if (!opened.ok) throw new Error(opened.error)
  onTestFinished(() => opened.value.abandon())
  return opened.value
}

async function eventsOf(log: SqliteLog): Promise<readonly LoggedEvent[]> {
  return (await log.read('dev', { after: 0, limit: 10_000, maxBytes: 1_000_000_000 })).events
}

/** Says one thing after the other until told to stop; resolves then. */
function speaker(log: SqliteLog): () => Promise<void> {
  let isSpeaking = true
  const speaking = (async () => {
    while (isSpeaking) await append(log, { text: 'meanwhile' })
  })()
  return () => {
    isSpeaking = false
    return speaking
  }
}

describe('a backup', () => {
  test('ends while others go on sending, has every acknowledged message, and is a log of its own', async () => {
    const source = temporaryDirectory()
    const log = await openLog(source)
    // More than is copied between two commits.
    const before = Array.from({ length: 3_000 }, (_, i) => `before ${i} ${'x'.repeat(2_000)}`)
    await Promise.all(before.map(text => append(log, { text })))
    const target = temporaryDirectory()
    const quiet = speaker(log)
    const copied = await backUp(logFile(source), logFile(target))
    await quiet()
    expect(copied).toEqual({ ok: true, value: { bytes: statSync(logFile(target)).size } })
    expect(readdirSync(target)).toEqual(['chatd.db'])
    expect(statSync(logFile(target)).mode & 0o077).toBe(0)

    const copy = await openLog(target)
    expect(copy.epoch).not.toBe(log.epoch)
    const kept = await eventsOf(copy)
    const all = await eventsOf(log)
    expect(kept.map(event => event.seq)).toEqual(all.slice(0, kept.length).map(event => event.seq))
    // The moment is that of its beginning, when one thing was on its way: a copy that began again with each commit would
    // never end where commits are quick enough.
    expect([0, 1]).toContain(kept.length - before.length)
    expect((await copy.check()).ok).toBe(true)
  })

  test('overwrites no file, and leaves no file if it fails', async () => {
    const source = temporaryDirectory()
    const log = await openLog(source)
    await append(log, { text: 'kept' })
    const target = temporaryDirectory()
    expect(await backUp(logFile(source), logFile(target))).toMatchObject({ ok: true })
    const { mtimeMs } = statSync(logFile(target))
    expect(await backUp(logFile(source), logFile(target))).toMatchObject({
      error: { message: expect.stringContaining('is there already') },
    })
    expect(statSync(logFile(target)).mtimeMs).toBe(mtimeMs)
    expect(await backUp(logFile(source), join(target, 'no', 'such', 'place.db'))).toMatchObject({
      error: { message: expect.stringContaining('place.db could not be written: ENOENT') },
    })
    expect(readdirSync(target)).toEqual(['chatd.db'])
  })

  test('replaces an older one where that is asked for, and clears away what an interrupted one left', async () => {
    const source = temporaryDirectory()
    const log = await openLog(source)
    await append(log, { text: 'kept' })
    const target = temporaryDirectory()
    const file = join(target, 'night.db')
    writeFileSync(file, 'an older backup')
    // The first process number is beyond those that Linux gives; the second is the parent of this process.
    const running = `night.db.${process.ppid}.part-journal`
    for (const name of [
      'night.db.4999999.part',
      'night.db.4999999.part-journal',
      running,
      'night.db.1.part.txt',
    ])
      writeFileSync(join(target, name), '')
    expect(await backUp(logFile(source), file, { replaces: true })).toMatchObject({ ok: true })
    expect(readdirSync(target).sort()).toEqual(['night.db', 'night.db.1.part.txt', running].sort())
    expect(readFileSync(file).subarray(0, 15).toString()).toBe('SQLite format 3')
    expect(await backUp(logFile(source), target, { replaces: true })).toMatchObject({ ok: false })
  })
})
