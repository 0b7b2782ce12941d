import { expect, onTestFinished, test } from 'vitest'
import { openForWriting } from '../../../../../src/server/log/sqlite/database.ts'
import { Writer } from '../../../../../src/server/log/sqlite/worker/writer.ts'
import { temporaryDirectory } from '../../../directory.ts'

test('a start walks through no index of all events', () => {
  const database = openForWriting(`${temporaryDirectory()}/chatd.db`, 'epoch')
  onTestFinished(() => database.close())
  const prepared: string[] = []
  const prepare = database.prepare.bind(database)
  database.prepare = sql => {
    prepared.push(sql)
    return prepare(sql)
  }
  new Writer(database).contents()
  const aboutEvents = prepared.filter(sql => sql.includes('FROM events'))
  expect(aboutEvents.length).toBeGreaterThan(1)
  for (const sql of aboutEvents) {
    const steps = prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
    expect(
      steps.map(({ detail }) => String(detail)).filter(detail => detail.startsWith('SCAN events')),
    ).toEqual([])
  }
})
