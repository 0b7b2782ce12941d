import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { parseBrokers } from '../../../../src/server/brokers.ts'
import { logFile } from '../../../../src/server/dataDirectory.ts'
import type { EventEntry } from '../../../../src/server/log/entries.ts'
import { askApi } from '../../../../src/server/log/jetstream/api.ts'
import { connectToBrokers } from '../../../../src/server/log/jetstream/brokers.ts'
import { clusterStatus, createLogStream, initCluster } from '../../../../src/server/log/jetstream/cluster.ts'
import type { LoggedEvent } from '../../../../src/server/log/log.ts'
import { openSqliteLog, type SqliteLog } from '../../../../src/server/log/sqlite/sqliteLog.ts'
import { BrokerCluster } from '../../../cluster/brokerCluster.ts'
import { projectionHash } from '../../../cluster/projectionHash.ts'
import { testBrokers } from '../../../cluster/testBrokers.ts'
import { temporaryDirectory } from '../../directory.ts'
import { append } from '../logContract.ts'

const { program, cluster, streamName, newStream } = testBrokers()

/** The log of one daemon, with what it was told. */
interface Daemon {
  readonly log: SqliteLog
  readonly file: string
  readonly told: LoggedEvent[]
  readonly troubles: string[]
}

async function daemonOn(stream: string, directory = temporaryDirectory()): Promise<Daemon> {
  const file = logFile(directory)
  const troubles: string[] = []
  const opened = await openSqliteLog(file, {
    brokers: cluster().brokersOf(stream),
    onTrouble: trouble => troubles.push(trouble),
    onBroken: error => console.error(error),
  })
  if (!opened.ok) throw new Error(opened.error)
  const log = opened.value
  onTestFinished(() => log.abandon())
  const told: LoggedEvent[] = []
  log.subscribe(events => told.push(...events.map(({ event }) => event)))
  return { log, file, told, troubles }
}

async function storedBy(
  { log }: Daemon,
  entry: Partial<EventEntry> & { readonly text?: string },
): Promise<number> {
  const stored = await append(log, entry)
  if (!stored.ok) throw new Error(stored.error.message)
  return stored.value.seq
}

async function problemOf(address: string, directory = temporaryDirectory()): Promise<string> {
  const brokers = parseBrokers(address)
  if (!brokers.ok) throw new Error(brokers.error)
  const opened = await openSqliteLog(logFile(directory), { brokers: brokers.value })
  if (!opened.ok) return opened.error
  await opened.value.abandon()
  throw new Error('it was opened')
}

const within = { timeout: 20_000, interval: 50 }

describe.skipIf(program === undefined)('several daemons on one log', () => {
  test('each sees what the others store, in one order, and their files hold the same', async () => {
    const stream = await newStream()
    const daemons = await Promise.all([daemonOn(stream), daemonOn(stream), daemonOn(stream)])
    const seqs = await Promise.all(
      Array.from({ length: 90 }, (_, i) => {
        const daemon = daemons[i % 3]
        if (daemon === undefined) throw new Error('there are three')
        const roomKey = ['dev', 'ops', `room${i}`][i % 4] ?? 'dev'
        return storedBy(daemon, { roomKey, from: `user${i % 5}`, text: `message ${i} @user1` })
      }),
    )
    expect(new Set(seqs).size).toBe(90)
    const sorted = [...seqs].sort((a, b) => a - b)
    await vi.waitFor(() => {
      for (const { told } of daemons) expect(told.map(({ seq }) => seq)).toEqual(sorted)
    }, within)
    const [first] = daemons
    for (const { told } of daemons) expect(told).toEqual(first.told)
    for (const { log } of daemons) {
      expect(log.head('dev')).toEqual(first.log.head('dev'))
      expect(log.epoch).toBe(first.log.epoch)
    }
    await vi.waitFor(
      () => expect(new Set(daemons.map(({ file }) => projectionHash(file))).size).toBe(1),
      within,
    )
  })

  test('a tail goes on with its consumer, however many messages there were', async () => {
    const stream = await newStream()
    const one = await daemonOn(stream)
    const connection = await connectToBrokers(cluster().brokersOf(stream), 'test')
    onTestFinished(() => connection.close())
    const consumers = () => askApi<{ readonly consumers: unknown }>(connection, `CONSUMER.NAMES.${stream}`)
    const before = await consumers()
    // More messages than one request of the tail asks for.
    for (let i = 0; i < 300; i++) await storedBy(one, { text: `message ${i}` })
    expect((await consumers()).consumers).toEqual(before.consumers)
  })

  test('an id that goes through two daemons at once is one event, and both get its seq', async () => {
    const stream = await newStream()
    const [one, two] = await Promise.all([daemonOn(stream), daemonOn(stream)])
    for (let i = 0; i < 10; i++) {
      const entry = { id: `id${i}`, text: 'once' }
      const [a, b] = await Promise.all([storedBy(one, entry), storedBy(two, entry)])
      expect(a).toBe(b)
    }
    await vi.waitFor(() => expect(two.told).toHaveLength(10), within)
    expect(one.told).toHaveLength(10)
  })

  test('changes, sessions, accounts and the epoch of one reach the others', async () => {
    const stream = await newStream()
    const [one, two] = await Promise.all([daemonOn(stream), daemonOn(stream)])
    const numbers = [one, two].flatMap(({ log }) => Array.from({ length: 3 }, () => log.reserveSession()))
    expect(new Set(numbers).size).toBe(6)
    const number = numbers[0] ?? 0
    one.log.changeSession({
      kind: 'began',
      session: { number, hash: 'h', person: 'alice', began: 0 },
      name: 'Alice',
    })
    const seq = await storedBy(one, { session: number, text: 'first' })
    await vi.waitFor(() => expect(two.log.openSession('h')?.number).toBe(number), within)
    await storedBy(two, { session: number, body: { action: 'edit', target: seq, message: 'second' } })
    await vi.waitFor(() => expect(one.told.at(-1)).toMatchObject({ action: 'edit', target: seq }), within)
    const changes: unknown[] = []
    two.log.onAccounts(({ change }) => changes.push(change.policy))
    one.log.changeAccounts(
      { kind: 'account', deed: { deed: 'setPolicy', names: 'invite', guests: 'none' } },
      () => undefined,
    )
    await vi.waitFor(() => expect(changes).toEqual([{ names: 'invite', guests: 'none' }]), within)
    const epoch = await one.log.renewEpoch()
    expect(epoch.ok).toBe(true)
    await vi.waitFor(() => expect(two.log.epoch).toBe(one.log.epoch), within)
    expect((await one.log.erase('alice')).ok).toBe(true)
    await vi.waitFor(() => expect(two.told.at(-1)).toMatchObject({ action: 'delete', target: seq }), within)
    await vi.waitFor(() => expect(projectionHash(one.file)).toBe(projectionHash(two.file)), within)
  })

  test('a daemon goes on where it was, and a new one reads everything', async () => {
    const stream = await newStream()
    const directory = temporaryDirectory()
    const one = await daemonOn(stream)
    const two = await daemonOn(stream, directory)
    await storedBy(one, { text: 'while it runs', id: 'a' })
    // Without closing it, as after kill -9.
    await two.log.abandon()
    for (let i = 0; i < 20; i++) await storedBy(one, { text: `while it is away ${i}` })
    const [again, fresh] = await Promise.all([daemonOn(stream, directory), daemonOn(stream)])
    expect(again.log.last).toBe(one.log.last)
    expect(fresh.log.last).toBe(one.log.last)
    expect(await append(again.log, { text: 'while it runs', id: 'a' })).toMatchObject({
      ok: true,
      value: { seq: one.told[0]?.seq },
    })
    await vi.waitFor(
      () => expect(new Set([one, again, fresh].map(({ file }) => projectionHash(file))).size).toBe(1),
      within,
    )
  })

  test('a removed text goes from the files of the brokers, and the log folds as before', async () => {
    const stream = await newStream()
    const one = await daemonOn(stream)
    const two = await daemonOn(stream)
    const secret = `secret${process.pid}word`
    const seq = await storedBy(one, { session: 1, text: `a ${secret}`, id: 'x' })
    await storedBy(two, { session: 1, text: `a ${secret}`, id: 'x' })
    const other = await storedBy(one, { session: 1, text: 'stays' })
    const edit = await storedBy(two, {
      session: 1,
      body: { action: 'edit', target: other, message: `b ${secret}` },
    })
    expect(edit).toBeGreaterThan(other)
    expect(blocksWith(secret)).toBeGreaterThan(0)
    await storedBy(one, { session: 1, body: { action: 'edit', target: other, message: 'c' } })
    await storedBy(two, { session: 1, body: { action: 'delete', target: seq } })
    await vi.waitFor(() => expect(blocksWith(secret)).toBe(0), within)
    const fresh = await daemonOn(stream)
    await vi.waitFor(
      () => expect(new Set([one, two, fresh].map(({ file }) => projectionHash(file))).size).toBe(1),
      within,
    )
    expect([...one.troubles, ...fresh.troubles]).toEqual([])
  })

  test('an envelope that is stored again, however late, changes nothing, and its text goes', async () => {
    const stream = await newStream()
    const one = await daemonOn(stream)
    const two = await daemonOn(stream)
    const secret = `late${process.pid}copy`
    const seq = await storedBy(one, { text: secret, session: 1 })
    const connection = await connectToBrokers(cluster().brokersOf(stream), 'test')
    onTestFinished(() => connection.close())
    const position = Math.floor(seq / 1_024)
    const { data } = await connection.request(
      `$JS.API.DIRECT.GET.${stream}`,
      JSON.stringify({ seq: position }),
    )
    // As after the window in which JetStream knows the id: it takes the same once more.
    connection.publish(`${stream}.log`, data)
    await connection.flush()
    const next = await storedBy(one, { text: 'after it' })
    await vi.waitFor(() => expect(two.told.at(-1)?.seq).toBe(next), within)
    expect(two.told.map(event => event.seq)).toEqual([seq, next])
    await storedBy(one, { session: 1, body: { action: 'delete', target: seq } })
    // The copy goes when the daemons look after what another one has sent: within two minutes.
    await vi.waitFor(() => expect(blocksWith(secret)).toBe(0), { timeout: 100_000, interval: 500 })
    expect(projectionHash(one.file)).toBe(projectionHash(two.file))
  })

  test('a hole that nothing explains stops the fold, and reading goes on', async () => {
    const stream = await newStream()
    const one = await daemonOn(stream)
    await storedBy(one, { text: 'first' })
    const connection = await connectToBrokers(cluster().brokersOf(stream), 'test')
    onTestFinished(() => connection.close())
    await askApi(connection, `STREAM.MSG.DELETE.${stream}`, { seq: 2 })
    expect(await problemOf(cluster().address(stream))).toContain('the stream has no message 2')
    expect((await one.log.read('dev', { limit: 10, maxBytes: 1_000_000 })).events).toHaveLength(1)
  })

  test('a stream that was made again is not followed', async () => {
    const stream = await newStream()
    const directory = temporaryDirectory()
    const one = await daemonOn(stream, directory)
    await storedBy(one, { text: 'first' })
    const connection = await connectToBrokers(cluster().brokersOf(stream), 'test')
    onTestFinished(() => connection.close())
    await askApi(connection, `STREAM.DELETE.${stream}`, {}, 5_000)
    await cluster().init(stream)
    await vi.waitFor(() => expect(one.troubles.join()).toContain('made again'), within)
    expect(one.log.shared?.halted).toContain('made again')
    const refused = await append(one.log, { text: 'second' })
    expect(refused).toMatchObject({ ok: false, error: { code: 'storage_unavailable' } })
    expect((await one.log.read('dev', { limit: 10, maxBytes: 1_000_000 })).events).toHaveLength(1)
    await one.log.abandon()
    expect(await problemOf(cluster().address(stream), directory)).toContain('made again')
  })

  test('a log of its own and a file that follows a shared log are not taken for each other', async () => {
    const stream = await newStream()
    const alone = temporaryDirectory()
    const opened = await openSqliteLog(logFile(alone))
    if (!opened.ok) throw new Error(opened.error)
    await append(opened.value, {})
    await opened.value.close()
    expect(await problemOf(cluster().address(stream), alone)).toContain('is a log of its own')
    const following = temporaryDirectory()
    await (await daemonOn(stream, following)).log.close()
    const refused = await openSqliteLog(logFile(following))
    expect(refused).toMatchObject({ ok: false, error: expect.stringContaining('start chatd with --log') })
  })

  test('what is wrong with the brokers is said in a sentence', async () => {
    expect(await problemOf(cluster().address('none'))).toContain(
      'make it with chatd cluster init --log nats://',
    )
    expect(await problemOf('nats://127.0.0.1:9')).toContain('no broker answers at 127.0.0.1:9')
    const half = streamName()
    const connection = await connectToBrokers(cluster().brokersOf(half), 'test')
    onTestFinished(() => connection.close())
    await createLogStream(connection, half, { replicas: 3, first: 1 })
    expect(await problemOf(cluster().address(half))).toContain('run chatd cluster init')
    expect((await initCluster(cluster().brokersOf(half), 3)).ok).toBe(true)
    await daemonOn(half)
    const stream = await newStream()
    expect(await initCluster(cluster().brokersOf(stream), 3)).toMatchObject({
      ok: false,
      error: expect.stringContaining('already'),
    })
    expect(await clusterStatus(cluster().brokersOf(stream))).toMatchObject({
      ok: true,
      value: { replicas: 3, messages: 1 },
    })
  })

  test('without brokers senders are refused after a while, reading and stopping go on, and what was late is stored', async () => {
    const lone = await BrokerCluster.start(program ?? '', 1)
    onTestFinished(() => lone.close())
    await lone.init('lone')
    const file = logFile(temporaryDirectory())
    const opened = await openSqliteLog(file, { brokers: lone.brokersOf('lone') })
    if (!opened.ok) throw new Error(opened.error)
    const { value: log } = opened
    onTestFinished(() => log.abandon())
    const told: LoggedEvent[] = []
    log.subscribe(events => told.push(...events.map(({ event }) => event)))
    await append(log, { text: 'before' })
    await lone.signal(0, 'SIGSTOP')
    const begun = performance.now()
    const connections = log.shared?.reconnects
    const [late, never] = await Promise.all([
      append(log, { text: 'late', id: 'late' }),
      // Only the first is on its way: this one waits for it.
      new Promise(resolve => setTimeout(resolve, 100)).then(() =>
        append(log, { text: 'never', id: 'never' }),
      ),
    ])
    expect(performance.now() - begun).toBeGreaterThan(11_000)
    for (const refused of [late, never])
      expect(refused).toMatchObject({ ok: false, error: { code: 'storage_unavailable' } })
    expect(log.committing).toBe(0)
    expect(log.isWritable).toBe(false)
    expect(log.shared).toMatchObject({ broker: undefined, currentReplicas: 0 })
    expect(log.shared?.sinceProgress).toBeGreaterThan(8_000)
    expect((await log.read('dev', { limit: 10, maxBytes: 1_000_000 })).events).toHaveLength(1)
    await lone.signal(0, 'SIGCONT')
    await vi.waitFor(
      () => expect(told.map(event => 'message' in event && event.message)).toEqual(['before', 'late']),
      within,
    )
    await vi.waitFor(() => {
      expect(log.shared).toMatchObject({ lag: 0, inFlight: 0, currentReplicas: 1, halted: undefined })
      expect(log.shared?.reconnects).toBeGreaterThan(connections ?? 0)
    }, within)
    const again = await append(log, { text: 'late', id: 'late' })
    expect(again).toMatchObject({ ok: true, value: { seq: told[1]?.seq } })
    await lone.signal(0, 'SIGKILL')
    const unanswered = append(log, { text: 'at the end' })
    const closing = performance.now()
    await log.close()
    expect((await unanswered).ok).toBe(false)
    expect(performance.now() - closing).toBeLessThan(6_000)
  })

  /** How many files of blocks of the brokers hold a text. */
  function blocksWith(text: string): number {
    const directories = Array.from({ length: cluster().count }, (_, at) => cluster().directoryOf(at))
    try {
      const found = execFileSync('grep', ['-rl', '--include=*.blk', text, ...directories], {
        encoding: 'utf8',
      })
      return found
        .split('\n')
        .filter(path => path.includes('/msgs/') && !path.includes('_meta_') && !path.includes('$SYS')).length
    } catch {
      // It ends with 1 where it finds none.
      return 0
    }
  }
})

test.each([
  ['2.9.10', true, 'chatd needs 2.15 or newer'],
  ['2.15.0', false, 'the broker has no JetStream'],
])('a broker %s with JetStream %s is refused: %s', async (version, jetstream, sentence) => {
  const info = {
    server_id: 'x',
    server_name: 'x',
    version,
    go: 'go',
    host: '127.0.0.1',
    port: 1,
    max_payload: 1_048_576,
    proto: 1,
    headers: true,
    jetstream,
    client_id: 1,
  }
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.on('data', data => {
      if (data.includes('PING')) socket.write('PONG\r\n')
    })
    socket.write(`INFO ${JSON.stringify(info)}\r\n`)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await vi.waitFor(() => expect(server.listening).toBe(true))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  expect(await problemOf(`nats://127.0.0.1:${port}`)).toContain(sentence)
})

test('a list of brokers is checked', () => {
  expect(parseBrokers('nats://a,b:4333,[::1]:1')).toEqual({
    ok: true,
    value: { servers: ['a:4222', 'b:4333', '[::1]:1'], stream: 'chatd' },
  })
  expect(parseBrokers('tls://a/other')).toEqual({
    ok: true,
    value: { servers: ['a:4222'], stream: 'other', isEncrypted: true },
  })
  const withPassword = parseBrokers('tls://chatd:secret@a')
  expect(withPassword).toMatchObject({ ok: false, error: expect.stringContaining('log-credentials') })
  expect(JSON.stringify(withPassword)).not.toContain('secret')
  for (const wrong of [
    'a,b',
    'nats://',
    'nats://a,,b',
    'nats://a:0',
    'nats://a:99999',
    'nats://a/b/c',
    'http://a',
  ])
    expect(parseBrokers(wrong).ok).toBe(false)
})
