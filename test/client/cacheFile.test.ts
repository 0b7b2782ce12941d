import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join as path } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { CacheFile, type KeptRoom } from '../../src/client/cacheFile.ts'
import type { ChatClient } from '../../src/client/client.ts'
import type { RoomView } from '../../src/client/room.ts'
import { fileName } from '../../src/client/stateFile.ts'
import { Timeline } from '../../src/client/timeline.ts'
import type { ChatEvent } from '../../src/protocol/events.ts'
import { temporaryDirectory } from '../server/directory.ts'
import { MemoryLog } from '../server/log/memoryLog.ts'
import { Peer, startServer } from '../server/peer.ts'
import { join, joined, texts, until } from './session.ts'

function openCache(directory: string): CacheFile {
  const cache = new CacheFile(directory, { host: '127.0.0.1', port: 1, username: 'alice' })
  onTestFinished(() => cache.close())
  return cache
}

/** A client that keeps what it sees in a directory; `session` is its secret of before. */
function keeping(port: number, directory: string, session?: string): ChatClient {
  return join(port, 'alice', ['dev'], {
    cache: openCache(directory),
    ...(session === undefined ? {} : { session }),
  })
}

async function sessionOf(client: ChatClient): Promise<string> {
  return new Promise(resolve =>
    client.subscribe(event => {
      if (event.type === 'session') resolve(event.session)
    }),
  )
}

async function say(client: ChatClient, room: RoomView, text: string): Promise<void> {
  client.say('dev', text)
  await until(client, () => texts(room).at(-1) === text)
}

test('cached messages are shown before the server answers, and only the rest is requested', async () => {
  const { port } = await startServer()
  const directory = temporaryDirectory()
  const first = keeping(port, directory)
  const session = await sessionOf(first)
  const room = await joined(first, 'dev')
  for (let i = 0; i < 5; i++) await say(first, room, `${i}`)
  await first.close()

  const offline = join(1, 'alice', ['dev'], { cache: openCache(directory) })
  expect(texts(offline.rooms.get('dev') ?? { timeline: [] })).toEqual(['0', '1', '2', '3', '4'])
  await offline.close()

  // Meanwhile everything happens that can happen to it.
  const bob = await Peer.full({ port }, 'bob')
  await bob.ask({ action: 'joinroom', room: 'dev' })
  const other = join(port, 'alice', ['dev'], { session })
  const view = await joined(other, 'dev')
  const seqs = view.timeline.flatMap(entry => (entry.kind === 'message' ? [entry.seq] : []))
  other.edit('dev', seqs[0] ?? 0, 'zero')
  other.delete('dev', seqs[1] ?? 0)
  await bob.ask({ action: 'react', room: 'dev', target: seqs[2], emoji: '👍', on: true, id: 'r' })
  await bob.ask({ action: 'chat', room: 'dev', message: 'five', id: 'f' })
  await until(other, () => !other.hasUnsent && texts(view).includes('five') && texts(view)[0] === 'zero')

  const again = keeping(port, directory, session)
  const later = await joined(again, 'dev')
  await until(again, () => texts(later).includes('five'))
  expect(later.timeline).toEqual(view.timeline)
  expect(later.moreBefore).toBe(false)
  await again.close()
  // A change that is folded in is not folded in twice.
  const last = keeping(port, directory, session)
  expect((await joined(last, 'dev')).timeline).toEqual(view.timeline)
})

test('a text that was deleted is gone from the file', async () => {
  const { port } = await startServer()
  const directory = temporaryDirectory()
  const client = keeping(port, directory)
  const room = await joined(client, 'dev')
  await say(client, room, 'Rumpelstilzchen')
  const holds = (): boolean =>
    readdirSync(directory).some(file => readFileSync(path(directory, file)).includes('Rumpelstilzchen'))
  await expect.poll(holds, { timeout: 10_000 }).toBe(true)
  const [entry] = room.timeline
  client.delete('dev', entry?.kind === 'message' ? entry.seq : 0)
  await until(client, () => texts(room)[0] === '[deleted]')
  await expect.poll(holds, { timeout: 10_000 }).toBe(false)
  for (const file of readdirSync(directory)) expect(statSync(path(directory, file)).mode & 0o077).toBe(0)
})

test('a server with a new log: the old messages stand above the row that says so', async () => {
  const directory = temporaryDirectory()
  const before = await startServer()
  const first = keeping(before.port, directory)
  await say(first, await joined(first, 'dev'), 'of old')
  await first.close()
  const after = await startServer({}, new MemoryLog())
  const again = keeping(after.port, directory)
  const room = await joined(again, 'dev')
  await say(again, room, 'new')
  expect(texts(room)).toEqual(['of old', '[restart]', 'new'])
})

test('only the newest part is kept, and the part before it is requested', async () => {
  const { port } = await startServer()
  const directory = temporaryDirectory()
  const bob = await Peer.full({ port }, 'bob')
  await bob.ask({ action: 'joinroom', room: 'dev' })
  const client = keeping(port, directory)
  const session = await sessionOf(client)
  const room = await joined(client, 'dev')
  for (let i = 0; i < 700; i++) bob.send({ action: 'chat', room: 'dev', message: `${i}` })
  await until(client, () => texts(room).at(-1) === '699')
  await client.close()
  const again = keeping(port, directory, session)
  const later = again.rooms.get('dev')
  if (later === undefined) throw new Error('a room of its own')
  expect(texts(later)).toEqual(Array.from({ length: 500 }, (_, i) => `${i + 200}`))
  await joined(again, 'dev')
  again.loadBefore('dev')
  await until(again, () => texts(later)[0] === '100')
  expect(texts(later)).toEqual(Array.from({ length: 600 }, (_, i) => `${i + 100}`))
})

test('entries above a gap are not kept, since events in the gap may have deleted them; nor more than a bounded text', () => {
  const said = (seq: number, prev: number, message: string): ChatEvent => ({
    action: 'chat',
    room: 'dev',
    seq,
    prev,
    ts: 1,
    from: 'bob',
    id: `${seq}`,
    message,
  })
  const log = new Timeline()
  log.append(said(1, 0, 'above'))
  log.leaveOut({ action: 'gap', room: 'dev', after: 1, before: 7, reason: 'long' })
  for (const seq of [7, 8, 9]) log.append(said(seq, seq - 1, 'x'.repeat(10)))
  const seqs = (length: number): number[] | undefined =>
    log.snapshot(500, length)?.entries.map(({ seq }) => seq)
  expect(seqs(1_000)).toEqual([7, 8, 9])
  expect(log.snapshot(500, 1_000)).toMatchObject({ firstPrev: 6, moreBefore: true })
  expect(seqs(20)).toEqual([8, 9])
  expect(seqs(1)).toEqual([9])
})

test.each([
  ['that is no database', 'no database, '.repeat(1_000)],
  ['that is empty', ''],
])('a file %s is replaced by an empty one', async (_, content) => {
  const directory = temporaryDirectory()
  openCache(directory).close()
  for (const file of readdirSync(directory)) writeFileSync(path(directory, file), content)
  const cache = openCache(directory)
  expect(cache.load('dev')).toBeUndefined()
  const timeline = { entries: [], last: 1, firstPrev: 0, moreBefore: false }
  cache.save(new Map([['dev', { name: 'dev', epoch: 'e', topic: '', read: 0, timeline }]]))
  expect(openCache(directory).load('dev')).toMatchObject({ epoch: 'e' })
})

test('damage that shows later, behind the first page, makes the cache begin afresh', () => {
  const directory = temporaryDirectory()
  const login = { host: 'h', port: 1, username: 'bob' }
  const kept = (text: string): KeptRoom => ({
    name: 'dev',
    epoch: 'e',
    topic: text.repeat(2_000),
    read: 0,
    timeline: { entries: [], last: 0, firstPrev: 0, moreBefore: false },
  })
  const cache = new CacheFile(directory, login)
  cache.save(new Map(Array.from({ length: 20 }, (_, n) => [`room ${n}`, kept('before ')])))
  cache.close()
  const file = path(directory, `${fileName(login)}.db`)
  writeFileSync(file, readFileSync(file).fill(0xaa, 4_096))
  const second = new CacheFile(directory, login)
  expect(second.load('room 1')).toBeUndefined()
  second.save(new Map([['dev', kept('after')]]))
  second.close()
  const third = new CacheFile(directory, login)
  expect(third.load('dev')).toEqual(kept('after'))
  third.close()
})

test('a cache that another program has locked is not replaced by an empty one', () => {
  const directory = temporaryDirectory()
  const login = { host: 'h', port: 1, username: 'bob' }
  const timeline = { entries: [], last: 1, firstPrev: 0, moreBefore: false }
  const room: KeptRoom = { name: 'dev', epoch: 'e', topic: 'kept', read: 0, timeline }
  const first = new CacheFile(directory, login)
  first.save(new Map([['dev', room]]))
  first.close()
  const locking = new DatabaseSync(path(directory, `${fileName(login)}.db`))
  locking.exec('BEGIN EXCLUSIVE')
  const meanwhile = new CacheFile(directory, login)
  expect(meanwhile.load('dev')).toBeUndefined()
  meanwhile.close()
  locking.exec('ROLLBACK')
  locking.close()
  const after = new CacheFile(directory, login)
  expect(after.load('dev')).toEqual(room)
  after.close()
})
