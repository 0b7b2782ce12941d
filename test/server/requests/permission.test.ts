import { describe, expect, test } from 'vitest'
import type { Result } from '../../../src/protocol/errors.ts'
import { REQUEST_ACTIONS, type RequestAction } from '../../../src/protocol/requests.ts'
import type { AccountDeed } from '../../../src/server/log/accounts.ts'
import { knock, PASSWORD, registered, secretOf } from '../accounts.ts'
import { Peer, type Server, startServer } from '../peer.ts'

/** A server whose operator does something to the accounts. */
async function withOperator(
  ...deeds: readonly AccountDeed[]
): Promise<Server & { operate(deed: AccountDeed): Promise<Result<unknown>> }> {
  const server = await startServer()
  const operate = (deed: AccountDeed) =>
    new Promise<Result<unknown>>(resolve => server.log.changeAccounts({ kind: 'account', deed }, resolve))
  for (const deed of deeds) await operate(deed)
  return { ...server, operate }
}

/** One request of each action, in the room `dev`. */
const REQUESTS: Readonly<Record<RequestAction, Readonly<Record<string, unknown>>>> = {
  connect: { username: 'x' },
  joinroom: { room: 'dev' },
  leaveroom: { room: 'dev' },
  chat: { room: 'dev', message: 'hi' },
  edit: { room: 'dev', target: 1, message: 'hi' },
  delete: { room: 'dev', target: 1 },
  react: { room: 'dev', target: 1, emoji: '👍', on: true },
  topic: { room: 'dev', topic: 'x' },
  history: { room: 'dev' },
  search: { query: 'hi', room: 'dev' },
  rooms: { all: true },
  members: { room: 'dev' },
  read: { room: 'dev', seq: 0 },
  notify: { room: 'dev', muted: true },
  mentions: {},
  typing: { room: 'dev', on: true },
  away: { message: 'x' },
  ping: {},
  register: { password: PASSWORD },
  password: { new: 'battery staple', old: PASSWORD },
  account: {},
  addkey: { key: 'x', password: PASSWORD },
  token: { label: 'x', rooms: ['dev'], may: 'read', password: PASSWORD },
  revoke: { n: 1 },
  invite: {},
  mydata: {},
  eraseme: { username: 'bob', password: PASSWORD },
}

const READS: readonly RequestAction[] = [
  'joinroom',
  'leaveroom',
  'history',
  'search',
  'rooms',
  'members',
  'mentions',
  'ping',
]
const SPEAKS: readonly RequestAction[] = ['chat', 'edit', 'delete', 'react', 'typing']

describe('a token', () => {
  async function program(may: 'read' | 'speak') {
    const server = await startServer()
    const bob = await registered(server, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev' })
    await bob.ask({ action: 'joinroom', room: 'ops' })
    await bob.ask({ action: 'chat', room: 'dev', message: 'first' })
    await bob.ask({ action: 'chat', room: 'ops', message: 'secret of ops' })
    const { token } = await bob.ask({ action: 'token', label: 'ci', rooms: ['dev'], may })
    const [peer] = await knock(server, 'bob', { session: token })
    await peer.ask({ action: 'joinroom', room: 'dev' })
    return { server, bob, peer, token }
  }

  test.each(['read', 'speak'] as const)('that may %s does that in its rooms, and nothing else', async may => {
    const { bob } = await program(may)
    for (const action of REQUEST_ACTIONS) {
      if (action === 'connect') continue
      // A request can end the token’s connection, so each has its own.
      const { token } = await bob.ask({ action: 'token', label: action, rooms: ['dev'], may })
      const [peer] = await knock({ port: Number(bob.socket.remotePort) }, 'bob', { session: token })
      await peer.ask({ action: 'joinroom', room: 'dev' })
      const answer = await peer.ask({ action, ...REQUESTS[action] })
      const isAllowed = READS.includes(action) || (may === 'speak' && SPEAKS.includes(action))
      expect([action, answer['code'] === 'forbidden']).toEqual([action, !isAllowed])
      peer.socket.destroy()
    }
  })

  test('sees and does nothing in other rooms and in direct conversations, whether they exist or not', async () => {
    const { peer, server } = await program('speak')
    await Peer.full(server, 'carol')
    for (const room of ['ops', 'nowhere', '@carol', '@nobody'])
      for (const action of [
        'joinroom',
        'leaveroom',
        'chat',
        'react',
        'history',
        'members',
        'typing',
      ] as const) {
        const answer = await peer.ask({ action, ...REQUESTS[action], room })
        expect([room, action, answer['code']]).toEqual([room, action, 'forbidden'])
        expect(answer['message']).toBe(`this token is for dev, not for "${room}"`)
      }
    const found = await peer.ask({ action: 'search', query: 'secret' })
    expect(found['hits']).toEqual([])
    const { rooms } = (await peer.ask({ action: 'rooms', all: true })) as unknown as {
      rooms: { room: string }[]
    }
    expect(rooms.map(({ room }) => room)).toEqual(['dev'])
  })

  test('changes no list and no read position of its owner', async () => {
    const { bob, peer } = await program('speak')
    await peer.ask({ action: 'leaveroom', room: 'dev' })
    const { rooms } = (await bob.ask({ action: 'rooms' })) as unknown as { rooms: { room: string }[] }
    expect(rooms.map(({ room }) => room).sort()).toEqual(['dev', 'ops'])
  })

  test('opens a plain connection in four lines, and speaks as its account', async () => {
    const { server, bob, token } = await program('speak')
    const plain = await Peer.open(server)
    for (const line of [
      { action: 'connect', username: 'bob', password: token },
      { action: 'joinroom', room: 'dev' },
      { action: 'chat', room: 'dev', message: 'build 512 is green' },
      { action: 'chat', room: 'ops', message: 'not here' },
    ])
      plain.send(line)
    expect(await plain.next('error')).toMatchObject({ code: 'forbidden', from: 'chatd' })
    const said = await bob.wait(
      ({ message, action }) => action === 'chat' && message === 'build 512 is green',
    )
    expect(said).toMatchObject({ from: 'bob' })
    expect(said).not.toHaveProperty('guest')
  })

  test('that is revoked while it talks is cut, plain and full; of another name it opens nothing', async () => {
    const { server, bob, peer, token } = await program('speak')
    const plain = await Peer.open(server)
    plain.send({ action: 'connect', username: 'bob', password: token })
    plain.send({ action: 'joinroom', room: 'dev' })
    await bob.ask({ action: 'members', room: 'dev' })
    const { secrets } = (await bob.ask({ action: 'account' })) as unknown as {
      secrets: { n: number; kind: string }[]
    }
    const n = secrets.find(({ kind }) => kind === 'token')?.n
    await bob.ask({ action: 'revoke', n })
    expect(await peer.next('bye')).toMatchObject({ reason: 'revoked' })
    expect(await plain.next('error')).toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('revoked'),
    })
    await plain.ended()
    expect((await knock(server, 'bob', { password: token }))[1]).toMatchObject({ code: 'auth_failed' })
    await registered(server, 'carol')
    const other = await bob.ask({ action: 'token', label: 'x', rooms: ['dev'], may: 'read' })
    expect((await knock(server, 'carol', { password: other['token'] }))[1]).toMatchObject({
      code: 'auth_failed',
    })
  })

  test('that expires opens nothing more', async () => {
    const { server, bob } = await program('read')
    const soon = Date.now() + 150
    const made = await bob.ask({
      action: 'token',
      label: 'short',
      rooms: ['dev'],
      may: 'read',
      expires: soon,
    })
    const [peer, welcome] = await knock(server, 'bob', { password: made['token'] })
    expect(welcome).toMatchObject({ action: 'welcome' })
    expect(await peer.next('bye')).toMatchObject({ reason: 'revoked' })
    expect((await knock(server, 'bob', { password: made['token'] }))[1]).toMatchObject({
      code: 'auth_failed',
    })
  })
})

describe('the policy', () => {
  test('open: a free name is anybody’s, and anybody registers', async () => {
    const server = await withOperator()
    const [peer, welcome] = await knock(server, 'guest')
    expect(welcome).toMatchObject({ policy: 'open' })
    expect(await peer.ask({ action: 'register', password: PASSWORD })).toMatchObject({ action: 'ok' })
  })

  test('registered: guests look around, and register to speak', async () => {
    const server = await withOperator({ deed: 'setPolicy', names: 'registered', guests: 'read' })
    const bob = await Peer.full(server, 'bob')
    expect(await bob.next('welcome')).toMatchObject({ policy: 'registered' })
    expect(await bob.ask({ action: 'joinroom', room: 'dev' })).toMatchObject({ code: 'forbidden' })
    await bob.ask({ action: 'register', password: PASSWORD })
    await bob.ask({ action: 'joinroom', room: 'dev' })
    await bob.ask({ action: 'chat', room: 'dev', message: 'hello' })
    const [guest] = await knock(server, 'guest')
    expect(await guest.ask({ action: 'joinroom', room: 'dev' })).toMatchObject({ action: 'ok' })
    expect(await guest.ask({ action: 'history', room: 'dev' })).toMatchObject({
      events: [{ message: 'hello' }],
    })
    for (const action of ['chat', 'react', 'topic', 'typing'] as const)
      expect(await guest.ask({ action, ...REQUESTS[action] })).toMatchObject({
        code: 'forbidden',
        message: expect.stringContaining('register'),
      })
    const plain = await Peer.plain(server, 'script')
    plain.send({ action: 'joinroom', room: 'dev' })
    plain.send({ action: 'chat', room: 'dev', message: 'no' })
    expect(await plain.next('error')).toMatchObject({ code: 'forbidden' })
  })

  test('invite: nobody comes in without an account, and no name looks other than another', async () => {
    const server = await withOperator({ deed: 'setPolicy', names: 'open', guests: 'speak' })
    const bob = await registered(server, 'bob')
    await server.operate({ deed: 'setPolicy', names: 'invite', guests: 'none' })
    const [, known] = await knock(server, 'bob')
    const [, free] = await knock(server, 'carol')
    expect({ ...free, message: '', nonce: '' }).toEqual({ ...known, message: '', nonce: '' })
    expect(String(free['message']).replace('carol', 'bob')).toBe(known['message'])
    const [, wrong] = await knock(server, 'bob', { password: 'wrong' })
    const [, unknown] = await knock(server, 'carol', { password: 'wrong' })
    expect(unknown).toEqual(wrong)
    const made = await bob.ask({ action: 'invite', room: 'dev' })
    const [carol, welcome] = await knock(server, 'carol', { invite: made['code'], password: PASSWORD })
    expect(welcome).toMatchObject({ action: 'welcome', policy: 'invite', account: { role: 'user' } })
    const { rooms } = (await carol.ask({ action: 'rooms' })) as unknown as { rooms: { room: string }[] }
    expect(rooms.map(({ room }) => room)).toEqual(['dev'])
    expect((await knock(server, 'dave', { invite: made['code'], password: PASSWORD }))[1]).toMatchObject({
      code: 'auth_failed',
      message: expect.stringContaining('invitation'),
    })
  })

  test('an invitation with one use left that two people take at once has one winner', async () => {
    const server = await startServer()
    const bob = await registered(server, 'bob')
    const made = await bob.ask({ action: 'invite' })
    const answers = await Promise.all(
      ['carol', 'dave', 'erin'].map(name =>
        knock(server, name, { invite: made['code'], password: PASSWORD }),
      ),
    )
    expect(answers.map(([, { action }]) => action).sort()).toEqual(['error', 'error', 'welcome'])
  })

  test('a guest that was in stays a guest when the name gets an account, and is sent away', async () => {
    const server = await withOperator()
    const guest = await Peer.full(server, 'bob')
    await guest.ask({ action: 'joinroom', room: 'dev' })
    await guest.ask({ action: 'chat', room: 'dev', message: 'as a guest' })
    await server.operate({ deed: 'create', name: 'bob', role: 'user', session: 900, password: undefined })
    expect(await guest.next('bye')).toMatchObject({ reason: 'name_registered' })
    expect((await knock(server, 'bob', { session: await secretOf(guest) }))[1]).toMatchObject({
      code: 'auth_required',
    })
  })

  test('an account that is disabled while it talks is cut, and let in again by the operator alone', async () => {
    const server = await withOperator()
    const bob = await registered(server, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev' })
    let sent = 0
    const talking = setInterval(() => bob.send({ action: 'chat', room: 'dev', message: `${++sent}` }), 1)
    await bob.wait(({ action }) => action === 'chat')
    await server.operate({ deed: 'setDisabled', person: 'bob', isDisabled: true })
    expect(await bob.next('bye')).toMatchObject({ reason: 'disabled' })
    clearInterval(talking)
    await bob.ended()
    expect((await knock(server, 'bob', { session: await secretOf(bob) }))[1]).toMatchObject({
      code: 'auth_required',
    })
    expect((await knock(server, 'bob', { password: PASSWORD }))[1]).toMatchObject({ code: 'forbidden' })
    await server.operate({ deed: 'setDisabled', person: 'bob', isDisabled: false })
    expect((await knock(server, 'bob', { password: PASSWORD }))[1]).toMatchObject({ action: 'welcome' })
  })
})
