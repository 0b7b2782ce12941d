import { describe, expect, test } from 'vitest'
import { logFile } from '../../../src/server/dataDirectory.ts'
import { openSqliteLog } from '../../../src/server/log/sqlite/sqliteLog.ts'
import { DIRECTS_A_ROOM } from '../../../src/server/requests/conversation.ts'
import { DEFAULT_SETTINGS } from '../../../src/server/settings.ts'
import { PASSWORD } from '../accounts.ts'
import { temporaryDirectory } from '../directory.ts'
import { Peer, startServer } from '../peer.ts'

describe('what calls a person', () => {
  test('is set for a room, told to the other connections, and there at the next join and in the list', async () => {
    const server = await startServer()
    const alice = await Peer.full(server, 'alice')
    const secret = String(alice.of('welcome')[0]?.['session'])
    const phone = await Peer.full(server, 'alice', secret)
    for (const peer of [alice, phone]) await peer.ask({ action: 'joinroom', room: 'Dev' })
    expect(await alice.ask({ action: 'notify', room: 'dev', level: 'none' })).toMatchObject({
      action: 'ok',
      room: 'Dev',
      level: 'none',
    })
    expect(await phone.next('notify')).toEqual({ action: 'notify', room: 'Dev', level: 'none' })
    // What is left out stays.
    expect(await phone.ask({ action: 'notify', room: 'dev', muted: true })).toMatchObject({
      level: 'none',
      muted: true,
    })
    const rooms = (await alice.ask({ action: 'rooms' }))['rooms']
    expect(rooms).toMatchObject([{ room: 'Dev', level: 'none', muted: true }])
    const again = await alice.ask({ action: 'joinroom', room: 'dev' })
    expect(again).toMatchObject({ level: 'none', muted: true })
    const off = await alice.ask({ action: 'notify', room: 'dev', muted: false, level: 'all' })
    expect([off['level'], off['muted']]).toEqual(['all', undefined])
    await alice.settled()
    const told = phone.of('notify').length
    const unset = await alice.ask({ action: 'notify', room: 'dev', level: 'default' })
    expect(unset).toMatchObject({ action: 'ok', room: 'Dev' })
    expect('level' in unset).toBe(false)
    // What changes nothing is not told.
    await alice.ask({ action: 'notify', room: 'dev' })
    await alice.ask({ action: 'notify', room: 'dev', muted: false })
    await alice.ask({ action: 'notify', room: 'dev', level: 'none' })
    await phone.ask({ action: 'ping' })
    expect(phone.of('notify').slice(told)).toEqual([
      { action: 'notify', room: 'Dev' },
      { action: 'notify', room: 'Dev', level: 'none' },
    ])
  })

  test('is bounded, and those that have it can be changed and set back', async () => {
    const server = await startServer({ limits: { ...DEFAULT_SETTINGS.limits, rooms: 1 } })
    const bob = await Peer.full(server, 'bob')
    const most = 1 + DIRECTS_A_ROOM
    const names = Array.from({ length: most + 1 }, (_, n) => `friend${n}`)
    const mute = async (name: string, muted: boolean) =>
      bob.ask({ action: 'notify', room: `@${name}`, muted })
    for (const name of names) await Peer.full(server, name)
    for (const name of names.slice(0, most)) expect(await mute(name, true)).toMatchObject({ action: 'ok' })
    expect(await mute(names[most] ?? '', true)).toMatchObject({ action: 'error', code: 'limit_reached' })
    expect(await mute('friend0', false)).toMatchObject({ action: 'ok' })
    expect(await mute(names[most] ?? '', true)).toMatchObject({ action: 'ok' })
    const { records } = await bob.ask({ action: 'mydata' })
    expect(records).toContainEqual({ record: 'room', room: '@friend1', muted: true })
  })

  test('and read positions are told to a token of their rooms alone', async () => {
    const server = await startServer()
    const alice = await Peer.full(server, 'alice')
    const bob = await Peer.full(server, 'bob')
    await alice.ask({ action: 'register', password: PASSWORD })
    for (const room of ['dev', 'ops']) await alice.ask({ action: 'joinroom', room })
    const { token } = await alice.ask({
      action: 'token',
      label: 'ci',
      rooms: ['dev'],
      may: 'read',
      password: PASSWORD,
    })
    const program = await Peer.full(server, 'alice', String(token))
    await bob.ask({ action: 'chat', room: '@alice', message: 'hello' })
    const { seq } = await bob.ask({ action: 'chat', room: '@alice', message: 'are you there?' })
    await alice.ask({ action: 'read', room: '@bob', seq })
    for (const room of ['@bob', 'ops', 'dev']) await alice.ask({ action: 'notify', room, muted: true })
    expect(await program.next('notify')).toEqual({ action: 'notify', room: 'dev', muted: true })
    expect([program.of('read'), program.of('notify')].flat()).toHaveLength(1)
  })

  test('is kept over a restart, and goes when the room is left', async () => {
    const file = logFile(temporaryDirectory())
    const open = async () => {
      const opened = await openSqliteLog(file)
      if (!opened.ok) throw new Error(opened.error)
      return opened.value
    }
    let log = await open()
    const first = await startServer({}, log)
    const alice = await Peer.full(first, 'alice')
    const secret = String(alice.of('welcome')[0]?.['session'])
    await alice.ask({ action: 'joinroom', room: 'dev' })
    await alice.ask({ action: 'notify', room: 'dev', muted: true })
    await first.daemon.stop()
    await log.close()
    log = await open()
    const again = await Peer.full(await startServer({}, log), 'alice', secret)
    expect(await again.ask({ action: 'joinroom', room: 'dev' })).toMatchObject({ muted: true })
    await again.ask({ action: 'leaveroom', room: 'dev' })
    expect((await again.ask({ action: 'joinroom', room: 'dev' }))['muted']).toBeUndefined()
  })

  test.each([
    [{ room: 'dev', level: 'loud' }, 'bad_frame'],
    [{ room: 'elsewhere', level: 'all' }, 'not_in_room'],
    [{ room: '@stranger', level: 'all' }, 'not_found'],
  ])('%j is %s', async (fields, code) => {
    const alice = await Peer.full(await startServer(), 'alice')
    await alice.ask({ action: 'joinroom', room: 'dev' })
    expect(await alice.ask({ action: 'notify', ...fields })).toMatchObject({ action: 'error', code })
  })
})

describe('the list of mentions', () => {
  test('has the messages in the rooms of a person alone, and goes on by a cursor', async () => {
    const server = await startServer()
    const alice = await Peer.full(server, 'alice')
    const bob = await Peer.full(server, 'bob')
    await alice.ask({ action: 'joinroom', room: 'dev' })
    for (const room of ['dev', 'secret']) await bob.ask({ action: 'joinroom', room })
    for (let n = 0; n < 3; n++) await bob.ask({ action: 'chat', room: 'dev', message: `@alice ${n}` })
    await bob.ask({ action: 'chat', room: 'secret', message: '@alice there' })
    const messages = (page: Record<string, unknown>) =>
      (page['hits'] as { message: string }[]).map(({ message }) => message)
    const page = await alice.ask({ action: 'mentions', limit: 2 })
    expect(messages(page)).toEqual(['@alice 2', '@alice 1'])
    const rest = await alice.ask({ action: 'mentions', limit: 2, cursor: page['cursor'] })
    expect(messages(rest)).toEqual(['@alice 0'])
    expect(rest['cursor']).toBeUndefined()
    expect(await alice.ask({ action: 'mentions', cursor: 'x' })).toMatchObject({ code: 'bad_frame' })
  })
})
