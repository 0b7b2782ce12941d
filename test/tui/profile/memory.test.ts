import { join as joinPath } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { Addresses } from '../../../src/client/addresses.ts'
import { showServer } from '../../../src/client/serverAddress.ts'
import { Memory, rememberedAs } from '../../../src/tui/profile/memory.ts'
import { join, joined, until } from '../../client/session.ts'
import { eventually, startServer } from '../../server/peer.ts'
import { temporaryDirectory } from '../directory.ts'

test('a session is that of last time, also where the first client is still there', async () => {
  const { port } = await startServer()
  const state = temporaryDirectory()
  const remember = (username: string): Memory =>
    new Memory({
      state,
      host: '127.0.0.1',
      port,
      username,
      onTrouble: message => {
        throw new Error(message)
      },
    })

  const first = join(port, 'alice', ['dev'])
  remember('alice').follow(first)
  await joined(first, 'dev')
  const { session } = remember('Alice').saved
  expect(session).toMatch(/./)
  const second = join(port, 'alice', ['dev'], { session })
  await joined(second, 'dev')

  // Another client without the session is refused, and that refusal is not remembered.
  const stranger = join(port, 'alice', ['dev'])
  await until(stranger, () => stranger.link.status === 'refused')
  expect(remember('alice').saved.session).toBe(session)

  // A user that takes another name keeps the rooms, and the old name keeps its own memory.
  const memory = remember('bob')
  memory.follow(stranger)
  memory.keepRooms(['dev', 'ops'], 'ops')
  stranger.rename('carol')
  await joined(stranger, 'dev')
  memory.write()
  expect(remember('carol').saved).toMatchObject({ rooms: ['dev', 'ops'], current: 'ops' })
  expect(remember('carol').saved.session).not.toBe(session)
  expect(remember('alice').saved.session).toBe(session)

  // A user that takes an earlier name again gets its session, independent of the first name.
  const taken = join(port, 'alice', ['dev'], { findSession: name => other.sessionOf(name), session: 'wrong' })
  const other = remember('dave')
  other.follow(taken)
  await until(taken, () => taken.link.status === 'refused')
  const carols = remember('carol').saved.session
  taken.rename('carol')
  await joined(taken, 'dev')
  expect(remember('carol').saved.session).toBe(carols)
  expect(other.saved.session).toBe(carols)
  expect(other.sessionOf('nobody')).toBeUndefined()
})

test('rooms are written soon, and what was opened and left again is not remembered', async () => {
  const state = temporaryDirectory()
  const options = { state, host: 'h', port: 1, username: 'bob', onTrouble: () => undefined }
  const memory = new Memory(options)
  memory.keepRooms(['dev', 'ops'], 'ops')
  memory.keepRooms(['dev'], 'dev')
  expect(new Memory(options).saved.rooms).toEqual([])
  await eventually(() => new Memory(options).saved.rooms.length > 0)
  expect(new Memory(options).saved).toEqual({ rooms: ['dev'], current: 'dev' })
})

test('what could not be written stays due, and is written at the end', async () => {
  const state = temporaryDirectory()
  const options = { state, host: 'h', port: 1, username: 'bob', onTrouble: () => undefined }
  const memory = new Memory(options)
  const other = new DatabaseSync(joinPath(state, 'sessions', 'h,1,bob.db'))
  other.exec('BEGIN EXCLUSIVE')
  memory.keepComposed('dev', { draft: 'half a', inputs: ['one'] })
  memory.keepRooms(['dev'], 'dev')
  memory.write()
  other.exec('ROLLBACK')
  other.close()
  expect(new Memory(options).composed().size).toBe(0)
  memory.close()
  const again = new Memory(options)
  expect(again.composed()).toEqual(new Map([['dev', { draft: 'half a', inputs: ['one'] }]]))
  expect(again.saved.rooms).toEqual(['dev'])
})

test('a server of several addresses is remembered by one of them, in whichever order they are given', () => {
  const state = temporaryDirectory()
  const [a, b, c] = ['a', 'b', 'c'].map(host => ({ host, port: 9011 }))
  if (a === undefined || b === undefined || c === undefined) throw new Error('three addresses')
  expect(rememberedAs(state, [b, a], 'alice')).toEqual(b)
  const onTrouble = (message: string): never => {
    throw new Error(message)
  }
  // As a start with the one address has left it.
  new Memory({ state, ...a, username: 'alice', onTrouble }).close()
  for (const order of [[a], [a, b], [b, a], [c, b, a]] as const)
    expect(rememberedAs(state, order, 'Alice')).toEqual(a)
  expect(rememberedAs(state, [b, a], 'bob')).toEqual(b)
  new Memory({ state, ...c, username: 'alice', onTrouble }).close()
  expect(rememberedAs(state, [b, c, a], 'alice')).toEqual(c)
})

test('what the daemons told of each other is there at the next start, as the server told it last', async () => {
  const state = temporaryDirectory()
  const onTrouble = (message: string): never => {
    throw new Error(message)
  }
  const given = [{ host: 'a', port: 9011, isExact: true }]
  const identity = { host: 'a', port: 9011 }
  const a = { ...identity, identity, isTold: false }
  /** What a start knows of addresses, after a daemon told some. */
  const startWith = async (...told: readonly string[]): Promise<readonly string[]> => {
    const memory = new Memory({ state, ...identity, username: 'alice', onTrouble })
    const addresses = new Addresses({ given })
    memory.rememberAddresses(addresses)
    const known = (await addresses.round()).map(showServer)
    addresses.tell(a, told)
    memory.close()
    return known.toSorted()
  }
  expect(await startWith('b:7001', 'c:9011')).toEqual(['a:9011'])
  expect(await startWith('d:9011')).toEqual(['a:9011', 'b:7001', 'c:9011'])
  expect(await startWith()).toEqual(['a:9011', 'd:9011'])
  expect(await startWith()).toEqual(['a:9011', 'd:9011'])
})
