import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Task } from '../../../../src/server/admin/tasks.ts'
import type { Entry } from '../../../../src/server/log/entries.ts'
import { encodeEnvelope, RULES } from '../../../../src/server/log/envelope.ts'
import { connectToBrokers } from '../../../../src/server/log/jetstream/brokers.ts'
import { clusterStatus } from '../../../../src/server/log/jetstream/cluster.ts'
import { projectionHash } from '../../../cluster/projectionHash.ts'
import { testBrokers } from '../../../cluster/testBrokers.ts'
import { knock, PASSWORD, registered, secretOf } from '../../accounts.ts'
import { type OperatedServer, startOperated } from '../../operator.ts'
import { eventually, Peer, type Received } from '../../peer.ts'

const { program, cluster, newStream } = testBrokers(1)

const isJson = true
const within = { timeout: 20_000, interval: 50 }

/** Two daemons on one log, each with the socket of its operator. */
async function twoDaemons(): Promise<{
  readonly one: OperatedServer
  readonly two: OperatedServer
  readonly stream: string
}> {
  const stream = await newStream()
  const brokers = cluster().brokersOf(stream)
  const [one, two] = await Promise.all([
    startOperated({}, {}, { brokers }),
    startOperated({}, {}, { brokers }),
  ])
  return { one, two, stream }
}

async function run(server: OperatedServer, task: Task): Promise<readonly string[]> {
  const { lines, result } = await server.run(task)
  expect(result).toMatchObject({ ok: true })
  return lines
}

async function said(peer: Peer, room: string, message: string): Promise<number> {
  const answer = await peer.ask({ action: 'chat', room, message })
  expect(answer.action).toBe('ok')
  return Number(answer['seq'])
}

/** Waits until a peer has heard of an event. */
function hears(peer: Peer, seq: number): Promise<Received> {
  return peer.wait(frame => frame['seq'] === seq && frame.action === 'chat')
}

async function sameRows(...servers: readonly OperatedServer[]): Promise<void> {
  const hashes = (): Set<string> =>
    new Set(servers.map(({ directory }) => projectionHash(join(directory, 'log.db'))))
  await vi.waitFor(() => expect(hashes().size).toBe(1), within)
}

/** Stores entries as another daemon would whose envelope was on its way. */
async function publish(stream: string, entries: readonly Entry[]): Promise<void> {
  const connection = await connectToBrokers(cluster().brokersOf(stream), 'test')
  onTestFinished(() => connection.close())
  await connection.request(`${stream}.log`, encodeEnvelope({ v: RULES, d: 'other', n: 1, w: entries }))
}

/** How many files of the broker's stream hold a text. */
function blocksWith(text: string): number {
  try {
    const found = execFileSync('grep', ['-rl', '--include=*.blk', text, cluster().directoryOf(0)], {
      encoding: 'utf8',
    })
    return found.split('\n').filter(path => path.includes('/msgs/')).length
  } catch {
    // It ends with 1 where it finds none.
    return 0
  }
}

describe.skipIf(program === undefined)('a change at one daemon takes effect at the others', () => {
  test('of accounts: owners hear of it, and connections that it no longer allows end', async () => {
    const { one, two } = await twoDaemons()
    const alice = await registered(one, 'alice')
    await eventually(
      () => two.log.accountLike('alice1') === undefined && two.daemon.accounts.accounts.areThereAny,
    )
    const [phone, welcome] = await knock(two, 'alice', { password: PASSWORD, device: 'phone' })
    expect(welcome.action).toBe('welcome')
    expect(await alice.next('notice')).toMatchObject({
      message: 'a new device signed in to your account: phone (/devices lists them)',
    })
    const [tablet] = await knock(two, 'alice', { password: PASSWORD, device: 'tablet' })
    await tablet.next('welcome')
    await alice.ask({ action: 'password', old: PASSWORD, new: 'another horse' })
    expect(await phone.wait(({ message }) => String(message).includes('password'))).toMatchObject({
      message: 'the password of your account was changed',
    })
    const secrets = (await alice.ask({ action: 'account' }))['secrets'] as { n: number; label: string }[]
    const n = secrets.find(({ label }) => label === 'phone')?.n
    expect(await alice.ask({ action: 'revoke', n })).toMatchObject({ action: 'ok' })
    expect(await phone.next('bye')).toMatchObject({ reason: 'revoked' })
    expect(await tablet.wait(({ message }) => String(message).includes('was revoked'))).toMatchObject({
      message: 'the device "phone" was revoked from your account',
    })
    expect(tablet.of('bye')).toEqual([])
    // A name that gets an account, one that is disabled, and one that is removed.
    const guest = await Peer.full(two, 'bob')
    await run(one, { task: 'userAdd', name: 'Bob', keys: [], role: 'user' })
    expect(await guest.next('bye')).toMatchObject({ reason: 'name_registered' })
    await run(one, { task: 'userRole', name: 'alice', role: 'admin' })
    await eventually(() => two.daemon.accounts.accounts.find('alice')?.role === 'admin')
    await run(one, { task: 'userDisable', name: 'alice', isDisabled: true })
    expect(await tablet.next('bye')).toMatchObject({ reason: 'disabled' })
    const carol = await registered(two, 'carol')
    await run(one, { task: 'userRemove', name: 'carol' })
    expect(await carol.next('bye')).toMatchObject({ reason: 'revoked' })
    await run(one, { task: 'policy', names: 'registered' })
    await eventually(() => two.daemon.accounts.accounts.policy.names === 'registered')
    await sameRows(one, two)
  })

  test('of rooms: members hear of the new name, and of the end', async () => {
    const { one, two } = await twoDaemons()
    const alice = await Peer.full(one, 'alice')
    const bob = await Peer.full(two, 'bob', undefined, ['renames'])
    const carol = await Peer.plain(two, 'carol')
    for (const peer of [alice, bob]) await peer.ask({ action: 'joinroom', room: 'Dev' })
    carol.send({ action: 'joinroom', room: 'dev' })
    await bob.wait(frame => frame.action === 'joined' && frame['from'] === 'carol')
    // Of a room without an event the other daemon knows by its own members alone.
    await bob.ask({ action: 'joinroom', room: 'Empty' })
    await hears(bob, await said(alice, 'dev', 'one'))
    await run(one, { task: 'roomRename', room: 'dev', name: 'Infra', isJson })
    expect(await bob.next('renamed')).toEqual({ action: 'renamed', room: 'Dev', title: 'Infra' })
    await run(one, { task: 'roomDelete', room: 'infra', isJson })
    expect(await bob.next('ended')).toEqual({ action: 'ended', room: 'Dev' })
    expect(await bob.next('notice')).toMatchObject({
      message: expect.stringContaining('deleted the room "Infra"'),
    })
    expect(await carol.next('error')).toMatchObject({ code: 'not_found' })
    expect(await bob.ask({ action: 'chat', room: 'dev', message: 'late' })).toMatchObject({
      code: 'not_in_room',
    })
    expect((await bob.ask({ action: 'rooms' }))['rooms']).toMatchObject([{ room: 'Empty' }])
    // Another room of the name, begun at the other daemon.
    await bob.ask({ action: 'joinroom', room: 'dev' })
    const seq = await said(bob, 'dev', 'new')
    await eventually(() => one.log.last === seq)
    expect(await alice.ask({ action: 'joinroom', room: 'dev' })).toMatchObject({ last: seq })
    await sameRows(one, two)
  })

  test('of a deleted room: what was on its way to it is refused, also when both have removed it', async () => {
    const { one, two, stream } = await twoDaemons()
    const alice = await Peer.full(one, 'alice')
    await alice.ask({ action: 'joinroom', room: 'dev' })
    for (let n = 0; n < 40; n++) await said(alice, 'dev', `message ${n}`)
    await eventually(() => two.log.head('dev')?.last === one.log.head('dev')?.last)
    const deed = { deed: 'deleteRoom', detail: 'room dev' }
    expect(await one.log.endRoom('dev', deed)).toEqual({ ok: true, value: true })
    const swept = await Promise.all([one.log.sweepRoom('dev'), two.log.sweepRoom('dev')])
    expect(swept.reduce((sum, each) => sum + (each.ok ? each.value : 0), 0)).toBe(40)
    await publish(stream, [
      {
        kind: 'event',
        roomKey: 'dev',
        roomName: 'dev',
        from: 'mallory',
        id: 'x',
        body: { action: 'chat', message: 'on its way' },
      },
      { kind: 'read', session: 1, roomKey: 'dev', seq: 3 },
    ])
    const after = await said(await inRoom(two, 'ops'), 'ops', 'after it')
    await eventually(() => one.log.last === after)
    for (const { log } of [one, two]) {
      expect(log.head('dev')).toBeUndefined()
      expect(log.isEnding('dev')).toBe(false)
    }
    await sameRows(one, two)
  })

  test('of sessions: one state for the devices of a person at two daemons', async () => {
    const { one, two, stream } = await twoDaemons()
    const laptop = await Peer.full(one, 'alice')
    const secret = await secretOf(laptop)
    await laptop.ask({ action: 'joinroom', room: 'dev' })
    const seqs: number[] = []
    for (const text of ['a', 'b', 'c']) seqs.push(await said(laptop, 'dev', text))
    await eventually(() => two.log.last === seqs.at(-1))
    const phone = await Peer.full(two, 'alice', secret)
    expect(await phone.ask({ action: 'joinroom', room: 'dev' })).toMatchObject({ read: 0 })
    await laptop.ask({ action: 'read', room: 'dev', seq: seqs[1] })
    expect(await phone.next('read')).toEqual({ action: 'read', room: 'dev', seq: seqs[1] })
    await phone.ask({ action: 'notify', room: 'dev', level: 'none' })
    expect(await laptop.next('notify')).toEqual({ action: 'notify', room: 'dev', level: 'none' })
    // Both at once: what the log applied last stands for both.
    await Promise.all([
      laptop.ask({ action: 'read', room: 'dev', seq: seqs[0] }),
      phone.ask({ action: 'read', room: 'dev', seq: seqs[2] }),
    ])
    const readAt = async (peer: Peer): Promise<unknown> =>
      ((await peer.ask({ action: 'rooms' }))['rooms'] as { read: number }[])[0]?.read
    await eventually(async () => (await readAt(laptop)) === (await readAt(phone)))
    await laptop.ask({ action: 'leaveroom', room: 'dev' })
    await eventually(async () => (await readAt(phone)) === 0)
    // 100 at once are no 100 messages of the stream.
    await laptop.ask({ action: 'joinroom', room: 'dev' })
    const messages = async (): Promise<number> => {
      const status = await clusterStatus(cluster().brokersOf(stream))
      return status.ok ? status.value.messages : 0
    }
    const before = await messages()
    await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        laptop.ask({ action: 'read', room: 'dev', seq: seqs[n % 3], id: `r${n}` }),
      ),
    )
    expect((await messages()) - before).toBeLessThanOrEqual(3)
    expect(await readAt(laptop)).toBe(seqs[0])
    await sameRows(one, two)
  })

  test('of a person who is erased: connections end, the name is free, and no text stays at the broker', async () => {
    const { one, two, stream } = await twoDaemons()
    const word = `word${process.pid}x`
    const alice = await registered(one, 'alice')
    const secret = await secretOf(alice)
    await alice.ask({ action: 'joinroom', room: 'dev' })
    const other = await Peer.full(two, 'bob')
    await other.ask({ action: 'joinroom', room: 'dev' })
    const seq = await said(alice, 'dev', `a ${word}`)
    for (const topic of [`t ${word}`, 'kept', `t ${word}`])
      await alice.ask({ action: 'topic', room: 'dev', topic })
    const phone = await Peer.full(two, 'alice', secret)
    await hears(other, seq)
    expect(blocksWith(word)).toBeGreaterThan(0)
    expect(await alice.ask({ action: 'eraseme', username: 'alice', password: PASSWORD })).toMatchObject({
      action: 'ok',
    })
    expect(await alice.next('bye')).toMatchObject({ reason: 'erased' })
    expect(await phone.next('bye')).toMatchObject({ reason: 'erased' })
    expect(await other.wait(frame => frame.action === 'topic' && frame['topic'] === '')).toBeDefined()
    const [, answer] = await knock(two, 'alice', { session: secret })
    expect(answer).toMatchObject({ action: 'welcome' })
    expect(answer).not.toHaveProperty('account')
    expect(answer['session']).not.toBe(secret)
    // By the operator, of a person without an account at the other daemon.
    await said(other, 'dev', `b ${word}`)
    await run(one, { task: 'erase', name: 'bob' })
    expect(await other.next('bye')).toMatchObject({ reason: 'erased' })
    await vi.waitFor(() => expect(blocksWith(word)).toBe(0), within)
    // A daemon that reads the log only now comes to the same.
    const fresh = await startOperated({}, {}, { brokers: cluster().brokersOf(stream) })
    await sameRows(one, two, fresh)
  })
})

async function inRoom(server: OperatedServer, room: string): Promise<Peer> {
  const peer = await Peer.full(server, 'zoe')
  await peer.ask({ action: 'joinroom', room })
  return peer
}
