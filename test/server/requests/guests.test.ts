import { describe, expect, test } from 'vitest'
import { logFile } from '../../../src/server/dataDirectory.ts'
import { openSqliteLog } from '../../../src/server/log/sqlite/sqliteLog.ts'
import { temporaryDirectory } from '../directory.ts'
import { MemoryLog } from '../log/memoryLog.ts'
import { eventually, Peer, type Server, startServer } from '../peer.ts'

/** A guest that has just begun a session, with the secret. */
async function begun(server: Server, name: string): Promise<{ peer: Peer; secret: string }> {
  const peer = await Peer.full(server, name)
  return { peer, secret: String(peer.of('welcome')[0]?.['session']) }
}

async function hungUp(server: Server, peer: Peer): Promise<void> {
  const before = server.daemon.connections
  peer.socket.destroy()
  await eventually(() => server.daemon.connections < before)
}

async function textsWith(peer: Peer, room: string): Promise<unknown[]> {
  const page = await peer.ask({ action: 'history', room })
  return (page['events'] as { message?: string }[]).map(({ message }) => message)
}

describe('a name without an account', () => {
  test('goes back to its older session from a stranger who took it meanwhile', async () => {
    const server = await startServer()
    const carol = await Peer.full(server, 'carol')
    await carol.ask({ action: 'joinroom', room: 'dev' })
    const dave = await begun(server, 'dave')
    await hungUp(server, dave.peer)
    const stranger = await Peer.full(server, 'dave')
    await stranger.ask({ action: 'joinroom', room: 'dev' })
    const back = await Peer.full(server, 'dave', dave.secret)
    expect(await stranger.next('bye')).toMatchObject({ reason: 'name_taken' })
    expect((await back.ask({ action: 'chat', room: '@carol', message: 'it is me' })).action).toBe('ok')
    await back.ask({ action: 'joinroom', room: 'dev' })
    await carol.settled()
    expect(carol.of('joined', 'left').map(({ action, from }) => [action, from])).toEqual([
      ['joined', 'dave'],
      ['left', 'dave'],
      ['joined', 'dave'],
    ])
  })

  test('goes back to its session from a plain client', async () => {
    const server = await startServer()
    const dave = await begun(server, 'dave')
    await hungUp(server, dave.peer)
    const stranger = await Peer.plain(server, 'dave')
    stranger.send({ action: 'joinroom', room: 'dev' })
    await eventually(async () => {
      const carol = await Peer.full(server, `carol${Math.random()}`.slice(0, 16))
      const joined = await carol.ask({ action: 'joinroom', room: 'dev' })
      return (joined['members'] as string[]).includes('dave')
    })
    await Peer.full(server, 'dave', dave.secret)
    expect(await stranger.next('error')).toMatchObject({ code: 'forbidden' })
  })

  test('is not taken from an older session by a younger one', async () => {
    const server = await startServer()
    const dave = await begun(server, 'dave')
    await hungUp(server, dave.peer)
    const stranger = await begun(server, 'dave')
    await hungUp(server, stranger.peer)
    await Peer.full(server, 'dave', dave.secret)
    const again = await Peer.open(server)
    again.send({ action: 'connect', username: 'dave', protocol: 1, session: stranger.secret })
    expect(await again.next('error')).toMatchObject({ code: 'name_taken' })
  })

  test.each(['in one run', 'over a restart'])(
    'shows a stranger who had it for a second nothing of what it is told later, %s',
    async when => {
      // A restart is of one daemon.
      const log = when === 'over a restart' ? new MemoryLog() : undefined
      let server = await startServer({}, log)
      const dave = await begun(server, 'dave')
      await hungUp(server, dave.peer)
      const stranger = await begun(server, 'dave')
      await hungUp(server, stranger.peer)
      const back = await Peer.full(server, 'dave', dave.secret)
      const carol = await Peer.full(server, 'carol')
      await carol.ask({ action: 'chat', room: '@dave', message: 'for dave' })
      await back.ask({ action: 'chat', room: '@carol', message: 'from dave' })
      await hungUp(server, back)
      if (when === 'over a restart') server = await startServer({}, log)
      const again = await Peer.full(server, 'dave', stranger.secret)
      expect(await textsWith(again, '@carol')).toEqual([])
      expect((await again.ask({ action: 'search', query: 'dave' }))['hits']).toEqual([])
      expect((await again.ask({ action: 'rooms' }))['rooms']).toEqual([])
      await hungUp(server, again)
      const true1 = await Peer.full(server, 'dave', dave.secret)
      expect(await textsWith(true1, '@carol')).toEqual(['for dave', 'from dave'])
    },
  )

  test('whose holder changes within the moment of a return is announced as leaving and coming', async () => {
    const server = await startServer()
    const carol = await Peer.full(server, 'carol')
    await carol.ask({ action: 'joinroom', room: 'dev' })
    const dave = await begun(server, 'dave')
    await dave.peer.ask({ action: 'joinroom', room: 'dev' })
    await carol.ask({ action: 'chat', room: '@dave', message: 'hello' })
    await hungUp(server, dave.peer)
    const stranger = await Peer.full(server, 'dave')
    await stranger.ask({ action: 'joinroom', room: 'dev' })
    await carol.settled()
    expect(carol.of('joined', 'left').map(({ action, people }) => [action, people])).toEqual([
      ['joined', 2],
      ['left', 1],
      ['joined', 2],
    ])
    expect(carol.of('presence').map(({ state }) => state)).toEqual(['offline', 'online'])
  })

  test('that its holder takes again within that moment is not announced', async () => {
    const server = await startServer()
    const carol = await Peer.full(server, 'carol')
    await carol.ask({ action: 'joinroom', room: 'dev' })
    const dave = await begun(server, 'dave')
    await dave.peer.ask({ action: 'joinroom', room: 'dev' })
    await hungUp(server, dave.peer)
    const back = await Peer.full(server, 'dave', dave.secret)
    await back.ask({ action: 'joinroom', room: 'dev' })
    await carol.settled()
    expect(carol.of('joined', 'left').map(({ action }) => action)).toEqual(['joined'])
  })

  test('hides the new text of a message that is older than its session', async () => {
    const server = await startServer()
    const carol = await Peer.full(server, 'carol')
    const first = await begun(server, 'dave')
    const said = await carol.ask({ action: 'chat', room: '@dave', message: 'secret' })
    await hungUp(server, first.peer)
    const stranger = await Peer.full(server, 'dave')
    await carol.ask({ action: 'edit', room: '@dave', target: said['seq'], message: 'other secret' })
    await carol.ask({ action: 'chat', room: '@dave', message: 'news' })
    const edit = await stranger.next('edit')
    expect(edit).toMatchObject({ target: said['seq'] })
    expect(edit).not.toHaveProperty('message')
    const again = await stranger.ask({ action: 'joinroom', room: '@carol', since: 0 })
    expect(again.action).toBe('ok')
    await stranger.wait(frame => frame.action === 'chat' && frame['message'] === 'news')
    await stranger.settled()
    expect(await textsWith(stranger, '@carol')).toEqual([undefined, 'news'])
    expect(stranger.text).not.toContain('secret')
  })
})

describe('a name that people would take for another one', () => {
  test('of an account is refused, also where its owner is away; of a guest while that one is here', async () => {
    const server = await startServer({ leftAfter: 100 })
    const alice = await Peer.full(server, 'alice')
    await alice.ask({ action: 'register', password: 'correct horse' })
    await hungUp(server, alice)
    const bob = await begun(server, 'bob1')
    for (const [name, other] of [
      ['aIice', 'alice'],
      ['a1ice', 'alice'],
      ['bobl', 'bob1'],
      ['BobI', 'bob1'],
    ]) {
      const peer = await Peer.plain(server, String(name))
      expect(await peer.next('error')).toMatchObject({ code: 'name_taken' })
      expect(peer.text).toContain(`looks like \\"${other}\\"`)
    }
    await hungUp(server, bob.peer)
    // A guest keeps a name by the session, also while another client has a name that looks like it.
    await eventually(async () => {
      const peer = await Peer.plain(server, 'bobl')
      peer.send({ action: 'joinroom', room: '!' })
      const { code } = await peer.next('error')
      peer.socket.destroy()
      return code === 'room_invalid'
    })
    await Peer.full(server, 'bob1', bob.secret)
  })

  test('and registering one, by a session from before, is refused', async () => {
    const server = await startServer({ leftAfter: 0 })
    const bob = await begun(server, 'bobl')
    await hungUp(server, bob.peer)
    const other = await Peer.full(server, 'bob1')
    expect((await other.ask({ action: 'register', password: 'correct horse' })).action).toBe('ok')
    const back = await Peer.full(server, 'bobl', bob.secret)
    expect(await back.ask({ action: 'register', password: 'correct horse' })).toMatchObject({
      code: 'name_taken',
    })
  })

  test.each(['operator', 'Admin', 'system', 'mod_', 'every-one', 'serv.er', 'chatd.', 'erased'])(
    'of those who run the server, %s, is no guest’s',
    async name => {
      const peer = await Peer.plain(await startServer(), name)
      expect(await peer.next('error')).toMatchObject({ code: 'name_invalid' })
    },
  )
})

describe('a room that people would take for another one', () => {
  test('is not made beside it, whether that one has messages or only members', async () => {
    const server = await startServer()
    const alice = await Peer.full(server, 'alice')
    await alice.ask({ action: 'joinroom', room: 'dev' })
    await alice.ask({ action: 'joinroom', room: 'Ops1' })
    await alice.ask({ action: 'chat', room: 'dev', message: 'hello' })
    await alice.ask({ action: 'leaveroom', room: 'dev' })
    for (const name of ['d\u0435v', 'D\u0415V', '\u0501ev', 'd\u0435\u1d20', 'opsl', '\u043eps1'])
      expect(await alice.ask({ action: 'joinroom', room: name }), name).toMatchObject({
        code: 'room_invalid',
      })
    for (const name of ['d\u00e9v', 'deva', 'de', 'ops2', '\u0434\u0435\u0432', 'DEV'])
      expect(await alice.ask({ action: 'joinroom', room: name }), name).toMatchObject({ action: 'ok' })
  })

  test('has nothing invisible in it', async () => {
    const alice = await Peer.full(await startServer(), 'alice')
    for (const name of ['de\u200bv', 'dev\u3164', '\u2800', 'dev\ufe0f', 'de\u00adv'])
      expect(await alice.ask({ action: 'joinroom', room: name }), name).toMatchObject({
        code: 'room_invalid',
      })
  })
})

test('the log keeps from where a session sees direct conversations', async () => {
  const log = await openSqliteLog(logFile(temporaryDirectory()))
  if (!log.ok) throw new Error(log.error)
  const server = await startServer({}, log.value)
  const dave = await begun(server, 'dave')
  await hungUp(server, dave.peer)
  const stranger = await begun(server, 'dave')
  await hungUp(server, stranger.peer)
  const back = await Peer.full(server, 'dave', dave.secret)
  await back.ask({ action: 'chat', room: '@dave', message: 'a note of mine' })
  await hungUp(server, back)
  const again = await Peer.full(server, 'dave', stranger.secret)
  expect(await textsWith(again, '@dave')).toEqual([])
})
