import { describe, expect, test } from 'vitest'
import { results } from '../../../src/protocol/requests.ts'
import { eventually, Peer, type Received, startServer } from '../peer.ts'

describe('requests of full clients', () => {
  test('every request with an id gets exactly one answer as its schema says', async () => {
    const server = await startServer()
    const peer = await Peer.full(server, 'alice')
    const asked: [keyof typeof results, object][] = [
      ['joinroom', { room: 'dev' }],
      ['chat', { room: 'dev', message: 'hello' }],
      ['topic', { room: 'dev', topic: 'Development' }],
      ['history', { room: 'dev' }],
      ['rooms', { all: true }],
      ['members', { room: 'dev' }],
      ['read', { room: 'dev', seq: 1 }],
      ['typing', { room: 'dev', on: true }],
      ['away', { message: 'lunch' }],
      ['ping', {}],
      ['leaveroom', { room: 'dev' }],
    ]
    for (const [action, fields] of asked) {
      const { action: answered, id, ...result } = await peer.ask({ action, ...fields })
      expect(answered, action).toBe('ok')
      expect(results[action].strict().safeParse(result).error, action).toBeUndefined()
      expect(peer.frames.filter(frame => frame['id'] === id && frame.action === 'ok')).toHaveLength(1)
    }
  })

  test('without an id success is not answered', async () => {
    const server = await startServer()
    const peer = await Peer.full(server, 'alice')
    peer.send({ action: 'joinroom', room: 'dev' })
    peer.send({ action: 'chat', room: 'dev', message: 'hello' })
    const event = await peer.next('chat')
    await peer.settled()
    expect(peer.of('ok')).toHaveLength(1)
    expect(event['id']).toMatch(/^[A-Za-z0-9_.:-]{1,64}$/)
  })

  test('the sender gets its ok before the event, and both carry the same seq', async () => {
    const server = await startServer()
    const peer = await Peer.full(server, 'alice')
    await peer.ask({ action: 'joinroom', room: 'dev' })
    const ok = await peer.ask({ action: 'chat', room: 'dev', message: 'hello', id: 'm1' })
    const event = await peer.next('chat')
    expect(peer.frames.indexOf(ok)).toBeLessThan(peer.frames.indexOf(event))
    expect(event).toEqual({
      ...event,
      id: 'm1',
      seq: ok['seq'],
      ts: ok['ts'],
      prev: 0,
      from: 'alice',
      message: 'hello',
    })
  })

  test('send once: the same id with the same content is stored once and answered alike, else it is reused', async () => {
    const server = await startServer()
    const peer = await Peer.full(server, 'alice')
    await peer.ask({ action: 'joinroom', room: 'dev' })
    await peer.ask({ action: 'joinroom', room: 'ops' })
    const say = { action: 'chat', room: 'dev', message: 'once', id: 'm1' }
    peer.send(say)
    peer.send(say)
    await peer.until(() => peer.of('ok').filter(frame => frame['id'] === 'm1').length === 2)
    const [first, second] = peer.of('ok').filter(frame => frame['id'] === 'm1')
    expect(second).toEqual(first)
    for (const other of [{ message: 'other' }, { room: 'ops' }, { replyTo: 1 }]) {
      peer.send({ ...say, ...other })
      await peer.until(() => peer.of('error').length > 0)
      expect(peer.of('error').pop()).toMatchObject({ code: 'id_reused', id: 'm1' })
      peer.frames.splice(0)
    }
    const other = await Peer.full(server, 'bob')
    await other.ask({ action: 'joinroom', room: 'dev' })
    expect(await other.ask({ ...say, message: 'mine' })).toMatchObject({ action: 'ok' })
    expect(await peer.ask({ action: 'history', room: 'dev' })).toMatchObject({
      events: [{ message: 'once' }, { message: 'mine' }],
    })
  })

  test('a message can answer earlier messages of its room, not later ones', async () => {
    const server = await startServer()
    const peer = await Peer.full(server, 'alice')
    await peer.ask({ action: 'joinroom', room: 'dev' })
    const say = (more: object): Promise<Received> =>
      peer.ask({ action: 'chat', room: 'dev', message: 'm', ...more })
    const seq = Number((await say({}))['seq'])
    expect(await say({ replyTo: seq + 1 })).toMatchObject({ code: 'not_found' })
    expect(await say({ replyTo: seq })).toMatchObject({ action: 'ok' })
  })

  test('a text is stored as it came; empty, blank, with NUL, or too long it is refused with what to do', async () => {
    const server = await startServer()
    const peer = await Peer.full(server, 'alice')
    await peer.ask({ action: 'joinroom', room: 'dev' })
    const say = (message: string): Promise<Record<string, unknown>> =>
      peer.ask({ action: 'chat', room: 'dev', message })
    expect(await say('')).toMatchObject({ code: 'bad_frame' })
    expect(await say(' \n\t ')).toMatchObject({ code: 'bad_frame' })
    for (const blank of [
      '\u200b',
      '\u2800\u2800',
      '\u3164',
      '\u00ad\u2060\ufeff',
      '\u{e0041}',
      '\u00a0\u202e',
    ])
      expect(await say(blank), blank).toMatchObject({ code: 'bad_frame' })
    expect(await say('a\0b')).toMatchObject({ code: 'bad_frame' })
    expect(await say('é'.repeat(8_193))).toMatchObject({ code: 'message_too_long' })
    const texts = ['é'.repeat(8_192), '\u0001'.repeat(9_000), ' \u001b[31m ‮ leading\r\n ', '\u2028👩‍👩‍👧']
    for (const text of texts) expect(await say(text)).toMatchObject({ action: 'ok' })
    const history = await peer.ask({ action: 'history', room: 'dev' })
    expect((history['events'] as { message: string }[]).map(event => event.message)).toEqual(texts)
    expect(await peer.ask({ action: 'topic', room: 'dev', topic: 'x'.repeat(513) })).toMatchObject({
      code: 'message_too_long',
    })
    expect(await peer.ask({ action: 'away', message: 'x'.repeat(257) })).toMatchObject({
      code: 'message_too_long',
    })
  })

  test('an action that is not served is an unknown action', async () => {
    const server = await startServer()
    const peer = await Peer.full(server, 'alice')
    expect(await peer.ask({ action: 'dance' })).toMatchObject({ code: 'unknown_action' })
  })

  test('rooms: names are folded, shown in the spelling of their creator, and bad ones refused', async () => {
    const server = await startServer()
    const alice = await Peer.full(server, 'alice')
    const bob = await Peer.full(server, 'bob')
    expect(await alice.ask({ action: 'joinroom', room: 'Ärger' })).toMatchObject({ room: 'Ärger' })
    expect(await bob.ask({ action: 'joinroom', room: 'A\u0308RGER' })).toMatchObject({
      room: 'Ärger',
      people: 2,
    })
    expect(await bob.ask({ action: 'joinroom', room: '#dev' })).toMatchObject({ code: 'room_invalid' })
    expect(await bob.ask({ action: 'joinroom', room: 'a b' })).toMatchObject({ code: 'room_invalid' })
    expect(await bob.ask({ action: 'joinroom', room: '' })).toMatchObject({ code: 'room_invalid' })
    expect(await bob.ask({ action: 'history', room: 'dev' })).toMatchObject({ code: 'not_in_room' })
    expect(await bob.ask({ action: 'leaveroom', room: 'dev' })).toMatchObject({ code: 'not_in_room' })
  })

  test('a room without events ends with its last member', async () => {
    const server = await startServer({ leftAfter: 10 })
    const peer = await Peer.full(server, 'alice')
    for (const room of ['Quiet', 'Loud']) await peer.ask({ action: 'joinroom', room })
    await peer.ask({ action: 'chat', room: 'Loud', message: 'hello' })
    for (const room of ['quiet', 'loud']) await peer.ask({ action: 'leaveroom', room })
    const names = async (): Promise<string[]> => {
      const { rooms } = await peer.ask({ action: 'rooms', all: true })
      return (rooms as { room: string }[]).map(({ room }) => room)
    }
    await eventually(async () => !(await names()).includes('Quiet'))
    expect(await names()).toEqual(['Loud'])
  })

  test('a connection can be in a bounded number of rooms', async () => {
    const server = await startServer()
    const peer = await Peer.full(server, 'alice')
    for (let i = 0; i < 1_000; i++) peer.send({ action: 'joinroom', room: `r${i}` })
    expect(await peer.ask({ action: 'joinroom', room: 'more' })).toMatchObject({ code: 'limit_reached' })
    expect(await peer.ask({ action: 'joinroom', room: 'r7' })).toMatchObject({ action: 'ok' })
    await peer.ask({ action: 'leaveroom', room: 'r7' })
    expect(await peer.ask({ action: 'joinroom', room: 'more' })).toMatchObject({ action: 'ok' })
  })

  test('read positions go both ways, not beyond the end, and my other connections hear of it', async () => {
    const server = await startServer()
    const one = await Peer.full(server, 'alice')
    const two = await Peer.full(server, 'alice', String((await one.next('welcome'))['session']))
    await one.ask({ action: 'joinroom', room: 'dev' })
    const seqs: number[] = []
    for (const message of ['a', 'b', 'c'])
      seqs.push(Number((await one.ask({ action: 'chat', room: 'dev', message }))['seq']))
    const [first = 0, , last = 0] = seqs
    expect(await one.ask({ action: 'read', room: 'dev', seq: last })).toMatchObject({
      room: 'dev',
      seq: last,
    })
    expect(await two.next('read')).toEqual({ action: 'read', room: 'dev', seq: last })
    expect(await two.ask({ action: 'read', room: 'dev', seq: first })).toMatchObject({ seq: first })
    expect(await one.next('read')).toEqual({ action: 'read', room: 'dev', seq: first })
    expect(await one.ask({ action: 'read', room: 'dev', seq: last + 1 })).toMatchObject({ code: 'not_found' })
  })

  test('members come in pages by name', async () => {
    const server = await startServer()
    const alice = await Peer.full(server, 'alice')
    await alice.ask({ action: 'joinroom', room: 'dev' })
    await alice.ask({ action: 'away', message: 'lunch' })
    for (const name of ['Zoe', 'bob', 'Carl']) {
      const peer = await Peer.full(server, name)
      await peer.ask({ action: 'joinroom', room: 'dev' })
    }
    const page = await alice.ask({ action: 'members', room: 'dev', limit: 2 })
    expect(page).toMatchObject({ members: [{ name: 'alice', away: 'lunch' }, { name: 'bob' }], more: true })
    const rest = await alice.ask({ action: 'members', room: 'dev', after: 'BOB' })
    expect(rest).toMatchObject({ members: [{ name: 'Carl' }, { name: 'Zoe' }], more: false })
  })
})
