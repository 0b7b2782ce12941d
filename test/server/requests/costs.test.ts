import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { MAX_MENTIONS, MAX_REACTIONS_IN_ALL } from '../../../src/protocol/limits.ts'
import { REQUEST_ACTIONS, type RequestAction } from '../../../src/protocol/requests.ts'
import { logFile } from '../../../src/server/dataDirectory.ts'
import type { Entry } from '../../../src/server/log/entries.ts'
import { openForWriting } from '../../../src/server/log/sqlite/database.ts'
import { openSqliteLog } from '../../../src/server/log/sqlite/sqliteLog.ts'
import { Writer } from '../../../src/server/log/sqlite/worker/writer.ts'
import { DEFAULT_SETTINGS } from '../../../src/server/settings.ts'
import { temporaryDirectory } from '../directory.ts'
import { Peer, startServer } from '../peer.ts'

const { limits } = DEFAULT_SETTINGS
/** What a request may cost, in pings: a fixed part, and a part for each KiB of its line and its answer. */
const PINGS = 50
const PINGS_A_KIB = 20
/** A password is meant to be costly; guesses are counted, and wait for one another. */
const HASHES: ReadonlySet<RequestAction> = new Set(['password', 'addkey', 'token'])
const PINGS_A_HASH = 1_000
const MESSAGES = 3_000
const REPEATS = 7
/** In each of a thousand rooms. */
const MENTIONS_A_ROOM = 25

/** Writes the worst log that the bounds allow for one reader, `worst`: the target of all reactions is event 1. */
function fill(file: string): void {
  const database = openForWriting(file, 'epoch')
  database.exec('PRAGMA synchronous = OFF')
  const writer = new Writer(database)
  const said = (roomKey: string, message: string, from = 'talker'): Entry => ({
    kind: 'event',
    roomKey,
    roomName: roomKey,
    from,
    body: { action: 'chat', message },
  })
  const commit = (entries: readonly Entry[]): void =>
    void writer.commit({ ts: Date.now(), entries: [...entries] })
  commit([said('worst', 'react to this')])
  for (let kind = 0; kind < limits.reactions; kind++)
    commit(
      // One more of each kind fits, so that reacting goes all its way.
      Array.from({ length: MAX_REACTIONS_IN_ALL / limits.reactions - 1 }, (_, n) => ({
        kind: 'event',
        roomKey: 'worst',
        roomName: 'worst',
        from: `reactor${n}`,
        body: { action: 'react', target: 1, emoji: `e${kind}`, on: true },
      })),
    )
  const names = ['@worst', ...Array.from({ length: MAX_MENTIONS - 1 }, (_, n) => `@reactor${n}`)].join(' ')
  for (let n = 0; n < MESSAGES; n += 500)
    commit(Array.from({ length: 500 }, (_, at) => said('worst', `${names} common word ${n + at}`)))
  for (let n = 0; n < MENTIONS_A_ROOM; n++)
    commit(Array.from({ length: limits.rooms }, (_, room) => said(`list${room}`, `hello @worst ${n}`)))
  commit(Array.from({ length: 1_000 }, (_, n) => said(`@stranger${n} @worst`, 'hello', `stranger${n}`)))
  while (writer.indexMore());
  database.close()
}

test('every request costs in proportion to its line and its answer, in the worst state that the bounds allow', async () => {
  const file = logFile(temporaryDirectory())
  fill(file)
  const opened = await openSqliteLog(file)
  if (!opened.ok) throw new Error(opened.error)
  const free = Number.POSITIVE_INFINITY
  const settings = {
    joinBurst: free,
    connectionsPerAddress: free,
    roomsOfAddress: free,
    namesOfThisMachine: free,
  }
  const server = await startServer(settings, opened.value)
  const worst = await Peer.full(server, 'worst')
  expect((await worst.ask({ action: 'register', password: 'correct horse' })).action).toBe('ok')
  for (let n = 0; n < limits.rooms - 1; n++) worst.send({ action: 'joinroom', room: `list${n}` })
  await worst.ask({ action: 'joinroom', room: 'worst' })
  expect((await worst.ask({ action: 'read', room: 'worst', seq: 1 })).action).toBe('ok')
  for (let n = 0; n < 250; n++)
    (await Peer.plain(server, `member${n}`)).send({ action: 'joinroom', room: 'worst' })
  await worst.settled()

  let own = 0
  const next = (): number => ++own
  const mine = (await worst.ask({ action: 'chat', room: 'worst', message: 'mine' }))['seq']
  const deletable: unknown[] = []
  for (let n = 0; n < REPEATS; n++)
    deletable.push((await worst.ask({ action: 'chat', room: 'worst', message: `x${n}` }))['seq'])
  let password = 'correct horse'
  const changePassword = () => {
    const old = password
    password = `another horse ${next()}`
    return { old, new: password }
  }
  const words = (): string => Array.from({ length: 400 }, () => randomUUID()).join(' ')
  const requests: Readonly<Record<RequestAction, () => object>> = {
    // Once connected it is refused; what a wrong credential costs is counted by `Guesses`.
    connect: () => ({ action: 'connect', username: 'worst', protocol: 1, password: 'correct horse' }),
    joinroom: () => ({ action: 'joinroom', room: 'worst', since: 0 }),
    leaveroom: () => ({ action: 'leaveroom', room: `list${next()}` }),
    chat: () => ({ action: 'chat', room: 'worst', message: words() }),
    edit: () => ({ action: 'edit', room: 'worst', target: mine, message: words() }),
    delete: () => ({ action: 'delete', room: 'worst', target: deletable.pop() }),
    react: () => ({ action: 'react', room: 'worst', target: 1, emoji: `e${next() % 20}`, on: own % 2 === 0 }),
    topic: () => ({ action: 'topic', room: 'worst', topic: 't'.repeat(limits.topic) }),
    history: () => ({ action: 'history', room: 'worst', after: 0, limit: limits.page }),
    search: () => ({ action: 'search', query: 'common word' }),
    rooms: () => ({ action: 'rooms', all: true }),
    members: () => ({ action: 'members', room: 'worst', limit: limits.page }),
    // Each in another room: in one room the next waits for its turn.
    read: () => ({ action: 'read', room: `list${limits.rooms - 2 - next()}`, seq: 1 }),
    notify: () => ({ action: 'notify', room: 'worst', muted: next() % 2 === 0 }),
    // One of many: a long answer would pay for more work.
    mentions: () => ({ action: 'mentions', limit: 1 }),
    typing: () => ({ action: 'typing', room: 'worst', on: true }),
    away: () => ({ action: 'away', message: `${next()}${'a'.repeat(limits.away - 8)}` }),
    ping: () => ({ action: 'ping' }),
    register: () => ({ action: 'register', password: 'correct horse' }),
    password: () => ({ action: 'password', ...changePassword() }),
    account: () => ({ action: 'account' }),
    addkey: () => ({ action: 'addkey', key: 'ssh-ed25519 AAAA', password }),
    token: () => ({ action: 'token', label: `t${next()}`, rooms: ['worst'], may: 'read', password }),
    revoke: () => ({ action: 'revoke', n: 999 }),
    invite: () => ({ action: 'invite' }),
    mydata: () => ({ action: 'mydata' }),
    eraseme: () => ({ action: 'eraseme', username: 'another' }),
  }
  const ping = await costOf(worst, () => ({ action: 'ping' }), 200)
  const dear: Record<string, unknown> = {}
  for (const action of REQUEST_ACTIONS) {
    const cost = await costOf(worst, requests[action], REPEATS)
    const fixed = HASHES.has(action) ? PINGS_A_HASH : PINGS
    const allowed = fixed + (PINGS_A_KIB * cost.bytes) / 1_024
    const pings = cost.ms / ping.ms
    if (pings > allowed) dear[action] = { pings, allowed, bytes: cost.bytes }
  }
  expect(dear).toEqual({})
}, 120_000)

/** The median of the CPU time that this process takes for a request, ms, with the size of the answer. */
async function costOf(
  peer: Peer,
  request: () => object,
  repeats: number,
): Promise<{ readonly ms: number; readonly bytes: number }> {
  const times: number[] = []
  let bytes = 0
  for (let n = 0; n < repeats; n++) {
    const frame = request()
    const before = peer.text.length
    const began = process.cpuUsage()
    await peer.ask({ ...frame })
    const { user, system } = process.cpuUsage(began)
    times.push((user + system) / 1_000)
    bytes = peer.text.length - before + JSON.stringify(frame).length
    // What follows an answer, such as the work behind a commit, is not the next request's.
    await new Promise(resolve => setTimeout(resolve, 30))
  }
  times.sort((a, b) => a - b)
  return { ms: times[Math.floor(times.length / 2)] ?? Number.NaN, bytes }
}
