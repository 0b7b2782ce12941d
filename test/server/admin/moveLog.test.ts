import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync } from 'node:zlib'
import type { NatsConnection } from '@nats-io/transport-node'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { backUp } from '../../../src/server/admin/backup.ts'
import { removeLog } from '../../../src/server/admin/beginStream.ts'
import { restoreToCluster } from '../../../src/server/admin/clusterRestore.ts'
import { moveBack, moveToCluster } from '../../../src/server/admin/moveLog.ts'
import { restore } from '../../../src/server/admin/restore.ts'
import { lockDirectory, logFile } from '../../../src/server/dataDirectory.ts'
import { baseStream, newestBase } from '../../../src/server/log/jetstream/base.ts'
import { connectToBrokers } from '../../../src/server/log/jetstream/brokers.ts'
import { createLogStream, findStream } from '../../../src/server/log/jetstream/cluster.ts'
import { follow } from '../../../src/server/log/sqlite/projectionFile.ts'
import { SCHEMA_VERSION } from '../../../src/server/log/sqlite/schema.ts'
import { openSqliteLog, type SqliteLog } from '../../../src/server/log/sqlite/sqliteLog.ts'
import { projectionHash } from '../../cluster/projectionHash.ts'
import { testBrokers } from '../../cluster/testBrokers.ts'
import { temporaryDirectory } from '../directory.ts'
import { BrokerWay } from '../log/jetstream/brokerWay.ts'
import { openDaemon, problemOfOpening, storeIn } from '../log/jetstream/sharedDaemon.ts'
import { append } from '../log/logContract.ts'
import { makeLog, snapshot, textsOf } from './logs.ts'

const { program, cluster, streamName } = testBrokers()

const within = { timeout: 20_000, interval: 50 }
const WHOLE = { limit: 10_000, maxBytes: 1_000_000_000 }

async function connected(stream: string): Promise<NatsConnection> {
  const connection = await connectToBrokers(cluster().brokersOf(stream), 'test')
  onTestFinished(() => connection.close())
  return connection
}

async function openOwn(directory: string): Promise<SqliteLog> {
  const opened = await openSqliteLog(logFile(directory))
  if (!opened.ok) throw new Error(opened.error)
  onTestFinished(() => opened.value.abandon())
  return opened.value
}

/** What a command said: its lines, and the error. */
async function said(
  run: (print: (line: string) => void) => Promise<{ readonly ok: boolean; readonly error?: string }>,
): Promise<{ readonly ok: boolean; readonly out: string; readonly error: string }> {
  const lines: string[] = []
  const { ok, error = '' } = await run(line => lines.push(line))
  return { ok, error, out: lines.join('\n') }
}

const move = (directory: string, stream: string) =>
  said(print => moveToCluster(directory, cluster().brokersOf(stream), { replicas: 3, print }))
const back = (directory: string, stream: string) =>
  said(print => moveBack(directory, cluster().brokersOf(stream), { print }))
const restoreTo = (stream: string, file: string) =>
  said(print => restoreToCluster(cluster().brokersOf(stream), file, { replicas: 3, print }))

/** A log of its own with everything that a log can hold; its session, and what its hash is. */
async function makeFullLog(directory: string): Promise<{
  readonly epoch: string
  readonly last: number
  readonly hash: string
  readonly read: unknown
}> {
  const log = await openOwn(directory)
  const number = log.reserveSession()
  log.changeSession({
    kind: 'began',
    session: { number, hash: 'the hash', person: 'alice', began: 0 },
    name: 'Alice',
  })
  const first = await storeIn({ log }, { session: number, text: 'first' })
  for (let i = 0; i < 20; i++)
    await storeIn({ log }, { from: `user${i % 3}`, roomKey: `room${i % 4}`, id: `${i}` })
  await storeIn({ log }, { session: number, body: { action: 'edit', target: first, message: 'edited' } })
  await storeIn({ log }, { body: { action: 'react', target: first, emoji: '+', on: true } })
  log.changeSession({ kind: 'read', session: number, roomKey: 'dev', seq: first })
  log.changeAccounts(
    { kind: 'account', deed: { deed: 'setPolicy', names: 'invite', guests: 'none' } },
    () => undefined,
  )
  expect((await log.erase('user1')).ok).toBe(true)
  const { epoch, last } = log
  const read = await log.read('dev', { after: 0, ...WHOLE })
  await log.close()
  return { epoch, last, hash: hashOf(directory), read }
}

/** Of what a log says, whatever it follows; `log` has the time of its last start. */
function hashOf(directory: string): string {
  return projectionHash(logFile(directory), ['producers', 'log'])
}

describe.skipIf(program === undefined)('a log moves', () => {
  test('to brokers and back: seqs, epoch, sessions and all that was said stay, and seqs go on above', async () => {
    const [directory, stream] = [temporaryDirectory(), streamName()]
    const before = await makeFullLog(directory)

    expect(await move(directory, stream)).toMatchObject({
      ok: true,
      out: expect.stringContaining('moved the log'),
    })
    const alone = await openSqliteLog(logFile(directory))
    expect(alone).toMatchObject({ ok: false, error: expect.stringContaining('start chatd with --log') })
    const first = await openDaemon(cluster(), stream, directory)
    const second = await openDaemon(cluster(), stream)
    for (const daemon of [first, second]) {
      expect(daemon.log).toMatchObject({ epoch: before.epoch, last: before.last })
      expect(hashOf(daemon.directory)).toBe(before.hash)
      expect(await daemon.log.read('dev', { after: 0, ...WHOLE })).toEqual(before.read)
      expect(daemon.log.openSession('the hash')).toMatchObject({ number: 1, person: 'alice' })
      expect(daemon.log.reserveSession()).toBeGreaterThan(1)
    }
    const seq = await storeIn(first, { text: 'at the brokers', id: 'x' })
    expect(seq).toBeGreaterThan(before.last)
    expect(seq).toBeGreaterThanOrEqual(1_024)
    await vi.waitFor(() => expect(second.told.at(-1)?.seq).toBe(seq), within)
    await first.log.close()
    await vi.waitFor(() => expect(hashOf(second.directory)).toBe(hashOf(directory)), within)
    const shared = hashOf(directory)

    expect(await back(directory, stream)).toMatchObject({
      ok: true,
      out: expect.stringContaining('a log of its own'),
    })
    await vi.waitFor(() => expect(second.troubles.join()).toContain('moved to a single server'), within)
    const refused = await append(second.log, { text: 'too late' })
    expect(refused).toMatchObject({ ok: false, error: { code: 'storage_unavailable' } })
    expect(await problemOfOpening(cluster(), stream)).toContain('moved to a single server')
    expect(hashOf(directory)).toBe(shared)
    const single = await openOwn(directory)
    expect(single).toMatchObject({ epoch: before.epoch, last: seq })
    // What was said at the brokers is known by its id.
    expect(await append(single, { text: 'at the brokers', id: 'x' })).toMatchObject({
      ok: true,
      value: { seq },
    })
    expect(await storeIn({ log: single }, { text: 'alone again' })).toBe(seq + 1)
    expect((await single.check()).lines.join('\n')).not.toContain('restore')
    await single.close()

    const taken = await move(directory, stream)
    expect(taken).toMatchObject({ ok: false, error: expect.stringContaining('cluster remove') })
    expect((await openOwn(directory)).last).toBe(seq + 1)
  }, 60_000)

  test('a move that was killed is told of, and is finished or taken back', async () => {
    const [directory, stream] = [temporaryDirectory(), streamName()]
    const before = await makeFullLog(directory)
    // As right after the mark, with half a stream.
    mark(directory, stream, 'moving 1')
    await createLogStream(await connected(stream), stream, { replicas: 3, first: 1 })
    expect(await problemOfOpening(cluster(), stream, directory)).toContain(
      'finish that with chatd cluster move',
    )
    expect((await back(directory, stream)).ok).toBe(true)
    expect(hashOf(directory)).toBe(before.hash)
    expect((await openOwn(directory)).epoch).toBe(before.epoch)
  })

  test('a move that was killed in the middle is begun again, also when all but its last step was done', async () => {
    const [directory, stream] = [temporaryDirectory(), streamName()]
    const before = await makeFullLog(directory)
    mark(directory, stream, 'moving 2')
    const connection = await connected(stream)
    await createLogStream(connection, stream, { replicas: 3, first: 77 })
    expect(await problemOfOpening(cluster(), stream)).toContain('a restore was not finished')
    expect((await move(directory, stream)).ok).toBe(true)
    const mine = (await newestBase(connection, stream))?.from?.made ?? ''
    mark(directory, stream, mine)
    expect((await back(directory, stream)).error).toContain('is at the brokers already')
    expect((await move(directory, stream)).ok).toBe(true)
    const daemon = await openDaemon(cluster(), stream, directory)
    expect(daemon.log.epoch).toBe(before.epoch)
    expect(hashOf(directory)).toBe(before.hash)
    expect((await newestBase(connection, stream))?.position).toBe(1)
  })

  test('a backup of one daemon, made while it runs, becomes a single server or another shared log, with a new epoch', async () => {
    const stream = streamName()
    await cluster().init(stream)
    const daemon = await openDaemon(cluster(), stream)
    const seq = await storeIn(daemon, { text: 'kept' })
    const file = join(temporaryDirectory(), 'backup.db')
    expect((await backUp(daemon.file, file)).ok).toBe(true)
    const before = snapshot(join(file, '..'))

    const alone = temporaryDirectory()
    const lines: string[] = []
    const done = await restore(
      alone,
      { task: 'restore', file, isDryRun: false, asks: false },
      { print: async line => lines.push(line), confirm: async () => true },
    )
    expect(done.ok).toBe(true)
    expect(lines.join('\n')).toContain(`from the shared log "${stream}"; here it goes on alone`)
    expect((await textsOf(alone)).texts).toEqual(['kept'])
    const single = await openOwn(alone)
    expect(single.epoch).not.toBe(daemon.log.epoch)
    expect(await storeIn({ log: single }, {})).toBeGreaterThan(seq)

    const other = streamName()
    expect((await restoreTo(other, file)).ok).toBe(true)
    const two = await openDaemon(cluster(), other)
    expect(two.log.epoch).not.toBe(daemon.log.epoch)
    expect((await two.log.read('dev', { after: 0, ...WHOLE })).events).toMatchObject([
      { seq, message: 'kept' },
    ])
    expect(await storeIn(two, {})).toBeGreaterThan(seq)
    expect(snapshot(join(file, '..'))).toEqual(before)
  })

  test('a stream that was deleted is made again from one daemon; who had as much follows by itself', async () => {
    const stream = streamName()
    await cluster().init(stream)
    const [one, two, three] = [
      await openDaemon(cluster(), stream),
      await openDaemon(cluster(), stream),
      await openDaemon(cluster(), stream),
    ]
    const seq = await storeIn(one, { text: 'everywhere' })
    for (const { told } of [two, three]) await vi.waitFor(() => expect(told.at(-1)?.seq).toBe(seq), within)
    await two.log.close()
    const later = await storeIn(one, { text: 'two does not have it' })
    await vi.waitFor(() => expect(three.told.at(-1)?.seq).toBe(later), within)
    await one.log.close()
    const last = await storeIn(three, { text: 'one does not have it' })
    expect((await restoreTo(streamName(), three.file)).ok).toBe(true)
    const connection = await connected(stream)
    await removeLog(connection, stream)
    for (const rest of ['', '+names', '+base0', '+base1'])
      expect(await findStream(connection, stream + rest)).toBeUndefined()
    expect(await problemOfOpening(cluster(), stream, one.directory)).toContain('cluster init')
    expect((await restoreTo(stream, one.file)).ok).toBe(true)
    await vi.waitFor(() => expect(three.troubles.join()).toContain('made again'), within)
    await three.log.abandon()

    const again = await openDaemon(cluster(), stream, one.directory)
    expect(again.log.last).toBe(later)
    const follows = await openDaemon(cluster(), stream, two.directory)
    expect(follows.troubles.join()).toContain('was restored from a file that has everything of this one')
    expect(await problemOfOpening(cluster(), stream, three.directory)).toContain(
      'may lack what this directory has',
    )
    const next = await storeIn(again, { text: 'after it' })
    expect(next).toBeGreaterThan(last)
    await vi.waitFor(() => expect(follows.told.at(-1)?.seq).toBe(next), within)
    expect(projectionHash(follows.file)).toBe(projectionHash(again.file))
  }, 60_000)

  test('a restore that is killed while it stores the base is told of, and can be begun again', async () => {
    const [source, stream] = [temporaryDirectory(), streamName()]
    const file = await makeLog(source, 'one', ...Array.from({ length: 100 }, (_, i) => `${i}`.repeat(4_000)))
    grow(file, 20_000_000)
    const connection = await connected(stream)
    const way = await BrokerWay.open(cluster().portOf(0), 5_000_000)
    const script = join(temporaryDirectory(), 'restore.mjs')
    const module = new URL('../../../src/server/admin/clusterRestore.ts', import.meta.url).href
    writeFileSync(
      script,
      `const { restoreToCluster } = await import(${JSON.stringify(module)});
      const done = await restoreToCluster(${JSON.stringify({ servers: [`127.0.0.1:${way.port}`], stream })}, ${JSON.stringify(file)},
        { replicas: 3, print: () => {} });
      process.exit(done.ok ? 0 : 1)`,
    )
    const env = { ...process.env, TMPDIR: temporaryDirectory() }
    const child = spawn(process.execPath, [script], { env, stdio: 'ignore' })
    const ended = once(child, 'exit')
    await vi.waitFor(() => expect(way.isFull).toBe(true), { timeout: 60_000, interval: 20 })
    expect((await findStream(connection, baseStream(stream, 1)))?.state.messages).toBeGreaterThan(3)
    child.kill('SIGKILL')
    expect(await ended).toEqual([null, 'SIGKILL'])
    expect(await newestBase(connection, stream)).toBeUndefined()
    expect(await problemOfOpening(cluster(), stream)).toContain('a restore was not finished')
    expect((await restoreTo(stream, file)).ok).toBe(true)
    expect(await findStream(connection, baseStream(stream, 1))).toBeUndefined()
    const daemon = await openDaemon(cluster(), stream)
    expect((await daemon.log.read('dev', { after: 0, ...WHOLE })).events).toHaveLength(101)
  }, 120_000)

  test('a log of an older layout moves, with a copy of it as it was', async () => {
    const [directory, stream] = [temporaryDirectory(), streamName()]
    const layouts = join(import.meta.dirname, '../log/sqlite/layouts')
    writeFileSync(logFile(directory), gunzipSync(readFileSync(join(layouts, '5.db.gz'))))
    expect((await restoreTo(streamName(), logFile(directory))).ok).toBe(true)
    expect(await move(directory, stream)).toMatchObject({
      ok: true,
      out: expect.stringContaining('a copy of it as it was is'),
    })
    const [one, two] = [await openDaemon(cluster(), stream, directory), await openDaemon(cluster(), stream)]
    expect(one.log.last).toBeGreaterThan(0)
    expect(two.log.last).toBe(one.log.last)
    await vi.waitFor(() => expect(hashOf(two.directory)).toBe(hashOf(directory)), within)
  })

  test('files that cannot be restored are refused in a sentence, and nothing is made', async () => {
    const stream = streamName()
    const directory = temporaryDirectory()
    const good = await makeLog(temporaryDirectory(), 'good')
    const copy = (name: string): string => {
      copyFileSync(good, join(directory, name))
      return join(directory, name)
    }
    const newer = copy('newer.db')
    inFile(newer, `PRAGMA user_version = ${SCHEMA_VERSION + 1}`)
    const huge = copy('huge.db')
    inFile(huge, 'UPDATE log SET last = 9007199254740991')
    const cut = copy('cut.db')
    truncateSync(cut, 20_000)
    const noise = join(directory, 'noise.db')
    writeFileSync(noise, Buffer.alloc(50_000, 'noise'))
    const broken = copy('broken.db')
    inFile(broken, 'UPDATE events SET room = 99')
    const foreign = join(directory, 'foreign.db')
    inFile(foreign, 'CREATE TABLE log (x); PRAGMA user_version = 3')
    for (const [file, sentence] of [
      [newer, 'written by a newer chatd'],
      [huge, 'which no chatd gave'],
      [cut, 'cut short'],
      [noise, 'is no log of chatd'],
      [broken, 'is damaged'],
      [foreign, ''],
      [join(directory, 'none.db'), 'there is no file'],
      [directory, 'is a directory'],
    ] as const) {
      const refused = await restoreTo(stream, file)
      expect(refused).toMatchObject({ ok: false, error: expect.stringContaining(sentence) })
    }
    const used = join(good, '..')
    const lock = lockDirectory(used)
    if (!lock.ok) throw new Error(lock.error)
    expect((await restoreTo(stream, good)).error).toContain('is in use by a chatd')
    expect((await move(used, stream)).error).toContain('is in use by another chatd')
    lock.value.release()
    expect(await findStream(await connected(stream), stream)).toBeUndefined()
    expect((await back(used, stream)).error).toContain('is a log of its own already')
    expect((await move(temporaryDirectory(), stream)).error).toContain('there is no log in')
    expect(readdirSync(used).sort()).toEqual(['chatd.db', 'chatd.db.clean', 'lock'])
  })
})

/** Marks a log as one that a move was killed over. */
function mark(directory: string, stream: string, made: string): void {
  const database = new DatabaseSync(logFile(directory))
  follow(database, { name: stream, made, checkpoint: 0 })
  database.close()
}

function inFile(file: string, sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

/** Makes a file of a log larger, with pages that are free. */
function grow(file: string, bytes: number): void {
  inFile(
    file,
    `CREATE TABLE filler (x BLOB); INSERT INTO filler VALUES (randomblob(${bytes})); DROP TABLE filler`,
  )
}
