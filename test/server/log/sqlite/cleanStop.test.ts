import {
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { logFile } from '../../../../src/server/dataDirectory.ts'
import { noteCleanStop, takeCleanStop } from '../../../../src/server/log/sqlite/cleanStop.ts'
import { openSqliteLog, type SqliteLog } from '../../../../src/server/log/sqlite/sqliteLog.ts'
import { temporaryDirectory } from '../../directory.ts'

async function open(file: string): Promise<SqliteLog> {
  const opened = await openSqliteLog(file)
  if (!opened.ok) throw new Error(opened.error)
  onTestFinished(() => opened.value.abandon())
  return opened.value
}

async function say(log: SqliteLog, message: string): Promise<void> {
  const room = { roomKey: 'dev', roomName: 'dev' }
  await new Promise(resolve =>
    log.append({ kind: 'event', ...room, from: 'alice', body: { action: 'chat', message } }, resolve),
  )
}

/** A log of some hundred pages that was closed. */
async function closedLog(): Promise<string> {
  const file = logFile(temporaryDirectory())
  const log = await open(file)
  for (let at = 0; at < 100; at++) await say(log, `${at} ${'x'.repeat(4_000)}`)
  // A start reads the newest messages where their rooms have no place in the order yet. This gives them one.
  await log.newestRooms(undefined, Number.MAX_SAFE_INTEGER, 1)
  await log.close()
  return file
}

/** Overwrites pages in the middle of the messages. */
function damage(file: string): void {
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 16_384))
}

describe('the look at every page', () => {
  test('is left out after a clean stop', async () => {
    const file = await closedLog()
    damage(file)
    // As if the disk itself had done it: the note fits the file.
    noteCleanStop(file)
    const log = await openSqliteLog(file)
    expect(log.ok).toBe(true)
    if (log.ok) await log.value.close()
  })

  test('is made after an unclean end', async () => {
    const file = await closedLog()
    await (await open(file)).abandon()
    expect(existsSync(`${file}.clean`)).toBe(false)
    damage(file)
    expect(await openSqliteLog(file)).toMatchObject({ ok: false, error: expect.stringContaining('damaged') })
  })

  test.each<[string, (file: string) => void]>([
    ['was written by another program', damage],
    [
      'was restored from a copy',
      file => {
        copyFileSync(file, `${file}.copy`)
        renameSync(`${file}.copy`, file)
      },
    ],
    ['has a write-ahead log', file => writeFileSync(`${file}-wal`, 'committed after the note')],
    [
      'has a note of which half is there',
      file => writeFileSync(`${file}.clean`, readFileSync(`${file}.clean`).subarray(0, 9)),
    ],
    ['has an empty note', file => writeFileSync(`${file}.clean`, '')],
  ])('is made if the file %s since the stop', async (_, change) => {
    const file = await closedLog()
    change(file)
    expect(takeCleanStop(file)).toBe(false)
  })

  test('is made a second time, if the first start after a clean stop ended uncleanly', async () => {
    const file = await closedLog()
    expect(takeCleanStop(file)).toBe(true)
    expect(takeCleanStop(file)).toBe(false)
  })

  test('is left out again after a note that could not be read, as one of another user', async () => {
    const file = await closedLog()
    rmSync(`${file}.clean`)
    symlinkSync('/nowhere', `${file}.clean`)
    expect(takeCleanStop(file)).toBe(false)
    noteCleanStop(file)
    expect(takeCleanStop(file)).toBe(true)
  })
})
