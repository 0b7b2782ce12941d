import { expect, test } from 'vitest'
import { StateFile } from '../../src/client/stateFile.ts'
import { temporaryDirectory } from '../server/directory.ts'
import { Peer, startServer } from '../server/peer.ts'
import { join, joined, until } from './session.ts'

test('a room that was left without a connection stays left over a restart of the client', async () => {
  const directory = temporaryDirectory()
  const login = { host: '127.0.0.1', port: 1, username: 'alice' }
  const store = (): StateFile =>
    new StateFile(directory, login, message => {
      throw new Error(message)
    })
  const first = await startServer()
  const before = store()
  const alice = join(first.port, 'alice', ['dev', 'ops'], { store: before })
  await joined(alice, 'dev')
  await joined(alice, 'ops')
  let session = ''
  alice.subscribe(event => {
    if (event.type === 'session') session = event.session
  })
  const known = await Peer.full(first, 'bob')
  await known.ask({ action: 'joinroom', room: 'dev' })
  await first.daemon.stop()
  await until(alice, () => alice.link.status === 'waiting')
  alice.leave('dev')
  expect(before.leaves()).toEqual(new Map([['dev', 'dev']]))
  await alice.close()
  before.close()

  const after = store()
  const second = await startServer()
  const again = join(second.port, 'alice', ['ops'], { store: after, ...(session === '' ? {} : { session }) })
  await joined(again, 'ops')
  await until(again, () => after.leaves().size === 0)
  expect([...again.rooms.keys()]).toEqual(['ops'])
  after.close()
})
