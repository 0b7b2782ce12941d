import { expect, onTestFinished, test } from 'vitest'
import { logFile, openForWriting } from '../../src/server/database.ts'
import { Writer } from '../../src/server/writer.ts'
import { temporaryDirectory } from './directory.ts'

/** So many parts of one level, and SQLite merges all of them at once, however long that takes (FTS5, "crisismerge"). */
const CRISIS = 16

test('the index is merged a little with each slice, so that no commit ever merges all of it', () => {
  const database = openForWriting(logFile(temporaryDirectory()), 'epoch')
  onTestFinished(() => database.close())
  const writer = new Writer(database)
  // The number of a part is what stands above 37 bits in the number of its pages (FTS5's source, "FTS5_SEGMENT_ROWID").
  const parts = database.prepare(
    'SELECT count(DISTINCT id >> 37) AS parts FROM words_data WHERE id >= 1 << 37',
  )
  let most = 0
  for (let i = 0; i < 300; i++) {
    const body = { action: 'chat', message: `number ${i} of many` } as const
    writer.commit([{ entry: { roomKey: 'dev', roomName: 'dev', from: 'alice', body } }])
    writer.indexMore()
    most = Math.max(most, Number(parts.get()?.['parts']))
  }
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThan(CRISIS)
})
