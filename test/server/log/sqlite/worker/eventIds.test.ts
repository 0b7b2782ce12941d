import { expect, onTestFinished, test } from 'vitest'
import { logFile } from '../../../../../src/server/dataDirectory.ts'
import { openForWriting } from '../../../../../src/server/log/sqlite/database.ts'
import { EventIds } from '../../../../../src/server/log/sqlite/worker/eventIds.ts'
import { seeded } from '../../../../seeded.ts'
import { temporaryDirectory } from '../../../directory.ts'

test('an author uses each id once, also those from before the table, in whatever order they come', () => {
  const database = openForWriting(logFile(temporaryDirectory()), 'epoch')
  onTestFinished(() => database.close())
  const random = seeded(5)
  const someId = (): string => String(Math.floor(random() * 400))
  const used = new Map<string, number>()
  database.exec(`
    CREATE TABLE before (author, id, seq, PRIMARY KEY (author, id));
    DROP VIEW earlier_event_ids;
    CREATE VIEW earlier_event_ids AS SELECT id, author, seq FROM before;
  `)
  const before = database.prepare('INSERT OR IGNORE INTO before VALUES (?, ?, ?)')
  for (let seq = 1; seq <= 100; seq++) {
    const [id, author] = [someId(), 1 + (seq % 2)]
    if (before.run(author, id, seq).changes === 1) used.set(`${author} ${id}`, seq)
  }
  const ids = new EventIds(database)
  for (let seq = 101; seq <= 2_000; seq++) {
    const [id, author] = [someId(), 1 + (seq % 3)]
    const key = `${author} ${id}`
    expect(ids.find(id, author)).toBe(used.get(key))
    expect(ids.take(id, author, seq)).toBe(!used.has(key))
    if (!used.has(key)) used.set(key, seq)
  }
  expect(used.size).toBeGreaterThan(900)
})

test('an id is free once its event is removed', () => {
  const database = openForWriting(logFile(temporaryDirectory()), 'epoch')
  onTestFinished(() => database.close())
  const ids = new EventIds(database)
  expect([ids.take('a', 1, 1), ids.take('a', 1, 2), ids.take('a', 2, 3)]).toEqual([true, false, true])
  database.exec(
    "INSERT INTO events (seq, room, prev, ts, author, action, id) VALUES (1, 1, 0, 0, 1, 'chat', 'a')",
  )
  ids.remove(1)
  expect([ids.find('a', 1), ids.find('a', 2)]).toEqual([undefined, 3])
  expect(ids.take('a', 1, 4)).toBe(true)
})
