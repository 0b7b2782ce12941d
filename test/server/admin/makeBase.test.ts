import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { NatsConnection } from '@nats-io/transport-node'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { backUp } from '../../../src/server/admin/backup.ts'
import { BaseKeeper, type BaseState, whyDue } from '../../../src/server/admin/baseKeeper.ts'
import { makeBase } from '../../../src/server/admin/makeBase.ts'
import { logFile } from '../../../src/server/dataDirectory.ts'
import { apiAnswer, askApi, type PublishAnswer } from '../../../src/server/log/jetstream/api.ts'
import { describeBase, newestBase, storedBases } from '../../../src/server/log/jetstream/base.ts'
import { connectToBrokers } from '../../../src/server/log/jetstream/brokers.ts'
import { findStream, initCluster } from '../../../src/server/log/jetstream/cluster.ts'
import { claimBase, storeBase } from '../../../src/server/log/jetstream/storeBase.ts'
import { SCHEMA_VERSION } from '../../../src/server/log/sqlite/schema.ts'
import { openSqliteLog } from '../../../src/server/log/sqlite/sqliteLog.ts'
import { projectionHash } from '../../cluster/projectionHash.ts'
import { testBrokers } from '../../cluster/testBrokers.ts'
import { temporaryDirectory } from '../directory.ts'
import { BrokerWay } from '../log/jetstream/brokerWay.ts'
import { openDaemon, problemOfOpening, type SharedDaemon, storeIn } from '../log/jetstream/sharedDaemon.ts'

const { program, cluster, streamName } = testBrokers(1)

const within = { timeout: 20_000, interval: 50 }

/** A shared log with one daemon, and a connection to its brokers. */
async function newLog(): Promise<{
  readonly stream: string
  readonly one: SharedDaemon
  readonly connection: NatsConnection
  readonly base: () => ReturnType<typeof makeBase>
}> {
  const stream = streamName()
  const brokers = cluster().brokersOf(stream)
  const made = await initCluster(brokers, 1)
  if (!made.ok) throw new Error(made.error)
  const one = await openDaemon(cluster(), stream)
  const connection = await connectToBrokers(brokers, 'test')
  onTestFinished(() => connection.close())
  return { stream, one, connection, base: () => makeBase(connection, brokers, one.file, 0) }
}

async function firstOf(stream: string): Promise<number> {
  return (await infoOf(stream)).first_seq
}

async function infoOf(stream: string) {
  const connection = await connectToBrokers(cluster().brokersOf(stream), 'test')
  try {
    const info = await findStream(connection, stream)
    if (info === undefined) throw new Error('there is no stream')
    return info.state
  } finally {
    await connection.close()
  }
}

async function say(daemon: SharedDaemon, count: number): Promise<number> {
  let seq = 0
  for (let i = 0; i < count; i++) seq = await storeIn(daemon, { text: `message ${i}` })
  return seq
}

describe.skipIf(program === undefined)('bases of a shared log', () => {
  test('a new daemon begins with the base, the stream is trimmed, and one that was away takes the base', async () => {
    const { stream, one, connection, base } = await newLog()
    const directory = temporaryDirectory()
    const two = await openDaemon(cluster(), stream, directory)
    const word = `early${process.pid}word`
    await storeIn(one, { text: word })
    await say(one, 9)
    await two.log.close()
    expect(filesWith(word).join()).toContain(`/${stream}/`)
    const first = await base()
    expect(first?.trim).toBe(0)
    await say(one, 10)
    const second = await base()
    expect(second?.n).toBe(2)
    expect(second?.trim).toBe(first?.cut)
    expect(await firstOf(stream)).toBe((first?.cut ?? 0) + 1)
    expect(await storedBases(connection, stream)).toMatchObject([{ n: 2 }])
    // Nothing of it is left in the files of the stream, which a later deletion could not reach.
    await vi.waitFor(() => expect(filesWith(word).join()).not.toContain(`/${stream}/`), within)
    const last = await say(one, 3)

    const fresh = await openDaemon(cluster(), stream)
    expect(fresh.log).toMatchObject({ last, epoch: one.log.epoch })
    expect(fresh.troubles).toEqual([])
    // It lacks nothing that the stream does not have.
    const away = await openDaemon(cluster(), stream, directory)
    expect(away.log.last).toBe(last)
    await say(one, 3)
    await vi.waitFor(() => expect(away.told).toHaveLength(3), within)
    await away.log.close()
    await base()
    await base()
    expect(await firstOf(stream)).toBeGreaterThan(20)
    const back = await openDaemon(cluster(), stream, directory)
    await back.log.close()
    await say(one, 5)
    await base()
    await say(one, 5)
    await base()
    const behind = await openDaemon(cluster(), stream, directory)
    expect(behind.troubles.join()).toContain('was away for so long')
    expect(behind.log.last).toBe(one.log.last)
    const seq = await storeIn(behind, { text: 'again' })
    await vi.waitFor(() => expect(one.told.at(-1)?.seq).toBe(seq), within)
    await vi.waitFor(
      () => expect(new Set([one, fresh, behind].map(({ file }) => projectionHash(file))).size).toBe(1),
      within,
    )
    expect(readdirSync(directory).filter(name => name.includes('base'))).toEqual([])
  }, 60_000)

  test('a daemon that was cut off while the stream was trimmed ends, and its next start takes the base', async () => {
    const { stream, one, base } = await newLog()
    const way = await BrokerWay.open(cluster().portOf(0))
    const file = logFile(temporaryDirectory())
    const broken: string[] = []
    const brokers = { servers: [`127.0.0.1:${way.port}`], stream }
    const opened = await openSqliteLog(file, { brokers, onBroken: error => broken.push(error.message) })
    if (!opened.ok) throw new Error(opened.error)
    onTestFinished(() => opened.value.abandon())
    way.cut()
    await say(one, 5)
    await base()
    await say(one, 5)
    await base()
    way.heal()
    await vi.waitFor(() => expect(broken.join()).toContain('start chatd again, which takes the base'), within)
    await opened.value.abandon()
    const again = await openSqliteLog(file, { brokers })
    if (!again.ok) throw new Error(again.error)
    onTestFinished(() => again.value.abandon())
    expect(again.value.last).toBe(one.log.last)
  }, 60_000)

  test('a trim that was interrupted is no damage, and another daemon finishes it', async () => {
    const { stream, one, connection, base } = await newLog()
    const directory = temporaryDirectory()
    await (await openDaemon(cluster(), stream, directory)).log.close()
    await say(one, 10)
    const made = await base()
    if (made === undefined) throw new Error('it is made')
    const { described = 0 } = (await newestBase(connection, stream)) ?? {}
    await describeBase(connection, stream, { ...made, trim: made.position }, described)
    for (const seq of [made.position - 3, made.position])
      await askApi(connection, `STREAM.MSG.DELETE.${stream}`, { seq })
    const behind = await openDaemon(cluster(), stream, directory)
    expect(behind.troubles.join()).toContain('was away for so long')
    // Its newest message is the last that was trimmed.
    await one.log.close()
    const again = await openDaemon(cluster(), stream, one.directory)
    expect(again.troubles).toEqual([])
    const rules = { every: 50, messages: 1e9, bytes: 1e15, afterErasing: 1e9, removedWithin: 1e15 }
    const logger = { info: () => undefined, warn: () => undefined }
    const keeper = new BaseKeeper(again.file, cluster().brokersOf(stream), logger, rules)
    onTestFinished(() => keeper.close())
    await vi.waitFor(async () => expect(await firstOf(stream)).toBe(made.position + 1), within)
    const seq = await storeIn(behind, { text: 'goes on' })
    await vi.waitFor(() => expect(again.told.at(-1)?.seq).toBe(seq), within)
  })

  test('what begins later without a base that says why is damage', async () => {
    const { stream, one, connection } = await newLog()
    const directory = temporaryDirectory()
    await (await openDaemon(cluster(), stream, directory)).log.close()
    await say(one, 10)
    await askApi(connection, `STREAM.PURGE.${stream}`, { seq: 12 })
    expect(await problemOfOpening(cluster(), stream)).toContain('have no base of what is before')
    expect(await problemOfOpening(cluster(), stream, directory)).toContain('the brokers lost them')
    expect(one.troubles).toEqual([])
  })

  test('a base that is damaged, or of a newer chatd, is refused; another one takes its place', async () => {
    const { stream, one, connection, base } = await newLog()
    await say(one, 2)
    const made = await base()
    if (made === undefined) throw new Error('it is made')
    const there = await newestBase(connection, stream)
    await describeBase(connection, stream, { ...made, sha256: '0'.repeat(64) }, there?.described ?? 0)
    expect(await problemOfOpening(cluster(), stream)).toContain('a broker is damaged')
    await base()
    const fresh = await openDaemon(cluster(), stream)
    expect(fresh.log.last).toBe(one.log.last)
    const newest = await newestBase(connection, stream)
    const { seq: previous } = apiAnswer<PublishAnswer>(
      await connection.request(`${stream}.base`, 'not a description'),
    )
    await vi.waitFor(
      async () => expect(await problemOfOpening(cluster(), stream)).toContain('cannot be read'),
      within,
    )
    expect(newest?.n).toBe(2)
    const file = join(temporaryDirectory(), 'newer.db')
    expect((await backUp(one.file, file)).ok).toBe(true)
    inFile(file, `PRAGMA user_version = ${SCHEMA_VERSION + 1}`)
    const place = { stream, n: 3, replicas: 1 }
    expect(await claimBase(connection, place)).toBe(true)
    const { last_seq: last } = await infoOf(stream)
    await storeBase(connection, place, file, { position: last, trim: 0, cut: 0, previous })
    expect(await problemOfOpening(cluster(), stream)).toContain('was made by a newer chatd')
    await storeIn(one, { text: 'goes on' })
    await vi.waitFor(() => expect(fresh.told).toHaveLength(1), within)
  })

  test('one daemon makes a base at a time; what one left that is gone for long is made again', async () => {
    const { stream, one, connection, base } = await newLog()
    await say(one, 2)
    expect(await claimBase(connection, { stream, n: 1, replicas: 1 })).toBe(true)
    expect(await base()).toBeUndefined()
    vi.setSystemTime(Date.now() + 11 * 60_000)
    onTestFinished(() => void vi.useRealTimers())
    expect((await base())?.n).toBe(1)
  })

  test('a person who was erased is in no base, and daemons make and trim by themselves', async () => {
    const { stream, one, connection } = await newLog()
    const two = await openDaemon(cluster(), stream)
    const lines: unknown[] = []
    const logger = { info: (what: unknown) => lines.push(what), warn: (what: unknown) => lines.push(what) }
    // A base brings 18 messages of its own.
    const rules = { every: 200, messages: 50, bytes: 1e9, afterErasing: 0, removedWithin: 1e9, kept: 0 }
    for (const { file } of [one, two]) {
      const keeper = new BaseKeeper(file, cluster().brokersOf(stream), logger, rules)
      onTestFinished(() => keeper.close())
    }
    const text = `mallory${process.pid}said`
    await storeIn(one, { from: 'mallory', text })
    await say(one, 50)
    await vi.waitFor(async () => expect(await newestBase(connection, stream)).toBeDefined(), within)
    const before = await newestBase(connection, stream)
    expect(filesWith(text).join()).toContain('+base')
    expect((await one.log.erase('mallory')).ok).toBe(true)
    const erasedAt = erasedIn(one.file)
    await vi.waitFor(
      async () => expect((await newestBase(connection, stream))?.position).toBeGreaterThanOrEqual(erasedAt),
      within,
    )
    const newest = await newestBase(connection, stream)
    expect(newest?.n).toBeGreaterThan(before?.n ?? 0)
    await vi.waitFor(
      async () => expect(await storedBases(connection, stream)).toMatchObject([{ n: newest?.n }]),
      within,
    )
    const fresh = await openDaemon(cluster(), stream)
    expect(textsIn(fresh.file)).not.toContain(text)
    await vi.waitFor(() => expect(filesWith(text)).toEqual([]), within)
    await say(one, 50)
    await vi.waitFor(async () => expect(await firstOf(stream)).toBeGreaterThan(1), within)
    expect(JSON.stringify(lines)).not.toContain('reason')
  }, 60_000)
})

const state = (more: {
  readonly last?: number
  readonly base?: BaseState['base']
  readonly following?: Partial<BaseState['following']>
  readonly erasedSince?: number
}): BaseState => {
  const { last = 10, base, following, erasedSince } = more
  return {
    info: { state: { first_seq: 1, last_seq: last, messages: last, bytes: last * 1_000 } },
    base,
    following: { checkpoint: last, erased: 0, removed: 0, ...following },
    erasedSince,
  }
}
const NOW = 1e12
const DAY = 86_400_000

test.each([
  ['little was said', state({}), undefined],
  ['much was said and there is none', state({ last: 100_000 }), 'grown'],
  ['much was said since', state({ last: 250_000, base: { position: 150_000, at: NOW } }), 'grown'],
  ['little was said since', state({ last: 249_999, base: { position: 150_000, at: NOW } }), undefined],
  ['a person was erased', state({ base: { position: 5, at: NOW }, erasedSince: NOW - 60_000 }), 'erased'],
  [
    'a person was erased this minute',
    state({ base: { position: 5, at: NOW }, erasedSince: NOW - 59_000 }),
    undefined,
  ],
  [
    'a message was deleted a day ago',
    state({ base: { position: 5, at: NOW - DAY }, following: { removed: 6 } }),
    'removed',
  ],
  [
    'a message was deleted today',
    state({ base: { position: 5, at: NOW - DAY + 1 }, following: { removed: 6 } }),
    undefined,
  ],
  [
    'a message was deleted before the base',
    state({ base: { position: 6, at: NOW - DAY }, following: { removed: 6 } }),
    undefined,
  ],
  [
    'this daemon has less than the base',
    state({ last: 250_000, base: { position: 150_000, at: NOW }, following: { checkpoint: 9 } }),
    undefined,
  ],
])('whether a base is due: %s', (_, given, expected) => {
  expect(whyDue(given, NOW)).toBe(expected)
})

function inFile(file: string, sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

function erasedIn(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true })
  const row = database.prepare('SELECT erased FROM stream').get()
  database.close()
  return Number(row?.['erased'])
}

/** The files of the broker that hold a text. */
function filesWith(text: string): readonly string[] {
  const { stdout } = spawnSync('grep', ['-rl', text, cluster().directoryOf(0)], { encoding: 'utf8' })
  return stdout.split('\n').filter(line => line !== '')
}

function textsIn(file: string): readonly unknown[] {
  const database = new DatabaseSync(file, { readOnly: true })
  const rows = database.prepare('SELECT text FROM events').all()
  database.close()
  return rows.map(row => row['text'])
}
