import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { SshAgent } from '../../../src/client/sshAgent.ts'
import { channelBinding } from '../../../src/protocol/channelBinding.ts'
import { signInText } from '../../../src/protocol/sshsig.ts'
import { openSqliteLog } from '../../../src/server/log/sqlite/sqliteLog.ts'
import { hasOpenSsh, makeKey, publicLine, startAgent } from '../../client/openssh.ts'
import { connecting as connect, knock, PASSWORD, registered, secretOf } from '../accounts.ts'
import { temporaryDirectory } from '../directory.ts'
import { eventually, Peer, type Received, type Server, startServer } from '../peer.ts'

/** An encrypted connection, and its channel. */
async function encrypted(
  { port }: Server,
  maxVersion?: 'TLSv1.2',
): Promise<{ peer: Peer; socket: TLSSocket }> {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ...(maxVersion ? { maxVersion } : {}),
  })
  const peer = Peer.over(socket)
  await new Promise(resolve => socket.once('secureConnect', resolve))
  return { peer, socket }
}

describe('a name with an account', () => {
  test('is its owner’s: another client without a credential is asked for one, plain or full', async () => {
    const server = await startServer()
    const bob = await registered(server, 'Bob')
    const [, asked] = await knock(server, 'bob', { id: 'x' })
    expect(asked).toMatchObject({ id: 'x', code: 'auth_required', methods: ['key', 'password'] })
    expect(String(asked['nonce'])).toHaveLength(32)
    bob.socket.destroy()
    await eventually(() => server.daemon.connections === 1)
    const plain = await Peer.plain(server, 'BOB')
    expect(await plain.next('error')).toEqual({
      action: 'error',
      code: 'auth_required',
      message: '"BOB" belongs to somebody: sign in',
      from: 'chatd',
    })
  })

  test('opens by its first device, by its password, and by that plainly', async () => {
    const server = await startServer()
    const bob = await registered(server, 'Bob')
    const [, again] = await knock(server, 'bob', { session: await secretOf(bob) })
    expect(again).toMatchObject({ action: 'welcome', username: 'Bob', account: { role: 'user' } })
    const [, desktop] = await knock(server, 'bob', { password: PASSWORD, device: 'desktop' })
    expect(desktop).toMatchObject({ action: 'welcome', username: 'Bob' })
    expect(desktop['session']).not.toBe(again['session'])
    expect(await bob.next('notice')).toMatchObject({ message: expect.stringContaining('desktop') })
    const plain = await Peer.open(server)
    plain.send({ action: 'connect', username: 'bob', password: PASSWORD })
    plain.send({ action: 'joinroom', room: 'dev' })
    await bob.ask({ action: 'joinroom', room: 'dev' })
    await plain.until(() => true)
    plain.send({ action: 'chat', room: 'dev', message: 'from a script' })
    expect(await bob.next('chat')).toMatchObject({ from: 'Bob', message: 'from a script' })
    expect((await bob.next('chat'))['guest']).toBeUndefined()
  })

  test('a wrong password and an unknown name under a closed policy look alike', async () => {
    const server = await startServer()
    await registered(server, 'bob')
    const [, wrong] = await knock(server, 'bob', { password: 'wrong' })
    expect(wrong).toMatchObject({ code: 'auth_failed', message: 'name or credential is not right' })
    const [, unknown] = await knock(server, 'carol', { password: 'wrong' })
    expect(unknown).toEqual(wrong)
  })

  test('six wrong credentials end the connection, and no request before a right one is served', async () => {
    const server = await startServer()
    await registered(server, 'bob')
    const peer = await Peer.open(server)
    for (let round = 0; round < 6; round++) peer.send(connect('bob', { password: `wrong ${round}` }))
    await peer.ended()
    expect(peer.frames.map(({ code, fatal }) => [code, fatal === true])).toEqual([
      ...Array.from({ length: 5 }, () => ['auth_failed', false]),
      ['auth_failed', true],
    ])
  })

  test('lines behind a password wait until it is checked', async () => {
    const server = await startServer()
    await registered(server, 'bob')
    const peer = await Peer.open(server)
    peer.raw(
      [connect('bob', { password: PASSWORD }), { action: 'joinroom', room: 'dev', id: 'j' }]
        .map(frame => `${JSON.stringify(frame)}\n`)
        .join(''),
    )
    expect(await peer.next('ok')).toMatchObject({ id: 'j', room: 'dev' })
    expect(peer.frames[0]?.action).toBe('welcome')
  })

  test('a client that hangs up while its password is checked is not in, and got no device', async () => {
    const server = await startServer()
    const bob = await registered(server, 'bob')
    const peer = await Peer.open(server)
    peer.send(connect('bob', { password: PASSWORD, device: 'gone' }))
    await new Promise(resolve => setImmediate(resolve))
    peer.socket.resetAndDestroy()
    await eventually(() => server.daemon.connections === 1)
    await knock(server, 'bob', { password: PASSWORD, device: 'there' })
    const { secrets } = (await bob.ask({ action: 'account' })) as unknown as { secrets: { label: string }[] }
    expect(secrets.map(({ label }) => label)).toEqual(['a device', 'there'])
  })
})

describe.skipIf(!hasOpenSsh)('an SSH key', () => {
  async function withKey(...types: string[]) {
    const server = await startServer()
    const files = types.map(type => makeKey(type))
    const agent = new SshAgent((await startAgent(...files)).socket)
    const bob = await registered(server, 'bob', { key: publicLine(files[0] ?? '') })
    const listed = await agent.keys()
    if (!listed.ok) throw new Error(listed.error)
    const sign = async (n: number, text: string): Promise<string> => {
      const key = listed.value[n]
      const signed = key === undefined ? undefined : await agent.sign(key, text)
      if (signed?.ok !== true) throw new Error('not signed')
      return signed.value
    }
    return { server, bob, sign }
  }

  test('signs in over TLS, bound to its connection, name and nonce; a device remembers it', async () => {
    const { server, sign } = await withKey('ed25519')
    const { peer, socket } = await encrypted(server)
    const asked = await peer.ask(connect('bob'))
    const [nonce, channel] = [String(asked['nonce']), String(channelBinding(socket))]
    const right = { username: 'bob', nonce, channel }
    for (const wrong of [
      { username: 'Bob' },
      { nonce: `${nonce.slice(0, -1)}${nonce.endsWith('a') ? 'b' : 'a'}` },
      { channel: '-' },
    ])
      expect(
        await peer.ask(connect('bob', { signature: await sign(0, signInText({ ...right, ...wrong })) })),
      ).toMatchObject({ code: 'auth_failed' })
    peer.send(connect('bob', { signature: await sign(0, signInText(right)), device: 'thinkpad' }))
    const welcome = await peer.next('welcome')
    const [, again] = await knock(server, 'bob', { session: welcome['session'] })
    expect(again).toMatchObject({ action: 'welcome', account: { role: 'user' } })
  })

  test('a signature of one connection opens no other: a relay gets nothing', async () => {
    const { server, sign } = await withKey('ed25519')
    const relayed = await encrypted(server)
    const nonce = String((await relayed.peer.ask(connect('bob')))['nonce'])
    // What the person signs for the relay's own connection, whose nonce the relay passes on.
    const victim = await encrypted(server)
    const text = signInText({ username: 'bob', nonce, channel: String(channelBinding(victim.socket)) })
    const answer = await relayed.peer.ask(connect('bob', { signature: await sign(0, text) }))
    expect(answer).toMatchObject({ code: 'auth_failed' })
  })

  test('on this machine signs without a channel, which a TLS connection never accepts', async () => {
    const { server, sign } = await withKey('ed25519')
    const [peer, asked] = await knock(server, 'bob')
    const text = signInText({ username: 'bob', nonce: String(asked['nonce']), channel: '-' })
    peer.send(connect('bob', { signature: await sign(0, text) }))
    await peer.next('welcome')
  })

  test('of nobody, and of another account, is refused alike', async () => {
    const { server, sign } = await withKey('ed25519', 'ecdsa')
    const [peer, asked] = await knock(server, 'bob')
    const text = signInText({ username: 'bob', nonce: String(asked['nonce']), channel: '-' })
    expect(await peer.ask(connect('bob', { signature: await sign(1, text) }))).toMatchObject({
      code: 'auth_failed',
      message: 'name or credential is not right',
    })
    expect(await peer.ask(connect('carol', { signature: await sign(0, text) }))).toMatchObject({
      code: 'auth_failed',
      message: 'name or credential is not right',
    })
  })

  test('needs TLS 1.3, and says so', async () => {
    const { server } = await withKey('ed25519')
    const { peer } = await encrypted(server, 'TLSv1.2')
    const asked = await peer.ask(connect('bob'))
    expect(asked).toMatchObject({ code: 'auth_required', methods: ['password'] })
    expect(asked['nonce']).toBeUndefined()
    expect(await peer.ask(connect('bob', { signature: 'U1NIU0lH' }))).toMatchObject({
      code: 'auth_failed',
      message: expect.stringContaining('TLS 1.3'),
    })
  })
})

describe('guessing', () => {
  test('is bounded for an account and an address; keys, devices and tokens of the owner work meanwhile', async () => {
    const server = await startServer()
    const bob = await registered(server, 'bob')
    const token = await bob.ask({ action: 'token', label: 'ci', rooms: ['dev'], may: 'read' })
    const guess = (): Promise<readonly [Peer, Received]> => knock(server, 'bob', { password: 'wrong' })
    for (let round = 0; round < 10; round++) expect((await guess())[1]).toMatchObject({ code: 'auth_failed' })
    expect((await guess())[1]).toMatchObject({ code: 'rate_limited', retryAfter: expect.any(Number) })
    const [, right] = await knock(server, 'bob', { password: PASSWORD })
    expect(right).toMatchObject({ code: 'rate_limited' })
    const [, device] = await knock(server, 'bob', { session: await secretOf(bob) })
    expect(device).toMatchObject({ action: 'welcome' })
    const [, program] = await knock(server, 'bob', { password: token['token'] })
    expect(program).toMatchObject({ action: 'welcome' })
    // Other names of the address have the rest of its tries.
    for (let round = 0; round < 10; round++)
      expect((await knock(server, `n${round}`, { password: 'wrong' }))[1]).toMatchObject({
        code: 'auth_failed',
      })
    expect((await knock(server, 'fresh', { password: 'wrong' }))[1]).toMatchObject({ code: 'rate_limited' })
  })

  test('many at once do not slip through, and a full queue says so', async () => {
    const server = await startServer()
    await registered(server, 'bob')
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => knock(server, 'bob', { password: 'wrong' })),
    )
    const codes = answers.map(([, { code }]) => code)
    expect(codes.filter(code => code === 'auth_failed')).toHaveLength(10)
    expect(codes.filter(code => code === 'rate_limited')).toHaveLength(30)
  })

  test('a connection that was asked has a minute, and an address has eight of them', async () => {
    const server = await startServer({ connectTimeout: 100 })
    await registered(server, 'bob')
    const peers = await Promise.all(Array.from({ length: 8 }, () => knock(server, 'bob')))
    const [ninth, refused] = await knock(server, 'bob')
    expect(refused).toMatchObject({ code: 'limit_reached', fatal: true })
    await ninth.ended()
    peers[0]?.[0].socket.destroy()
    await eventually(async () => (await knock(server, 'bob'))[1]['code'] === 'auth_required')
    // Far beyond the time to connect, they may still sign in.
    const [patient] = peers[1] ?? []
    await new Promise(resolve => setTimeout(resolve, 1_200))
    patient?.send(connect('bob', { password: PASSWORD }))
    await patient?.next('welcome')
  })
})

describe('registering', () => {
  test('keeps the session: its rooms, its messages and its links; a stranger’s are a guest’s', async () => {
    const server = await startServer()
    const mallory = await Peer.full(server, 'mallory')
    const bob = await Peer.full(server, 'bob')
    for (const peer of [mallory, bob]) await peer.ask({ action: 'joinroom', room: 'dev' })
    const said = await bob.ask({ action: 'chat', room: 'dev', message: 'before' })
    await bob.ask({ action: 'register', password: PASSWORD })
    expect(
      await bob.ask({ action: 'edit', room: 'dev', target: said['seq'], message: 'after' }),
    ).toMatchObject({
      action: 'ok',
    })
    await mallory.ask({ action: 'chat', room: 'dev', message: 'hi' })
    expect(await bob.wait(({ from, action }) => from === 'mallory' && action === 'chat')).toMatchObject({
      guest: true,
    })
    const { members } = (await bob.ask({ action: 'members', room: 'dev' })) as unknown as {
      members: object[]
    }
    expect(members).toMatchObject([{ name: 'bob' }, { name: 'mallory', guest: true }])
    expect(members[0]).not.toHaveProperty('guest')
  })

  test('refuses bad passwords and keys with a reason, and a second account', async () => {
    const server = await startServer()
    const bob = await Peer.full(server, 'bobbobbob')
    for (const [more, message] of [
      [{}, 'needs a password or a key'],
      [{ password: 'short' }, 'at least 8'],
      [{ password: 'BobBobBob' }, 'is the name'],
      [{ key: 'ssh-rsa nonsense' }, 'the key is none that is taken'],
      [{ key: 'nonsense' }, 'a public key is a line'],
    ] as const)
      expect(await bob.ask({ action: 'register', ...more })).toMatchObject({
        code: 'bad_frame',
        message: expect.stringContaining(message),
      })
    await bob.ask({ action: 'register', password: PASSWORD })
    expect(await bob.ask({ action: 'register', password: PASSWORD })).toMatchObject({ code: 'forbidden' })
  })

  test('by an old session and a password merges what that session had', async () => {
    const now = vi.spyOn(Date, 'now')
    onTestFinished(() => now.mockRestore())
    const opened = await openSqliteLog(join(temporaryDirectory(), 'chatd.db'))
    if (!opened.ok) throw new Error(opened.error)
    const server = await startServer({}, opened.value)
    const laptop = await Peer.full(server, 'bob')
    await laptop.ask({ action: 'joinroom', room: 'ops' })
    const said = await laptop.ask({ action: 'chat', room: 'ops', message: 'from the laptop' })
    const old = await secretOf(laptop)
    laptop.socket.destroy()
    await eventually(() => server.daemon.connections === 0)
    now.mockReturnValue(Date.now() + 31 * 86_400_000)
    await registered(server, 'bob')
    const [stale, answer] = await knock(server, 'bob', { session: old })
    expect(answer).toMatchObject({ code: 'auth_required' })
    stale.send(connect('bob', { session: old, password: PASSWORD }))
    await stale.next('welcome')
    const { rooms } = (await stale.ask({ action: 'rooms' })) as unknown as { rooms: { room: string }[] }
    expect(rooms.map(({ room }) => room)).toEqual(['ops'])
    await stale.ask({ action: 'joinroom', room: 'ops' })
    const edit = { action: 'edit', room: 'ops', target: said['seq'], message: 'from the account' }
    expect(await stale.ask(edit)).toMatchObject({ action: 'ok' })
  })
})

describe('devices, keys and tokens', () => {
  test('are listed, and a revoked one is cut while it talks; the others hear of it', async () => {
    const server = await startServer()
    const laptop = await registered(server, 'bob')
    const [desktop, welcome] = await knock(server, 'bob', { password: PASSWORD, device: 'desktop' })
    const listed = await laptop.ask({ action: 'account' })
    expect(listed['secrets']).toMatchObject([
      { n: 1, kind: 'device', label: 'a device', here: true },
      { n: 2, kind: 'device', label: 'desktop' },
    ])
    expect(await laptop.ask({ action: 'revoke', n: 2 })).toMatchObject({ action: 'ok', n: 2 })
    expect(await desktop.next('bye')).toMatchObject({ reason: 'revoked' })
    await desktop.ended()
    expect((await knock(server, 'bob', { session: welcome['session'] }))[1]).toMatchObject({
      code: 'auth_required',
    })
    expect(await laptop.ask({ action: 'revoke', n: 2 })).toMatchObject({ code: 'not_found' })
    // Its own device: the answer comes before the farewell.
    expect(await laptop.ask({ action: 'revoke', n: 1 })).toMatchObject({ action: 'ok' })
    await laptop.next('bye')
  })

  test.skipIf(!hasOpenSsh)('a key wants the owner to be there, who may say the password again', async () => {
    const server = await startServer()
    const bob = await registered(server, 'bob')
    const [device] = await knock(server, 'bob', { session: await secretOf(bob) })
    const line = publicLine(makeKey('ed25519'))
    const asked = await device.ask({ action: 'addkey', key: line })
    expect(asked).toMatchObject({ code: 'auth_required', methods: ['key', 'password'] })
    expect(await device.ask({ action: 'addkey', key: line, password: 'wrong' })).toMatchObject({
      code: 'auth_failed',
    })
    expect(await device.ask({ action: 'addkey', key: line, password: PASSWORD })).toMatchObject({
      action: 'ok',
      n: 2,
    })
    // Within five minutes it need not be said again; a key that comes twice is one.
    expect(await device.ask({ action: 'addkey', key: line })).toMatchObject({ action: 'ok', n: 2 })
    expect(await bob.wait(({ message }) => String(message).includes('was added'))).toBeDefined()
  })

  test('a password is changed by its owner, and the old one opens nothing more', async () => {
    const server = await startServer()
    const bob = await registered(server, 'bob')
    const [device] = await knock(server, 'bob', { session: await secretOf(bob) })
    const next = { action: 'password', new: 'battery staple' }
    expect(await device.ask(next)).toMatchObject({ code: 'auth_required' })
    expect(await device.ask({ ...next, old: 'wrong' })).toMatchObject({ code: 'auth_failed' })
    expect(await device.ask({ ...next, old: PASSWORD })).toMatchObject({ action: 'ok' })
    expect((await knock(server, 'bob', { password: PASSWORD }))[1]).toMatchObject({ code: 'auth_failed' })
    expect((await knock(server, 'bob', { password: 'battery staple' }))[1]).toMatchObject({
      action: 'welcome',
    })
  })

  test('an account sees and revokes only its own', async () => {
    const server = await startServer()
    await registered(server, 'bob')
    const carol = await registered(server, 'carol')
    expect(await carol.ask({ action: 'revoke', n: 1 })).toMatchObject({ code: 'not_found' })
    expect((await carol.ask({ action: 'account' }))['secrets']).toMatchObject([{ n: 2 }])
  })
})
