import { cpSync, mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ChatClient, ClientOptions } from '../../src/client/client.ts'
import { createClient } from '../../src/client/core.ts'
import { KeyRing } from '../../src/client/keyRing.ts'
import { KnownServers } from '../../src/client/knownServers.ts'
import type { Credential, Signer } from '../../src/client/signIn.ts'
import { Trust } from '../../src/client/trust.ts'
import { sshString } from '../../src/protocol/sshWire.ts'
import { temporaryDirectory } from '../server/directory.ts'
import { Peer, type Server, startServer } from '../server/peer.ts'
import { addKey, hasOpenSsh, makeKey, publicLine, startAgent } from './openssh.ts'
import { join as joinServer, record, until } from './session.ts'

const PASSWORD = 'correct horse'

async function withBob(more: object = { password: PASSWORD }): Promise<Server> {
  const server = await startServer()
  const bob = await Peer.full(server, 'bob')
  expect(await bob.ask({ action: 'register', ...more })).toMatchObject({ action: 'ok' })
  return server
}

function refused(client: ChatClient, code?: string) {
  return until(client, () =>
    client.link.status === 'refused' && (code === undefined || client.link.code === code)
      ? client.link
      : undefined,
  )
}

const online = (client: ChatClient): Promise<true> => until(client, () => client.link.status === 'online')

/** Locks an agent, as `ssh-add -x` does (RFC 9987, section 6.5). */
function lock(path: string): Promise<unknown> {
  return new Promise(resolve => {
    const socket = connect(path)
    socket.write(sshString(Buffer.concat([Buffer.from([22]), sshString('passphrase')])))
    socket.once('data', () => {
      socket.destroy()
      resolve(undefined)
    })
  })
}

/** A client that speaks TLS, with pins of its own. */
function overTls(port: number, username: string, more: Partial<ClientOptions> = {}): ChatClient {
  const known = new KnownServers(`${temporaryDirectory()}/known_servers`)
  const trust = new Trust({
    host: '127.0.0.1',
    port,
    known,
    fingerprint: undefined,
    ca: undefined,
    tell: () => undefined,
  })
  const client = createClient({
    host: '127.0.0.1',
    port,
    username,
    clientName: 'test',
    rooms: [],
    trust: () => trust,
    ...more,
  })
  onTestFinished(() => client.close())
  client.start()
  return client
}

describe('a client whose name has an account', () => {
  test('is asked, signs in by the password once, and comes back by its device', async () => {
    const { port } = await withBob()
    const client = joinServer(port, 'Bob', ['dev'], { device: 'laptop' })
    expect(await refused(client)).toMatchObject({ code: 'auth_required', methods: ['key', 'password'] })
    const events = record(client)
    client.signIn({ by: 'password', password: PASSWORD })
    await online(client)
    expect([client.role, client.username]).toEqual(['user', 'bob'])
    const [session] = events.flatMap(event => (event.type === 'session' ? [event.session] : []))
    const again = joinServer(port, 'bob', ['dev'], { session })
    await online(again)
    const listed = await again.account.list()
    expect(listed).toMatchObject({ ok: true, value: { secrets: [{}, { label: 'laptop', here: true }] } })
  })

  test('says that a password was wrong, and sends it once', async () => {
    const { port } = await withBob()
    const client = joinServer(port, 'bob', [])
    await refused(client)
    client.signIn({ by: 'password', password: 'wrong' })
    expect(await refused(client, 'auth_failed')).toMatchObject({ message: 'name or credential is not right' })
    client.reconnectNow()
    await refused(client, 'auth_required')
  })

  test('does not send a password to a server whose key it does not know', async () => {
    const { port } = await withBob()
    const client = overTls(port, 'bob')
    await refused(client, 'auth_required')
    client.signIn({ by: 'password', password: PASSWORD })
    const { accepts } = await refused(client, 'key_unknown')
    client.acceptKey(String(accepts))
    await online(client)
    expect(client.role).toBe('user')
  })

  test('that is revoked while it talks stops, and does not come back by itself', async () => {
    const { port } = await withBob()
    const laptop = joinServer(port, 'bob', [])
    await refused(laptop)
    laptop.signIn({ by: 'password', password: PASSWORD })
    await online(laptop)
    const desktop = joinServer(port, 'bob', [])
    await refused(desktop)
    desktop.signIn({ by: 'password', password: PASSWORD })
    await online(desktop)
    expect(await laptop.account.revoke(3)).toMatchObject({ ok: true })
    expect(await refused(desktop)).toMatchObject({ code: 'revoked', methods: ['key', 'password'] })
    expect(laptop.link.status).toBe('online')
  })

  test('by a token comes back after a loss of the connection', async () => {
    const server = await withBob()
    const client = joinServer(server.port, 'bob', [])
    await refused(client)
    client.signIn({ by: 'password', password: PASSWORD })
    await online(client)
    const made = await client.account.makeToken({ label: 'ci', rooms: ['dev'], may: 'speak' }, {})
    if (!made.ok) throw new Error(made.error.message)
    const program = joinServer(server.port, 'bob', ['dev'], { session: made.value.token })
    const events = record(program)
    await online(program)
    expect(events.filter(({ type }) => type === 'session')).toEqual([])
    program.reconnectNow()
    expect(await program.account.list()).toMatchObject({ ok: false, error: { code: 'forbidden' } })
  })
})

describe.skipIf(!hasOpenSsh)('SSH keys of a client', () => {
  async function ringWith(...files: readonly string[]) {
    const { socket, pid } = await startAgent(...files)
    const env = { SSH_AUTH_SOCK: socket, HOME: temporaryDirectory() }
    return { ring: new KeyRing({ env, mayAsk: () => false }), socket, pid, env }
  }

  async function firstOf(ring: KeyRing): Promise<Signer> {
    const keys = await ring.keys()
    const [key] = keys.ok ? keys.value : []
    if (key === undefined) throw new Error(JSON.stringify(keys))
    return key
  }

  test('sign in over TLS without a question about the server: a signature is of no use to another', async () => {
    const file = makeKey('ed25519')
    const { ring } = await ringWith(file)
    const { port } = await withBob({ key: publicLine(file) })
    const client = overTls(port, 'bob')
    await refused(client, 'auth_required')
    client.signIn({ by: 'key', key: await firstOf(ring) })
    await online(client)
    expect(client.role).toBe('user')
  })

  test('of the agent come first, then those of files; those that want a touch last; six in all', async () => {
    const files = Array.from({ length: 7 }, () => makeKey('ed25519'))
    const { ring } = await ringWith(...files)
    const keys = await ring.keys()
    expect(keys.ok && keys.value).toHaveLength(6)
  })

  test('an agent that is locked, gone, or declines is named; the connection is not tried again', async () => {
    const file = makeKey('ed25519')
    const { ring, socket, pid } = await ringWith(file)
    const { port } = await withBob({ key: publicLine(file) })
    const key = await firstOf(ring)
    addKey(socket, file, '-c')
    const client = joinServer(port, 'bob', [])
    await refused(client, 'auth_required')
    // The agent asks by a program that this machine does not have, which counts as a no.
    client.signIn({ by: 'key', key })
    expect((await refused(client, 'auth_failed')).message).toContain('did not sign')
    process.kill(pid)
    await until(client, () => true)
    let last: Awaited<ReturnType<typeof ring.keys>> = await ring.keys()
    while (last.ok || !last.error.includes('is gone')) last = await ring.keys()
    client.signIn({ by: 'key', key })
    expect((await refused(client, 'auth_failed')).message).toMatch(/is gone|closed/)
  })

  test('of a locked agent are none, and the files are there', async () => {
    const { ring, socket, env } = await ringWith(makeKey('ed25519'))
    await lock(socket)
    expect(await ring.keys()).toEqual({ ok: true, value: [] })
    const file = makeKey('ecdsa')
    mkdirSync(join(env.HOME, '.ssh'))
    for (const end of ['', '.pub']) cpSync(`${file}${end}`, join(env.HOME, '.ssh', `id_ecdsa${end}`))
    const found = await ring.keys()
    expect(found.ok && found.value.map(({ comment }) => comment)).toEqual(['ecdsa key'])
  })

  test('of an encrypted file wait for the terminal', async () => {
    const file = makeKey('ed25519', { passphrase: 'secret' })
    const asked = new KeyRing({ env: { HOME: temporaryDirectory() }, file, mayAsk: () => false })
    const signed = await (await firstOf(asked)).sign('text')
    expect(signed).toMatchObject({ ok: false, error: expect.stringContaining('ssh-add') })
  })

  test('make an account by an invitation, which is taken once', async () => {
    const file = makeKey('ecdsa')
    const { ring } = await ringWith(file)
    const server = await withBob()
    const bob = joinServer(server.port, 'bob', [])
    await refused(bob)
    bob.signIn({ by: 'password', password: PASSWORD })
    await online(bob)
    const made = await bob.account.invite('dev')
    if (!made.ok) throw new Error(made.error.message)
    const invite = made.value.code
    const credential: Credential = { by: 'key', key: await firstOf(ring), invite }
    const carol = overTls(server.port, 'carol')
    await online(carol)
    // A guest takes the name; an invitation is for another connection.
    await carol.close()
    const dave = createClient({
      host: '127.0.0.1',
      port: server.port,
      username: 'dave',
      clientName: 'test',
      rooms: [],
    })
    onTestFinished(() => dave.close())
    dave.signIn(credential)
    await online(dave)
    expect(dave.role).toBe('user')
    await until(dave, () => dave.rooms.get('dev')?.status === 'joined')
    const late = createClient({
      host: '127.0.0.1',
      port: server.port,
      username: 'erin',
      clientName: 'test',
      rooms: [],
    })
    onTestFinished(() => late.close())
    late.signIn(credential)
    expect((await refused(late)).message).toContain('invitation is not known')
  })
})
