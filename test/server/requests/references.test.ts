import { expect, test } from 'vitest'
import type { JournalOptions } from '../../../src/server/journal.ts'
import type { Settings } from '../../../src/server/settings.ts'
import { MemoryLog } from '../log/memoryLog.ts'
import { keepLines, type LogLine } from '../logLines.ts'
import { eventually, Peer, type Received, type Server, startServer } from '../peer.ts'

async function watched(
  settings: Partial<Settings> = {},
  journal?: JournalOptions,
): Promise<Server & { readonly lines: LogLine[] }> {
  const { logger, lines } = keepLines()
  const told = { logger, ...(journal === undefined ? {} : { journal }) }
  const server = await startServer(settings, new MemoryLog(), undefined, told)
  return { ...server, lines }
}

function referenceIn(frame: Received): string | undefined {
  return /\((c\d+-\d+)\)$/.exec(String(frame['message']))?.[1]
}

test('each error of a full and a plain client ends with a reference, by which the log has one line', async () => {
  const server = await watched()
  const alice = await Peer.full(server, 'alice')
  const plain = await Peer.plain(server, 'bob')
  plain.send({ action: 'chat', room: 'secretRoom', message: 'secretText' })
  const errors = [
    await alice.ask({ action: 'chat', room: 'secretRoom', message: 'secretText' }),
    await alice.ask({ action: 'history', room: 'secretRoom' }),
    await alice.ask({ action: 'topic', room: '#bad', topic: 'secretText' }),
    await plain.next('error'),
  ]
  alice.raw('secretText\n')
  errors.push(await alice.wait(({ code }: Received & { readonly code?: unknown }) => code === 'bad_frame'))
  const references = errors.map(referenceIn)
  expect(new Set(references).size).toBe(errors.length)
  expect(references.map(ref => ref?.split('-')[1])).toEqual(['1', '2', '3', '1', '4'])
  for (const [n, ref] of references.entries()) {
    const found = server.lines.filter(line => line['ref'] === ref)
    expect(found).toMatchObject([{ event: 'error', code: errors[n]?.['code'], address: '127.0.0.1' }])
  }
  expect(JSON.stringify(server.lines)).not.toMatch(/secret|alice|bob/)
})

test('the log has one connect and one disconnect, with seconds, bytes and the reason', async () => {
  const server = await watched({}, { names: true, addresses: true })
  const alice = await Peer.full(server, 'alice')
  alice.socket.end()
  await alice.ended()
  await eventually(() => server.lines.some(({ event }) => event === 'disconnect'))
  const [connect, disconnect] = server.lines.filter(line => typeof line['event'] === 'string')
  expect(connect).toMatchObject({ event: 'connect', connection: 'c1', name: 'alice', client: 'other' })
  expect(disconnect).toMatchObject({ event: 'disconnect', connection: 'c1', name: 'alice', reason: 'closed' })
  expect(disconnect?.['bytesIn']).toBeGreaterThan(20)
  expect(disconnect?.['bytesOut']).toBeGreaterThan(100)
})

test.each([
  ['bad lines', 'bad_lines', (peer: Peer) => peer.raw('x\n'.repeat(20))],
  ['a reset', 'reset', (peer: Peer) => peer.socket.resetAndDestroy()],
  ['silence', 'silent', () => undefined],
])('a connection that ends by %s is counted as %s', async (_, reason, end) => {
  const server = await watched({ silentAfter: reason === 'silent' ? 500 : 120_000 })
  const alice = await Peer.full(server, 'alice')
  end(alice)
  await eventually(() => server.lines.some(({ event }) => event === 'disconnect'))
  expect(server.lines.find(({ event }) => event === 'disconnect')).toMatchObject({ reason })
  expect(server.daemon.counters.disconnects).toMatchObject({ [reason]: 1 })
})

test('a refused connect is told with its reason; one that was asked to sign in has no number on its screen', async () => {
  const server = await watched()
  const alice = await Peer.full(server, 'alice')
  await alice.ask({ action: 'register', password: 'correct horse battery' })
  const other = await Peer.open(server)
  other.send({ action: 'connect', username: 'alice', protocol: 1 })
  const asked = await other.next('error')
  expect(asked).toMatchObject({ code: 'auth_required' })
  expect(referenceIn(asked)).toBeUndefined()
  other.send({ action: 'connect', username: 'alice', protocol: 1, password: 'wrong' })
  const wrong = await other.wait(frame => frame['code'] === 'auth_failed')
  expect(server.lines.filter(line => line['ref'] === referenceIn(wrong))).toMatchObject([
    { event: 'refused', reason: 'auth_failed' },
  ])
})

test('errors that come with typing and reading have no number, and no line', async () => {
  const server = await watched()
  const alice = await Peer.full(server, 'alice')
  for (const action of ['typing', 'read'])
    expect(referenceIn(await alice.ask({ action, room: 'nowhere', on: true, seq: 1 }))).toBeUndefined()
  expect(server.lines.filter(({ event }) => event === 'error')).toEqual([])
  expect(server.daemon.counters.requests.typing).toMatchObject({ not_in_room: 1 })
})

test('a connection that is not let in has a number too, and a flood of them few lines', async () => {
  const server = await watched({ connectionsPerAddress: 1 })
  await Peer.full(server, 'alice')
  const refused: Received[] = []
  for (let i = 0; i < 20; i++) {
    const peer = await Peer.open(server)
    peer.send({ action: 'connect', username: `u${i}` })
    refused.push(await peer.next('error'))
  }
  const told = server.lines.filter(({ event, ref }) => event === 'refused' && ref !== undefined)
  for (const frame of refused) {
    const ref = referenceIn(frame)
    if (ref !== undefined) expect(told.filter(line => line['ref'] === ref)).toHaveLength(1)
  }
  expect(referenceIn(refused[0] as Received)).toBeDefined()
  expect(server.daemon.counters.refused.limit_reached).toBe(20)
})

test('a handshake that fails is counted', async () => {
  const server = await watched()
  const peer = await Peer.open(server)
  // A record that says it is a hello, and is none.
  peer.raw(Buffer.from([0x16, 3, 1, 0, 4, 1, 0, 0, 0]))
  await peer.ended()
  await eventually(() => server.daemon.counters.refused.handshake === 1)
})

test('a limit is one line a minute for a connection, with the reference of the first', async () => {
  const server = await watched({ roomsOfAddress: 1 })
  const alice = await Peer.full(server, 'alice')
  await alice.ask({ action: 'joinroom', room: 'one' })
  const first = await alice.ask({ action: 'joinroom', room: 'two' })
  await alice.ask({ action: 'joinroom', room: 'three' })
  expect(server.lines.filter(({ event }) => event === 'limit')).toMatchObject([
    { ref: referenceIn(first), code: 'rate_limited', action: 'joinroom' },
  ])
})
