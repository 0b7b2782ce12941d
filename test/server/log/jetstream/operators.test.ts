import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { nkeys } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Brokers } from '../../../../src/server/brokers.ts'
import { logFile } from '../../../../src/server/dataDirectory.ts'
import type { Bus } from '../../../../src/server/log/bus.ts'
import { askApi } from '../../../../src/server/log/jetstream/api.ts'
import { connectToBrokers } from '../../../../src/server/log/jetstream/brokers.ts'
import { clusterStatus, initCluster } from '../../../../src/server/log/jetstream/cluster.ts'
import { checkCluster } from '../../../../src/server/log/jetstream/clusterCheck.ts'
import { openJetStream } from '../../../../src/server/log/jetstream/jetStream.ts'
import { lookAtMonitor } from '../../../../src/server/log/jetstream/monitoring.ts'
import { openNatsBus } from '../../../../src/server/log/jetstream/natsBus.ts'
import { streamConfig } from '../../../../src/server/log/jetstream/streamConfig.ts'
import { openSqliteLog, type SqliteLog } from '../../../../src/server/log/sqlite/sqliteLog.ts'
import { freePorts } from '../../../cluster/brokerCluster.ts'
import { findNatsServer, WITHOUT_NATS } from '../../../cluster/natsServer.ts'
import { makeAuthority, PackagedBrokers } from '../../../cluster/packagedBrokers.ts'
import { temporaryDirectory } from '../../directory.ts'
import { append } from '../logContract.ts'

const program = findNatsServer()
const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (program === undefined) console.log(WITHOUT_NATS)
if (!hasOpenssl) console.log('SKIPPED: openssl is not here; nothing signs in at brokers')

const key = nkeys.createUser()
const seed = new TextDecoder().decode(key.getSeed())
/** A user by a key, who may do what a daemon may, and one who may do nothing. */
const USERS = `{ nkey: ${key.getPublicKey()}, permissions { publish: [">"], subscribe: [">"] } }
  { user: half, password: "x", permissions { publish { allow: ">", deny: "$JS.API.CONSUMER.MSG.NEXT.>" }, subscribe: ">" } }
  { user: stranger, password: "x", permissions { publish: ["elsewhere"], subscribe: ["_INBOX.>"] } }
`
const within = { timeout: 20_000, interval: 50 }

let started: PackagedBrokers | undefined

function packaged(): PackagedBrokers {
  if (started === undefined) throw new Error('there are no brokers')
  return started
}

async function problemOf(brokers: Brokers): Promise<string> {
  const status = await clusterStatus(brokers)
  if (!status.ok) return status.error
  throw new Error('it had an answer')
}

async function opened(brokers: Brokers): Promise<{ readonly log: SqliteLog; readonly troubles: string[] }> {
  const troubles: string[] = []
  const result = await openSqliteLog(logFile(temporaryDirectory()), {
    brokers,
    onTrouble: trouble => troubles.push(trouble),
  })
  if (!result.ok) throw new Error(result.error)
  onTestFinished(() => result.value.abandon())
  return { log: result.value, troubles }
}

describe.skipIf(program === undefined || !hasOpenssl)('the brokers of packaging/broker', () => {
  beforeAll(async () => {
    started = await PackagedBrokers.start(program ?? '', USERS)
  }, 60_000)
  afterAll(() => started?.close())

  test('nats-server has nothing to say of their configuration', () => {
    const checked = spawnSync(program ?? '', ['-t', '-c', packaged().configuration(0)], { encoding: 'utf8' })
    expect(checked).toMatchObject({ status: 0, stderr: expect.stringContaining('is valid') })
    expect(checked.stderr).not.toMatch(/warn/i)
  })

  test('a daemon has the permissions for all that it does: storing, reading, following and erasing', async () => {
    const one = await opened(packaged().brokers())
    const two = await opened(packaged().brokers())
    const said = await append(one.log, { text: 'a secret', session: 1 })
    if (!said.ok) throw new Error(said.error.message)
    await append(one.log, { session: 1, body: { action: 'delete', target: said.value.seq } })
    await vi.waitFor(() => expect(two.log.last).toBeGreaterThan(said.value.seq), within)
    const connection = await connectToBrokers(packaged().brokers('operator.login'), 'test')
    onTestFinished(() => connection.close())
    const seq = Math.floor(said.value.seq / 1_024)
    await vi.waitFor(
      () => expect(askApi(connection, 'STREAM.MSG.GET.chatd', { seq })).rejects.toThrow('no message found'),
      within,
    )
    await vi.waitFor(
      () => expect(two.log.shared).toMatchObject({ lag: 0, inFlight: 0, replicas: 3, currentReplicas: 3 }),
      within,
    )
    expect(packaged().address()).toContain(two.log.shared?.broker)
    expect([...one.troubles, ...two.troubles]).toEqual([])
  })

  test('what a daemon or an operator may not do there is named', async () => {
    packaged().writeLogin('stranger.login', 'user = "stranger"\npassword = "x"\n')
    const stranger = packaged().brokers('stranger.login')
    expect(await problemOf(stranger)).toMatch(/refuse this user .*STREAM\.INFO\.chatd.*permissions/)
    const refused = await openSqliteLog(logFile(temporaryDirectory()), { brokers: stranger })
    expect(refused).toMatchObject({ ok: false, error: expect.stringContaining('STREAM.INFO.chatd') })
    const made = await initCluster({ ...packaged().brokers(), stream: 'other' }, 3)
    expect(made).toMatchObject({ ok: false, error: expect.stringContaining('STREAM.INFO.other') })
  })

  test('what a daemon may not do once it reads is told', async () => {
    packaged().writeLogin('half.login', 'user = "half"\npassword = "x"\n')
    const denied: string[] = []
    const stream = await openJetStream(packaged().brokers('half.login'), 'test', what => denied.push(what))
    onTestFinished(() => stream.close())
    const tail = stream.tail(1, {
      began: () => Promise.resolve(true),
      message: () => undefined,
      hole: () => undefined,
      ready: () => Promise.resolve(),
    })
    onTestFinished(() => tail.end())
    await vi.waitFor(() => expect(denied.join()).toMatch(/CONSUMER\.MSG\.NEXT\.chatd.*permissions/), within)
  })

  test('a daemon may talk with others and hold the names of guests; what it may not is told', async () => {
    const denied: string[] = []
    const busOf = async (login: string): Promise<Bus> => {
      const bus = await openNatsBus(packaged().brokers(login), 'test', what => denied.push(what))
      if (!bus.ok) throw new Error(bus.error)
      onTestFinished(() => bus.value.close())
      return bus.value
    }
    const heard: string[] = []
    const [one, two] = await Promise.all([busOf('daemon.login'), busOf('daemon.login')])
    two.listen('two', { heard: text => heard.push(text), returned: () => undefined })
    await vi.waitFor(async () => {
      one.tellAll('to all')
      one.tell('two', 'to one')
      await one.keys.check()
      expect(heard).toEqual(expect.arrayContaining(['to all', 'to one']))
    }, within)
    const revision = await one.keys.put('alice', 'one', 0)
    expect(revision).toBeGreaterThan(0)
    expect(await two.keys.get('alice')).toEqual({ value: 'one', revision })
    expect(await two.keys.delete('alice', revision ?? 0)).toBe(true)
    expect(denied).toEqual([])
    packaged().writeLogin('stranger.login', 'user = "stranger"\npassword = "x"\n')
    const stranger = await busOf('stranger.login')
    stranger.listen('x', { heard: () => undefined, returned: () => undefined })
    await vi.waitFor(() => expect(denied.join()).toContain('chatd.peers.all'), within)
  })

  test('a broker that asks for a certificate lets in a daemon that has one of its authority', async () => {
    const directory = temporaryDirectory()
    const files = join(packaged().directory, 'n1')
    const [port = 0] = await freePorts(1)
    writeFileSync(
      join(directory, 'nats.conf'),
      `listen: "127.0.0.1:${port}"
jetstream { store_dir: "${directory}/store" }
tls { cert_file: "${files}/broker.pem", key_file: "${files}/broker.key", ca_file: "${files}/ca.pem", verify: true }
`,
    )
    const child = spawn(program ?? '', ['-c', join(directory, 'nats.conf')], { stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
    const brokers = { servers: [`127.0.0.1:${port}`], stream: 'chatd', isEncrypted: true }
    const ca = join(files, 'ca.pem')
    await vi.waitFor(
      async () =>
        expect(await problemOf({ ...brokers, access: { ca } })).toMatch(/asks for a certificate: .*log-cert/),
      within,
    )
    const other = temporaryDirectory()
    makeAuthority(other)
    const foreign = { ca, certificate: join(other, 'ca.pem'), key: join(other, 'ca.key') }
    expect(await problemOf({ ...brokers, access: foreign })).toMatch(
      /does not take the certificate of .*ca\.pem/,
    )
    const access = { ca, certificate: join(files, 'broker.pem'), key: join(files, 'broker.key') }
    expect(await initCluster({ ...brokers, access }, 1)).toMatchObject({ ok: true, value: { replicas: 1 } })
  })

  test('a wrong sign-in, and none, are said in sentences that hold no secret', async () => {
    const wrong = packaged().writeLogin('wrong.login', 'user = "chatd"\npassword = "not-this"\n')
    const refused = await problemOf(packaged().brokers('wrong.login'))
    expect(refused).toContain(`does not take the sign-in of ${wrong}`)
    expect(refused).not.toContain('not-this')
    const { access, ...rest } = packaged().brokers()
    expect(await problemOf({ ...rest, access: { ca: access?.ca } })).toContain('log-credentials')
  })

  test('a file to sign in by is checked before a broker is asked', async () => {
    packaged().writeLogin('open.login', 'user = "chatd"\npassword = "x"\n', 0o644)
    expect(await problemOf(packaged().brokers('open.login'))).toMatch(/others can read .*chmod o=/)
    packaged().writeLogin('empty.login', 'secret-but-no-key\n')
    const refused = await problemOf(packaged().brokers('empty.login'))
    expect(refused).toMatch(/holds nothing to sign in by: write user = /)
    expect(refused).not.toContain('secret-but')
    expect(await problemOf(packaged().brokers('missing.login'))).toMatch(/missing\.login cannot be read/)
  })

  test('a key signs in where the brokers know its public half', async () => {
    packaged().writeLogin('key.login', `${seed}\n`)
    expect(await clusterStatus(packaged().brokers('key.login'))).toMatchObject({
      ok: true,
      value: { replicas: 3 },
    })
  })

  test('TLS: an unknown authority, another name, none where it must be, and none wanted', async () => {
    const { access, ...rest } = packaged().brokers()
    const unknown = { ...rest, access: { credentials: access?.credentials } }
    expect(await problemOf(unknown)).toMatch(/signed by none of the authorities that Node knows.*log-ca/)
    const named = packaged().brokers('daemon.login', packaged().address('localhost'))
    expect(await problemOf(named)).toMatch(/names none of the brokers of --log/)
    const plain = packaged().brokers('daemon.login', packaged().address('127.0.0.1', 'nats'))
    expect(await problemOf({ ...plain, access: unknown.access })).toMatch(/wants TLS .*write tls:\/\//)
    expect(await problemOf({ ...rest, access: { ...access, ca: '/nowhere.pem' } })).toMatch(
      /nowhere\.pem cannot be read .*log-ca/,
    )
  })

  test('a password that changes while daemons run is read again', async () => {
    const login = (password: string): string =>
      packaged().writeLogin('daemon.login', `user = "chatd"\npassword = "${password}"\n`)
    const { log } = await opened(packaged().brokers())
    const connections = log.shared?.reconnects ?? 0
    login('another-secret')
    packaged().changePassword('another-secret')
    await vi.waitFor(() => expect(log.shared?.reconnects).toBeGreaterThan(connections), within)
    expect(await append(log, { text: 'after the change' })).toMatchObject({ ok: true })
  })

  test('a check finds what is wrong with brokers and stream, and nothing else', async () => {
    const operator = packaged().brokers('operator.login')
    const findings = async (monitors = packaged().monitors) =>
      (await checkCluster(operator, monitors)).findings
    // Three brokers of one test are on one machine.
    const oneMachine = {
      about: 'replicas',
      sentence: expect.stringMatching(/n\d and n\d and n\d are on one machine/),
    }
    expect(await findings()).toEqual([oneMachine])
    const connection = await connectToBrokers(operator, 'test')
    onTestFinished(() => connection.close())
    const change = (more: object) =>
      askApi(
        connection,
        'STREAM.UPDATE.chatd',
        { name: 'chatd', ...streamConfig('chatd', 3), ...more },
        5_000,
      )
    await change({ max_age: 3_600_000_000_000 })
    expect(await findings()).toEqual([
      {
        about: 'stream',
        sentence: expect.stringContaining('has max_age 3600000000000, and chatd makes it with 0'),
      },
      oneMachine,
    ])
    await change({})
    const {
      findings: partly,
      notAsked,
      brokers,
    } = await checkCluster(operator, packaged().monitors.slice(0, 1))
    expect([partly, [...notAsked].sort(), [...brokers].sort()]).toEqual([
      [oneMachine],
      ['n2', 'n3'],
      ['n1', 'n2', 'n3'],
    ])
    // Brokers of one machine have one address for their monitoring.
    const silent = await findings(['http://127.0.0.1:9', 'http://127.0.0.1:9'])
    expect(silent.filter(({ about }) => about === 'monitoring')).toMatchObject([
      { sentence: expect.stringContaining('ECONNREFUSED') },
    ])
    const none = await checkCluster({ ...operator, stream: 'none' }, packaged().monitors)
    expect(none.findings).toMatchObject([
      { about: 'stream', sentence: expect.stringContaining('cluster init') },
    ])
  })

  test('their monitoring says that they sync always', async () => {
    const [monitor = ''] = packaged().monitors
    expect(await lookAtMonitor(monitor, undefined)).toMatchObject({
      ok: true,
      value: { name: 'n1', syncsAlways: true, unwell: undefined, storage: { most: expect.any(Number) } },
    })
  })
})

test('tls:// is refused by a broker without TLS before anything is sent to it', async () => {
  let sent = ''
  const info = {
    server_id: 'x',
    server_name: 'x',
    version: '2.15.1',
    proto: 1,
    headers: true,
    max_payload: 1,
  }
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.on('data', data => {
      sent += data.toString()
    })
    socket.write(`INFO ${JSON.stringify(info)}\r\n`)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await vi.waitFor(() => expect(server.listening).toBe(true))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const brokers = { servers: [`127.0.0.1:${port}`], stream: 'chatd', isEncrypted: true }
  expect(await problemOf(brokers)).toMatch(/has no TLS, which tls:\/\/ asks for/)
  expect(sent).toBe('')
})
