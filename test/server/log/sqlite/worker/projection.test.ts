import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Entry } from '../../../../../src/server/log/entries.ts'
import {
  decodeEnvelope,
  type Envelope,
  encodeEnvelope,
  RULES,
  seqOf,
} from '../../../../../src/server/log/envelope.ts'
import { openForWriting } from '../../../../../src/server/log/sqlite/database.ts'
import { Projection } from '../../../../../src/server/log/sqlite/worker/projection.ts'
import { Writer } from '../../../../../src/server/log/sqlite/worker/writer.ts'
import type { StreamMessage } from '../../../../../src/server/log/stream.ts'
import { projectionHash } from '../../../../cluster/projectionHash.ts'
import { temporaryDirectory } from '../../../directory.ts'

const person = fc.constantFrom('alice', 'bob', 'carol')
const roomKey = fc.constantFrom('dev', 'ops')
const text = fc.constantFrom('one', 'two @bob', 'three @alice')
/** Of an event that may be there. */
const target = fc.tuple(fc.integer({ min: 1, max: 25 }), fc.nat(2)).map(([at, index]) => seqOf(at, index))
const body = fc.oneof(
  { weight: 4, arbitrary: fc.record({ action: fc.constant('chat' as const), message: text }) },
  { weight: 2, arbitrary: fc.record({ action: fc.constant('edit' as const), target, message: text }) },
  fc.record({ action: fc.constant('delete' as const), target }),
  fc.record({
    action: fc.constant('react' as const),
    target,
    emoji: fc.constantFrom('+', '-'),
    on: fc.boolean(),
  }),
  fc.record({ action: fc.constant('topic' as const), topic: text }),
)
const event = fc.record({
  kind: fc.constant('event' as const),
  roomKey,
  roomName: roomKey,
  from: person,
  session: fc.constantFrom(1, 1, 2),
  id: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { nil: undefined }),
  body,
})
const entry: fc.Arbitrary<Entry> = fc.oneof(
  { weight: 12, arbitrary: event },
  fc.record({ kind: fc.constant('forget' as const), roomKey, upTo: target, limit: fc.constantFrom(1, 32) }),
  fc.record({
    kind: fc.constant('erase' as const),
    person,
    from: fc.record({
      part: fc.constantFrom('events' as const, 'reactions' as const),
      after: fc.constantFrom(0, seqOf(8, 0)),
    }),
    limit: fc.constantFrom(1, 2, 32),
  }),
  fc.record({ kind: fc.constant('endRoom' as const), roomKey }),
  fc.record({
    kind: fc.constant('sweep' as const),
    roomKey,
    from: fc.constant({ part: 'events' as const, after: 0 }),
    limit: fc.constantFrom(1, 32),
  }),
)

/** As daemons send it: what erases is in an envelope of its own. */
function aloneIfErasing(entries: readonly Entry[]): readonly Entry[] {
  const erasing = entries.find(({ kind }) => kind === 'erase')
  return erasing === undefined ? entries : [erasing]
}

/** What two daemons have sent, in the order of the stream; some of it twice. */
const stream = fc
  .array(
    fc.record({
      w: fc.array(entry, { minLength: 1, maxLength: 3 }).map(aloneIfErasing),
      d: fc.constantFrom('x', 'y'),
      twice: fc.nat(9),
    }),
    {
      minLength: 1,
      maxLength: 25,
    },
  )
  .map(drawn => {
    const counts = new Map<string, number>()
    return drawn.map(({ w, d, twice }, at): StreamMessage => {
      const before = counts.get(d) ?? 0
      const n = twice === 0 && before > 0 ? before : before + 1
      counts.set(d, n)
      return messageOf(at + 1, { v: RULES, d, n, w })
    })
  })

function messageOf(position: number, envelope: Envelope): StreamMessage {
  return { position, ts: 1_000 * position, replaces: undefined, data: encodeEnvelope(envelope) }
}

/** A projection in a file of its own, that applies messages in transactions of some size. */
class Follower {
  readonly file = `${temporaryDirectory()}/chatd.db`
  readonly projection: Projection
  readonly #close: () => void

  constructor(messages: readonly StreamMessage[], atOnce: number) {
    const database = openForWriting(this.file, 'the epoch', 'projection')
    this.#close = () => database.close()
    this.projection = new Projection(database, new Writer(database), 'chatd')
    this.projection.follow('now')
    for (let at = 0; at < messages.length; at += atOnce)
      this.projection.apply(messages.slice(at, at + atOnce))
  }

  /** The stream as it is when every text that was removed is erased. */
  erased(messages: readonly StreamMessage[]): readonly StreamMessage[] {
    return messages.map(message => {
      const envelope = decodeEnvelope(message.data)
      const without =
        envelope === undefined ? undefined : this.projection.withoutRemoved(envelope, message.position)
      return without === undefined ? message : messageOf(message.position, { ...without, ts: message.ts })
    })
  }

  finish(): string {
    this.#close()
    return projectionHash(this.file)
  }
}

test('any split into transactions, with all repeats, and with every removed text erased, gives the same projection', () => {
  fc.assert(
    fc.property(stream, fc.integer({ min: 1, max: 5 }), (messages, atOnce) => {
      const one = new Follower(messages, 1)
      const erased = one.erased(messages)
      const hash = one.finish()
      expect(new Follower(messages, atOnce).finish()).toBe(hash)
      expect(new Follower(erased, atOnce).finish()).toBe(hash)
      // What is erased once has nothing left to erase.
      const last = new Follower(erased, 1)
      expect(last.erased(erased)).toEqual(erased)
      last.finish()
    }),
    { numRuns: 100 },
  )
})

test('the list of erasures holds every message with a text that the log no longer has', () => {
  fc.assert(
    fc.property(stream, messages => {
      const { projection } = new Follower(messages, 1)
      const open = new Set<number>()
      projection.dueAt(1)
      for (let next = projection.nextErasure(1); next !== undefined; next = projection.nextErasure(1)) {
        open.add(next)
        projection.erased(next)
      }
      for (const message of messages) {
        const envelope = decodeEnvelope(message.data)
        if (envelope === undefined) throw new Error('each is an envelope')
        if (projection.withoutRemoved(envelope, message.position) !== undefined)
          expect(open).toContain(message.position)
      }
    }),
    { numRuns: 100 },
  )
})

test('a stream of newer rules is not folded, and nothing of the transaction is', () => {
  const first = messageOf(1, { v: RULES, d: 'x', n: 1, w: [] })
  const newer = messageOf(2, { v: RULES + 1, d: 'x', n: 2, w: [] })
  const { projection } = new Follower([first], 1)
  expect(() =>
    projection.apply([messageOf(2, { v: RULES, d: 'x', n: 2, w: [] }), { ...newer, position: 3 }]),
  ).toThrow('install the chatd that the others run')
  expect(projection.checkpoint).toBe(1)
  expect(projection.fits(first)).toBe(true)
  expect(projection.fits(messageOf(1, { v: RULES, d: 'y', n: 1, w: [] }))).toBe(false)
})
