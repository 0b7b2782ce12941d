import { describe, expect, test } from 'vitest'
import { Peer, startServer } from '../peer.ts'

describe('the plain protocol is enough', () => {
  test('a golden transcript, byte for byte', async () => {
    const server = await startServer()
    const alice = await Peer.open(server)
    const bob = await Peer.open(server)

    alice.raw('{"action":"connect","username":"alice"}\n')
    alice.raw('{"action":"chat","room":"dev","message":"too early"}\n')
    alice.raw('{"action":"joinroom","room":"dev"}\n')
    await alice.until(() => alice.text.includes('not_in_room'))
    bob.raw('{"action":"connect","username":"bob"}\n')
    bob.raw('{"action":"joinroom","room":"dev"}\n')
    bob.raw('{"action":"chat","room":"dev","message":"hello"}\n')
    await alice.until(() => alice.text.includes('hello'))
    alice.raw('{"action":"chat","room":"dev","message":"h\\u00ed \\"bob\\""}\r\n\n')
    await bob.until(() => bob.text.includes('bob'))
    bob.raw('{"action":"leaveroom","room":"dev"}\n{"action":"chat","room":"dev","message":"gone"}\n')
    await bob.until(() => bob.text.includes('not_in_room'))
    alice.socket.end()
    await alice.ended()
    bob.socket.end()
    await bob.ended()

    expect(alice.text).toBe(
      '{"action":"error","code":"not_in_room","message":"join \\"dev\\" before you speak in it","from":"chatd"}\n' +
        '{"action":"chat","room":"dev","message":"hello","from":"bob"}\n',
    )
    expect(bob.text).toBe(
      '{"action":"chat","room":"dev","message":"hí \\"bob\\"","from":"alice"}\n' +
        '{"action":"error","code":"not_in_room","message":"join \\"dev\\" before you speak in it","from":"chatd"}\n',
    )
  })

  test('further fields are ignored: no id comes back, and no id makes two messages one', async () => {
    const server = await startServer()
    const alice = await Peer.plain(server, 'alice')
    const bob = await Peer.plain(server, 'bob')
    const watcher = await Peer.full(server, 'watcher')
    await watcher.ask({ action: 'joinroom', room: 'dev' })
    bob.send({ action: 'joinroom', room: 'dev', since: 0, id: 'j' })
    // A plain client gets no answer to its join, but others see it.
    await watcher.wait(frame => frame.action === 'joined' && frame['from'] === 'bob')
    alice.send({ action: 'joinroom', room: 'dev' })
    alice.send({ action: 'chat', room: 'dev', message: 'twice', id: 'same', replyTo: 7 })
    alice.send({ action: 'chat', room: 'dev', message: 'twice', id: 'same', colour: 'red' })
    alice.send({ action: 'chat', room: 'nowhere', message: 'x', id: 'e' })
    await bob.until(() => bob.frames.length === 2)
    await alice.until(() => alice.frames.length === 1)
    expect(bob.frames).toEqual(
      Array(2).fill({ action: 'chat', room: 'dev', message: 'twice', from: 'alice' }),
    )
    expect(Object.keys(alice.frames[0] ?? {})).toEqual(['action', 'code', 'message', 'from'])
    await watcher.until(() => watcher.of('chat').length === 2)
    expect(watcher.of('chat').map(({ replyTo }) => replyTo)).toEqual([undefined, undefined])
  })

  test('it gets only messages and errors, while full clients use everything', async () => {
    const server = await startServer()
    const plain = await Peer.plain(server, 'plain')
    plain.send({ action: 'joinroom', room: 'dev' })
    const full = await Peer.full(server, 'full')
    await full.ask({ action: 'joinroom', room: 'dev' })
    await full.ask({ action: 'topic', room: 'dev', topic: 'Dev' })
    await full.ask({ action: 'typing', room: 'dev', on: true })
    await full.ask({ action: 'away', message: 'lunch' })
    await full.ask({ action: 'chat', room: 'dev', message: 'hello' })
    await plain.next('chat')
    expect(plain.text).toBe('{"action":"chat","room":"dev","message":"hello","from":"full"}\n')
  })

  test('anything but the four actions is an unknown action', async () => {
    const server = await startServer()
    const peer = await Peer.plain(server, 'alice')
    peer.send({ action: 'history', room: 'dev' })
    expect(await peer.next('error')).toMatchObject({ code: 'unknown_action' })
  })

  test('a closed sending side is the end of input: every complete line is handled, a half line is dropped', async () => {
    const server = await startServer()
    const full = await Peer.full(server, 'full')
    await full.ask({ action: 'joinroom', room: 'dev' })
    const script = await Peer.open(server)
    script.socket.end(
      '{"action":"connect","username":"ci"}\n{"action":"joinroom","room":"dev"}\n' +
        '{"action":"chat","room":"dev","message":"one"}\n{"action":"chat","room":"dev","message":"two"}\n{"action":"chat","room":"dev","mess',
    )
    await script.ended()
    expect(script.text).toBe('')
    await full.until(() => full.of('chat').length === 2)
    await full.settled()
    expect(full.of('chat').map(frame => frame['message'])).toEqual(['one', 'two'])
  })

  test('a connect that failed may be tried again, a second one after success is refused', async () => {
    const server = await startServer()
    const peer = await Peer.open(server)
    peer.send({ action: 'connect', username: 'no spaces' })
    peer.send({ action: 'connect', username: 'chatd' })
    peer.send({ action: 'connect', username: 'alice' })
    peer.send({ action: 'connect', username: 'alice' })
    await peer.until(() => peer.frames.length === 3)
    expect(peer.frames.map(frame => frame['code'])).toEqual([
      'name_invalid',
      'name_invalid',
      'already_connected',
    ])
  })
})
