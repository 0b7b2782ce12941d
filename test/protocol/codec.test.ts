import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { REQUEST_EXAMPLES, SERVER_EXAMPLES } from '../../scripts/protocolExamples.ts'
import {
  type Decoded,
  encodeFrame,
  type FrameDecoder,
  requestDecoder,
  serverFrameDecoder,
} from '../../src/protocol/codec.ts'
import type { Request } from '../../src/protocol/requests.ts'
import type { ServerFrame } from '../../src/protocol/responses.ts'

/** Everything that a decoder makes of some chunks. */
function decode<F>(decoder: FrameDecoder<F>, ...chunks: readonly (Buffer | string)[]): Decoded<F>[] {
  const decoded: Decoded<F>[] = []
  for (const chunk of chunks) {
    decoder.push(Buffer.from(chunk))
    for (let next = decoder.next(); next !== undefined; next = decoder.next()) decoded.push(next)
  }
  return decoded
}

/** The one thing that a line decodes to. */
function one(line: Buffer | string): Decoded<Request> {
  const [first, ...more] = decode(requestDecoder(), line, '\n')
  if (first === undefined || more.length > 0) throw new Error(`one line gave ${more.length + 1} results`)
  return first
}

/** Cuts bytes at some positions. */
function cut(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const edges = [0, ...positions.map(position => position % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  )
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge))
}

const wellFormed = fc.string({ unit: 'binary', maxLength: 40 })
const id = fc.stringMatching(/^[A-Za-z0-9_.:-]{1,64}$/)
const seq = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const target = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const room = wellFormed
const request = (action: string, required: object, optional: object = {}): fc.Arbitrary<Request> =>
  fc
    .tuple(fc.record(required), fc.record({ id, ...optional }, { requiredKeys: [] }))
    .map(([must, may]) => ({ action, ...must, ...may }) as Request)

const anyRequest = fc.oneof(
  request('connect', { username: wellFormed }, { protocol: target, session: wellFormed, client: wellFormed }),
  request('joinroom', { room }, { since: seq, epoch: wellFormed }),
  request('leaveroom', { room }),
  request('chat', { room, message: wellFormed }, { replyTo: target }),
  request('edit', { room, target, message: wellFormed }),
  request('delete', { room, target }),
  request('react', { room, target, emoji: wellFormed, on: fc.boolean() }),
  request('topic', { room, topic: wellFormed }),
  request(
    'history',
    { room },
    { before: seq, after: seq, around: seq, limit: fc.integer({ min: 1, max: 200 }) },
  ),
  request('search', { query: wellFormed }, { room, from: wellFormed, until: seq, cursor: wellFormed }),
  request('rooms', {}, { all: fc.boolean() }),
  request('members', { room }, { after: wellFormed }),
  request('read', { room, seq }),
  request('typing', { room, on: fc.boolean() }),
  request('away', {}, { message: wellFormed }),
  request('ping', {}),
)

const logged = { room, seq: target, prev: seq, ts: seq, from: wellFormed, id }
const frame = (action: string, required: object, optional: object = {}): fc.Arbitrary<ServerFrame> =>
  fc
    .tuple(fc.record(required), fc.record(optional, { requiredKeys: [] }))
    .map(([must, may]) => ({ action, ...must, ...may }) as ServerFrame)
// An emoji is a key of an object, where this word means something else.
const emoji = wellFormed.filter(text => text !== '__proto__')
const reaction = fc.record({ names: fc.array(wellFormed, { maxLength: 5 }), count: target })

const anyServerFrame = fc.oneof(
  frame(
    'welcome',
    {
      server: fc.record({ name: wellFormed, version: wellFormed }),
      protocol: target,
      username: wellFormed,
      session: wellFormed,
      epoch: wellFormed,
      limits: fc.record({
        ...{ frame: seq, message: seq, topic: seq, away: seq, emoji: seq },
        ...{ query: seq, reactions: seq, rooms: seq, page: seq },
      }),
      features: fc.array(wellFormed),
      ts: seq,
    },
    { id },
  ),
  frame('ok', { id }, { room, seq: target, ts: seq, members: fc.array(wellFormed), more: fc.boolean() }),
  frame(
    'error',
    { code: wellFormed, message: wellFormed, from: fc.constant('chatd') },
    { id, retryAfter: seq, fatal: fc.boolean() },
  ),
  frame('chat', logged, {
    message: wellFormed,
    replyTo: target,
    edited: target,
    reactions: fc.dictionary(emoji, reaction, { noNullPrototype: true }),
    deleted: fc.record({ seq: target, by: wellFormed, ts: seq }),
  }),
  frame('edit', { ...logged, target }, { message: wellFormed }),
  frame('delete', { ...logged, target }),
  frame('react', { ...logged, target, emoji: wellFormed, on: fc.boolean() }),
  frame('topic', { ...logged, topic: wellFormed }),
  frame('gap', { room, after: seq, before: seq, reason: fc.constantFrom('long', 'expired') }),
  frame('joined', { room, from: wellFormed, people: seq }),
  frame('left', { room, from: wellFormed, people: seq }),
  frame(
    'presence',
    { from: wellFormed, state: fc.constantFrom('online', 'away', 'offline') },
    { message: wellFormed },
  ),
  frame('typing', { room, from: wellFormed, on: fc.boolean() }),
  frame('read', { room, seq }),
  frame('people', { room, people: seq }),
  frame('notice', { message: wellFormed }),
  frame('bye', { reason: wellFormed, message: wellFormed }, { retryAfter: seq }),
)

const allServerFrames = [
  ...SERVER_EXAMPLES,
  ...Object.values(REQUEST_EXAMPLES).map(({ answer }) => answer),
].map(frame => JSON.parse(JSON.stringify(frame)) as ServerFrame)

describe('frames survive', () => {
  test('every request, with any content and any chunking', () => {
    fc.assert(
      fc.property(
        fc.array(anyRequest, { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (frames, positions) => {
          const bytes = Buffer.from(frames.map(encodeFrame).join(''))
          const decoded = decode(requestDecoder(), ...cut(bytes, positions))
          expect(decoded).toEqual(frames.map(frame => ({ ok: true, frame })))
        },
      ),
    )
  })

  test('every frame of a server, likewise', () => {
    fc.assert(
      fc.property(
        fc.array(anyServerFrame, { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (frames, positions) => {
          const bytes = Buffer.from(frames.map(encodeFrame).join(''))
          const decoded = decode(serverFrameDecoder(), ...cut(bytes, positions))
          expect(decoded).toEqual(frames.map(each => ({ ok: true, frame: each })))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('the examples of the documentation', () => {
    const bytes = Buffer.from(allServerFrames.map(encodeFrame).join(''))
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 40 }), positions => {
        const decoded = decode(serverFrameDecoder(), ...cut(bytes, positions))
        expect(decoded).toEqual(allServerFrames.map(frame => ({ ok: true, frame })))
      }),
    )
  })
})

describe('bad lines', () => {
  test('random bytes never crash it, and the next good line is read', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), chunks => {
        const decoded = decode(
          requestDecoder(),
          ...chunks.map(chunk => Buffer.from(chunk)),
          '\n{"action":"ping"}\n',
        )
        expect(decoded.at(-1)).toEqual({ ok: true, frame: { action: 'ping' } })
      }),
    )
  })

  test.each([
    ['no JSON', 'hello', /not JSON/],
    ['an array', '[]', /not a JSON object/],
    ['a number', '7', /not a JSON object/],
    ['no action', '{}', /"action" is missing/],
    ['a field too few', '{"action":"chat","room":"dev"}', /"chat": "message": expected string/],
    ['a field of another kind', '{"action":"joinroom","room":7}', /"room": expected string/],
    ['a byte order mark', '\ufeff{"action":"ping"}', /byte order mark/],
    ['all the objects that fit in a line', '{"a":'.repeat(12_000), /nests deeper/],
    ['a NUL', '{"action":"chat","room":"dev","message":"\0"}', /not JSON/],
    ['two objects', '{"action":"ping"}{"action":"ping"}', /not JSON/],
    ['half a surrogate pair in a value', '{"action":"chat","room":"dev","message":"\\ud83d"}', /surrogate/],
    ['half a surrogate pair in a key', '{"action":"ping","\\udc00":1}', /surrogate/],
    ['a number beyond the doubles', '{"action":"read","room":"dev","seq":1e400}', /"seq"/],
    ['a number beyond the safe integers', '{"action":"read","room":"dev","seq":9007199254740993}', /"seq"/],
    ['a negative position', '{"action":"read","room":"dev","seq":-1}', /"seq"/],
    ['a bad id', '{"action":"ping","id":"no spaces"}', /"id"/],
  ])('%s', (_, line, sentence) => {
    expect(one(line)).toMatchObject({
      ok: false,
      error: { code: 'bad_frame', message: expect.stringMatching(sentence) },
    })
  })

  test('an error carries the id that could be read', () => {
    expect(one('{"action":"chat","room":"dev","message":"\\ud83d","id":"m1"}')).toMatchObject({
      ok: false,
      id: 'm1',
    })
    expect(one('{"action":"dance","id":"m2"}')).toMatchObject({ ok: false, id: 'm2' })
    expect(one('{"action":"chat","id":"m3"}')).toMatchObject({ ok: false, id: 'm3' })
  })

  test('100,000 brackets, refused before they are parsed', () => {
    const deep = '['.repeat(100_000)
    for (const line of [deep, `{"action":"ping","x":${deep}${']'.repeat(100_000)}}`])
      expect(decode(requestDecoder(1_000_000), line, '\n')).toMatchObject([
        { ok: false, error: { code: 'bad_frame', message: expect.stringMatching(/nests deeper than 16/) } },
      ])
  })

  test('a nesting of 16 passes and one of 17 does not', () => {
    const nested = (depth: number): string =>
      `{"action":"ping","x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
    expect(one(nested(16))).toMatchObject({ ok: true })
    expect(one(nested(17))).toMatchObject({ ok: false })
  })

  test('the text of a refusal can be sent, for any quoted name', () => {
    const refused = one(`{"action":"${'a'.repeat(39)}${'😀'.repeat(9)}"}`)
    if (refused.ok) throw new Error('was taken')
    const line = encodeFrame({ action: 'error', ...refused.error, from: 'chatd' })
    expect(decode(serverFrameDecoder(), line)).toMatchObject([{ ok: true }])
    expect(refused.error.message.isWellFormed()).toBe(true)
  })

  test('the hello of TLS is bad lines like others', () => {
    const hello = Buffer.from('16030102000100 01fc0303a1b2c30d0a4f5e'.replace(' ', ''), 'hex')
    const decoded = decode(requestDecoder(), hello, '\n{"action":"ping"}\n')
    expect(decoded).toMatchObject([
      { ok: false, error: { message: 'this line is not UTF-8' } },
      { ok: false, error: { code: 'bad_frame' } },
      { ok: true, frame: { action: 'ping' } },
    ])
  })

  test('bytes that are no UTF-8', () => {
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0x16, 0x03, 0x01, 0xfe]]) {
      const line = Buffer.concat([
        Buffer.from('{"action":"ping","x":"'),
        Buffer.from(bytes),
        Buffer.from('"}'),
      ])
      expect(one(line)).toMatchObject({ ok: false, error: { message: 'this line is not UTF-8' } })
    }
  })

  test('an unknown action is told apart, with its id; brackets in a text are no nesting', () => {
    expect(one('{"action":"dance","id":"d1"}')).toMatchObject({
      ok: false,
      id: 'd1',
      error: { code: 'unknown_action' },
    })
    const message = `\\"${'[{'.repeat(100)}`
    expect(one(`{"action":"chat","room":"dev","message":"${message}"}`)).toMatchObject({ ok: true })
  })

  test('a line of HTTP is fatal', () => {
    expect(one('GET / HTTP/1.1\r')).toMatchObject({ ok: false, error: { fatal: true } })
    expect(one('GET off my lawn')).not.toMatchObject({ error: { fatal: true } })
  })

  test('a fresh object with known fields alone comes out', () => {
    const decoded = one(
      '{"__proto__":{"admin":true},"action":"ping","constructor":1,"id":"a","id":"b","x":{"y":[1]}}',
    )
    expect(decoded).toEqual({ ok: true, frame: { action: 'ping', id: 'b' } })
    if (decoded.ok) expect(Object.getPrototypeOf(decoded.frame)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
  })
})

describe('lines', () => {
  const line = (bytes: number): string => `{"action":"ping","x":"${'x'.repeat(bytes - 24)}"}`

  test('empty ones are skipped, \\r\\n is taken', () => {
    const decoded = decode(requestDecoder(), '\n\r\n\n{"action":"ping"}\r\n\n')
    expect(decoded).toEqual([{ ok: true, frame: { action: 'ping' } }])
  })

  test.each([
    [65_536, '\n', true],
    [65_536, '\r\n', true],
    [65_537, '\n', false],
    [65_537, '\r\n', false],
  ])('%i bytes and %j: %s', (bytes, end, fits) => {
    expect(line(bytes)).toHaveLength(bytes)
    for (const size of [70_000, 1_000]) {
      const chunks = (line(bytes) + end).match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
      expect(decode(requestDecoder(), ...chunks).map(({ ok }) => ok)).toEqual([fits])
    }
  })

  test('one that never ends is refused while it arrives, once, and its end is found', () => {
    for (const size of [7, 1_024, 65_536]) {
      const decoder = requestDecoder()
      const results: Decoded<Request>[] = []
      for (let sent = 0; sent < 1_000_000; sent += size) results.push(...decode(decoder, 'x'.repeat(size)))
      expect(results).toMatchObject([{ ok: false, error: { code: 'frame_too_long' } }])
      expect(decoder.hasHalfLine).toBe(true)
      expect(decode(decoder, 'x\n{"action":"ping"}\n')).toEqual([{ ok: true, frame: { action: 'ping' } }])
      expect(decoder.hasHalfLine).toBe(false)
    }
  })
})
