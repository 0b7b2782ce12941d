import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { logFile } from '../../../../src/server/dataDirectory.ts'
import { openSqliteLog, type SqliteLog } from '../../../../src/server/log/sqlite/sqliteLog.ts'
import { temporaryDirectory } from '../../directory.ts'
import { append } from '../logContract.ts'

const DEED = { deed: 'renameRoom', detail: 'by root' }

async function open(directory: string): Promise<SqliteLog> {
  const opened = await openSqliteLog(logFile(directory))
  if (!opened.ok) throw new Error(opened.error)
  onTestFinished(() => opened.value.abandon())
  return opened.value
}

test('a room that was renamed is found by each of its names, over restarts, until it is deleted', async () => {
  const directory = temporaryDirectory()
  const before = await open(directory)
  await append(before, { text: 'one', roomName: 'Dev' })
  expect(before.leadsTo('infra')).toBe('infra')
  expect(await before.renameRoom({ roomKey: 'dev', name: 'Infra', nameKey: 'infra' }, DEED)).toEqual({
    ok: true,
    value: undefined,
  })
  // Events do not take the title away.
  await append(before, { text: 'two' })
  expect(before.head('dev')).toMatchObject({ key: 'dev', name: 'Dev', title: 'Infra', last: 2 })
  await before.close()
  const log = await open(directory)
  expect(log.head('dev')).toMatchObject({ key: 'dev', name: 'Dev', title: 'Infra', last: 2 })
  expect(log.head('infra')).toBeUndefined()
  expect(['dev', 'infra', 'other'].map(name => log.leadsTo(name))).toEqual(['dev', 'dev', 'other'])
  expect(log.roomLike('1nfra', '1nfra')).toBe('infra')
  expect(log.roomLike('d\u0435v', 'd\u0435v')).toBe('Infra')
  expect(log.roomLike('dev', 'infra')).toBeUndefined()
  expect(await log.audit(undefined, 2)).toMatchObject([DEED])
  expect((await log.check()).ok).toBe(true)
  expect(await log.renameRoom({ roomKey: 'web', name: 'x', nameKey: 'x' }, DEED)).toMatchObject({
    ok: true,
    value: { code: 'not_found' },
  })
  expect(await log.audit(undefined, 2)).toHaveLength(1)
  await log.endRoom('dev', { deed: 'deleteRoom', detail: '' })
  expect(log.leadsTo('infra')).toBe('dev')
  expect(log.isEnding('dev')).toBe(true)
  await log.sweepRoom('dev')
  expect(log.leadsTo('infra')).toBe('infra')
  expect([log.endedAt('dev'), log.endedAt('infra')]).toEqual([2, 2])
  await log.close()
})

test('the check finds names that lead nowhere', async () => {
  const directory = temporaryDirectory()
  const log = await open(directory)
  await append(log, { text: 'one' })
  await log.renameRoom({ roomKey: 'dev', name: 'infra', nameKey: 'infra' }, DEED)
  const database = new DatabaseSync(logFile(directory))
  onTestFinished(() => database.close())
  const finding = async (): Promise<string | undefined> =>
    (await log.check()).lines.find(line => line.startsWith('names'))
  expect(await finding()).toBe('names: every name of a room leads to it')
  database.exec("UPDATE room_names SET key = 'web'")
  expect(await finding()).toMatch(/^names: 1 names/)
  database.exec("UPDATE room_names SET key = 'infra', room = 77")
  expect(await finding()).toMatch(/^names: 2 names/)
  expect((await log.check()).ok).toBe(false)
  await log.close()
})
