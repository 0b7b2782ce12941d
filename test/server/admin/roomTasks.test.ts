import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { runTask } from '../../../src/server/admin/tasks.ts'
import { openSqliteLog } from '../../../src/server/log/sqlite/sqliteLog.ts'
import { temporaryDirectory } from '../directory.ts'
import { objects, startOperated } from '../operator.ts'
import { eventually, Peer } from '../peer.ts'

const isJson = true

/** Everything that a log has on the disk. */
function bytesIn(directory: string): string {
  return readdirSync(directory)
    .filter(name => name.startsWith('log.db'))
    .map(name => readFileSync(join(directory, name), 'latin1'))
    .join('')
}

test('room list shows the newest first, those without events, people, topics; topic reaches members', async () => {
  const server = await startOperated()
  const alice = await Peer.full(server, 'alice')
  for (const room of ['Dev', 'ops', 'empty']) await alice.ask({ action: 'joinroom', room })
  await alice.ask({ action: 'chat', room: 'ops', message: 'one' })
  await alice.ask({ action: 'chat', room: 'dev', message: 'two' })
  const set = await server.run({ task: 'roomTopic', room: 'DEV', topic: 'release on Friday', isJson })
  expect(objects(set)).toEqual([{ room: 'Dev', seq: 3 }])
  expect(await alice.next('topic')).toMatchObject({
    room: 'Dev',
    topic: 'release on Friday',
    from: 'chatd',
    prev: 2,
  })
  expect(objects(await server.run({ task: 'roomList', isJson }))).toMatchObject([
    { room: 'Dev', people: 1, topic: 'release on Friday', last: 3, lastAt: expect.stringMatching(/^20/) },
    { room: 'ops', people: 1, topic: '', last: 1 },
    { room: 'empty', people: 1, topic: '', last: 0 },
  ])
  expect((await server.run({ task: 'roomList', isJson: false })).lines[1]).toMatch(
    /^Dev +1 +20\S+ release on Friday$/,
  )
  for (const [room, topic, code] of [
    ['nowhere', 'x', 'unknown'],
    ['@alice', 'x', 'invalid'],
    ['dev', 'x'.repeat(513), 'invalid'],
    ['dev', '\u009b2J', 'invalid'],
  ] as const)
    expect((await server.run({ task: 'roomTopic', room, topic, isJson })).result).toMatchObject({
      error: { code },
    })
  expect((await server.run({ task: 'roomTopic', room: 'dev', topic: '', isJson })).result?.ok).toBe(true)
  expect(await server.log.audit(undefined, 1)).toMatchObject([
    { deed: 'setTopic', detail: expect.stringMatching(/^room Dev, by /) },
  ])
  // A look-alike is named, where the room itself is not there.
  const like = await server.run({ task: 'roomDelete', room: 'd\u0435v', isJson })
  expect(like.result).toMatchObject({
    error: { code: 'unknown', message: expect.stringContaining('"Dev" looks like it') },
  })
})

test('delete: every kind of member is told, nothing is left, and a later room of the name is another one', async () => {
  const server = await startOperated()
  const alice = await Peer.full(server, 'alice')
  const session = String((await alice.next('welcome'))['session'])
  const plain = await Peer.plain(server, 'carol')
  plain.send({ action: 'joinroom', room: 'dev' })
  const first = await alice.ask({ action: 'joinroom', room: 'dev' })
  await alice.ask({ action: 'joinroom', room: 'ops' })
  for (let n = 0; n < 100; n++)
    await alice.ask({ action: 'chat', room: 'dev', message: `sesquipedalian${n} for @carol` })
  await alice.ask({ action: 'chat', room: 'ops', message: 'kept' })
  await alice.ask({ action: 'topic', room: 'dev', topic: 'quixotic' })
  await server.log.setRetention('dev', { days: 5 })
  const deleted = await server.run({ task: 'roomDelete', room: 'DEV', isJson })
  expect(objects(deleted)).toEqual([{ room: 'dev', removed: 101 }])
  expect(await alice.next('ended')).toEqual({ action: 'ended', room: 'dev' })
  expect(await alice.next('notice')).toMatchObject({
    message: expect.stringContaining('deleted the room "dev"'),
  })
  expect(await plain.next('error')).toMatchObject({ code: 'not_found', from: 'chatd' })
  expect(await alice.ask({ action: 'chat', room: 'dev', message: 'late' })).toMatchObject({
    code: 'not_in_room',
  })
  expect(await alice.ask({ action: 'history', room: 'dev' })).toMatchObject({ code: 'not_in_room' })
  expect(await alice.ask({ action: 'search', query: 'sesquipedalian7' })).toMatchObject({ hits: [] })
  const list = await alice.ask({ action: 'rooms' })
  expect(list['rooms']).toMatchObject([{ room: 'ops' }])
  expect(await server.log.retentions()).toEqual([])
  expect((await server.log.check()).ok).toBe(true)
  expect(objects(await server.run({ task: 'roomList', isJson }))).toMatchObject([{ room: 'ops' }])
  expect(await server.run({ task: 'roomDelete', room: 'dev', isJson })).toMatchObject({
    result: { error: { code: 'unknown' } },
  })
  await eventually(() => server.log.purge())
  expect(bytesIn(server.directory)).not.toMatch(/sesquipedalian|quixotic/)
  // The next room of the name: a client that holds the old one starts afresh, with and without the epoch.
  const second = await Peer.full(server, 'alice', session)
  const resume = { action: 'joinroom', room: 'dev', since: 100 }
  const again = await second.ask({ ...resume, epoch: first['epoch'] })
  expect(again).toMatchObject({ first: 0, last: 0, topic: '', read: 0 })
  expect(again['epoch']).not.toBe(first['epoch'])
  await second.ask({ action: 'chat', room: 'dev', message: 'new' })
  const third = await Peer.full(server, 'alice', session)
  const joined = await third.ask({ ...resume, epoch: first['epoch'] })
  expect(joined).toMatchObject({ epoch: again['epoch'] })
  expect(Number(joined['last'])).toBeGreaterThan(100)
  expect(await third.ask(resume)).toMatchObject({ epoch: again['epoch'] })
  await third.ask({ action: 'ping' })
  expect(third.frames.filter(({ action }) => action === 'chat')).toEqual([])
  // A client that knows the new room resumes in it.
  await third.ask({ ...resume, since: 0, epoch: again['epoch'] })
  expect(await third.next('chat')).toMatchObject({ message: 'new', prev: 0 })
})

test('delete: what is on its way is refused, and no commit of others waits long', async () => {
  const server = await startOperated()
  const alice = await Peer.full(server, 'alice')
  const bob = await Peer.full(server, 'bob')
  await alice.ask({ action: 'joinroom', room: 'dev' })
  await bob.ask({ action: 'joinroom', room: 'ops' })
  await Promise.all(
    [...Array(2_000).keys()].map(n => alice.ask({ action: 'chat', room: 'dev', message: `m ${n}` })),
  )
  const deleting = Promise.all([
    server.run({ task: 'roomDelete', room: 'dev', isJson }),
    server.run({ task: 'roomDelete', room: 'dev', isJson }),
  ])
  const flood = [...Array(200).keys()].map(n =>
    alice.ask({ action: 'chat', room: 'dev', message: `late ${n}` }),
  )
  let slowest = 0
  let isOver = false
  const timing = (async () => {
    while (!isOver) {
      const began = performance.now()
      expect(await bob.ask({ action: 'chat', room: 'ops', message: 'in between' })).toMatchObject({
        room: 'ops',
      })
      slowest = Math.max(slowest, performance.now() - began)
    }
  })()
  const answers = await deleting
  isOver = true
  await timing
  expect(answers.filter(({ result }) => result?.ok)).toHaveLength(1)
  const late = await Promise.all(flood)
  // Each was stored before the room ended, or refused.
  for (const answer of late) expect(['not_found', 'not_in_room', undefined]).toContain(answer['code'])
  const stored = late.filter(({ code }) => code === undefined).length
  const [done] = answers.flatMap(objects)
  expect(done).toEqual({ room: 'dev', removed: 2_000 + stored })
  expect(server.log.head('dev')).toBeUndefined()
  expect(slowest).toBeLessThan(2_000)
})

test('delete goes on after a crash, also without a daemon; meanwhile the name is taken', async () => {
  const server = await startOperated()
  const alice = await Peer.full(server, 'alice')
  await alice.ask({ action: 'joinroom', room: 'dev' })
  for (let n = 0; n < 50; n++) await alice.ask({ action: 'chat', room: 'dev', message: `pterodactyl ${n}` })
  // The daemon dies before the first slice.
  await server.log.endRoom('dev', { deed: 'deleteRoom', detail: 'room dev' })
  expect(await alice.ask({ action: 'joinroom', room: 'dev' })).toMatchObject({
    code: 'rate_limited',
    retryAfter: 2_000,
  })
  expect((await server.log.newestRooms(undefined, 1_000, 10)).length).toBe(0)
  await server.daemon.stop()
  const opened = await openSqliteLog(join(server.directory, 'log.db'))
  if (!opened.ok) throw new Error(opened.error)
  const log = opened.value
  await eventually(() => !log.isEnding('dev'))
  expect(log.endedAt('dev')).toBe(50)
  const lines: string[] = []
  const context = {
    log,
    print: async (line: string) => lines.push(line) > 0,
    keyPair: () => ({ ok: false, error: 'none' }) as const,
    accounts: () => undefined,
    live: () => undefined,
    config: undefined,
    status: undefined,
    by: { user: 'root', uid: 0 },
  }
  expect(await runTask({ task: 'roomList', isJson }, context)).toMatchObject({ ok: true })
  expect(lines).toEqual([])
  await new Promise(resolve =>
    log.append(
      { kind: 'event', roomKey: 'dev', roomName: 'dev', from: 'a', body: { action: 'chat', message: 'x' } },
      resolve,
    ),
  )
  expect(await runTask({ task: 'roomDelete', room: 'dev', isJson: false }, context)).toMatchObject({
    ok: true,
  })
  expect(lines[0]).toBe('dev: deleted, with 1 events')
  expect(await log.audit(undefined, 1)).toMatchObject([
    { deed: 'deleteRoom', detail: 'room dev, by root (uid 0)' },
  ])
  await log.close()
})

test('a log of the layout before rooms were deleted takes deletions', async () => {
  const file = join(temporaryDirectory(), 'log.db')
  const older = join(import.meta.dirname, '../log/sqlite/layouts/7.db.gz')
  writeFileSync(file, gunzipSync(readFileSync(older)))
  const opened = await openSqliteLog(file)
  if (!opened.ok) throw new Error(opened.error)
  expect(opened.value.endedAt('dev')).toBe(0)
  expect(await opened.value.endRoom('dev', { deed: 'deleteRoom', detail: '' })).toEqual({
    ok: true,
    value: true,
  })
  expect(opened.value.isEnding('dev')).toBe(true)
  await opened.value.close()
})
