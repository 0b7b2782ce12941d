import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Result } from '../../../../src/protocol/errors.ts'
import { searchTerms } from '../../../../src/protocol/searchTerms.ts'
import { logFile } from '../../../../src/server/dataDirectory.ts'
import type { AccountChange, AccountDeed } from '../../../../src/server/log/accounts.ts'
import type { EventEntry } from '../../../../src/server/log/entries.ts'
import type { LoggedEvent, Query, Range } from '../../../../src/server/log/log.ts'
import { openForWriting } from '../../../../src/server/log/sqlite/database.ts'
import { openSqliteLog, type SqliteLog } from '../../../../src/server/log/sqlite/sqliteLog.ts'
import type { SqliteLogOptions } from '../../../../src/server/log/sqlite/sqliteLogOptions.ts'
import { Writer } from '../../../../src/server/log/sqlite/worker/writer.ts'
import { seeded } from '../../../seeded.ts'
import { temporaryDirectory } from '../../directory.ts'
import { append, testLog, unread } from '../logContract.ts'
import { MemoryLog } from '../memoryLog.ts'

const WHOLE: Range = { after: 0, limit: 10_000, maxBytes: 1_000_000_000 }

/** A log in a directory of its own, or in one that is given; ended with the test. */
async function openLog(directory = temporaryDirectory(), options: SqliteLogOptions = {}): Promise<SqliteLog> {
  const opened = await openSqliteLog(logFile(directory), options)
  if (!opened.ok) throw new Error(opened.error)
  onTestFinished(() => opened.value.abandon())
  return opened.value
}

async function problemOf(directory: string): Promise<string> {
  const opened = await openSqliteLog(logFile(directory))
  if (!opened.ok) return opened.error
  await opened.value.close()
  throw new Error('it was opened')
}

async function seqOf(
  log: SqliteLog,
  entry: Partial<EventEntry> & { readonly text?: string },
): Promise<number> {
  const stored = await append(log, entry)
  if (!stored.ok) throw new Error(stored.error.message)
  return stored.value.seq
}

async function eventsOf(log: SqliteLog, room = 'dev'): Promise<readonly LoggedEvent[]> {
  return (await log.read(room, WHOLE)).events
}

function find(log: SqliteLog, query: string, more: Partial<Query> = {}): Promise<number[]> {
  const whole: Query = {
    terms: searchTerms(query),
    rooms: [{ key: 'dev', floor: 0 }],
    limit: 100,
    maxBytes: 1_000_000,
    ...more,
  }
  return hitsOf(log, whole)
}

/** All hits of a search, which goes on where it stopped: on a busy machine its time is soon over. */
async function hitsOf(log: SqliteLog, query: Query): Promise<number[]> {
  const { hits, stoppedAt } = await log.search(query)
  const seqs = hits.map(hit => hit.seq)
  if (stoppedAt === undefined || seqs.length === query.limit) return seqs
  return [...seqs, ...(await hitsOf(log, { ...query, before: stoppedAt, limit: query.limit - seqs.length }))]
}

/** Whether any file of the log holds these bytes. */
function holds(directory: string, text: string): boolean {
  return readdirSync(directory).some(file => readFileSync(join(directory, file)).includes(text))
}

describe('the log on SQLite', () => {
  testLog(() => openLog())
})

describe('the log on SQLite with seqs that are not dense', () => {
  testLog(() => openLog(temporaryDirectory(), { seqStep: 1_024 }))
})

test('a session whose beginning is stored twice begins once', async () => {
  const log = await openLog()
  const session = { number: 1, hash: 'h', person: 'alice', began: 0 }
  const begin = () =>
    new Promise(resolve => log.changeSession({ kind: 'began', session, name: 'Alice' }, { settled: resolve }))
  expect(await begin()).toEqual({ ok: true, value: undefined })
  expect(await begin()).toEqual({ ok: true, value: undefined })
  expect(log.openSession('h')?.number).toBe(1)
})

describe('acknowledged entries are there after a restart', () => {
  test('events, topics, names, sessions and read positions', async () => {
    const directory = temporaryDirectory()
    const log = await openLog(directory)
    const session = { number: 1, hash: 'h', person: 'alice', began: 0 }
    log.changeSession({ kind: 'began', session, name: 'Alice' })
    const seq = await seqOf(log, { text: 'first', id: 'a', session: 1 })
    await seqOf(log, { body: { action: 'topic', topic: 'of old' } })
    await seqOf(log, { body: { action: 'react', target: seq, emoji: '👍', on: true }, from: 'bob' })
    await seqOf(log, { body: { action: 'edit', target: seq, message: 'second' }, session: 1 })
    log.changeSession({ kind: 'read', session: 1, roomKey: 'dev', seq })
    log.changeSession({ kind: 'read', session: 1, roomKey: 'left', seq: 1 })
    await new Promise(resolve =>
      log.changeSession({ kind: 'left', session: 1, roomKey: 'left' }, { settled: resolve }),
    )
    const before = await eventsOf(log)
    // Without closing it, as after kill -9.
    await log.abandon()

    const again = await openLog(directory)
    expect(await eventsOf(again)).toEqual(before)
    expect(before[0]).toMatchObject({ message: 'second', reactions: { '👍': { names: ['bob'], count: 1 } } })
    expect(again.epoch).toBe(log.epoch)
    expect(again.last).toBe(log.last)
    expect(again.head('dev')).toEqual(log.head('dev'))
    expect(['alice', 'bob', 'carol'].map(name => again.spelling(name))).toEqual(['Alice', 'bob', undefined])
    expect(again.openSession('h')).toEqual({ ...session, reads: new Map([['dev', seq]]), notify: new Map() })
    expect(again.lastSession).toBe(1)
    expect(await append(again, { text: 'first', id: 'a' })).toMatchObject({ ok: true, value: { seq } })
    expect(await find(again, 'second')).toEqual([seq])
  })

  test('in a file of an older version too, which is brought to the newest', async () => {
    const directory = temporaryDirectory()
    const log = await openLog(directory)
    await seqOf(log, { text: 'from the old days' })
    await log.close()
    const older = new DatabaseSync(logFile(directory))
    older.exec(LAYOUT_2)
    older.close()

    const again = await openLog(directory)
    expect(await find(again, 'rom the ol')).toEqual([1])
    expect(await again.check()).toMatchObject({ ok: true })
    await again.close()
  })

  test('in a file of the version before accounts, whose people can register then', async () => {
    const directory = temporaryDirectory()
    writeFileSync(logFile(directory), gunzipSync(readFileSync(join(import.meta.dirname, 'layouts/4.db.gz'))))
    const log = await openLog(directory)
    expect((await log.check()).ok).toBe(true)
    expect(log.keptAccounts()).toEqual({
      accounts: [],
      invites: [],
      policy: { names: 'open', guests: 'speak' },
    })
    expect([1, 2, 3, 4].map(number => log.sessionOf(number)?.person)).toEqual([
      'alice',
      'bob',
      'alice',
      undefined,
    ])
    expect(log.lastSession).toBe(3)
    const before = await eventsOf(log)
    expect(before.some(event => event.guest)).toBe(false)
    const deed = (entry: AccountDeed) =>
      new Promise<Result<AccountChange>>(resolve =>
        log.changeAccounts({ kind: 'account', deed: entry }, resolve),
      )
    const registered = await deed({ deed: 'register', session: 2, label: 'desktop', password: 'phc' })
    expect(registered).toMatchObject({ ok: true, value: { accounts: [{ person: 'bob', session: 2 }] } })
    // No event is rewritten; those of others are marked.
    expect((await eventsOf(log)).map(({ guest: _, ...event }) => event)).toEqual(before)
    expect((await eventsOf(log)).map(event => event.guest === true || event.from === 'bob')).not.toContain(
      false,
    )
    await log.close()
  })

  test('in a file of the version before counts: reactions, mentions and the order of rooms are counted', async () => {
    const directory = temporaryDirectory()
    writeFileSync(logFile(directory), gunzipSync(readFileSync(join(import.meta.dirname, 'layouts/5.db.gz'))))
    const log = await openLog(directory)
    expect((await log.check()).ok).toBe(true)
    const [first] = await eventsOf(log)
    expect(first).toMatchObject({
      reactions: { '👍': { names: ['bob', 'Carol'], count: 2 }, '🎉': { names: ['Carol'], count: 1 } },
    })
    expect(await unread(log, 'dev', 0, 'bob', 10)).toEqual({ unread: 1, mentions: 1 })
    expect(await unread(log, 'dev', 0, 'carol', 10)).toEqual({ unread: 2, mentions: 1 })
    // The message that mentioned her at first was deleted, the other one was edited.
    expect(await unread(log, 'dev', 0, 'alice', 10)).toEqual({ unread: 1, mentions: 1 })
    const rooms = await log.newestRooms(undefined, Number.MAX_SAFE_INTEGER, 10)
    expect(rooms.map(({ key }) => key)).toEqual(['dev', 'ops'])
    const directs = await log.newestRooms('alice', Number.MAX_SAFE_INTEGER, 10)
    expect(directs.map(({ key }) => key)).toEqual(['@alice @alice', '@alice @bob'])
    expect(log.openSession('hash of idle')).toMatchObject({ number: 4, person: 'idle' })
    expect(log.lastSession).toBe(4)
    await log.close()
  })

  test('in a file of the version before names had looks: those that look alike stay, and no more are made', async () => {
    const directory = temporaryDirectory()
    writeFileSync(logFile(directory), gunzipSync(readFileSync(join(import.meta.dirname, 'layouts/6.db.gz'))))
    const log = await openLog(directory)
    expect((await log.check()).ok).toBe(true)
    const [latin, cyrillic] = ['dev', 'd\u0435v']
    expect([latin, cyrillic].map(key => log.head(key)?.name)).toEqual(['Dev', cyrillic])
    expect(log.roomLike(latin, latin)).toBe(cyrillic)
    expect((await append(log, { roomKey: cyrillic, from: 'bob' })).ok).toBe(true)
    const third = 'd\u0435\u1d20'
    expect(await append(log, { roomKey: third, roomName: third })).toMatchObject({ ok: false })
    const deed = { deed: 'create', name: 'aIice', role: 'user', session: 90 } as const
    const made = await new Promise<Result<AccountChange>>(resolve =>
      log.changeAccounts({ kind: 'account', deed }, resolve),
    )
    expect(made).toMatchObject({ ok: false, error: { code: 'name_taken' } })
    await log.close()
  })

  test('in a file of the version before rooms could be muted: nothing is set, and can be', async () => {
    const directory = temporaryDirectory()
    writeFileSync(logFile(directory), gunzipSync(readFileSync(join(import.meta.dirname, 'layouts/7.db.gz'))))
    const log = await openLog(directory)
    expect((await log.check()).ok).toBe(true)
    expect(log.openSession('hash of bob')).toMatchObject({
      reads: new Map([
        ['dev', 0],
        ['ops', 1],
      ]),
      notify: new Map(),
    })
    const range = { before: Number.MAX_SAFE_INTEGER, limit: 10, maxBytes: 1_000_000 }
    expect((await log.mentions('bob', ['dev', 'ops'], range)).events.map(({ seq }) => seq)).toEqual([2, 1])
    const notify = { level: 'none', muted: true } as const
    await new Promise(resolve =>
      log.changeSession({ kind: 'notify', session: 2, roomKey: 'ops', change: notify }, { settled: resolve }),
    )
    await log.close()
    const again = await openLog(directory)
    expect(again.openSession('hash of bob')?.notify).toEqual(new Map([['ops', notify]]))
    await again.close()
  })

  test('in a file of the version before rooms were filled behind the commit, which ended by a crash', async () => {
    const directory = temporaryDirectory()
    writeFileSync(logFile(directory), gunzipSync(readFileSync(join(import.meta.dirname, 'layouts/10.db.gz'))))
    const log = await openLog(directory)
    expect((await log.check()).lines).toContain('integrity: ok')
    expect((await log.check()).ok).toBe(true)
    const seqs = async (room: string): Promise<number[]> => (await eventsOf(log, room)).map(({ seq }) => seq)
    expect(await seqs('dev')).toEqual([3, 6, 9, 12, 15, 18, 21, 22])
    expect(await seqs('ops')).toEqual([7, 10, 13, 16, 19, 25])
    expect(await seqs('new')).toEqual([26])
    expect(['dev', 'ops', 'new', 'old'].map(key => log.head(key)?.last)).toEqual([22, 25, 26, undefined])
    expect(log.head('ops')).toMatchObject({ first: 7, firstPrev: 4 })
    // What was said before is not said again.
    const said = (await eventsOf(log)).find(({ seq }) => seq === 6)
    const again = { from: 'Alice', id: said?.id ?? '', session: 1 }
    const repeated = await append(log, { ...again, text: 'from the old days 6' })
    expect(repeated).toMatchObject({ ok: true, value: { seq: 6 } })
    expect(await append(log, { ...again, text: 'other' })).toMatchObject({ error: { code: 'id_reused' } })
    const newest = async (): Promise<string[]> =>
      (await log.newestRooms(undefined, Number.MAX_SAFE_INTEGER, 10)).map(({ key }) => key)
    expect(await newest()).toEqual(['new', 'ops', 'dev'])
    expect(await append(log, { roomKey: 'ops', from: 'bob' })).toMatchObject({ value: { seq: 27 } })
    expect((await eventsOf(log, 'ops')).at(-1)).toMatchObject({ seq: 27, prev: 25 })
    expect(await newest()).toEqual(['ops', 'new', 'dev'])
    expect(await log.setRetention('ops', { messages: 3 })).toMatchObject({ ok: true })
    expect(await seqs('ops')).toEqual([19, 25, 27])
    expect(log.head('ops')).toMatchObject({ first: 19, firstPrev: 16, last: 27 })
    expect(await find(log, 'layout 10', { rooms: [{ key: 'new', floor: 0 }] })).toEqual([26])
    expect((await log.check()).ok).toBe(true)
    await log.close()
    const closed = await openLog(directory)
    expect((await eventsOf(closed, 'ops')).map(({ seq }) => seq)).toEqual([19, 25, 27])
    expect((await closed.check()).ok).toBe(true)
    await closed.close()
  })

  test('and an index of other rules, or of another Unicode, is filled again', async () => {
    const directory = temporaryDirectory()
    const log = await openLog(directory)
    const target = await seqOf(log, { text: 'from the old days', session: 1 })
    expect(await find(log, 'days')).toEqual([target])
    await log.close()
    const older = new DatabaseSync(logFile(directory))
    older.exec("INSERT INTO words (words) VALUES ('delete-all')")
    older.exec("INSERT INTO words (rowid, grams) VALUES (1, 'other grams'); UPDATE log SET grams = '0 5.1'")
    older.close()
    const again = await openLog(directory)
    await seqOf(again, { body: { action: 'edit', target, message: 'of the new days' }, session: 1 })
    expect(await find(again, 'new day')).toEqual([target])
    expect(await find(again, 'old day')).toEqual([])
    expect((await again.check()).lines).toContain('integrity: ok')
  })

  test('of many rooms, whose newest events are noted behind the commit, also after a crash', async () => {
    const directory = temporaryDirectory()
    const log = await openLog(directory)
    const say = (to: SqliteLog, count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, n) => append(to, { roomKey: `room${n % 300}`, text: `${n}` })),
      )
    await say(log, 1_000)
    const keys = Array.from({ length: 300 }, (_, n) => `room${n}`)
    const heads = (of: SqliteLog) => keys.map(key => of.head(key))
    const before = heads(log)
    await log.abandon()
    const crashed = await openLog(directory)
    expect(heads(crashed)).toEqual(before)
    await say(crashed, 300)
    expect((await crashed.check()).ok).toBe(true)
    const newest = await crashed.newestRooms(undefined, Number.MAX_SAFE_INTEGER, 2)
    expect(newest.map(({ last }) => last)).toEqual([1_300, 1_299])
    await say(crashed, 300)
    const last = heads(crashed)
    await crashed.close()

    // A clean stop leaves nothing to look through.
    const database = openForWriting(logFile(directory), 'epoch')
    expect(database.prepare('SELECT last - filled AS behind FROM log').get()).toEqual({ behind: 0 })
    expect(new Writer(database).contents().unfilled).toEqual([])
    database.close()
    const again = await openLog(directory)
    expect(heads(again)).toEqual(last)
    await again.close()
  })

  test('the file is for its owner alone, and whole by itself once it is closed', async () => {
    const directory = temporaryDirectory()
    const log = await openLog(directory)
    await seqOf(log, {})
    expect(statSync(logFile(directory)).mode & 0o777).toBe(0o600)
    await log.close()
    expect(readdirSync(directory)).toEqual(['chatd.db', 'chatd.db.clean'])
  })
})

/** Takes a file back to the layout before the search index had grams. */
const LAYOUT_2 = `
  DROP TABLE room_events; DROP VIEW earlier_room_events;
  CREATE UNIQUE INDEX events_of_room ON events (room, seq);
  DROP TABLE event_ids; DROP VIEW earlier_event_ids;
  CREATE UNIQUE INDEX events_by_id ON events (author, id) WHERE id IS NOT NULL;
  DROP TABLE notify; DROP TABLE ended_rooms; DROP TABLE room_names;
  ALTER TABLE rooms DROP COLUMN title; ALTER TABLE rooms DROP COLUMN topic_seq;
  DROP INDEX rooms_by_skeleton;
  ALTER TABLE rooms DROP COLUMN skeleton;
  DROP INDEX open_sessions;
  DROP INDEX public_rooms;
  DROP INDEX reactions_in_order;
  DROP INDEX reactions_of_author;
  DROP TABLE reaction_kinds;
  DROP TABLE mentions;
  DROP TABLE directs;
  ALTER TABLE rooms DROP COLUMN last;
  ALTER TABLE log DROP COLUMN filled;
  ALTER TABLE log DROP COLUMN clock;
  ALTER TABLE log DROP COLUMN session;
  ALTER TABLE sessions DROP COLUMN holds;
  ALTER TABLE names DROP COLUMN spoke;
  DROP TABLE words;
  CREATE VIEW searchable AS
    SELECT seq, text, 'r' || room || ' a' || author AS scope FROM events WHERE action = 'chat';
  CREATE VIRTUAL TABLE words USING fts5 (
    text, scope, content = 'searchable', content_rowid = 'seq', detail = 'column', columnsize = 0,
    tokenize = "unicode61 remove_diacritics 2 categories 'L* M* N* Co'"
  );
  INSERT INTO words (words) VALUES ('rebuild');
  ALTER TABLE log DROP COLUMN grams;
  ALTER TABLE reactions DROP COLUMN since;
  DROP TABLE accounts;
  DROP TABLE secrets;
  DROP TABLE invites;
  DROP TABLE policy;
  DROP TABLE audit;
  DROP INDEX sessions_of_person;
  ALTER TABLE sessions DROP COLUMN into_session;
  ALTER TABLE sessions DROP COLUMN used;
  PRAGMA user_version = 2;
`

describe('a file that cannot be used is refused, and left as it is', () => {
  test('from a newer version', async () => {
    const directory = temporaryDirectory()
    await (await openLog(directory)).close()
    const database = new DatabaseSync(logFile(directory))
    database.exec('PRAGMA user_version = 1000')
    database.close()
    expect(await problemOf(directory)).toMatch(/newer chatd \(layout 1000.*install that version/)
  })

  test('that is something else, or damaged', async () => {
    const directory = temporaryDirectory()
    writeFileSync(
      logFile(directory),
      'a letter to my aunt, which is longer than the header of a database file is, by far',
    )
    expect(await problemOf(directory)).toMatch(/is damaged .*restore a backup/)
    expect(readFileSync(logFile(directory), 'utf8')).toContain('my aunt')

    const other = temporaryDirectory()
    const log = await openLog(other)
    for (let i = 0; i < 100; i++) await seqOf(log, { text: 'x'.repeat(1_000) })
    await log.close()
    const bytes = readFileSync(logFile(other))
    writeFileSync(logFile(other), bytes.fill(0xff, 4_096, 200 * 1_024))
    expect(await problemOf(other)).toMatch(/damaged/)
    expect(readFileSync(logFile(other)).equals(bytes)).toBe(true)
  })

  test('that was cut to nothing, with the write-ahead log beside it', async () => {
    const directory = temporaryDirectory()
    const log = await openLog(directory)
    await seqOf(log, {})
    await log.abandon()
    const wal = `${logFile(directory)}-wal`
    const bytes = readFileSync(wal)
    writeFileSync(logFile(directory), '')
    expect(await problemOf(directory)).toMatch(/is damaged \(it is empty\).*restore a backup/)
    expect(readFileSync(wal).equals(bytes)).toBe(true)
  })

  test('of another program', async () => {
    const directory = temporaryDirectory()
    const database = new DatabaseSync(logFile(directory))
    database.exec('CREATE TABLE mine (x)')
    database.close()
    const bytes = readFileSync(logFile(directory))
    expect(await problemOf(directory)).toMatch(/belongs to another program; move it away/)
    expect(readFileSync(logFile(directory)).equals(bytes)).toBe(true)
  })

  test.each([
    ['that is damaged somewhere inside', 110],
    ['of which one page is damaged', 101],
  ])('%s', async (_, end) => {
    const directory = temporaryDirectory()
    const log = await openLog(directory)
    const text = 'x'.repeat(2_000)
    await Promise.all(Array.from({ length: 300 }, () => append(log, { text })))
    await log.close()
    const bytes = readFileSync(logFile(directory)).fill(0xff, 100 * 4_096, end * 4_096)
    writeFileSync(logFile(directory), bytes)
    expect(await problemOf(directory)).toMatch(/is damaged .*restore a backup/)
    expect(readFileSync(logFile(directory)).equals(bytes)).toBe(true)
  })

  test('a check finds damage that came after the opening, and says so', async () => {
    const directory = temporaryDirectory()
    const log = await openLog(directory)
    const text = 'x'.repeat(2_000)
    await Promise.all(Array.from({ length: 300 }, () => append(log, { text })))
    await expect.poll(() => log.purge()).toBe(true)
    const bytes = readFileSync(logFile(directory))
    writeFileSync(logFile(directory), bytes.fill(0xff, 100 * 4_096, 110 * 4_096))
    const { ok, lines } = await log.check()
    expect(ok).toBe(false)
    expect(lines.join('\n')).toMatch(/restore a backup/)
  })
})

describe('a text that was deleted is gone from every file', () => {
  const SECRET = 'Rumpelstilzchen'
  const forms = [SECRET, SECRET.toLowerCase()]

  test.each([
    ['by a delete', { action: 'delete' as const }],
    ['by an edit', { action: 'edit' as const, message: 'something else' }],
  ])('%s', async (_, change) => {
    const directory = temporaryDirectory()
    const log = await openLog(directory)
    const seqs: number[] = []
    for (let i = 0; i < 300; i++) seqs.push(await seqOf(log, { text: `${SECRET} number ${i}`, session: 1 }))
    await find(log, 'number')
    for (const target of seqs.slice(0, 50))
      await seqOf(log, { body: { action: 'edit', target, message: `my name is ${SECRET}` }, session: 1 })
    expect(holds(directory, SECRET)).toBe(true)
    for (const target of seqs) await seqOf(log, { body: { target, ...change }, session: 1 })
    await expect.poll(() => log.purge()).toBe(true)
    for (const form of forms) expect(holds(directory, form)).toBe(false)
    expect(await find(log, SECRET.toLowerCase())).toEqual([])
    const [first] = await eventsOf(log)
    if (change.action === 'delete') {
      expect(first).toMatchObject({ deleted: { by: 'Alice' } })
      expect(first).not.toHaveProperty('message')
    }
    expect((await log.check()).lines.slice(0, 2)).toEqual([
      'integrity: ok',
      'order: every event follows the one before it',
    ])
  })

  test('gram by gram, also where one stood between two pages of the search index', async () => {
    const directory = temporaryDirectory()
    const log = await openLog(directory)
    // Two characters are a gram of their own, which no other message has. Those that stay stand beside those that go.
    const secret = (i: number): string => String.fromCodePoint(0x4e00 + (i >> 6), 0x8000 + (i & 63) * 2)
    const neighbour = (i: number): string => String.fromCodePoint(0x4e00 + (i >> 6), 0x8001 + (i & 63) * 2)
    const numbers = Array.from({ length: 3_000 }, (_, i) => i)
    const seqs = await Promise.all(
      numbers.map(i => {
        void append(log, { text: neighbour(i) })
        return seqOf(log, { text: secret(i), session: 1 })
      }),
    )
    expect(await find(log, secret(7))).toHaveLength(1)
    await Promise.all(seqs.map(target => append(log, { body: { action: 'delete', target }, session: 1 })))
    await expect.poll(() => log.purge()).toBe(true)
    expect(numbers.map(secret).filter(word => holds(directory, word))).toEqual([])
    expect(await find(log, secret(7))).toEqual([])
    expect(await find(log, neighbour(7))).toHaveLength(1)
    expect((await log.check()).lines).toContain('integrity: ok')
  })

  test('within the minute also after kill -9, and without making commits wait for a long read', async () => {
    const directory = temporaryDirectory()
    const log = await openLog(directory)
    const target = await seqOf(log, { text: SECRET, session: 1 })
    await seqOf(log, { body: { action: 'delete', target }, session: 1 })
    await log.abandon()
    const reader = new DatabaseSync(logFile(directory), { readOnly: true })
    onTestFinished(() => reader.close())
    const again = await openLog(directory)
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM events').get()
    await seqOf(again, {})
    const began = Date.now()
    expect(await again.purge()).toBe(false)
    // SQLite alone would wait for five seconds, and every message with it.
    expect(Date.now() - began).toBeLessThan(4_000)
    reader.exec('COMMIT')
    await expect.poll(() => again.purge()).toBe(true)
    for (const form of forms) expect(holds(directory, form)).toBe(false)
  })
})

describe('a full disk', () => {
  test('the log refuses entries, goes on reading, and stores again when there is room', async () => {
    const directory = temporaryDirectory()
    const troubles: string[] = []
    const log = await openLog(directory, { maxPages: 60, onTrouble: message => troubles.push(message) })
    let refused: Awaited<ReturnType<typeof append>> | undefined
    let stored = 0
    for (let i = 0; i < 1_000 && refused === undefined; i++) {
      const answer = await append(log, { text: `${i} ${'x'.repeat(2_000)}` })
      if (answer.ok) stored++
      else refused = answer
    }
    expect(refused).toMatchObject({
      ok: false,
      error: { code: 'storage_unavailable', message: expect.stringContaining('disk of the server is full') },
    })
    expect(await eventsOf(log)).toHaveLength(stored)
    // Even if the index cannot grow: indexed messages are found.
    expect(await find(log, 'nothing')).toEqual([])
    expect(troubles.some(message => message.includes('nothing can be stored'))).toBe(true)
    await log.abandon()

    const roomy = await openLog(directory)
    expect(await eventsOf(roomy)).toHaveLength(stored)
    expect(await seqOf(roomy, { text: 'there is room' })).toBe(log.last + 1)
    const events = await eventsOf(roomy)
    expect(events.at(-1)?.prev).toBe(events.at(-2)?.seq)
  })

  test('a session that began meanwhile is stored when there is room: no other session ever gets its number', async () => {
    const directory = temporaryDirectory()
    const log = await openLog(directory, { maxPages: 60 })
    const pad = 'x'.repeat(2_000)
    while ((await append(log, { text: pad })).ok);
    const session = { number: 7, hash: 'h', person: 'alice', began: 0 }
    log.changeSession({ kind: 'began', session, name: 'Alice' })
    for (const seq of [1, 2]) log.changeSession({ kind: 'read', session: 7, roomKey: 'dev', seq })
    expect((await append(log, { text: pad })).ok).toBe(false)
    expect(await log.setRetention('dev', { messages: 10 })).toMatchObject({ ok: true })
    expect((await append(log, { session: 7 })).ok).toBe(true)
    await log.abandon()
    const again = await openLog(directory)
    expect(again.openSession('h')).toEqual({ ...session, reads: new Map([['dev', 2]]), notify: new Map() })
  })
})

test('calls that still wait when the log ends are settled, and later ones refused', async () => {
  const opened = await openSqliteLog(join(temporaryDirectory(), 'chatd.db'))
  if (!opened.ok) throw new Error(opened.error)
  const log = opened.value
  const range = { limit: 1, maxBytes: 1 }
  const waiting = Array.from({ length: 200 }, () => log.read('dev', range))
  await Promise.all([log.abandon(), Promise.allSettled(waiting)])
  await expect(log.read('dev', range)).rejects.toThrow('the log is closed')
})

describe('the queue is bounded', () => {
  test('past the bound entries are refused, and the queued ones are stored', async () => {
    const log = await openLog()
    const answers = Array.from({ length: 20_000 }, (_, i) => append(log, { text: `${i}` }))
    expect(log.isBusy()).toBe(true)
    const settled = await Promise.all(answers)
    const refused = settled.filter(answer => !answer.ok)
    expect(refused.length).toBeGreaterThan(0)
    for (const answer of refused) {
      expect(answer).toMatchObject({ error: { code: 'storage_unavailable', retryAfter: expect.any(Number) } })
    }
    const texts = await log.read('dev', { after: 0, limit: 30_000, maxBytes: 1_000_000_000 })
    expect(texts.events.length).toBe(settled.length - refused.length)
    expect(log.isBusy()).toBe(false)
  })
})

describe('retention', () => {
  test('the newest messages of a room; positions go on, and the room begins later', async () => {
    const log = await openLog()
    const seqs: number[] = []
    for (let i = 0; i < 30; i++) seqs.push(await seqOf(log, { text: `word ${i}` }))
    const other = await seqOf(log, { roomKey: 'ops' })
    await log.setRetention('dev', { messages: 10 })
    expect((await eventsOf(log)).map(event => event.seq)).toEqual(seqs.slice(20))
    expect(log.head('dev')).toMatchObject({ first: seqs[20], firstPrev: seqs[19], last: seqs[29] })
    expect(await find(log, 'word')).toEqual(seqs.slice(20).reverse())
    expect((await eventsOf(log, 'ops')).map(event => event.seq)).toEqual([other])
    expect(await log.retentions()).toEqual([{ roomKey: 'dev', retention: { messages: 10 } }])
    expect((await log.check()).lines[1]).toMatch(/every event follows/)
  })

  test('only messages count: their edits and reactions go with them', async () => {
    const log = await openLog()
    const seqs: number[] = []
    for (let i = 0; i < 5; i++) seqs.push(await seqOf(log, {}))
    const target = seqs[4] ?? 0
    for (const emoji of ['a', 'b', 'c'])
      await seqOf(log, { body: { action: 'react', target, emoji, on: true } })
    await log.setRetention('dev', { messages: 2 })
    expect((await eventsOf(log)).map(event => event.seq)).toEqual([...seqs.slice(3), 6, 7, 8])
    await log.setRetention('dev', { messages: 2, days: 1 })
    expect(await eventsOf(log)).toHaveLength(5)
    await log.setRetention('dev', { messages: 0 })
    expect(await eventsOf(log)).toEqual([])
    expect(log.head('dev')).toMatchObject({ first: 0, firstPrev: 8, last: 8 })
  })

  test('by days, for all rooms that have no retention of their own', async () => {
    const log = await openLog()
    await seqOf(log, {})
    const kept = await seqOf(log, { roomKey: 'ops' })
    await log.setRetention('ops', {})
    await log.setRetention(undefined, { days: 0 })
    await new Promise(resolve => setTimeout(resolve, 5))
    await log.setRetention(undefined, { days: 0 })
    expect(await eventsOf(log)).toEqual([])
    expect(log.head('dev')).toMatchObject({ first: 0, firstPrev: 1, last: 1 })
    expect((await eventsOf(log, 'ops')).map(event => event.seq)).toEqual([kept])
    expect((await append(log, { text: 'next' })).ok).toBe(true)
    expect((await eventsOf(log))[0]).toMatchObject({ prev: 1 })
  })
})

describe('erasing a person', () => {
  test('goes by events to every member; the name is gone, and the order stays', async () => {
    const directory = temporaryDirectory()
    const log = await openLog(directory)
    const told: LoggedEvent[] = []
    const session = { number: 3, hash: 'hash of hers', person: 'carol-anne', began: 0 }
    log.changeSession({ kind: 'began', session, name: 'Carol-Anne' })
    for (let i = 0; i < 20; i++) {
      await seqOf(log, { from: 'Carol-Anne', text: `what she said ${i}`, session: 3 })
      await seqOf(log, { from: 'bob', text: 'and he' })
    }
    const bobs = await seqOf(log, { from: 'bob', text: 'nice' })
    await seqOf(log, { from: 'Carol-Anne', body: { action: 'react', target: bobs, emoji: '🎉', on: true } })
    await seqOf(log, { from: 'Carol-Anne', body: { action: 'topic', topic: 'her topic' }, session: 3 })
    await seqOf(log, { from: 'bob', roomKey: 'ops', body: { action: 'topic', topic: 'his topic' } })
    await seqOf(log, { from: 'Carol-Anne', body: { action: 'topic', topic: 'her plan' }, session: 3 })
    const edited = await seqOf(log, { from: 'Carol-Anne', session: 3, roomKey: 'ops' })
    await seqOf(log, { from: 'bob', roomKey: 'ops' })
    const edit = { action: 'edit', target: edited, message: 'her word' } as const
    await seqOf(log, { from: 'Carol-Anne', session: 3, roomKey: 'ops', body: edit })
    // The message is kept no longer, what it was changed to still is.
    await log.setRetention('ops', { messages: 1 })
    expect(await eventsOf(log, 'ops')).toHaveLength(2)
    log.subscribe(events => told.push(...events.map(({ event }) => event)))
    expect(await log.erase('carol-anne')).toEqual({ ok: true, value: { messages: 20 } })
    expect(told.filter(event => event.action === 'delete')).toHaveLength(20)
    const events = await eventsOf(log)
    expect(events.filter(event => event.from === 'erased' && event.action === 'chat')).toHaveLength(20)
    for (const event of events) {
      if (event.from === 'erased' && event.action === 'chat')
        expect(event.deleted).toMatchObject({ by: 'chatd' })
    }
    expect(events.find(event => event.seq === bobs)).not.toHaveProperty('reactions')
    await expect.poll(() => log.purge()).toBe(true)
    expect(holds(directory, 'arol-')).toBe(false)
    expect(holds(directory, 'she said')).toBe(false)
    expect(holds(directory, 'hash of hers')).toBe(false)
    expect(holds(directory, 'her ')).toBe(false)
    expect(told).toContainEqual(expect.objectContaining({ action: 'topic', topic: '', from: 'chatd' }))
    expect(log.head('dev')).toMatchObject({ topic: '' })
    expect(log.head('ops')).toMatchObject({ topic: 'his topic' })
    expect((await log.check()).lines[1]).toMatch(/every event follows/)
    expect(await log.erase('nobody')).toEqual({ ok: true, value: undefined })
    await log.close()
    const again = await openLog(directory)
    // The number of the session stays taken: no other session can change its messages.
    expect(again.lastSession).toBe(3)
  })
})

describe('a search', () => {
  test('takes any typed text as words', async () => {
    const log = await openLog()
    const seq = await seqOf(log, { text: 'NEAR "quotes" AND ünïcödé -minus col:on * हिन्दी 世界' })
    for (const query of ['near', 'and minus', 'unicode', 'हिन्दी', '世界', 'on quotes', 'col', 'AND', '*']) {
      expect([query, await find(log, query)]).toEqual([query, query === '*' ? [] : [seq]])
    }
    for (const query of ['or', '"', "a'b", 'nothing', 'scope', '#1', '@1', 'grams : near']) {
      expect([query, await find(log, query)]).toEqual([query, []])
    }
  })

  test('finds what a look at every message finds, in every script', async () => {
    const log = await openLog()
    const memory = new MemoryLog()
    const random = seeded(27)
    const letters = [...'abcABCé9+ .-’会议ガがｶﾞ한국ตลาดहिन्दीשָׁλς👍🏽𠮷ﬁßİ']
    const some = (most: number): string =>
      Array.from(
        { length: 1 + Math.floor(random() * most) },
        () => letters[Math.floor(random() * letters.length)],
      ).join('')
    const texts = Array.from({ length: 1_500 }, () => `${some(12)} ${some(6)}`)
    for (const whole of [log, memory]) await Promise.all(texts.map(text => append(whole, { text })))
    const dev = [{ key: 'dev', floor: 0 }]
    // A search in so many rooms asks the index at once; one in a room of so few messages looks at each of them.
    const many = [...dev, ...Array.from({ length: 256 }, (_, n) => ({ key: `other${n}`, floor: 0 }))]
    let found = 0
    for (let i = 0; i < 1_500; i++) {
      const words = random() < 0.3 ? `"${some(3)}"` : some(4)
      const query: Query = {
        terms: searchTerms(words),
        rooms: i % 10 === 0 ? dev : many,
        limit: 2_000,
        maxBytes: 1e9,
      }
      const [ours, theirs] = [await hitsOf(log, query), await memory.search(query)]
      expect([words, ours]).toEqual([words, theirs.hits.map(hit => hit.seq)])
      found += ours.length
    }
    expect(found).toBeGreaterThan(1_000)
  })

  test('before a time, also where the clock was set back in between', async () => {
    const directory = temporaryDirectory()
    const database = openForWriting(logFile(directory), 'epoch')
    const clock = [100, 300, 200, 400, 50, 500]
    const writer = new Writer(database)
    const body = { action: 'chat', message: 'word' } as const
    const entry = { kind: 'event', roomKey: 'dev', roomName: 'dev', from: 'alice', body } as const
    for (const ts of clock) writer.commit({ ts, entries: [entry] })
    database.close()
    const log = await openLog(directory)
    expect(await find(log, 'word', { until: 250 })).toEqual([5, 3, 1])
    expect(await find(log, 'word', { until: 250, before: 5 })).toEqual([3, 1])
    expect(await find(log, 'word', { until: 50 })).toEqual([])
    expect(await find(log, 'word', { until: 501 })).toEqual([6, 5, 4, 3, 2, 1])
  })
})
