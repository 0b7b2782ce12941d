import { describe, expect, test } from 'vitest'
import { Peer, type Received, startServer } from '../peer.ts'

async function inRoom(server: { readonly port: number }, name: string, session?: string): Promise<Peer> {
  const peer = await Peer.full(server, name, session)
  await peer.ask({ action: 'joinroom', room: 'dev' })
  return peer
}

async function say(peer: Peer, message: string): Promise<number> {
  return Number((await peer.ask({ action: 'chat', room: 'dev', message }))['seq'])
}

function eventsOf(answer: Received): readonly Received[] {
  return answer['events'] as readonly Received[]
}

describe('edits, deletes and reactions are events of the log', () => {
  test('every full member gets them, the author after the answer; plain clients do not', async () => {
    const server = await startServer()
    const alice = await inRoom(server, 'alice')
    const bob = await inRoom(server, 'bob')
    const plain = await Peer.plain(server, 'plain')
    plain.send({ action: 'joinroom', room: 'dev' })
    plain.send({ action: 'chat', room: 'dev', message: 'here' })
    await bob.wait(frame => frame['message'] === 'here')
    const target = await say(alice, 'teh')
    const requests = [
      { action: 'edit', room: 'dev', target, message: 'the', id: 'e' },
      { action: 'react', room: 'dev', target, emoji: '👍', on: true, id: 'r' },
      { action: 'delete', room: 'dev', target, id: 'd' },
    ]
    for (const request of requests) {
      const stored = await alice.ask(request)
      expect(stored).toMatchObject({ action: 'ok', room: 'dev', seq: expect.any(Number) })
      const { action, id, ...fields } = request
      const event = { ...fields, action, id, from: 'alice', seq: stored['seq'] }
      expect(await bob.wait(frame => frame['id'] === id)).toMatchObject(event)
      const own = alice.frames.filter(frame => frame['id'] === id)
      expect(own.map(frame => frame.action)).toEqual(['ok', action])
    }
    await say(bob, 'last')
    await plain.wait(frame => frame['message'] === 'last')
    expect(plain.frames.map(frame => frame['message'])).toEqual(['teh', 'last'])
    const page = eventsOf(await bob.ask({ action: 'history', room: 'dev' }))
    expect(page.find(event => event['seq'] === target)).toMatchObject({ deleted: { by: 'alice' } })
    expect(page.find(event => event['seq'] === target)).not.toHaveProperty('message')
  })

  test('only the session that wrote a message changes it, from any of its links, also later', async () => {
    const server = await startServer()
    const first = await inRoom(server, 'alice')
    const session = String((await first.next('welcome'))['session'])
    const target = await say(first, 'mine')
    const bob = await inRoom(server, 'bob')
    const edit = { action: 'edit', room: 'dev', target, message: 'ours', id: 'the-edit' }
    expect(await bob.ask(edit)).toMatchObject({ action: 'error', code: 'forbidden' })
    expect(await (await inRoom(server, 'alice', session)).ask(edit)).toMatchObject({ action: 'ok' })
  })

  test('bad ones are refused with a reason, and change nothing', async () => {
    const server = await startServer()
    const alice = await inRoom(server, 'alice')
    const target = await say(alice, 'text')
    for (const [request, code] of [
      [{ action: 'edit', target, message: ' ' }, 'bad_frame'],
      [{ action: 'edit', target, message: 'x'.repeat(16_385) }, 'message_too_long'],
      [{ action: 'edit', target: target + 1, message: 'x' }, 'not_found'],
      [{ action: 'react', target, emoji: ' ', on: true }, 'bad_frame'],
      [{ action: 'react', target, emoji: 'x'.repeat(33), on: true }, 'message_too_long'],
      [{ action: 'react', target, emoji: '__proto__', on: true }, 'bad_frame'],
      [{ action: 'react', target, emoji: 'x', on: false }, 'not_found'],
      [{ action: 'delete', target: 0 }, 'bad_frame'],
      [{ action: 'delete', target, room: 'elsewhere' }, 'not_in_room'],
    ] as const) {
      expect(await alice.ask({ room: 'dev', ...request })).toMatchObject({ action: 'error', code })
    }
    const page = await alice.ask({ action: 'history', room: 'dev' })
    expect(eventsOf(page)).toMatchObject([{ action: 'chat', message: 'text' }])
  })
})
