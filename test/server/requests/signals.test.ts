import { describe, expect, test } from 'vitest'
import { eventually, Peer, startServer } from '../peer.ts'

describe('signals', () => {
  test('joined and left name the person and the number of people, once for each person, and left waits for a return', async () => {
    const server = await startServer({ leftAfter: 150 })
    const alice = await Peer.full(server, 'alice')
    await alice.ask({ action: 'joinroom', room: 'dev' })
    const bob = await Peer.full(server, 'bob')
    const session = String((await bob.next('welcome'))['session'])
    await bob.ask({ action: 'joinroom', room: 'dev' })
    const second = await Peer.full(server, 'bob', session)
    await second.ask({ action: 'joinroom', room: 'dev' })
    second.socket.destroy()
    await bob.ask({ action: 'leaveroom', room: 'dev' })
    await bob.ask({ action: 'joinroom', room: 'dev' })
    bob.socket.destroy()
    await alice.next('left')
    expect(alice.of('joined', 'left')).toEqual([
      { action: 'joined', room: 'dev', from: 'bob', people: 2 },
      { action: 'left', room: 'dev', from: 'bob', people: 1 },
    ])
  })

  test('presence comes once to each connection that shares a room', async () => {
    const server = await startServer({ leftAfter: 50 })
    const [alice, bob, carl] = await Promise.all(
      ['alice', 'bob', 'carl'].map(name => Peer.full(server, name)),
    )
    if (alice === undefined || bob === undefined || carl === undefined) throw new Error('three peers')
    for (const room of ['dev', 'ops']) {
      await alice.ask({ action: 'joinroom', room })
      await bob.ask({ action: 'joinroom', room })
    }
    await alice.ask({ action: 'away', message: 'lunch' })
    await alice.ask({ action: 'away', message: 'lunch' })
    await alice.ask({ action: 'away' })
    alice.socket.destroy()
    await bob.wait(frame => frame['state'] === 'offline')
    expect(bob.of('presence')).toEqual([
      { action: 'presence', from: 'alice', state: 'away', message: 'lunch' },
      { action: 'presence', from: 'alice', state: 'online' },
      { action: 'presence', from: 'alice', state: 'offline' },
    ])
    await carl.settled()
    expect(carl.of('presence')).toEqual([])
    expect(alice.of('presence')).toEqual([])
  })

  test('a quick reconnect keeps the away message: no client was told otherwise', async () => {
    const server = await startServer({ leftAfter: 60_000 })
    const alice = await Peer.full(server, 'alice')
    const bob = await Peer.full(server, 'bob')
    const session = String((await bob.next('welcome'))['session'])
    for (const peer of [alice, bob]) await peer.ask({ action: 'joinroom', room: 'dev' })
    await bob.ask({ action: 'away', message: 'lunch' })
    bob.socket.destroy()
    await eventually(() => server.daemon.connections === 1)
    const again = await Peer.full(server, 'bob', session)
    await again.ask({ action: 'joinroom', room: 'dev' })
    expect((await alice.ask({ action: 'members', room: 'dev' }))['members']).toMatchObject([
      { name: 'alice' },
      { name: 'bob', away: 'lunch' },
    ])
    expect(alice.of('presence')).toHaveLength(1)
    await again.ask({ action: 'away' })
    await alice.wait(frame => frame['state'] === 'online')
  })

  test('typing is passed on to the others, and not more often than it may be renewed', async () => {
    const server = await startServer()
    const alice = await Peer.full(server, 'alice')
    const bob = await Peer.full(server, 'bob')
    for (const peer of [alice, bob]) await peer.ask({ action: 'joinroom', room: 'dev' })
    for (let i = 0; i < 50; i++) alice.send({ action: 'typing', room: 'dev', on: true })
    await alice.ask({ action: 'typing', room: 'dev', on: false })
    await bob.wait(frame => frame['on'] === false)
    expect(bob.of('typing').map(frame => frame['on'])).toEqual([true, false])
    expect(alice.of('typing')).toEqual([])
    expect(await alice.ask({ action: 'typing', room: 'nowhere', on: true })).toMatchObject({
      code: 'not_in_room',
    })
  })

  test('a room of more than 200 is told the number alone, at most once a second', async () => {
    const server = await startServer({ connectionsPerAddress: 1_000, leftAfter: 20 })
    const alice = await Peer.full(server, 'alice')
    await alice.ask({ action: 'joinroom', room: 'big' })
    const crowd = await Promise.all(Array.from({ length: 230 }, (_, i) => Peer.full(server, `p${i}`)))
    await Promise.all(crowd.map(peer => peer.ask({ action: 'joinroom', room: 'big' })))
    await alice.wait(frame => frame.action === 'people' && frame['people'] === 231)
    expect(alice.of('joined')).toHaveLength(199)
    expect(alice.of('people').length).toBeLessThan(5)
    const late = await Peer.full(server, 'late')
    const answer = await late.ask({ action: 'joinroom', room: 'big' })
    expect(answer).toMatchObject({ people: 232 })
    expect(answer).not.toHaveProperty('members')
    alice.frames.splice(0)
    await late.ask({ action: 'typing', room: 'big', on: true })
    await late.ask({ action: 'away', message: 'x' })
    await alice.settled()
    expect(alice.of('typing', 'presence', 'joined')).toEqual([])
    for (const peer of crowd) peer.socket.destroy()
    await alice.wait(frame => frame.action === 'left' && frame['people'] === 2)
    expect(alice.of('left').length).toBeLessThan(200)
  })
})
