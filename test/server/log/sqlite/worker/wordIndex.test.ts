import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { logFile } from '../../../../../src/server/dataDirectory.ts'
import type { EventBody } from '../../../../../src/server/log/entries.ts'
import { openForWriting } from '../../../../../src/server/log/sqlite/database.ts'
import { Writer } from '../../../../../src/server/log/sqlite/worker/writer.ts'
import { isRoot, smallDisk } from '../../../admin/logs.ts'
import { temporaryDirectory } from '../../../directory.ts'

/** So many parts of one level, and SQLite merges all of them at once, however long that takes (FTS5, "crisismerge"). */
const CRISIS = 16

/** The most parts that the index ever has while `say` is called 300 times, each for a transaction. */
function mostParts(database: DatabaseSync, say: (i: number) => void): number {
  // The number of a part is above 37 bits in the number of its pages (FTS5's source, "FTS5_SEGMENT_ROWID").
  const parts = database.prepare(
    'SELECT count(DISTINCT id >> 37) AS parts FROM words_data WHERE id >= 1 << 37',
  )
  let most = 0
  for (let i = 0; i < 300; i++) {
    say(i)
    most = Math.max(most, Number(parts.get()?.['parts']))
  }
  return most
}

describe('the index is merged a little in each transaction, so that no commit ever merges all of it', () => {
  const open = () => {
    const database = openForWriting(logFile(temporaryDirectory()), 'epoch')
    onTestFinished(() => database.close())
    const writer = new Writer(database)
    const store = (body: EventBody) => {
      const entry = {
        kind: 'event',
        roomKey: 'dev',
        roomName: 'dev',
        from: 'alice',
        session: 1,
        body,
      } as const
      writer.commit({ ts: 1, entries: [entry] })
    }
    return { database, writer, store }
  }

  test('while people talk', () => {
    const { database, writer, store } = open()
    const most = mostParts(database, i => {
      store({ action: 'chat', message: `number ${i} of many` })
      writer.indexMore()
    })
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThan(CRISIS)
  })

  test('while a member edits, and no new message comes', () => {
    const { database, writer, store } = open()
    for (let i = 0; i < 300; i++) store({ action: 'chat', message: `number ${i} of many` })
    writer.indexMore()
    const most = mostParts(database, i =>
      store({ action: 'edit', target: i + 1, message: `another text, ${i}` }),
    )
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThan(CRISIS)
  })
})

/** A log whose index is merged by the rule of FTS5 itself, as one of an older chatd is. */
function openOlder(directory: string): DatabaseSync {
  const database = openForWriting(logFile(directory), 'epoch')
  onTestFinished(() => database.close())
  new Writer(database)
  database.exec("INSERT INTO words (words, rank) VALUES ('usermerge', 4)")
  return database
}

function mergedParts(database: DatabaseSync): unknown {
  return database.prepare("SELECT v FROM words_config WHERE k = 'usermerge'").get()?.['v']
}

describe('the index of an older file', () => {
  test('is merged by the same rule', () => {
    const database = openOlder(temporaryDirectory())
    expect(mergedParts(database)).toBe(4)
    new Writer(database)
    expect(mergedParts(database)).toBe(8)
  })

  test.skipIf(!isRoot)('is opened with a full disk too, and gets the rule when there is room', () => {
    const directory = smallDisk('1m')
    const database = openOlder(directory)
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    const ballast = join(directory, 'ballast')
    const fill = () => {
      for (;;) appendFileSync(ballast, Buffer.alloc(4_096))
    }
    expect(fill).toThrow('ENOSPC')
    new Writer(database)
    expect(mergedParts(database)).toBe(4)
    rmSync(ballast)
    new Writer(database)
    expect(mergedParts(database)).toBe(8)
  })
})
