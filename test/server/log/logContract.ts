import { expect, test } from 'vitest'
import type { Result } from '../../../src/protocol/errors.ts'
import { searchTerms } from '../../../src/protocol/searchTerms.ts'
import type { EventEntry, SessionChange } from '../../../src/server/log/entries.ts'
import type { Log, LoggedEvent, Query, Range, Stored, Unread, WholeLog } from '../../../src/server/log/log.ts'
import type { NotifyChange } from '../../../src/server/log/notify.ts'
import { directKey } from '../../../src/server/log/roomKeys.ts'

const WHOLE: Range = { after: 0, limit: 10_000, maxBytes: 1_000_000_000 }

/** Stores one entry and waits for its answer. */
export function append(
  log: Log,
  entry: Partial<EventEntry> & { readonly text?: string },
): Promise<Result<Stored>> {
  const { text = 'hello', ...given } = entry
  const whole: EventEntry = {
    kind: 'event',
    roomKey: 'dev',
    roomName: given.roomKey === undefined || given.roomKey === 'dev' ? 'Dev' : given.roomKey,
    from: 'Alice',
    body: { action: 'chat', message: text },
    ...given,
  }
  return new Promise(resolve => log.append(whole, resolve))
}

/** Counts in one room. */
export async function unread(
  log: Log,
  room: string,
  after: number,
  name: string,
  max: number,
): Promise<Unread | undefined> {
  return (await log.unread(new Map([[room, after]]), name, max))[0]
}

function storedOf(result: Result<Stored>): Stored {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

/** What every maker of a log promises; `make` gives an empty one. */
export function testLog(make: () => Promise<WholeLog>): void {
  test('an empty log knows nothing', async () => {
    const log = await make()
    expect(log.last).toBe(0)
    expect(log.head('dev')).toBeUndefined()
    expect(await log.newestRooms(undefined, Number.MAX_SAFE_INTEGER, 10)).toEqual([])
    expect(await log.read('dev', WHOLE)).toEqual({ events: [], last: 0, moreBefore: false, moreAfter: false })
    expect(log.epoch).not.toBe((await make()).epoch)
    await log.close()
  })

  test('seqs increase, prev names the event before in the room, and subscribers are told in that order', async () => {
    const log = await make()
    const told: LoggedEvent[] = []
    log.subscribe(events => told.push(...events.map(({ event }) => event)))
    const stored = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        append(log, { roomKey: i % 3 === 0 ? 'ops' : 'dev', text: `${i}` }),
      ),
    )
    const seqs = stored.map(one => storedOf(one).seq)
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
        name: key === 'dev' ? 'Dev' : 'ops',
        first: events[0]?.seq,
        firstPrev: 0,
        last: events.at(-1)?.seq,
      })
    }
    expect(log.last).toBe(seqs.at(-1))
    await log.close()
  })

  test('the origin of an entry comes back with its event, and nothing else does', async () => {
    const log = await make()
    const origin = {}
    const origins: unknown[] = []
    log.subscribe(events => origins.push(...events.map(committed => committed.origin)))
    const body = { action: 'chat', message: 'x' } as const
    const entry: EventEntry = { kind: 'event', roomKey: 'dev', roomName: 'dev', from: 'a', body }
    await new Promise(resolve => log.append(entry, resolve, origin))
    await append(log, {})
    expect(origins).toHaveLength(2)
    expect(origins[0]).toBe(origin)
    expect(origins[1]).toBeUndefined()
    await log.close()
  })

  test('an entry is settled before subscribers get its event, and can be read then', async () => {
    const log = await make()
    const steps: string[] = []
    let readable: Promise<unknown> | undefined
    log.subscribe(events => {
      steps.push('told')
      readable = log
        .read('dev', WHOLE)
        .then(page => expect(page.events).toEqual(events.map(({ event }) => event)))
    })
    await new Promise<void>(resolve =>
      log.append(
        { kind: 'event', roomKey: 'dev', roomName: 'dev', from: 'a', body: { action: 'chat', message: 'x' } },
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
    expect(storedOf(await append(log, { id: 'x', from: 'bob' })).seq).not.toBe(storedOf(first).seq)
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
      seqs.push(storedOf(await append(log, { text: 'x'.repeat(100) })).seq)
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

  test('the events after a position are counted up to a bound', async () => {
    const log = await make()
    const { seq } = storedOf(await append(log, {}))
    for (let i = 0; i < 5; i++) await append(log, { text: 'x'.repeat(1_000) })
    expect((await log.missed('dev', seq, { events: 100, bytes: 1_000_000 })).events).toBe(5)
    expect((await log.missed('dev', seq, { events: 100, bytes: 1_000_000 })).bytes).toBeGreaterThan(5_000)
    expect((await log.missed('dev', seq, { events: 2, bytes: 1_000_000 })).events).toBeGreaterThan(2)
    expect((await log.missed('dev', seq, { events: 100, bytes: 1_000 })).bytes).toBeGreaterThan(1_000)
    expect((await log.missed('nowhere', 0, { events: 10, bytes: 10 })).events).toBe(0)
    await log.close()
  })

  test('unread counts the messages of others, mentions apart, topics not, up to a bound', async () => {
    const log = await make()
    // Those who are mentioned have been here.
    await append(log, { roomKey: 'ops', from: 'alice' })
    await append(log, { from: 'bob', text: 'hi @alice' })
    await append(log, { from: 'bob', text: 'hi' })
    await append(log, { from: 'ALICE', text: 'mine' })
    await append(log, { from: 'bob', body: { action: 'topic', topic: '@alice' } })
    expect(await unread(log, 'dev', 0, 'alice', 1_000)).toEqual({ unread: 2, mentions: 1 })
    expect(await unread(log, 'dev', 0, 'alice', 1)).toMatchObject({ unread: 1 })
    expect(await unread(log, 'dev', log.last, 'alice', 1_000)).toEqual({ unread: 0, mentions: 0 })
    await log.close()
  })

  test('topics and direct conversations are known without reading', async () => {
    const log = await make()
    await append(log, { body: { action: 'topic', topic: 'first' } })
    await append(log, { body: { action: 'topic', topic: 'second' } })
    await append(log, { roomKey: directKey('bob', 'alice') })
    expect(log.head('dev')?.topic).toBe('second')
    expect(log.directsOf('bob', 10)).toEqual([directKey('alice', 'bob')])
    expect(log.directsOf('carl', 10)).toEqual([])
    await log.close()
  })

  test('a new room that looks like another one is refused', async () => {
    const log = await make()
    const made = await append(log, { roomKey: 'dev', roomName: 'Dev' })
    expect(made.ok).toBe(true)
    const like = await append(log, { roomKey: 'd\u0435v', roomName: 'd\u0435v' })
    expect(like).toMatchObject({ ok: false, error: { code: 'room_invalid' } })
    expect(log.head('d\u0435v')).toBeUndefined()
    expect(log.roomLike('d\u0435v', 'd\u0435v')).toBe('Dev')
    expect(log.roomLike('dev', 'DEV')).toBeUndefined()
    expect(log.roomLike('d\u00e9v', 'd\u00e9v')).toBeUndefined()
    expect((await append(log, { roomKey: 'dev', roomName: 'dev' })).ok).toBe(true)
  })

  test('rooms are listed by their newest events, page by page', async () => {
    const log = await make()
    for (const roomKey of ['one', 'two', directKey('alice', 'bob'), 'three', 'one', directKey('carl', 'bob')])
      await append(log, { roomKey })
    const pages = async (of: string | undefined): Promise<string[]> => {
      const keys: string[] = []
      for (let before = Number.MAX_SAFE_INTEGER; ; ) {
        const page = await log.newestRooms(of, before, 2)
        if (page.length === 0) return keys
        keys.push(...page.map(({ key }) => key))
        before = page.at(-1)?.last ?? 0
        expect(log.head(keys.at(-1) ?? '')?.last).toBe(before)
      }
    }
    expect(await pages(undefined)).toEqual(['one', 'three', 'two'])
    expect(await pages('bob')).toEqual([directKey('carl', 'bob'), directKey('alice', 'bob')])
    expect(await pages('carl')).toEqual([directKey('carl', 'bob')])
    expect(await pages('dave')).toEqual([])
    await append(log, { roomKey: 'two' })
    expect(await pages(undefined)).toEqual(['two', 'one', 'three'])
    await log.close()
  })

  test('an open session is found by the hash of its secret, with the rooms that it lists', async () => {
    const log = await make()
    const session = { number: 1, hash: 'x', person: 'alice', began: 0 }
    const change = (one: SessionChange) =>
      new Promise(resolve => log.changeSession(one, { settled: resolve }))
    await change({ kind: 'began', session, name: 'Alice' })
    await change({ kind: 'read', session: 1, roomKey: 'dev', seq: 7 })
    expect(log.openSession('x')).toEqual({ ...session, reads: new Map([['dev', 7]]), notify: new Map() })
    expect(log.openSession('y')).toBeUndefined()
    expect(log.spelling('alice')).toBe('Alice')
    expect(log.spelling('bob')).toBeUndefined()
    await change({ kind: 'forgotten', session: 1 })
    expect(log.openSession('x')).toBeUndefined()
    await log.close()
  })

  test('a session keeps what it has set for a room until it leaves the room', async () => {
    const log = await make()
    const session = { number: 1, hash: 'x', person: 'alice', began: 0 }
    const change = (one: SessionChange) =>
      new Promise(resolve => log.changeSession(one, { settled: resolve }))
    const set = (roomKey: string, what: NotifyChange) =>
      change({ kind: 'notify', session: 1, roomKey, change: what })
    await change({ kind: 'began', session, name: 'Alice' })
    await set('dev', { muted: true })
    await set('dev', { level: 'all', muted: false })
    // What is left out stays.
    await set('ops', { level: 'none' })
    await set('ops', { muted: true })
    await set('lobby', { level: 'none' })
    await set('lobby', { level: 'default' })
    expect(log.openSession('x')?.notify).toEqual(
      new Map([
        ['dev', { level: 'all', muted: false }],
        ['ops', { level: 'none', muted: true }],
      ]),
    )
    await change({ kind: 'left', session: 1, roomKey: 'dev' })
    expect([...(log.openSession('x')?.notify.keys() ?? [])]).toEqual(['ops'])
    await change({ kind: 'notify', session: 9, roomKey: 'dev', change: { level: 'all' } })
    expect(log.sessionOf(9)).toBeUndefined()
    await log.close()
  })

  test('mentions of a person are listed over rooms, the newest first, page by page', async () => {
    const log = await make()
    await append(log, { roomKey: 'dev', from: 'alice', text: 'here' })
    const first = storedOf(await append(log, { roomKey: 'dev', from: 'bob', text: '@alice one' })).seq
    const second = storedOf(await append(log, { roomKey: 'ops', from: 'bob', text: 'two @Alice.' })).seq
    await append(log, { roomKey: 'secret', from: 'bob', text: '@alice three' })
    await append(log, { roomKey: 'dev', from: 'alice', text: '@alice myself' })
    const edited = storedOf(
      await append(log, { roomKey: 'dev', from: 'bob', session: 1, text: '@alice four' }),
    ).seq
    await append(log, {
      roomKey: 'dev',
      from: 'bob',
      session: 1,
      body: { action: 'edit', target: edited, message: 'four' },
    })
    const deleted = storedOf(
      await append(log, { roomKey: 'dev', from: 'bob', session: 1, text: '@alice five' }),
    ).seq
    await append(log, {
      roomKey: 'dev',
      from: 'bob',
      session: 1,
      body: { action: 'delete', target: deleted },
    })
    const mentions = async (before: number, limit = 10, rooms = ['dev', 'ops', 'nowhere']) => {
      const range = { before, limit, maxBytes: 1_000_000 }
      const { events, more } = await log.mentions('alice', rooms, range)
      return [...events.map(({ seq }) => seq), ...(more ? ['more'] : [])]
    }
    expect(await mentions(Number.MAX_SAFE_INTEGER)).toEqual([second, first])
    expect(await mentions(Number.MAX_SAFE_INTEGER, 1)).toEqual([second, 'more'])
    expect(await mentions(second)).toEqual([first])
    // In turns of some rooms.
    const many = ['ops', ...Array.from({ length: 60 }, (_, n) => `room${n}`), 'dev']
    expect(await mentions(Number.MAX_SAFE_INTEGER, 1, many)).toEqual([second, 'more'])
    expect(await mentions(Number.MAX_SAFE_INTEGER, 2, many)).toEqual([second, first])
    const range = { before: 100, limit: 10, maxBytes: 1_000_000 }
    expect(await log.mentions('zoe', ['dev'], range)).toEqual({ events: [], more: false })
    await log.close()
  })

  test('sessions beyond a bound are forgotten: first those that hold nothing, never one that is connected', async () => {
    const log = await make()
    const told: number[] = []
    log.onForgotten(numbers => told.push(...numbers))
    const begin = (number: number, connected: readonly number[] = []) =>
      new Promise<void>(resolve =>
        log.changeSession(
          {
            kind: 'began',
            session: { number, hash: `h${number}`, person: 'alice', began: 0 },
            name: 'alice',
            bounds: { ofPerson: 3, inAll: 100, connected },
          },
          { kept: resolve },
        ),
      )
    await begin(1)
    await append(log, { from: 'alice', session: 1 })
    await begin(2)
    await begin(3)
    await begin(4)
    await begin(5, [3])
    await expect.poll(() => told).toEqual([2, 4])
    expect(['h1', 'h3', 'h5'].every(hash => log.openSession(hash) !== undefined)).toBe(true)
    await log.close()
  })

  test('an edit replaces the text, and the text of older edits goes', async () => {
    const log = await make()
    const told: LoggedEvent[] = []
    const { seq } = storedOf(await append(log, { text: 'one', session: 1 }))
    log.subscribe(events => told.push(...events.map(({ event }) => event)))
    const edit = (message: string): Promise<Result<Stored>> =>
      append(log, { body: { action: 'edit', target: seq, message }, session: 1 })
    const second = storedOf(await edit('two')).seq
    const third = storedOf(await edit('three')).seq
    expect(told).toMatchObject([
      { action: 'edit', target: seq, message: 'two', seq: second, prev: seq },
      { action: 'edit', target: seq, message: 'three', seq: third, prev: second },
    ])
    const { events } = await log.read('dev', WHOLE)
    expect(events).toMatchObject([
      { action: 'chat', message: 'three', edited: third },
      { action: 'edit', target: seq },
      { action: 'edit', target: seq, message: 'three' },
    ])
    expect(events[1]).not.toHaveProperty('message')
    await log.close()
  })

  test('a deleted message keeps the name and time of its deletion, and nothing else', async () => {
    const log = await make()
    await append(log, { roomKey: 'ops', from: 'bob' })
    const { seq } = storedOf(await append(log, { text: 'hi @bob', session: 1 }))
    await append(log, { body: { action: 'edit', target: seq, message: 'oh @bob' }, session: 1 })
    await append(log, { body: { action: 'react', target: seq, emoji: '+', on: true }, from: 'bob' })
    expect(await unread(log, 'dev', 0, 'bob', 10)).toEqual({ unread: 1, mentions: 1 })
    const gone = storedOf(await append(log, { body: { action: 'delete', target: seq }, session: 1 }))
    const { events } = await log.read('dev', WHOLE)
    expect(events[0]).toMatchObject({ seq, deleted: { seq: gone.seq, by: 'Alice', ts: gone.ts } })
    for (const field of ['message', 'reactions']) expect(events[0]).not.toHaveProperty(field)
    expect(events[1]).not.toHaveProperty('message')
    expect(await unread(log, 'dev', 0, 'bob', 10)).toEqual({ unread: 0, mentions: 0 })
    for (const body of [
      { action: 'edit', target: seq, message: 'back' },
      { action: 'delete', target: seq },
      { action: 'react', target: seq, emoji: '-', on: true },
    ] as const) {
      expect(await append(log, { body, session: 1 })).toMatchObject({
        ok: false,
        error: { code: 'not_found' },
      })
    }
    await log.close()
  })

  test('only the session that wrote a message edits and deletes it; only messages of that room are changed', async () => {
    const log = await make()
    const { seq } = storedOf(await append(log, { session: 1 }))
    const plain = storedOf(await append(log, {})).seq
    const topic = storedOf(await append(log, { body: { action: 'topic', topic: 'x' }, session: 1 })).seq
    const change = (target: number, session?: number, roomKey = 'dev'): Promise<Result<Stored>> =>
      append(log, { roomKey, body: { action: 'delete', target }, session })
    for (const refused of [change(seq, 2), change(seq), change(plain, 1), change(plain)]) {
      expect(await refused).toMatchObject({ ok: false, error: { code: 'forbidden' } })
    }
    for (const refused of [change(topic, 1), change(999, 1), change(seq, 1, 'ops')]) {
      expect(await refused).toMatchObject({ ok: false, error: { code: 'not_found' } })
    }
    expect(log.head('ops')).toBeUndefined()
    expect((await change(seq, 1)).ok).toBe(true)
    await log.close()
  })

  test('reactions list their people in order, cut at 50 names; 20 kinds a message', async () => {
    const log = await make()
    const { seq } = storedOf(await append(log, {}))
    const react = (from: string, emoji: string, on = true): Promise<Result<Stored>> =>
      append(log, { from, body: { action: 'react', target: seq, emoji, on } })
    for (let i = 0; i < 60; i++) await react(`u${i}`, '👍')
    await react('Zoe', '__proto__')
    expect(await react('zoe', '__proto__')).toMatchObject({ ok: false, error: { code: 'not_found' } })
    expect(await react('bob', '👍', false)).toMatchObject({ ok: false, error: { code: 'not_found' } })
    expect((await react('u0', '👍', false)).ok).toBe(true)
    const { events } = await log.read('dev', WHOLE)
    const reactions = events[0]?.action === 'chat' ? events[0].reactions : undefined
    expect(Object.keys(reactions ?? {})).toEqual(['👍', '__proto__'])
    expect(reactions?.['👍']?.count).toBe(59)
    expect(reactions?.['👍']?.names).toEqual(Array.from({ length: 50 }, (_, i) => `u${i + 1}`))
    for (let i = 0; i < 18; i++) expect((await react('bob', `:${i}:`)).ok).toBe(true)
    expect(await react('bob', ':18:')).toMatchObject({ ok: false, error: { code: 'limit_reached' } })
    expect((await react('bob', '👍')).ok).toBe(true)
    await log.close()
  })

  test('an emoji keeps its place as long as one person means it', async () => {
    const log = await make()
    const { seq } = storedOf(await append(log, {}))
    const kinds = async (from: string, emoji: string, on: boolean): Promise<string[]> => {
      await append(log, { from, body: { action: 'react', target: seq, emoji, on } })
      const [message] = (await log.read('dev', WHOLE)).events
      return Object.keys((message?.action === 'chat' ? message.reactions : undefined) ?? {})
    }
    await kinds('alice', '👍', true)
    expect(await kinds('bob', '🎉', true)).toEqual(['👍', '🎉'])
    expect(await kinds('carol', '👍', true)).toEqual(['👍', '🎉'])
    expect(await kinds('alice', '👍', false)).toEqual(['👍', '🎉'])
    expect(await kinds('carol', '👍', false)).toEqual(['🎉'])
    expect(await kinds('carol', '👍', true)).toEqual(['🎉', '👍'])
    await log.close()
  })

  test('a repeat gets the first answer, also when the event was changed since', async () => {
    const log = await make()
    const first = await append(log, { id: 'c', text: 'one', session: 1 })
    const target = storedOf(first).seq
    const bodies = [
      { action: 'edit', target, message: 'two' },
      { action: 'react', target, emoji: '+', on: true },
      { action: 'react', target, emoji: '+', on: false },
      { action: 'edit', target, message: 'three' },
      { action: 'delete', target },
    ] as const
    const answers: Result<Stored>[] = []
    for (const [i, body] of bodies.entries()) {
      answers.push(await append(log, { id: `b${i}`, body, session: 1 }))
      expect(await append(log, { id: `b${i}`, body, session: 1 })).toEqual(answers[i])
    }
    expect(answers.every(answer => answer.ok)).toBe(true)
    const { last } = log
    expect(await append(log, { id: 'c', text: 'one', session: 1 })).toEqual(first)
    for (const [i, body] of bodies.entries()) {
      expect(await append(log, { id: `b${i}`, body, session: 1 })).toEqual(answers[i])
    }
    expect(await append(log, { id: 'b4', body: bodies[0], session: 1 })).toMatchObject({
      ok: false,
      error: { code: 'id_reused' },
    })
    expect(log.last).toBe(last)
    await log.close()
  })

  test('a search finds messages in their present state, the newest first, only in the given rooms', async () => {
    const log = await make()
    const say = async (text: string, more: Partial<EventEntry> = {}): Promise<number> =>
      storedOf(await append(log, { text, session: 1, ...more })).seq
    const a = await say('The deploy is GREEN.')
    const b = await say('deploy again', { from: 'bob' })
    const c = await say('deploy', { roomKey: 'ops' })
    const d = await say('red')
    const edit = storedOf(
      await append(log, { body: { action: 'edit', target: d, message: 'deploy, at last' }, session: 1 }),
    )
    const e = await say('deploy no more')
    await append(log, { body: { action: 'delete', target: e }, session: 1 })
    const found = async (words: string, more: Partial<Query> = {}): Promise<[number[], boolean]> => {
      const { hits, more: isMore } = await log.search({
        terms: searchTerms(words),
        rooms: [{ key: 'dev', floor: 0 }],
        limit: 10,
        maxBytes: 1_000_000,
        ...more,
      })
      return [hits.map(hit => hit.seq), isMore]
    }
    const both = [
      { key: 'dev', floor: a },
      { key: 'ops', floor: 0 },
      { key: 'nowhere', floor: 0 },
    ]
    expect(await found('deploy')).toEqual([[d, b, a], false])
    expect(await found('DEPLOY is')).toEqual([[a], false])
    expect(await found('red')).toEqual([[], false])
    expect(await found('...')).toEqual([[], false])
    expect(await found('deploy', { rooms: both })).toEqual([[d, c, b], false])
    expect(await found('deploy', { from: 'bob' })).toEqual([[b], false])
    expect(await found('deploy', { from: 'nobody' })).toEqual([[], false])
    expect(await found('deploy', { before: b })).toEqual([[a], false])
    expect(await found('deploy', { until: 0 })).toEqual([[], false])
    expect(await found('deploy', { limit: 2 })).toEqual([[d, b], true])
    expect(await found('deploy', { maxBytes: 1 })).toEqual([[d], true])
    expect(
      (await log.search({ terms: searchTerms('deploy'), rooms: both, limit: 1, maxBytes: 1 })).hits,
    ).toMatchObject([{ roomKey: 'dev', message: 'deploy, at last', edited: edit.seq }])
    await log.close()
  })

  test('changes to sessions are settled', async () => {
    const log = await make()
    const session = { number: 1, hash: 'x', person: 'alice', began: 0 }
    log.changeSession({ kind: 'began', session, name: 'alice' })
    const settled = await new Promise(resolve =>
      log.changeSession({ kind: 'read', session: 1, roomKey: 'dev', seq: 0 }, { settled: resolve }),
    )
    expect(settled).toEqual({ ok: true, value: undefined })
    await log.close()
  })

  test('closing commits the queued entries', async () => {
    const log = await make()
    const answers = Array.from({ length: 1_000 }, (_, i) => append(log, { text: `${i}` }))
    await log.close()
    expect((await Promise.all(answers)).every(answer => answer.ok)).toBe(true)
  })
}
