import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { foldRoom } from '../../../../../src/protocol/names.ts'
import type { AccountDeed } from '../../../../../src/server/log/accounts.ts'
import type { Entry, ErasureCursor, EventBody } from '../../../../../src/server/log/entries.ts'
import { directKey } from '../../../../../src/server/log/roomKeys.ts'
import { openForWriting } from '../../../../../src/server/log/sqlite/database.ts'
import type { Batch, Outcome } from '../../../../../src/server/log/sqlite/messages.ts'
import { Writer } from '../../../../../src/server/log/sqlite/worker/writer.ts'
import { temporaryDirectory } from '../../../directory.ts'

const name = fc.constantFrom('alice', 'ALICE', 'bob', 'carol')
const roomKey = fc.constantFrom('dev', 'ops', 'infra', directKey('alice', 'bob'))
const target = fc.integer({ min: 1, max: 30 })
const text = fc.constantFrom('one', 'one two', '@bob three', 'ünï four @alice, @Carol', '')
const emoji = fc.constantFrom('👍', '🎉', '❤')
const session = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined })

const body: fc.Arbitrary<EventBody> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ action: fc.constant('chat' as const), message: text }) },
  fc.record({ action: fc.constant('edit' as const), target, message: text }),
  fc.record({ action: fc.constant('delete' as const), target }),
  fc.record({ action: fc.constant('react' as const), target, emoji, on: fc.boolean() }),
  fc.record({ action: fc.constant('topic' as const), topic: text }),
)

const event = fc.record({
  kind: fc.constant('event' as const),
  roomKey,
  roomName: fc.constantFrom('Dev', 'dev', 'Ops'),
  from: name,
  session,
  id: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined }),
  endedAt: fc.constantFrom(undefined, undefined, 1, 2, 3),
  body,
})

const maintenance = fc.oneof(
  fc.record({
    kind: fc.constant('read' as const),
    session: fc.integer({ min: 1, max: 40 }),
    roomKey,
    seq: target,
  }),
  fc.record({ kind: fc.constant('left' as const), session: fc.integer({ min: 1, max: 40 }), roomKey }),
  fc.record({
    kind: fc.constant('notify' as const),
    session: fc.integer({ min: 1, max: 40 }),
    roomKey,
    change: fc.record({
      level: fc.constantFrom('all' as const, 'none' as const, 'default' as const, undefined),
      muted: fc.constantFrom(true, false, undefined),
    }),
  }),
  fc.record({ kind: fc.constant('forgotten' as const), session: fc.integer({ min: 1, max: 40 }) }),
  fc.record({
    kind: fc.constant('floor' as const),
    session: fc.integer({ min: 1, max: 40 }),
    began: fc.integer({ min: 0, max: 400 }),
  }),
  fc.record({
    kind: fc.constant('retain' as const),
    roomKey: fc.option(roomKey, { nil: undefined }),
    retention: fc.record({ messages: fc.option(target, { nil: undefined }) }),
  }),
  fc.record({
    kind: fc.constant('forget' as const),
    roomKey,
    upTo: target,
    limit: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({
    kind: fc.constant('erase' as const),
    person: fc.constantFrom('alice', 'bob', 'nobody'),
    from: fc.record({ part: fc.constantFrom('events' as const, 'reactions' as const), after: target }),
    limit: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ kind: fc.constant('endRoom' as const), roomKey }),
  fc.record({
    kind: fc.constant('renameRoom' as const),
    roomKey,
    name: fc.constantFrom('Dev', 'dev', 'Ops', 'infra', 'Infra', 'infr\u0430', 'web'),
    deed: fc.constant({ deed: 'renameRoom', detail: 'by root' }),
  }),
  fc.record({
    kind: fc.constant('sweep' as const),
    roomKey,
    from: fc.record({
      part: fc.constantFrom('events' as const, 'reads' as const, 'notify' as const, 'room' as const),
      after: fc.nat(3),
    }),
    limit: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({
    kind: fc.constant('deed' as const),
    deed: fc.constant('kick'),
    target: fc.constantFrom('alice', 'zoe'),
    detail: fc.constant('c1'),
  }),
  fc.record({ kind: fc.constant('epoch' as const), epoch: fc.uuid() }),
  fc.record({ kind: fc.constant('clock' as const), time: fc.nat(1_000_000) }),
)

const person = fc.constantFrom('alice', 'bob', 'carol')
const credential = {
  password: fc.option(fc.constantFrom('phc 1', 'phc 2'), { nil: undefined }),
  key: fc.option(
    fc.constantFrom('k1', 'k2').map(fingerprint => ({ fingerprint, line: `line ${fingerprint}`, label: '' })),
    { nil: undefined },
  ),
}
const someSession = fc.integer({ min: 1, max: 6 })
const hash = fc.constantFrom('h1', 'h2', 'hash 1', 'hash 2', 'hash 3')
const device = fc.option(
  fc.uuid().map(uuid => ({ hash: uuid, label: 'device' })),
  { nil: undefined },
)

/** Changes to accounts. Sessions that they begin have numbers of their own, as the main thread gives them. */
const deed: fc.Arbitrary<AccountDeed> = fc.oneof(
  fc.record({ deed: fc.constant('register' as const), session: someSession, label: text, ...credential }),
  fc.record({
    deed: fc.constant('create' as const),
    name,
    role: fc.constantFrom('user' as const, 'bot' as const),
    session: fc.constant(0),
    ...credential,
  }),
  fc.record({
    deed: fc.constant('redeem' as const),
    invite: fc.constantFrom('i1', 'i2', 'i3'),
    name,
    session: fc.constant(0),
    device,
    ...credential,
  }),
  fc.record({
    deed: fc.constant('signIn' as const),
    person,
    proof: fc.oneof(
      fc.record({ by: fc.constant('password' as const), password: fc.constantFrom('phc 1', 'phc 2') }),
      fc.record({ by: fc.constant('key' as const), fingerprint: fc.constantFrom('k1', 'k2') }),
    ),
    device,
    old: fc.option(hash, { nil: undefined }),
  }),
  fc.record({
    deed: fc.constant('setPassword' as const),
    person,
    password: fc.constantFrom('phc 1', 'phc 2'),
  }),
  fc.record({
    deed: fc.constant('revoke' as const),
    person,
    n: fc.integer({ min: 1, max: 12 }),
    isForced: fc.boolean(),
  }),
  fc.record({ deed: fc.constant('setDisabled' as const), person, isDisabled: fc.boolean() }),
  fc.record({ deed: fc.constant('remove' as const), person }),
  fc.record({
    deed: fc.constant('used' as const),
    secret: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
    session: fc.option(someSession, { nil: undefined }),
  }),
  fc.record({ deed: fc.constant('uninvite' as const), n: fc.integer({ min: 1, max: 4 }) }),
)

/** An invitation; its hash is made unique below. */
const invite = fc.record({
  deed: fc.constant('invite' as const),
  purpose: fc.constantFrom('account' as const, 'reset' as const),
  name: fc.option(name, { nil: undefined }),
  role: fc.constant('user' as const),
  rooms: fc.constant(['dev']),
  uses: fc.integer({ min: 1, max: 2 }),
  expires: fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: undefined }),
})

const account = fc.oneof({ weight: 5, arbitrary: deed }, { weight: 1, arbitrary: invite }).map(drawnDeed => ({
  kind: 'account' as const,
  deed: drawnDeed,
}))

/** A session that begins; its number comes with it, as the main thread gives it. */
const began = name.map(spelling => ({ kind: 'began' as const, name: spelling }))

const drawn = fc.oneof(
  { weight: 6, arbitrary: event },
  { weight: 2, arbitrary: maintenance },
  { weight: 3, arbitrary: account },
  { weight: 1, arbitrary: began },
)

/** A log: batches as they were ordered, each with its time and at times a least seq. */
const history = fc
  .array(
    fc.record({
      ts: fc.integer({ min: 0, max: 1_000_000 }),
      firstSeq: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
      entries: fc.array(drawn, { minLength: 1, maxLength: 8 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map(batches => {
    let sessions = 0
    let invites = 0
    const numbered = (entry: (typeof batches)[number]['entries'][number]): Entry => {
      if (entry.kind === 'renameRoom') return { ...entry, nameKey: foldRoom(entry.name) }
      if (entry.kind === 'account') {
        const { deed: drawnDeed } = entry
        if (drawnDeed.deed === 'invite') return { ...entry, deed: { ...drawnDeed, hash: `i${++invites}` } }
        const begins = drawnDeed.deed === 'create' || drawnDeed.deed === 'redeem'
        return { ...entry, deed: begins ? { ...drawnDeed, session: ++sessions } : drawnDeed }
      }
      if (entry.kind !== 'began') return entry
      const number = ++sessions
      const person = entry.name.toLowerCase()
      return {
        kind: 'began',
        name: entry.name,
        session: { number, hash: `hash ${number}`, person, began: 0 },
        bounds: { ofPerson: 2, inAll: 4, connected: [number - 1] },
      }
    }
    return batches.map((batch): Batch => ({ ...batch, entries: batch.entries.map(numbered) }))
  })

/** How a batch is cut into smaller ones, and after which of them the process starts again. */
const cuts = fc.array(fc.record({ length: fc.integer({ min: 1, max: 5 }), restarts: fc.boolean() }), {
  minLength: 1,
  maxLength: 20,
})

/** A room that ends before its place in the order is noted in one replay, and after it in the other. */
const ENDED_BEFORE_ORDERED: [Batch[], { length: number; restarts: boolean }[]] = [
  [
    {
      ts: 0,
      entries: [
        {
          kind: 'event',
          roomKey: 'dev',
          roomName: 'Dev',
          from: 'alice',
          body: { action: 'topic', topic: 'one' },
        },
        { kind: 'endRoom', roomKey: 'dev' },
        { kind: 'sweep', roomKey: 'dev', from: { part: 'events', after: 0 }, limit: 1 },
      ],
    },
  ],
  [{ length: 1, restarts: true }],
]

/** A direct conversation that goes while its place in the order is not noted. */
const DIRECT_ENDED: [Batch[], { length: number; restarts: boolean }[]] = [
  [
    {
      ts: 0,
      entries: [
        said('@alice bob', 'one'),
        { kind: 'endRoom', roomKey: '@alice bob' },
        { kind: 'sweep', roomKey: '@alice bob', from: { part: 'events', after: 0 }, limit: 5 },
        { kind: 'sweep', roomKey: '@alice bob', from: { part: 'room', after: 0 }, limit: 5 },
      ],
    },
  ],
  [{ length: 1, restarts: false }],
]

/** A person who is erased while a room ends that holds a message of theirs, before and after the room's events are filled. */
const ERASED_WHILE_ROOM_ENDS: [Batch[], { length: number; restarts: boolean }[]] = [
  [
    {
      ts: 0,
      entries: [
        said('ops', 'one'),
        { kind: 'endRoom', roomKey: 'ops' },
        { kind: 'erase', person: 'alice', from: { part: 'events', after: 0 }, limit: 1 },
      ],
    },
  ],
  [{ length: 2, restarts: true }],
]

/** A message that is removed before the index has it in one replay, and after it in the other. */
const FORGOTTEN_BEFORE_INDEXED: [Batch[], { length: number; restarts: boolean }[]] = [
  [
    {
      ts: 0,
      entries: [
        {
          kind: 'event',
          roomKey: 'dev',
          roomName: 'Dev',
          from: 'alice',
          body: { action: 'chat', message: 'one' },
        },
      ],
    },
    { ts: 0, entries: [{ kind: 'forget', roomKey: 'dev', upTo: 1, limit: 1 }] },
  ],
  [
    { length: 1, restarts: true },
    { length: 1, restarts: false },
  ],
]

/** A room that is renamed, makes way for the end of its names, and gives them free in one replay after a restart. */
const RENAMED_AND_ENDED: [Batch[], { length: number; restarts: boolean }[]] = [
  [
    {
      ts: 0,
      entries: [
        said('dev', 'one'),
        renamed('dev', 'Infra'),
        said('infra', 'two'),
        { kind: 'endRoom', roomKey: 'infra' },
        { kind: 'endRoom', roomKey: 'dev' },
        renamed('ops', 'infra'),
        { kind: 'sweep', roomKey: 'dev', from: { part: 'events', after: 0 }, limit: 4 },
        { kind: 'sweep', roomKey: 'dev', from: { part: 'room', after: 0 }, limit: 4 },
        said('infra', 'three', 1),
      ],
    },
  ],
  [
    { length: 2, restarts: true },
    { length: 1, restarts: false },
  ],
]

function said(roomKey: string, message: string, endedAt?: number): Entry {
  const body = { action: 'chat', message } as const
  return { kind: 'event', roomKey, roomName: roomKey, from: 'alice', endedAt, body }
}

/** What entries come to: the kinds of their outcomes, and the codes of refusals. */
function outcomesOf(replay: Replay, ...entries: Entry[]): string[] {
  const from = replay.outcomes.length
  replay.commit({ ts: 1, entries })
  return replay.outcomes
    .slice(from)
    .map(outcome => (outcome.kind === 'refused' ? outcome.error.code : outcome.kind))
}

function renamed(roomKey: string, name: string): Entry {
  return {
    kind: 'renameRoom',
    roomKey,
    name,
    nameKey: foldRoom(name),
    deed: { deed: 'renameRoom', detail: '' },
  }
}

test('a rename gives another title and keeps the key; every name leads to the room until it is gone', () => {
  const replay = new Replay(`${temporaryDirectory()}/one.db`)
  const outcomes = (...entries: Entry[]): string[] => outcomesOf(replay, ...entries)
  const titles = (): unknown[] => replay.rows('SELECT key, name, title FROM rooms ORDER BY number')
  const names = (): unknown[] => replay.rows('SELECT key FROM room_names ORDER BY key').map(row => row['key'])
  expect(outcomes(said('dev', 'one'), said('ops', 'one'))).toEqual(['stored', 'stored'])
  // There is nothing to rename; direct conversations; names of others, and those that look like them.
  expect(outcomes(renamed('web', 'infra'), renamed(directKey('alice', 'bob'), 'infra'))).toEqual([
    'not_found',
    'forbidden',
  ])
  expect(outcomes(renamed('dev', 'OPS'), renamed('dev', '0ps'), renamed('dev', '\u043eps'))).toEqual([
    'name_taken',
    'room_invalid',
    'room_invalid',
  ])
  expect(names()).toEqual([])
  // The spelling alone; another name; back, which is another spelling of the first name; again.
  expect(outcomes(renamed('dev', 'DEV'), renamed('dev', 'Infra'))).toEqual(['applied', 'applied'])
  expect(titles()[0]).toEqual({ key: 'dev', name: 'dev', title: 'Infra' })
  expect(outcomes(renamed('dev', 'dev'), renamed('dev', 'infra'))).toEqual(['applied', 'applied'])
  expect(titles()[0]).toEqual({ key: 'dev', name: 'dev', title: 'infra' })
  expect(names()).toEqual(['infra'])
  // Earlier names stay its own, as do names that look like them.
  expect(outcomes(renamed('ops', 'dev'), renamed('ops', 'Infra'), renamed('ops', 'infr\u0430'))).toEqual([
    'name_taken',
    'name_taken',
    'room_invalid',
  ])
  expect(outcomes(said('infra', 'no room of its own'), said('d\u0435v', 'looks like'))).toEqual([
    'not_found',
    'room_invalid',
  ])
  const many = [...Array(15).keys()].map(n => renamed('dev', `name${n}`))
  expect(new Set(outcomes(...many))).toEqual(new Set(['applied']))
  expect(outcomes(renamed('dev', 'name15'), renamed('dev', 'name3'))).toEqual(['limit_reached', 'applied'])
  // While the room is removed its names are taken; then all are free, and rooms of them begin afresh.
  expect(outcomes({ kind: 'endRoom', roomKey: 'infra' }, { kind: 'endRoom', roomKey: 'dev' })).toEqual([
    'unchanged',
    'ended',
  ])
  expect(outcomes(renamed('dev', 'back'), renamed('ops', 'name3'), said('name3', 'x'))).toEqual([
    'not_found',
    'name_taken',
    'not_found',
  ])
  expect(replay.rows('SELECT key FROM ended_rooms')).toHaveLength(17)
  replay.restart()
  const sweep = { kind: 'sweep', roomKey: 'dev', limit: 40 } as const
  outcomes({ ...sweep, from: { part: 'events', after: 0 } }, { ...sweep, from: { part: 'room', after: 0 } })
  expect(names()).toEqual([])
  expect(outcomes(said('name3', 'x', 2), renamed('ops', 'dev'))).toEqual(['stored', 'applied'])
  expect(replay.rows('SELECT deed FROM audit')).toHaveLength(4 + 15 + 1 + 1)
})

test('what was on its way to a room that was deleted changes nothing, however far its removal has come', () => {
  const replay = new Replay(`${temporaryDirectory()}/one.db`)
  const session = { number: 1, hash: 'h', person: 'alice', began: 0 }
  const read = (endedAt?: number): Entry => ({ kind: 'read', session: 1, roomKey: 'dev', seq: 1, endedAt })
  const muted = { kind: 'notify', session: 1, roomKey: 'dev', change: { muted: true } } as const
  expect(outcomesOf(replay, { kind: 'began', session, name: 'alice' }, said('dev', 'one'), read())).toEqual([
    'began',
    'stored',
    'applied',
  ])
  // Two daemons end it, and both sweep it.
  expect(
    outcomesOf(replay, { kind: 'endRoom', roomKey: 'dev' }, { kind: 'endRoom', roomKey: 'dev' }),
  ).toEqual(['ended', 'unchanged'])
  const sweep = { kind: 'sweep', roomKey: 'dev', limit: 4 } as const
  const late = [said('dev', 'late'), read(), muted]
  const refused = ['not_found', 'unchanged', 'unchanged']
  for (const part of ['events', 'reads', 'events', 'notify', 'room', 'room'] as const) {
    expect(outcomesOf(replay, ...late)).toEqual(refused)
    outcomesOf(replay, { ...sweep, from: { part, after: 0 } })
  }
  expect(outcomesOf(replay, ...late)).toEqual(refused)
  for (const table of ['rooms', 'events', 'reads', 'notify'])
    expect(replay.rows(`SELECT * FROM ${table}`)).toEqual([])
  // The next room of the name is for those who know of the end.
  expect(outcomesOf(replay, said('dev', 'new', 1), read(1))).toEqual(['stored', 'applied'])
  replay.restart()
  expect(outcomesOf(replay, ...late, said('dev', 'newer', 1))).toEqual([...refused, 'stored'])
  expect(replay.rows('SELECT text FROM events')).toEqual([{ text: 'new' }, { text: 'newer' }])
})

test('an erasing takes what is stored while it goes on, and nothing of the session is stored after it', () => {
  const replay = new Replay(`${temporaryDirectory()}/one.db`)
  const session = { number: 1, hash: 'h', person: 'alice', began: 0 }
  const of = (entry: Entry): Entry => ({ ...entry, session: 1 }) as Entry
  outcomesOf(replay, { kind: 'began', session, name: 'alice' }, of(said('dev', 'one')))
  let from: ErasureCursor | undefined = { part: 'events', after: 0 }
  for (let slices = 0; from !== undefined; slices++) {
    expect(slices).toBeLessThan(10)
    outcomesOf(replay, { kind: 'erase', person: 'alice', from, limit: 4 })
    const outcome = replay.outcomes.at(-1)
    from = outcome?.kind === 'erased' ? outcome.next : undefined
    // Another daemon has stored it before it heard of the erasing.
    if (slices === 1)
      expect(outcomesOf(replay, of(said('dev', 'two')))).toEqual([
        from === undefined ? 'forbidden' : 'stored',
      ])
    if (slices === 0)
      outcomesOf(replay, of(said('dev', 'meanwhile')), {
        ...of(said('dev', '')),
        body: { action: 'react', target: 1, emoji: '+', on: true },
      } as Entry)
  }
  expect(replay.rows('SELECT text FROM events WHERE text IS NOT NULL')).toEqual([])
  expect(replay.rows('SELECT * FROM reactions')).toEqual([])
  expect(replay.rows('SELECT key FROM names ORDER BY number').map(row => row['key'])).toEqual([
    'erased 1',
    'chatd',
  ])
  const register = { deed: 'register', session: 1, label: '', password: 'phc' } as const
  expect(
    outcomesOf(
      replay,
      of(said('dev', 'late')),
      { kind: 'read', session: 1, roomKey: 'dev', seq: 1 },
      { kind: 'account', deed: register },
    ),
  ).toEqual(['forbidden', 'unchanged', 'not_found'])
})

test('the same entries give the same rows and outcomes, however they are cut into batches, over any restart', () => {
  const directory = temporaryDirectory()
  let files = 0
  fc.assert(
    fc.property(history, cuts, (batches, pieces) => {
      const whole = new Replay(`${directory}/${++files}.db`)
      for (const batch of batches) whole.commit(batch)
      const cut = new Replay(`${directory}/${++files}.db`)
      let next = 0
      for (const { entries, ...moment } of batches) {
        for (let from = 0; from < entries.length; ) {
          const piece = pieces[next++ % pieces.length]
          const to = from + (piece?.length ?? 1)
          cut.commit({ ...moment, entries: entries.slice(from, to) })
          if (piece?.restarts === true) cut.restart()
          from = to
        }
      }
      expect(cut.outcomes).toEqual(whole.outcomes)
      expect(cut.finish()).toBe(whole.finish())
    }),
    {
      numRuns: 150,
      examples: [
        FORGOTTEN_BEFORE_INDEXED,
        ENDED_BEFORE_ORDERED,
        RENAMED_AND_ENDED,
        DIRECT_ENDED,
        ERASED_WHILE_ROOM_ENDS,
      ],
    },
  )
})

test('the hash sees one changed byte in any table', () => {
  const file = `${temporaryDirectory()}/one.db`
  const replay = new Replay(file)
  const entry = { kind: 'event', roomKey: 'dev', roomName: 'dev', from: 'alice' } as const
  replay.commit({ ts: 1, entries: [{ ...entry, body: { action: 'chat', message: 'one' } }] })
  const before = replay.finish()
  const database = openForWriting(file, 'epoch')
  onTestFinished(() => database.close())
  expect(hashOf(database)).toBe(before)
  database.exec("UPDATE names SET name = 'Alice'")
  expect(hashOf(database)).not.toBe(before)
})

/** A writer that applies batches, starts again where it is told to, and ends with one hash of all its tables. */
class Replay {
  readonly outcomes: Outcome[] = []
  readonly #file: string
  #database: DatabaseSync
  #writer: Writer

  constructor(file: string) {
    this.#file = file
    this.#database = openForWriting(file, 'the epoch of the first day')
    this.#writer = new Writer(this.#database)
  }

  commit(batch: Batch): void {
    this.outcomes.push(...this.#writer.commit(batch))
  }

  restart(): void {
    // The index is filled at any time: the rows of the log must not depend on when.
    this.#writer.indexMore()
    this.#database.close()
    this.#database = openForWriting(this.#file, 'another epoch')
    this.#writer = new Writer(this.#database)
  }

  rows(query: string): Record<string, unknown>[] {
    return this.#database.prepare(query).all()
  }

  finish(): string {
    while (this.#writer.indexMore());
    const hash = hashOf(this.#database)
    this.#database.close()
    return hash
  }
}

/** One hash of the rows of all tables, and of the words of the search index. */
function hashOf(database: DatabaseSync): string {
  const hash = createHash('sha256')
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'words%' ORDER BY name")
    .all()
    .map(row => String(row['name']))
  expect(tables).toEqual(
    expect.arrayContaining(['accounts', 'audit', 'events', 'invites', 'log', 'names', 'secrets', 'sessions']),
  )
  for (const table of tables) {
    const rows = database.prepare(`SELECT * FROM ${table}`).all()
    hash.update(
      `${table}\n${rows
        .map(row => JSON.stringify(row))
        .sort()
        .join('\n')}\n`,
    )
  }
  database.exec("CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab (main, words, 'instance')")
  hash.update(JSON.stringify(database.prepare('SELECT * FROM temp.terms ORDER BY term, doc, col').all()))
  return hash.digest('hex')
}
