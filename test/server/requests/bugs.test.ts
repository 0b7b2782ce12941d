import { describe, expect, test } from 'vitest'
import type { Page, Range, RoomHead } from '../../../src/server/log/log.ts'
import { MemoryLog } from '../log/memoryLog.ts'
import { eventually, Peer, startServer } from '../peer.ts'

/** A log with bugs: it throws for some rooms, at once or later. */
class BuggyLog extends MemoryLog {
  override head(roomKey: string): RoomHead | undefined {
    if (roomKey === 'bug') throw new Error('a bug in a synchronous part')
    return super.head(roomKey)
  }

  override read(roomKey: string, range: Range): Promise<Page> {
    if (roomKey === 'later') return Promise.reject(new Error('a bug in an asynchronous part'))
    return super.read(roomKey, range)
  }
}

describe('a bug costs the client that met it, and no other', () => {
  test.each([
    ['at once', { action: 'joinroom', room: 'bug', id: 'x' }],
    ['at once, without an id', { action: 'joinroom', room: 'bug' }],
    ['later', { action: 'history', room: 'later', id: 'x' }],
  ])('%s', async (_, request) => {
    const server = await startServer({}, new BuggyLog())
    const bob = await Peer.full(server, 'bob')
    await bob.ask({ action: 'joinroom', room: 'dev' })
    const alice = await Peer.full(server, 'alice')
    await alice.ask({ action: 'joinroom', room: 'later' })
    alice.send(request)
    const { id } = { id: undefined, ...request }
    expect(await alice.next('error')).toMatchObject({ code: 'internal', fatal: true })
    expect(alice.of('error')[0]?.['id']).toBe(id)
    await alice.ended()
    expect((await bob.ask({ action: 'chat', room: 'dev', message: 'still here' })).action).toBe('ok')
    const again = await Peer.full(server, 'carol')
    expect((await again.ask({ action: 'joinroom', room: 'dev' })).action).toBe('ok')
  })
})

/** A log that is busy until asked twice, and reads only when it is told to. */
class SlowLog extends MemoryLog {
  busyAsked = 2
  proceed: () => void = () => undefined

  override isBusy(): boolean {
    return ++this.busyAsked < 2
  }

  override async read(...asked: Parameters<MemoryLog['read']>): Promise<Page> {
    await new Promise<void>(resolve => {
      this.proceed = resolve
    })
    return super.read(...asked)
  }
}

test('a line waits for the request before it, also when a hold on the connection ends meanwhile', async () => {
  const log = new SlowLog()
  const server = await startServer({}, log)
  const bob = await Peer.full(server, 'bob')
  await bob.ask({ action: 'joinroom', room: 'dev' })
  await bob.ask({ action: 'chat', room: 'dev', message: 'one' })
  log.busyAsked = 0
  const alice = await Peer.full(server, 'alice')
  const { epoch } = (await alice.next('welcome')) as unknown as { epoch: string }
  alice.send({ action: 'joinroom', room: 'dev', since: 0, epoch, id: 'join' })
  alice.send({ action: 'ping', id: 'after' })
  await eventually(() => log.busyAsked >= 2)
  for (let round = 0; round < 5; round++) await bob.settled()
  expect(alice.frames.some(frame => frame['id'] === 'after')).toBe(false)
  log.proceed()
  await alice.wait(frame => frame['id'] === 'after')
})
