import { expect, test } from 'vitest'
import type { Result } from '../../src/protocol/errors.ts'
import {
  directKey,
  type Entry,
  type Log,
  type LoggedEvent,
  type Range,
  type Stored,
} from '../../src/server/log.ts'

const WHOLE: Range = { after: 0, limit: 10_000, maxBytes: 1_000_000_000 }

/** Stores one entry and waits for its answer. */
export function append(
  log: Log,
  entry: Partial<Entry> & { readonly text?: string },
): Promise<Result<Stored>> {
  const { text = 'hello', ...given } = entry
  const whole: Entry = {
    roomKey: 'dev',
    roomName: 'Dev',
    from: 'Alice',
    body: { action: 'chat', message: text },
    ...given,
  }
  return new Promise(resolve => log.append(whole, resolve))
}

function placeOf(result: Result<Stored>): Stored {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

/** What every maker of a log promises; `make` gives an empty one. */
export function testLog(make: () => Promise<Log>): void {
  test('an empty log knows nothing', async () => {
    const log = await make()
    expect(log.last).toBe(0)
    expect(log.head('dev')).toBeUndefined()
    expect([...log.heads()]).toEqual([])
    expect(await log.read('dev', WHOLE)).toEqual({ events: [], last: 0, moreBefore: false, moreAfter: false })
    expect(log.epoch).not.toBe((await make()).epoch)
    await log.close()
  })

  test('seqs increase, prev names the event before in the room, and subscribers are told in that order', async () => {
    const log = await make()
    const told: LoggedEvent[] = []
    log.subscribe(events => told.push(...events))
    const places = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        append(log, { roomKey: i % 3 === 0 ? 'ops' : 'dev', text: `${i}` }),
      ),
    )
    const seqs = places.map(place => placeOf(place).seq)
    expect(told.map(event => event.seq)).toEqual(seqs)
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
    for (const key of ['dev', 'ops']) {
      const { events } = await log.read(key, WHOLE)
      expect(events).toEqual(told.filter(event => event.roomKey === key))
      events.forEach((event, i) => {
        expect(event.prev).toBe(events[i - 1]?.seq ?? 0)
      })
      expect(log.head(key)).toMatchObject({
        key,
        name: 'Dev',
        first: events[0]?.seq,
        firstPrev: 0,
        last: events.at(-1)?.seq,
      })
    }
    expect(log.last).toBe(seqs.at(-1))
    await log.close()
  })

  test('an entry is settled before anybody is told, and can be read when it is', async () => {
    const log = await make()
    const steps: string[] = []
    let readable: Promise<unknown> | undefined
    log.subscribe(events => {
      steps.push('told')
      readable = log.read('dev', WHOLE).then(page => expect(page.events).toEqual(events))
    })
    await new Promise<void>(resolve =>
      log.append(
        { roomKey: 'dev', roomName: 'dev', from: 'a', body: { action: 'chat', message: 'x' } },
        () => {
          steps.push('settled')
          setImmediate(resolve)
        },
      ),
    )
    expect(steps).toEqual(['settled', 'told'])
    await readable
    await log.close()
  })

  test('the same id of the same person is one event; of another, or without one, another', async () => {
    const log = await make()
    const first = await append(log, { id: 'x', from: 'Alice' })
    expect(await append(log, { id: 'x', from: 'ALICE' })).toEqual(first)
    const both = await Promise.all([append(log, { id: 'y' }), append(log, { id: 'y' })])
    expect(both[1]).toEqual(both[0])
    expect(placeOf(await append(log, { id: 'x', from: 'bob' })).seq).not.toBe(placeOf(first).seq)
    for (const other of [
      { text: 'other' },
      { roomKey: 'ops' },
      { body: { action: 'topic', topic: 'hello' } as const },
    ]) {
      expect(await append(log, { id: 'x', ...other })).toMatchObject({
        ok: false,
        error: { code: 'id_reused' },
      })
    }
    await append(log, {})
    await append(log, {})
    expect((await log.read('dev', WHOLE)).events).toHaveLength(5)
    await log.close()
  })

  test('pages grow from where they point, within their bounds and above the floor', async () => {
    const log = await make()
    const seqs: number[] = []
    for (let i = 0; i < 10; i++) {
      await append(log, { roomKey: 'other' })
      seqs.push(placeOf(await append(log, { text: 'x'.repeat(100) })).seq)
    }
    const at = (i: number): number => seqs[i] ?? Number.NaN
    const read = async (range: Partial<Range>): Promise<[number[], boolean, boolean]> => {
      const { events, moreBefore, moreAfter } = await log.read('dev', {
        limit: 3,
        maxBytes: 1_000_000,
        ...range,
      })
      return [events.map(event => seqs.indexOf(event.seq)), moreBefore, moreAfter]
    }
    expect(await read({})).toEqual([[7, 8, 9], true, false])
    expect(await read({ before: at(5) })).toEqual([[2, 3, 4], true, true])
    expect(await read({ after: at(5) })).toEqual([[6, 7, 8], true, true])
    expect(await read({ around: at(5) })).toEqual([[4, 5, 6], true, true])
    expect(await read({ around: at(9) })).toEqual([[7, 8, 9], true, false])
    expect(await read({ before: at(5), floor: at(3) })).toEqual([[4], false, true])
    expect(await read({ after: 0, floor: at(7) })).toEqual([[8, 9], false, false])
    expect(await read({ maxBytes: 1 })).toEqual([[9], true, false])
    await log.close()
  })

  test('what follows a position is counted up to a bound', async () => {
    const log = await make()
    const { seq } = placeOf(await append(log, {}))
    for (let i = 0; i < 5; i++) await append(log, { text: 'x'.repeat(1_000) })
    expect((await log.missed('dev', seq, 100, 1_000_000)).events).toBe(5)
    expect((await log.missed('dev', seq, 100, 1_000_000)).bytes).toBeGreaterThan(5_000)
    expect((await log.missed('dev', seq, 2, 1_000_000)).events).toBeGreaterThan(2)
    expect((await log.missed('dev', seq, 100, 1_000)).bytes).toBeGreaterThan(1_000)
    expect((await log.missed('nowhere', 0, 10, 10)).events).toBe(0)
    await log.close()
  })

  test('unread counts the messages of others, mentions apart, topics not, up to a bound', async () => {
    const log = await make()
    await append(log, { from: 'bob', text: 'hi @alice' })
    await append(log, { from: 'bob', text: 'hi' })
    await append(log, { from: 'ALICE', text: 'mine' })
    await append(log, { from: 'bob', body: { action: 'topic', topic: '@alice' } })
    expect(await log.unread('dev', 0, 'alice', 1_000)).toEqual({ unread: 2, mentions: 1 })
    expect((await log.unread('dev', 0, 'alice', 1)).unread).toBe(1)
    expect(await log.unread('dev', log.last, 'alice', 1_000)).toEqual({ unread: 0, mentions: 0 })
    await log.close()
  })

  test('topics and direct conversations are known without reading', async () => {
    const log = await make()
    await append(log, { body: { action: 'topic', topic: 'first' } })
    await append(log, { body: { action: 'topic', topic: 'second' } })
    await append(log, { roomKey: directKey('bob', 'alice') })
    expect(log.head('dev')?.topic).toBe('second')
    expect([...log.directsOf('bob')]).toEqual([directKey('alice', 'bob')])
    expect([...log.directsOf('carl')]).toEqual([])
    await log.close()
  })

  test('closing commits what is queued', async () => {
    const log = await make()
    const answers = Array.from({ length: 1_000 }, (_, i) => append(log, { text: `${i}` }))
    await log.close()
    expect((await Promise.all(answers)).every(answer => answer.ok)).toBe(true)
  })
}
