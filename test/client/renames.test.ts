import { expect, onTestFinished, test } from 'vitest'
import { CacheFile } from '../../src/client/cacheFile.ts'
import type { ChatClient, ClientEvent, ClientOptions } from '../../src/client/client.ts'
import { createClient } from '../../src/client/core.ts'
import { StateFile } from '../../src/client/stateFile.ts'
import { temporaryDirectory } from '../server/directory.ts'
import { type OperatedServer, startOperated } from '../server/operator.ts'
import { eventually, Peer } from '../server/peer.ts'

interface Followed {
  readonly client: ChatClient
  readonly events: ClientEvent[]
}

/** A client that has not started. */
function made(port: number, rooms: readonly string[], more: Partial<ClientOptions> = {}): Followed {
  const client = createClient({
    host: '127.0.0.1',
    port,
    username: 'alice',
    clientName: 'test',
    rooms,
    ...more,
  })
  onTestFinished(() => client.close())
  const events: ClientEvent[] = []
  client.subscribe(event => events.push(event))
  return { client, events }
}

async function online(...args: Parameters<typeof made>): Promise<Followed> {
  const followed = made(...args)
  followed.client.start()
  await eventually(() => {
    const rooms = [...followed.client.rooms.values()]
    return rooms.length > 0 && rooms.every(({ status }) => status === 'joined')
  })
  return followed
}

async function rename(server: OperatedServer, room: string, name: string): Promise<void> {
  const renamed = await server.run({ task: 'roomRename', room, name, isJson: true })
  expect(renamed.result?.ok).toBe(true)
}

/** A server with a room that was renamed from dev to Infra, and holds one message. */
async function withRenamed(): Promise<{ readonly server: OperatedServer; readonly bob: Peer }> {
  const server = await startOperated()
  const bob = await Peer.full(server, 'bob')
  await bob.ask({ action: 'joinroom', room: 'dev' })
  await bob.ask({ action: 'chat', room: 'dev', message: 'one' })
  await rename(server, 'dev', 'Infra')
  return { server, bob }
}

const texts = (client: ChatClient, key = 'dev'): unknown[] =>
  (client.rooms.get(key)?.timeline ?? []).map(entry => (entry.kind === 'message' ? entry.text : entry.kind))

test('a room is called otherwise while its key, timeline and what is said go on', async () => {
  const server = await startOperated()
  const { client, events } = await online(server.port, ['dev'])
  client.say('dev', 'one')
  await eventually(() => texts(client).includes('one'))
  const room = client.rooms.get('dev')
  expect(room).toMatchObject({ name: 'dev', title: 'dev' })
  await rename(server, 'dev', 'Infra')
  await eventually(() => room?.title === 'Infra')
  expect(room).toMatchObject({ key: 'dev', name: 'dev', kind: 'room' })
  expect(events.filter(({ type }) => type === 'renamed')).toMatchObject([
    { room: { key: 'dev' }, before: 'dev' },
  ])
  client.say('dev', 'two')
  await eventually(() => room?.outbox.length === 0)
  expect(texts(client)).toEqual(['one', 'two'])
  expect(await client.listRooms(true)).toMatchObject({ value: [{ room: 'dev', title: 'Infra' }] })
  // Both names lead to the open room, without asking.
  for (const name of ['infra', 'INFRA', 'dev']) expect(client.join(name)).toEqual({ ok: true, value: 'dev' })
  await rename(server, 'infra', 'dev')
  await eventually(() => room?.title === 'dev')
  expect([...client.rooms.keys()]).toEqual(['dev'])
})

test('joining by a name that is not known opens the room that it leads to, with what was said meanwhile', async () => {
  const { server, bob } = await withRenamed()
  // It begins without a connection: nothing is known of the name.
  const { client, events } = made(server.port, ['infra', 'lobby'])
  client.say('infra', 'said before')
  client.start()
  await eventually(() => client.rooms.get('dev')?.status === 'joined')
  expect([...client.rooms.keys()].sort()).toEqual(['dev', 'lobby'])
  expect(client.rooms.get('dev')).toMatchObject({ name: 'dev', title: 'Infra' })
  expect(events.filter(({ type }) => type === 'moved')).toEqual([{ type: 'moved', from: 'infra', to: 'dev' }])
  expect(await bob.wait(frame => frame['message'] === 'said before')).toMatchObject({ room: 'dev' })
  await eventually(() => texts(client).length === 2 && client.rooms.get('dev')?.outbox.length === 0)
  expect(texts(client)).toEqual(['one', 'said before'])
  // A room that was open already is shown, and not a second one.
  await rename(server, 'dev', 'web')
  await eventually(() => client.rooms.get('dev')?.title === 'web')
  expect(client.join('infra')).toEqual({ ok: true, value: 'infra' })
  await eventually(() => !client.rooms.has('infra'))
  await eventually(() => client.rooms.get('dev')?.status === 'joined')
  expect(texts(client)).toEqual(['one', 'said before'])
  await bob.ask({ action: 'chat', room: 'dev', message: 'three' })
  await eventually(() => texts(client).includes('three'))
  expect(texts(client)).toEqual(['one', 'said before', 'three'])
})

test('what is held under a name whose room is another one by now does not mix with it', async () => {
  const server = await startOperated()
  const directory = temporaryDirectory()
  const login = { host: '127.0.0.1', port: server.port, username: 'alice' }
  const cache = new CacheFile(directory, login)
  onTestFinished(() => cache.close())
  const first = await online(server.port, ['ops', 'dev'], { cache })
  const session = first.events.flatMap(event => (event.type === 'session' ? [event.session] : []))[0]
  for (const [key, text] of [
    ['ops', 'old'],
    ['dev', 'in dev'],
  ] as const)
    first.client.say(key, text)
  await eventually(() => texts(first.client, 'ops').length + texts(first.client).length === 2)
  await first.client.close()
  await server.run({ task: 'roomDelete', room: 'ops', isJson: true })
  await rename(server, 'dev', 'ops')
  const { client } = await online(server.port, ['ops', 'dev'], { cache, session })
  await eventually(() => client.rooms.size === 1 && client.rooms.get('dev')?.title === 'ops')
  await eventually(() => client.rooms.get('dev')?.status === 'joined')
  expect(texts(client)).toEqual(['in dev'])
  expect(cache.load('ops')).toBeUndefined()
})

test('a start without a connection shows titles, and finds rooms by them', async () => {
  const { server } = await withRenamed()
  const directory = temporaryDirectory()
  const login = { host: '127.0.0.1', port: server.port, username: 'alice' }
  const cache = new CacheFile(directory, login)
  const before = await online(server.port, ['dev'], { cache })
  expect(before.client.rooms.get('dev')?.title).toBe('Infra')
  await before.client.close()
  cache.close()
  const again = new CacheFile(directory, login)
  onTestFinished(() => again.close())
  expect(again.titles()).toEqual(new Map([['dev', 'Infra']]))
  const { client } = made(1, ['infra', 'lobby'], { cache: again, shownFirst: 'infra' })
  expect([...client.rooms.values()].map(({ key, title }) => [key, title])).toEqual([
    ['dev', 'Infra'],
    ['lobby', 'lobby'],
  ])
  expect(texts(client)).toEqual(['one'])
  client.leave('dev')
  expect(again.titles().size).toBe(0)
  expect(client.join('infra')).toEqual({ ok: true, value: 'infra' })
})

test('what was said under a name goes out once it is known which room that is, over a restart', async () => {
  const { server, bob } = await withRenamed()
  const directory = temporaryDirectory()
  const login = { host: '127.0.0.1', port: server.port, username: 'alice' }
  const cache = new CacheFile(directory, login)
  onTestFinished(() => cache.close())
  const known = await online(server.port, ['dev'], { cache })
  const session = known.events.flatMap(event => (event.type === 'session' ? [event.session] : []))[0]
  await known.client.close()
  // A start that did not know the title put it into the outbox under the new name.
  const store = new StateFile(temporaryDirectory(), login, () => undefined)
  onTestFinished(() => store.close())
  const unknowing = made(1, ['infra'], { store })
  unknowing.client.say('infra', 'unsent')
  await unknowing.client.close()
  const { client } = await online(server.port, [], { cache, store, session })
  expect([...client.rooms.keys()]).toEqual(['dev'])
  expect(await bob.wait(frame => frame['message'] === 'unsent')).toMatchObject({ room: 'dev' })
  await eventually(() => client.rooms.get('dev')?.outbox.length === 0 && !client.hasUnsent)
  expect(store.adopt()).toEqual([])
})

test('a client that keeps names calls the room as it joined it', async () => {
  const { server } = await withRenamed()
  const { client, events } = await online(server.port, ['infra'], { keepsNames: true })
  await eventually(() => texts(client, 'infra').length === 1)
  expect(client.rooms.get('infra')).toMatchObject({ name: 'infra', title: 'infra' })
  await rename(server, 'dev', 'web')
  await eventually(() => events.some(({ type }) => type === 'notice'))
  expect(client.rooms.get('infra')).toMatchObject({ title: 'infra' })
})
