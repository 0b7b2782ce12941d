import { describe, expect, test } from 'vitest'
import { Peer, type Received, startServer } from '../peer.ts'

async function full(server: { readonly port: number }, name: string, ...rooms: string[]): Promise<Peer> {
  const peer = await Peer.full(server, name)
  for (const room of rooms) await peer.ask({ action: 'joinroom', room })
  return peer
}

async function say(peer: Peer, room: string, message: string): Promise<void> {
  await peer.ask({ action: 'chat', room, message })
}

function hitsOf(answer: Received): readonly string[] {
  return (answer['hits'] as readonly Received[]).map(
    hit => `${String(hit['room'])}: ${String(hit['message'])}`,
  )
}

describe('search', () => {
  test('finds words in the rooms of the asker and nowhere else', async () => {
    const server = await startServer()
    const alice = await full(server, 'alice', 'Dev', 'ops')
    const bob = await full(server, 'bob', 'dev')
    await say(alice, 'dev', 'the build is green')
    await say(alice, 'ops', 'the build is red')
    await say(alice, '@bob', 'our build')
    const carl = await full(server, 'carl', 'dev')
    await say(bob, '@alice', 'build what?')
    const search = async (peer: Peer, more: object = {}): Promise<readonly string[]> =>
      hitsOf(await peer.ask({ action: 'search', query: 'build', ...more }))
    expect(await search(alice)).toEqual([
      '@bob: build what?',
      '@bob: our build',
      'ops: the build is red',
      'Dev: the build is green',
    ])
    expect(await search(bob)).toEqual(['@alice: build what?', '@alice: our build', 'Dev: the build is green'])
    expect(await search(carl)).toEqual(['Dev: the build is green'])
    expect(await search(alice, { room: 'OPS' })).toEqual(['ops: the build is red'])
    expect(await search(alice, { from: 'BOB' })).toEqual(['@bob: build what?'])
    expect(await search(alice, { until: 1 })).toEqual([])
    expect(await search(alice, { query: '!?' })).toEqual([])
    await alice.ask({ action: 'leaveroom', room: 'ops' })
    expect(await search(alice, { query: 'red' })).toEqual([])
    expect(await bob.ask({ action: 'search', query: 'x', room: 'ops' })).toMatchObject({
      code: 'not_in_room',
    })
  })

  test('a new session of a name sees nothing of earlier direct conversations', async () => {
    const server = await startServer()
    const alice = await full(server, 'alice')
    const bob = await full(server, 'bob')
    await say(alice, '@bob', 'secret word')
    bob.socket.destroy()
    await bob.ended()
    const other = await full(server, 'bob')
    await say(alice, '@bob', 'another word')
    expect(hitsOf(await other.ask({ action: 'search', query: 'word' }))).toEqual(['@alice: another word'])
  })

  test('pages go on by the cursor, each hit once', async () => {
    const server = await startServer()
    const alice = await full(server, 'alice', 'dev')
    for (let i = 0; i < 25; i++) await say(alice, 'dev', `word ${i} ${'x'.repeat(1_000)}`)
    const seen: string[] = []
    let cursor: unknown
    do {
      const more = cursor === undefined ? {} : { cursor }
      const page = await alice.ask({ action: 'search', query: 'word', limit: 10, ...more })
      seen.push(...hitsOf(page).map(hit => hit.slice(0, 12).trim()))
      cursor = page['cursor']
    } while (cursor !== undefined)
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `dev: word ${24 - i}`))
    expect(await alice.ask({ action: 'search', query: 'x', cursor: '-1' })).toMatchObject({
      code: 'bad_frame',
    })
    expect(await alice.ask({ action: 'search', query: 'é'.repeat(129) })).toMatchObject({
      code: 'message_too_long',
    })
  })
})
