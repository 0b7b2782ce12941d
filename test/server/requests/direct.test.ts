import { describe, expect, test } from 'vitest'
import { Peer, startServer } from '../peer.ts'

describe('direct conversations', () => {
  test('every full connection of either gets the events unasked, each under the name of the other', async () => {
    const server = await startServer()
    const alice = await Peer.full(server, 'Alice')
    const session = String((await alice.next('welcome'))['session'])
    const phone = await Peer.full(server, 'alice', session)
    const bob = await Peer.full(server, 'bob')
    const carl = await Peer.full(server, 'carl')
    await alice.ask({ action: 'chat', room: '@BOB', message: 'psst' })
    expect(await alice.next('chat')).toMatchObject({ room: '@bob', from: 'Alice', message: 'psst' })
    expect(await phone.next('chat')).toMatchObject({ room: '@bob' })
    const got = await bob.next('chat')
    expect(got).toMatchObject({ room: '@Alice', from: 'Alice' })
    const { seq } = await bob.ask({ action: 'chat', room: '@alice', message: 'what?' })
    await alice.wait(frame => frame['message'] === 'what?')
    expect(alice.of('chat').at(-1)).toMatchObject({ room: '@bob', prev: got['seq'] })
    await carl.settled()
    expect(carl.of('chat')).toEqual([])
    expect(await bob.ask({ action: 'rooms' })).toMatchObject({
      rooms: [{ room: '@Alice', unread: 1, people: 2, last: seq }],
    })
    expect(await carl.ask({ action: 'rooms', all: true })).toMatchObject({ rooms: [] })
  })

  test('resuming one neither loses nor doubles, although its events come unasked too', async () => {
    const server = await startServer()
    const alice = await Peer.full(server, 'alice')
    const bob = await Peer.full(server, 'bob')
    const session = String((await bob.next('welcome'))['session'])
    // Her daemon knows bob.
    await alice.settled()
    for (let i = 0; i < 500; i++) alice.send({ action: 'chat', room: '@bob', message: `${i}` })
    await bob.until(() => bob.of('chat').length === 500)
    const again = await Peer.full(server, 'bob', session)
    again.send({ action: 'joinroom', room: '@alice', since: 0 })
    for (let i = 500; i < 700; i++) alice.send({ action: 'chat', room: '@bob', message: `${i}` })
    await again.wait(frame => frame['message'] === '699')
    await again.settled()
    expect(again.of('chat').map(frame => Number(frame['message']))).toEqual(
      Array.from({ length: 700 }, (_, i) => i),
    )
  })

  test('a session sees the events since its beginning, and none from before', async () => {
    const server = await startServer()
    const alice = await Peer.full(server, 'alice')
    const bob = await Peer.full(server, 'bob')
    await alice.ask({ action: 'chat', room: '@bob', message: 'secret' })
    await bob.next('chat')
    bob.socket.end()
    await bob.ended()
    await alice.settled()
    const thief = await Peer.full(server, 'bob')
    expect(await thief.ask({ action: 'rooms' })).toMatchObject({ rooms: [] })
    await alice.ask({ action: 'chat', room: '@bob', message: 'later' })
    const { seq } = await thief.next('chat')
    const history = await thief.ask({ action: 'history', room: '@alice', after: 0 })
    expect(history).toMatchObject({ events: [{ message: 'later' }], moreBefore: false })
    expect(history['first']).toBeLessThanOrEqual(Number(seq))
    await thief.ask({ action: 'joinroom', room: '@alice', since: 0 })
    await thief.settled()
    expect(thief.text).not.toContain('secret')
  })

  test('a name never seen is not found, oneself is a notebook, the server is forbidden', async () => {
    const server = await startServer()
    const alice = await Peer.full(server, 'alice')
    expect(await alice.ask({ action: 'chat', room: '@nobody', message: 'x' })).toMatchObject({
      code: 'not_found',
    })
    expect(await alice.ask({ action: 'joinroom', room: '@nobody' })).toMatchObject({ code: 'not_found' })
    expect(await alice.ask({ action: 'chat', room: '@chatd', message: 'x' })).toMatchObject({
      code: 'forbidden',
    })
    expect(await alice.ask({ action: 'chat', room: '@a b', message: 'x' })).toMatchObject({
      code: 'name_invalid',
    })
    expect(await alice.ask({ action: 'chat', room: '@alice', message: 'note' })).toMatchObject({
      room: '@alice',
    })
    await alice.settled()
    expect(alice.of('chat')).toHaveLength(1)
  })

  test('a plain client gets them after its own joinroom, and not its own back', async () => {
    const server = await startServer()
    const plain = await Peer.plain(server, 'plain')
    const alice = await Peer.full(server, 'alice')
    await alice.ask({ action: 'chat', room: '@plain', message: 'before' })
    plain.send({ action: 'joinroom', room: '@alice' })
    plain.send({ action: 'chat', room: '@alice', message: 'mine' })
    await alice.wait(frame => frame['message'] === 'mine')
    await alice.ask({ action: 'chat', room: '@plain', message: 'after' })
    await plain.next('chat')
    expect(plain.text).toBe('{"action":"chat","room":"@alice","message":"after","from":"alice"}\n')
  })

  test('presence reaches the other side of a conversation', async () => {
    const server = await startServer({ leftAfter: 30 })
    const alice = await Peer.full(server, 'alice')
    const bob = await Peer.full(server, 'bob')
    await alice.ask({ action: 'chat', room: '@bob', message: 'hi' })
    bob.socket.destroy()
    await alice.wait(frame => frame['state'] === 'offline')
    await Peer.full(server, 'bob')
    expect(await alice.wait(frame => frame['state'] === 'online')).toMatchObject({ from: 'bob' })
  })
})
