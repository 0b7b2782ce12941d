import { expect, onTestFinished, test } from 'vitest'
import type { RoomCache } from '../../src/client/cacheFile.ts'
import type { ChatClient } from '../../src/client/client.ts'
import { createClient } from '../../src/client/core.ts'
import { startOperated } from '../server/operator.ts'
import { eventually } from '../server/peer.ts'

/** A client that is online and in its rooms. */
async function online(port: number, username: string, cache?: RoomCache): Promise<ChatClient> {
  const rooms = ['dev']
  const client = createClient({
    host: '127.0.0.1',
    port,
    username,
    clientName: 'test',
    rooms,
    ...(cache === undefined ? {} : { cache }),
  })
  client.start()
  onTestFinished(() => client.close())
  await eventually(() => client.rooms.get('dev')?.status === 'joined')
  return client
}

test('a deleted room is empty at once, stays so over a reconnect, and can be begun again', async () => {
  const server = await startOperated()
  const forgotten: string[] = []
  const cache: RoomCache = {
    load: () => undefined,
    titles: () => new Map(),
    save: () => undefined,
    forget: key => forgotten.push(key),
  }
  const client = await online(server.port, 'alice', cache)
  const room = client.rooms.get('dev')
  client.say('dev', 'one')
  await eventually(() => room?.timeline.some(entry => entry.kind === 'message') === true)
  const deleted = await server.run({ task: 'roomDelete', room: 'dev', isJson: true })
  expect(deleted.result?.ok).toBe(true)
  await eventually(() => room?.status === 'failed')
  expect(room).toMatchObject({ timeline: [], unread: 0, error: expect.stringContaining('deleted this room') })
  expect(forgotten).toEqual(['dev'])
  // What is said now waits, and is not lost.
  client.say('dev', 'late')
  expect(room?.outbox).toMatchObject([{ request: { message: 'late' } }])
  await server.run({ task: 'kick', whom: 'alice', isName: true, isJson: true })
  await eventually(() => client.link.status === 'refused')
  expect(client.link).toMatchObject({ code: 'kicked', message: 'the operator ended this connection' })
  client.reconnectNow()
  await eventually(() => client.link.status === 'online')
  await client.listRooms(true)
  expect(room?.status).toBe('failed')
  client.join('dev')
  await eventually(() => room?.timeline.some(entry => entry.kind === 'message') === true)
  expect(room?.timeline).toMatchObject([{ kind: 'message', text: 'late' }])
  expect(room?.outbox).toEqual([])
})
