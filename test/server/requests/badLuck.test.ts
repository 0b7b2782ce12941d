import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openSqliteLog } from '../../../src/server/log/sqlite/sqliteLog.ts'
import type { SqliteLogOptions } from '../../../src/server/log/sqlite/sqliteLogOptions.ts'
import { knock, PASSWORD, registered, secretOf } from '../accounts.ts'
import { temporaryDirectory } from '../directory.ts'
import { eventually, Peer, startServer } from '../peer.ts'

const DAY = 86_400_000
const TOKEN = { action: 'token', label: 'x'.repeat(60), rooms: ['dev'], may: 'read' } as const

async function withLog(options: SqliteLogOptions = {}, file = join(temporaryDirectory(), 'chatd.db')) {
  const opened = await openSqliteLog(file, options)
  if (!opened.ok) throw new Error(opened.error)
  return { file, server: await startServer({}, opened.value), log: opened.value }
}

describe('accounts with bad luck', () => {
  test('a full disk: nothing is half done, and all of it works again when there is room', async () => {
    const { file, server, log } = await withLog({ maxPages: 90 })
    const bob = await registered(server, 'bob')
    const carol = await Peer.full(server, 'carol')
    await bob.ask({ action: 'joinroom', room: 'dev' })
    for (const length of [3_000, 200, 1])
      while ((await bob.ask({ action: 'chat', room: 'dev', message: 'x'.repeat(length) })).action === 'ok');
    // Pages that exist may have room for some; the first that finds none is refused, and so are all later ones.
    const made: unknown[] = []
    let answer = await bob.ask(TOKEN)
    for (; answer.action === 'ok' && made.length < 60; answer = await bob.ask(TOKEN)) made.push(answer['n'])
    expect(answer).toMatchObject({ code: 'storage_unavailable' })
    const registering = await carol.ask({ action: 'register', password: PASSWORD })
    const again = await knock(server, 'bob', { password: PASSWORD })
    for (const refused of [registering, again[1]])
      expect(['storage_unavailable', undefined]).toContain(refused['code'])
    // Reading, and what needs no new row, goes on.
    expect((await knock(server, 'bob', { session: await secretOf(bob) }))[1]).toMatchObject({
      action: 'welcome',
    })
    await server.daemon.stop()
    await log.close().catch(() => undefined)
    const later = await withLog({}, file)
    const { accounts } = later.log.keptAccounts()
    const tokens = accounts.flatMap(({ secrets }) => secrets.filter(({ kind }) => kind === 'token'))
    expect(tokens.map(({ n }) => n)).toEqual(made)
    expect(accounts.map(({ person }) => person)).toEqual(
      registering.action === 'ok' ? ['bob', 'carol'] : ['bob'],
    )
    expect((await knock(later.server, 'bob', { password: PASSWORD }))[1]).toMatchObject({ action: 'welcome' })
  })

  test('a clock that jumps ends tokens and invitations by what it says, and locks nobody out', async () => {
    const now = vi.spyOn(Date, 'now')
    onTestFinished(() => now.mockRestore())
    const start = 1_800_000_000_000
    now.mockReturnValue(start)
    const { server } = await withLog()
    const bob = await registered(server, 'bob')
    const made = await bob.ask({
      action: 'token',
      label: 'x',
      rooms: ['dev'],
      may: 'read',
      expires: start + DAY,
    })
    const invited = await bob.ask({ action: 'invite' })
    const session = await secretOf(bob)
    now.mockReturnValue(start - 400 * DAY)
    for (const more of [{ session }, { password: PASSWORD }, { password: made['token'] }])
      expect((await knock(server, 'bob', more))[1]).toMatchObject({ action: 'welcome' })
    now.mockReturnValue(start + 400 * DAY)
    expect((await knock(server, 'bob', { password: made['token'] }))[1]).toMatchObject({
      code: 'auth_failed',
    })
    const late = { invite: invited['code'], password: PASSWORD }
    expect((await knock(server, 'carol', late))[1]).toMatchObject({ code: 'auth_failed' })
    expect((await knock(server, 'bob', { session }))[1]).toMatchObject({ action: 'welcome' })
    // Guesses are counted by a clock that nobody sets.
    for (let round = 0; round < 10; round++) await knock(server, 'bob', { password: 'wrong' })
    now.mockReturnValue(start + 800 * DAY)
    expect((await knock(server, 'bob', { password: 'wrong' }))[1]).toMatchObject({ code: 'rate_limited' })
  })

  test('the answer to a registration is lost: the name is the owner’s all the same', async () => {
    const { server } = await withLog()
    const bob = await Peer.full(server, 'bob')
    const session = await secretOf(bob)
    bob.send({ action: 'register', id: 'r', password: PASSWORD })
    await new Promise(resolve => setImmediate(resolve))
    bob.socket.resetAndDestroy()
    await eventually(async () => {
      const [peer, answer] = await knock(server, 'bob', { password: PASSWORD })
      peer.socket.destroy()
      return answer.action === 'welcome'
    })
    const [again, welcome] = await knock(server, 'bob', { session })
    expect(welcome).toMatchObject({ account: { role: 'user' } })
    expect(await again.ask({ action: 'register', password: PASSWORD })).toMatchObject({ code: 'forbidden' })
  })

  test('names that differ in case are one account, shown as its owner wrote it', async () => {
    const { server } = await withLog()
    await registered(server, 'Bob')
    for (const name of ['bob', 'BOB', 'bOb']) {
      expect((await knock(server, name))[1]).toMatchObject({ code: 'auth_required' })
      expect((await knock(server, name, { password: PASSWORD }))[1]).toMatchObject({ username: 'Bob' })
    }
  })

  test('a restart keeps accounts, devices, read positions and the policy', async () => {
    const { file, server, log } = await withLog()
    const bob = await registered(server, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev' })
    const said = await bob.ask({ action: 'chat', room: 'dev', message: 'one' })
    await bob.ask({ action: 'read', room: 'dev', seq: said['seq'] })
    const session = await secretOf(bob)
    await server.daemon.stop()
    await log.close().catch(() => undefined)
    const later = await withLog({}, file)
    const [peer, welcome] = await knock(later.server, 'bob', { session })
    expect(welcome).toMatchObject({ account: { role: 'user' } })
    expect(await peer.ask({ action: 'rooms' })).toMatchObject({ rooms: [{ room: 'dev', read: said['seq'] }] })
    const edit = { action: 'edit', room: 'dev', target: said['seq'], message: 'two' }
    await peer.ask({ action: 'joinroom', room: 'dev' })
    expect(await peer.ask(edit)).toMatchObject({ action: 'ok' })
    // No other session gets the number of one that the log had.
    await Peer.full(later.server, 'carol')
    expect(
      await peer.ask({ action: 'edit', room: 'dev', target: said['seq'], message: 'three' }),
    ).toMatchObject({
      action: 'ok',
    })
  })
})
