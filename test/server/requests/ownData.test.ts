import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSqliteLog } from '../../../src/server/log/sqlite/sqliteLog.ts'
import { knock, PASSWORD, registered, secretOf } from '../accounts.ts'
import { temporaryDirectory } from '../directory.ts'
import { type Peer, startServer } from '../peer.ts'

async function withLog() {
  const file = join(temporaryDirectory(), 'chatd.db')
  const opened = await openSqliteLog(file)
  if (!opened.ok) throw new Error(opened.error)
  return { file, log: opened.value, server: await startServer({}, opened.value) }
}

async function everything(peer: Peer): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const records: Readonly<Record<string, unknown>>[] = []
  for (let after: unknown = 0; after !== undefined; ) {
    const page = await peer.ask({ action: 'mydata', after })
    records.push(...(page['records'] as typeof records))
    after = page['next']
  }
  return records
}

test('a person gets all that is kept of the account, and nothing that others said', async () => {
  const { server } = await withLog()
  const bob = await registered(server, 'bob')
  const carol = await registered(server, 'carol')
  for (const peer of [bob, carol]) await peer.ask({ action: 'joinroom', room: 'dev' })
  for (let at = 0; at < 450; at++) bob.send({ action: 'chat', room: 'dev', message: `mine ${at}` })
  await carol.ask({ action: 'chat', room: 'dev', message: 'not his' })
  await bob.ask({ action: 'chat', room: '@carol', message: 'between us' })
  await bob.wait(({ message }) => message === 'mine 449')
  const records = await everything(bob)
  expect(records.slice(0, 3)).toMatchObject([
    { record: 'account', name: 'bob', role: 'user', password: true },
    { record: 'secret', kind: 'device' },
    { record: 'room', room: 'dev' },
  ])
  const events = records.filter(({ record }) => record === 'event')
  expect(events).toHaveLength(451)
  expect(events.at(-1)).toMatchObject({ room: '@carol', message: 'between us' })
  expect(new Set(events.map(({ from }) => from))).toEqual(new Set(['bob']))
  expect(JSON.stringify(records)).not.toContain('argon2')
})

test('a guest gets what this session said, and not what another session of the name did', async () => {
  const { server } = await withLog()
  const [first] = await knock(server, 'bob')
  await first.ask({ action: 'joinroom', room: 'dev' })
  await first.ask({ action: 'chat', room: 'dev', message: 'from the first' })
  first.socket.destroy()
  await first.ended()
  let second: Peer | undefined
  while (second === undefined) {
    const [peer, answer] = await knock(server, 'bob')
    if (answer.action === 'welcome') second = peer
  }
  await second.ask({ action: 'joinroom', room: 'dev' })
  await second.ask({ action: 'chat', room: 'dev', message: 'from the second' })
  const records = await everything(second)
  expect(records.map(({ record, message }) => message ?? record)).toEqual([
    'guest',
    'room',
    'from the second',
  ])
})

test('eraseme wants the name and the owner, takes everything, and the account with it', async () => {
  const { file, log, server } = await withLog()
  const bob = await registered(server, 'mallory')
  const carol = await registered(server, 'carol')
  for (const peer of [bob, carol]) await peer.ask({ action: 'joinroom', room: 'dev' })
  const said = await bob.ask({ action: 'chat', room: 'dev', message: 'unmistakable words' })
  const session = await secretOf(bob)
  const [device] = await knock(server, 'mallory', { session })
  expect(await device.ask({ action: 'eraseme', username: 'carol' })).toMatchObject({ code: 'bad_frame' })
  expect(await device.ask({ action: 'eraseme', username: 'mallory' })).toMatchObject({
    code: 'auth_required',
  })
  expect(await device.ask({ action: 'eraseme', username: 'Mallory', password: PASSWORD })).toMatchObject({
    action: 'ok',
  })
  expect(await bob.next('bye')).toMatchObject({ reason: 'erased' })
  expect(await device.next('bye')).toMatchObject({ reason: 'erased' })
  expect(
    await carol.wait(({ action, target }) => action === 'delete' && target === said['seq']),
  ).toBeDefined()
  // The name is free, and nothing of it opens anything.
  const [fresh, answer] = await knock(server, 'mallory', { session })
  expect(answer).toMatchObject({ action: 'welcome' })
  expect(answer).not.toHaveProperty('account')
  fresh.socket.destroy()
  expect((await knock(server, 'mallory', { password: PASSWORD }))[1]).toMatchObject({ code: 'auth_failed' })
  while (!(await log.purge()));
  await server.daemon.stop()
  expect(readFileSync(file).includes('unmistakable words')).toBe(false)
})
