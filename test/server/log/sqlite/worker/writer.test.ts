import { expect, onTestFinished, test } from 'vitest'
import { logFile } from '../../../../../src/server/dataDirectory.ts'
import { openForWriting } from '../../../../../src/server/log/sqlite/database.ts'
import { Writer } from '../../../../../src/server/log/sqlite/worker/writer.ts'
import { temporaryDirectory } from '../../../directory.ts'

test('a clock that is set back changes nothing but the times that are shown: order is seq', () => {
  const database = openForWriting(logFile(temporaryDirectory()), 'epoch')
  onTestFinished(() => database.close())
  let now = 1_000_000
  const writer = new Writer(database)
  const say = (message: string) =>
    writer.commit({
      ts: now,
      entries: [
        { kind: 'event', roomKey: 'dev', roomName: 'dev', from: 'alice', body: { action: 'chat', message } },
      ],
    })[0]
  expect(say('first')).toEqual({ kind: 'stored', seq: 1, ts: 1_000_000, prev: 0 })
  now = 5
  expect(say('second')).toEqual({ kind: 'stored', seq: 2, ts: 5, prev: 1 })
})

test('an id that was used before leaves no empty room behind', () => {
  const database = openForWriting(logFile(temporaryDirectory()), 'epoch')
  onTestFinished(() => database.close())
  const writer = new Writer(database)
  const say = (roomKey: string) => {
    const body = { action: 'chat', message: 'hello' } as const
    const entry = { kind: 'event', roomKey, roomName: roomKey, from: 'alice', id: 'same', body } as const
    return writer.commit({ ts: 1, entries: [entry] })[0]
  }
  expect(say('dev')).toMatchObject({ seq: 1 })
  expect(say('ops')).toMatchObject({ kind: 'refused', error: { code: 'id_reused' } })
  expect(database.prepare('SELECT key FROM rooms').all()).toEqual([{ key: 'dev' }])
})
