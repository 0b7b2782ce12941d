import { describe, expect, test, vi } from 'vitest'
import { success } from '../../../src/protocol/errors.ts'
import { type LiveTask, runLiveTask } from '../../../src/server/admin/liveTasks.ts'
import { People } from '../../../src/server/rooms/people.ts'
import { Presence } from '../../../src/server/rooms/presence.ts'
import type { Member } from '../../../src/server/rooms/room.ts'
import { Rooms } from '../../../src/server/rooms/rooms.ts'
import { decode, type Frame } from '../../../src/server/roster/frames.ts'
import { OtherDaemon } from '../../../src/server/roster/otherDaemon.ts'
import { type OwnConnection, OwnConnections } from '../../../src/server/roster/ownConnections.ts'
import { MemoryLog } from '../log/memoryLog.ts'
import { Peer } from '../peer.ts'
import { BEAT, comings, inRoom, membersOf, startAmong } from './amongDaemons.ts'
import { MemoryBroker } from './memoryBus.ts'

const within = { timeout: 10_000, interval: 10 }

async function two(settings = {}) {
  const broker = new MemoryBroker()
  const buses = [broker.join(), broker.join()] as const
  const log = new MemoryLog()
  const one = await startAmong(buses[0], log, settings, 'one:1')
  const other = await startAmong(buses[1], log, settings, 'two:2')
  return { broker, buses, one, other }
}

describe('people of two daemons', () => {
  test('see each other come, type, be away and go', async () => {
    const { one, other } = await two()
    const { peer: alice } = await inRoom(one, 'Alice')
    const { peer: bob, joined } = await inRoom(other, 'bob')
    expect(joined).toMatchObject({ people: 2, members: ['Alice', 'bob'] })
    await vi.waitFor(() => expect(comings(alice)).toEqual(['bob joined 2']), within)
    await bob.ask({ action: 'typing', room: 'dev', on: true })
    expect(await alice.next('typing')).toMatchObject({ room: 'dev', from: 'bob', on: true })
    await bob.ask({ action: 'away', message: 'lunch' })
    expect(await alice.next('presence')).toMatchObject({ from: 'bob', state: 'away', message: 'lunch' })
    expect(await membersOf(alice)).toEqual(['Alice', 'bob'])
    const { joined: again } = await inRoom(one, 'carol')
    expect(again).toMatchObject({ people: 3, away: [{ name: 'bob', message: 'lunch' }] })
    await bob.ask({ action: 'away' })
    await alice.wait(frame => frame['state'] === 'online')
    const listed = await alice.ask({ action: 'rooms', all: true })
    expect(listed['rooms']).toMatchObject([{ room: 'dev', people: 3 }])
    await bob.ask({ action: 'leaveroom', room: 'dev' })
    await vi.waitFor(() => expect(comings(alice).at(-1)).toBe('bob left 2'), within)
    expect(comings(bob)).toEqual(['carol joined 3'])
    expect(one.daemon.people).toBe(2)
    expect(other.daemon.people).toBe(1)
    expect(one.daemon.otherAddresses()).toEqual(['two:2'])
  })

  test('type and are away in a conversation of two', async () => {
    const { one, other } = await two()
    const alice = await Peer.full(one, 'alice')
    const bob = await Peer.full(other, 'bob')
    await vi.waitFor(
      async () => expect((await alice.ask({ action: 'joinroom', room: '@bob' })).action).toBe('ok'),
      within,
    )
    await vi.waitFor(
      async () => expect((await bob.ask({ action: 'joinroom', room: '@alice' })).action).toBe('ok'),
      within,
    )
    await bob.ask({ action: 'typing', room: '@alice', on: true })
    expect(await alice.next('typing')).toMatchObject({ room: '@bob', from: 'bob' })
    await bob.ask({ action: 'away', message: 'out' })
    expect(await alice.next('presence')).toMatchObject({ from: 'bob', state: 'away' })
    expect(await membersOf(alice, '@bob')).toEqual(['alice', 'bob'])
  })

  test('move between daemons unnoticed, and a stranger is refused the name', async () => {
    const { one, other } = await two({ leftAfter: 1_000 })
    const { peer: alice } = await inRoom(one, 'alice')
    const { peer: bob, session } = await inRoom(other, 'bob')
    await vi.waitFor(() => expect(comings(alice)).toEqual(['bob joined 2']), within)
    const { peer: eve } = await inRoom(other, 'eve')
    const stranger = await Peer.open(one)
    stranger.send({ action: 'connect', username: 'BOB', protocol: 1 })
    expect(await stranger.next('error')).toMatchObject({ code: 'name_taken' })
    const like = await Peer.open(one)
    like.send({ action: 'connect', username: 'b0b', protocol: 1 })
    expect(await like.next('error')).toMatchObject({ code: 'name_taken' })
    bob.socket.destroy()
    await vi.waitFor(() => expect(other.daemon.connections).toBe(1), within)
    const { peer: moved } = await inRoom(one, 'bob', 'dev', session)
    const { peer: carol } = await inRoom(other, 'carol')
    // She goes after him: where she is told to have left, he would have been.
    eve.socket.destroy()
    await vi.waitFor(() => expect(comings(carol)).toEqual(['eve left 3']), within)
    await vi.waitFor(() => expect(comings(alice).at(-1)).toBe('eve left 3'), within)
    expect(comings(alice)).toEqual(['bob joined 2', 'eve joined 3', 'carol joined 4', 'eve left 3'])
    moved.socket.destroy()
    await vi.waitFor(() => expect(comings(alice).at(-1)).toBe('bob left 2'), within)
    await vi.waitFor(() => expect(comings(carol)).toEqual(['eve left 3', 'bob left 2']), within)
  })
})

test('an operator sees and ends connections of another daemon', async () => {
  const { one, other } = await two()
  await inRoom(one, 'alice')
  const { peer: bob } = await inRoom(other, 'bob')
  await vi.waitFor(() => expect(one.daemon.live.elsewhere()[0]?.isIn('dev')).toBe(true), within)
  const run = async (task: LiveTask): Promise<string[]> => {
    const lines: string[] = []
    const done = await runLiveTask(task, {
      live: one.daemon.live,
      log: { noteDeed: () => Promise.resolve(success(undefined)) },
      by: { user: 'root' },
      print: line => Promise.resolve(lines.push(line) > 0),
    })
    expect(done.ok).toBe(true)
    return lines
  }
  const who = await run({ task: 'who', isJson: false })
  expect(who[2]).toMatch(/^c1@two:2 bob +guest +full +no +\S+Z +- +- +- +127\.0\.0\.1 +- +dev$/)
  expect(await run({ task: 'who', name: 'bob', isJson: true })).toEqual([
    expect.stringMatching(/^\{"connection":"c1","daemon":"two:2","name":"bob",[^}]+"rooms":\["dev"\]/),
  ])
  expect(await run({ task: 'kick', whom: 'c1@two:2', isName: false, isJson: false })).toEqual([
    'c1@two:2: ended, bob, 127.0.0.1',
  ])
  expect(await bob.next('bye')).toMatchObject({ reason: 'kicked' })
  await vi.waitFor(() => expect(other.daemon.people).toBe(1), within)
})

test('a room in which nothing was said yet is spelled as the daemon of its first member has it', async () => {
  const { one, other } = await two()
  const { peer: alice } = await inRoom(one, 'alice', 'DevTeam')
  await vi.waitFor(() => expect(other.daemon.live.room('devteam')?.people).toBe(1), within)
  const { peer: bob, joined } = await inRoom(other, 'bob', 'devteam')
  expect(joined).toMatchObject({ room: 'DevTeam', members: ['alice', 'bob'] })
  await vi.waitFor(() => expect(comings(alice)).toEqual(['bob joined 2']), within)
  await bob.ask({ action: 'chat', room: 'devteam', message: 'hello' })
  expect(await alice.next('chat')).toMatchObject({ room: 'DevTeam', message: 'hello' })
})

describe('a mirror', () => {
  test('that missed changes asks for all, and tells nothing twice', async () => {
    const { buses, one, other } = await two()
    const { peer: alice } = await inRoom(one, 'alice')
    await inRoom(other, 'bob')
    await vi.waitFor(() => expect(comings(alice)).toEqual(['bob joined 2']), within)
    buses[0].lose(text => !text.includes('"beat"'))
    const { peer: carol } = await inRoom(other, 'carol')
    const { peer: dave } = await inRoom(other, 'dave')
    carol.socket.destroy()
    await vi.waitFor(() => expect(other.daemon.connections).toBe(2), within)
    buses[0].lose(undefined)
    await vi.waitFor(async () => expect(await membersOf(alice)).toEqual(['alice', 'bob', 'dave']), within)
    expect(comings(alice)).toEqual(['bob joined 2', 'dave joined 3'])
    dave.socket.destroy()
    await vi.waitFor(() => expect(comings(alice).at(-1)).toBe('dave left 2'), within)
  })

  test('of a daemon that fell silent ends; one that comes back is mirrored again', async () => {
    const { buses, one, other } = await two()
    const { peer: early, session } = await inRoom(other, 'carol')
    early.socket.destroy()
    await vi.waitFor(() => expect(other.daemon.connections).toBe(0), within)
    const { peer: alice } = await inRoom(one, 'alice')
    const { peer: bob } = await inRoom(other, 'bob')
    await vi.waitFor(() => expect(comings(alice).at(-1)).toBe('bob joined 2'), within)
    const cutAt = performance.now()
    buses[1].isUp = false
    await vi.waitFor(() => expect(comings(alice).at(-1)).toBe('bob left 1'), within)
    expect(performance.now() - cutAt).toBeGreaterThan(3 * BEAT)
    expect(one.daemon.otherAddresses()).toEqual([])
    // The one that is cut off keeps what it knew.
    expect(await membersOf(bob)).toEqual(['alice', 'bob'])
    await inRoom(other, 'carol', 'dev', session)
    alice.socket.destroy()
    buses[1].isUp = true
    await vi.waitFor(async () => expect(await membersOf(bob)).toEqual(['bob', 'carol']), within)
    const { joined } = await inRoom(one, 'dora')
    expect(joined).toMatchObject({ members: ['bob', 'carol', 'dora'] })
  })

  test('of a daemon that stops ends at once', async () => {
    const { one, other } = await two()
    const { peer: alice } = await inRoom(one, 'alice')
    await inRoom(other, 'bob')
    await vi.waitFor(() => expect(comings(alice)).toEqual(['bob joined 2']), within)
    await other.daemon.stop()
    expect(one.daemon.otherAddresses()).toEqual([])
    await vi.waitFor(() => expect(comings(alice).at(-1)).toBe('bob left 1'), within)
  })

  test('takes a roster of many parts, and the changes that came meanwhile', async () => {
    const told: string[] = []
    const own = new OwnConnections('far', text => told.push(text))
    const farPeople = new People()
    const farRooms = new Rooms(new MemoryLog(), farPeople, 10)
    const connections = Array.from({ length: 3_000 }, (_, n) => connectionOf(n, farPeople, farRooms))
    for (const one of connections) own.came(one)
    own.flush()
    const log = new MemoryLog()
    const people = new People()
    const rooms = new Rooms(log, people, 10)
    const presence = new Presence(rooms, people, 10)
    const asked: Frame[] = []
    const other = new OtherDaemon('far', {
      self: 'near',
      rooms,
      people,
      presence,
      tell: (_, frame) => asked.push(frame),
      arrived: () => undefined,
      missed: () => undefined,
      onBug: error => {
        throw error
      },
    })
    expect(asked).toEqual([{ kind: 'ask', daemon: 'near', number: 1 }])
    const parts: string[] = []
    await own.roster(1, part => parts.push(part))
    expect(parts.length).toBeGreaterThan(2)
    told.length = 0
    const [first, second] = connections
    if (first === undefined || second === undefined) throw new Error('there are many')
    own.went(first)
    own.flush()
    own.typing(second, 'dev', true)
    own.flush()
    for (const text of [...told, ...parts.reverse()]) hear(other, text)
    await vi.waitFor(() => expect(other.isWhole).toBe(true), within)
    expect([...other.peers]).toHaveLength(2_999)
    expect(rooms.find('dev')?.people).toBe(2_999)
    expect(rooms.inUse).toBe(0)
    await other.gone()
    await vi.waitFor(() => expect(people.connected).toBe(0), within)
    expect(rooms.find('dev')).toBeUndefined()
    rooms.close()
    presence.close()
  })
})

function hear(other: OtherDaemon, text: string): void {
  const frame = decode(text)
  if (frame?.kind === 'roster') other.heardRoster(frame)
  if (frame?.kind === 'changes') other.heardChanges(frame)
}

/** A connection in a room, as its daemon has it. */
function connectionOf(n: number, people: People, rooms: Rooms): OwnConnection {
  const memberships = new Map<string, Member>()
  const nothing = (): undefined => undefined
  const connection: OwnConnection = {
    connection: { number: n, isEncrypted: false },
    person: undefined,
    shownName: `user${n}`,
    clientName: 'a client '.repeat(10),
    daemon: undefined,
    isPlain: false,
    isBehind: false,
    personKey: `user${n}`,
    sessionNumber: n,
    address: '127.0.0.1',
    holder: `session ${n}`,
    floor: 0,
    secretNumber: undefined,
    scope: undefined,
    memberships,
    send: nothing,
    sendSoon: nothing,
    sendAway: nothing,
    dismiss: nothing,
    oust: nothing,
    doubt: nothing,
  }
  const person = people.arrive(connection, `user${n}`)
  memberships.set('dev', rooms.enter(connection, person, 'dev', 'dev'))
  return { ...connection, person }
}
