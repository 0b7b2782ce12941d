import type { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { logFile } from '../../../../../src/server/dataDirectory.ts'
import type { Entry } from '../../../../../src/server/log/entries.ts'
import type { LoggedEvent } from '../../../../../src/server/log/log.ts'
import { openForReading, openForWriting } from '../../../../../src/server/log/sqlite/database.ts'
import { checkRules } from '../../../../../src/server/log/sqlite/logRules.ts'
import { seqsOfRoom } from '../../../../../src/server/log/sqlite/roomSeqs.ts'
import { Reader } from '../../../../../src/server/log/sqlite/worker/reader.ts'
import { RoomTail } from '../../../../../src/server/log/sqlite/worker/roomTail.ts'
import { Writer } from '../../../../../src/server/log/sqlite/worker/writer.ts'
import { seeded } from '../../../../seeded.ts'
import { temporaryDirectory } from '../../../directory.ts'

const ROOMS = 40
const MAX_BYTES = 1_000_000
/** More than one transaction fills, so that the filling stops between two rooms, or inside one. */
const SEVERAL_SLICES = 5_000

/** A log with a writer and a reader of their own connections, and all its seqs by room as plain lists. */
class Model {
  readonly file = logFile(temporaryDirectory())
  readonly #rooms = new Map<string, number[]>()
  /** Also where it was removed. */
  readonly #newest = new Map<string, number>()
  readonly #random = seeded(17)
  database: DatabaseSync
  writer: Writer
  readonly #reading: DatabaseSync
  readonly reader: Reader

  constructor() {
    this.database = openForWriting(this.file, 'epoch')
    this.writer = new Writer(this.database)
    this.#reading = openForReading(this.file)
    this.reader = new Reader(this.#reading, new RoomTail(this.#reading))
    onTestFinished(() => {
      this.#reading.close()
      this.database.close()
    })
  }

  /** Says so many things in rooms at random. */
  say(count: number): void {
    for (let left = count; left > 0; left -= 250) {
      const entries = Array.from({ length: Math.min(left, 250) }, () =>
        said(`room${Math.floor(this.#random() * ROOMS)}`, 'hello'),
      )
      this.commit(...entries)
    }
  }

  commit(...entries: Entry[]): void {
    const outcomes = this.writer.commit({ ts: 1, entries })
    for (const [at, entry] of entries.entries()) {
      const outcome = outcomes[at]
      if (entry.kind !== 'event' || outcome?.kind !== 'stored') continue
      const seqs = this.#rooms.get(entry.roomKey) ?? []
      expect(outcome.prev).toBe(this.#newest.get(entry.roomKey) ?? 0)
      this.#newest.set(entry.roomKey, outcome.seq)
      this.#rooms.set(entry.roomKey, [...seqs, outcome.seq])
    }
  }

  /** Removes the oldest events of a room. */
  forget(room: string, count: number): void {
    const upTo = this.seqs(room)[count - 1] ?? 0
    const limit = count
    expect(
      this.writer.commit({ ts: 1, entries: [{ kind: 'forget', roomKey: room, upTo, limit }] }),
    ).toMatchObject([{ head: { first: this.seqs(room)[count] ?? 0, firstPrev: upTo } }])
    this.#rooms.set(room, this.seqs(room).slice(count))
  }

  seqs(room: string): readonly number[] {
    return this.#rooms.get(room) ?? []
  }

  fillAll(): void {
    while (this.writer.fillMore());
    expect(this.writer.filled).toBe(this.writer.last)
    expect(this.tail()).toBe(0)
  }

  tail(): number {
    return Number(this.database.prepare('SELECT count(*) AS count FROM temp.room_tail').get()?.['count'])
  }

  /** Every way to read a room gives exactly its events. */
  expectWhole(): void {
    for (let n = 0; n < ROOMS; n++) {
      const room = `room${n}`
      const seqs = this.seqs(room)
      const read = this.reader.read(room, { after: 0, limit: 10_000, maxBytes: MAX_BYTES })
      expect(seqsOf(read.events)).toEqual(seqs)
      const pages = { limit: 7, maxBytes: MAX_BYTES }
      const middle = seqs[Math.floor(seqs.length / 2)] ?? 1
      expect(seqsOf(this.reader.read(room, { before: middle, ...pages }).events)).toEqual(
        seqs.filter(seq => seq < middle).slice(-7),
      )
      expect(seqsOf(this.reader.read(room, { after: middle, ...pages }).events)).toEqual(
        seqs.filter(seq => seq > middle).slice(0, 7),
      )
      expect(seqsOf(this.reader.read(room, pages).events)).toEqual(seqs.slice(-7))
      const after = middle - 1
      const count = seqs.filter(seq => seq > after).length
      expect(this.reader.missed(room, after, { events: 10_000, bytes: MAX_BYTES }).events).toBe(count)
      expect(this.reader.unread(new Map([[room, after]]), 'bob', 10_000)).toEqual([
        { unread: count, mentions: 0 },
      ])
    }
    expect(checkRules(this.database).filter(({ ok }) => !ok)).toEqual([])
  }
}

function said(roomKey: string, message: string): Entry {
  return { kind: 'event', roomKey, roomName: roomKey, from: 'alice', body: { action: 'chat', message } }
}

function seqsOf(events: readonly LoggedEvent[]): number[] {
  return events.map(({ seq }) => seq)
}

describe('a room reads the same, however much of it is filled', () => {
  test('nothing, a part of the rooms, some of a round while more is said, all', () => {
    const log = new Model()
    log.say(SEVERAL_SLICES)
    expect(log.tail()).toBe(SEVERAL_SLICES)
    log.expectWhole()
    expect(log.writer.fillMore()).toBe(true)
    expect(log.writer.filled).toBe(0)
    log.expectWhole()
    log.say(500)
    log.expectWhole()
    log.fillAll()
    log.expectWhole()
    log.say(100)
    log.expectWhole()
  })

  test('also in a log whose first part is of the layout before', () => {
    const log = new Model()
    log.say(1_000)
    log.fillAll()
    const last = log.writer.last
    log.database.exec(`
      CREATE UNIQUE INDEX events_of_room ON events (room, seq) WHERE (seq > ${last}) = 0;
      DROP VIEW earlier_room_events;
      CREATE VIEW earlier_room_events AS SELECT room, seq FROM events INDEXED BY events_of_room WHERE (seq > ${last}) = 0;
      DELETE FROM room_events;
    `)
    log.expectWhole()
    log.say(SEVERAL_SLICES)
    log.writer.fillMore()
    log.expectWhole()
    log.forget('room7', 40)
    log.expectWhole()
    const plans = (['ASC', 'DESC'] as const).flatMap(order =>
      log.database
        .prepare(`EXPLAIN QUERY PLAN ${seqsOfRoom(order)}`)
        .all()
        .map(({ detail }) => String(detail)),
    )
    expect(plans.filter(step => /SCAN|TEMP B-TREE/.test(step))).toEqual([])
    expect(plans.filter(step => step.includes('(room=? AND seq>? AND seq<?)'))).toHaveLength(6)
  })

  test('after removals in the tail, and on both sides of its border', () => {
    const log = new Model()
    log.say(SEVERAL_SLICES)
    log.expectWhole()
    log.forget('room3', 20)
    log.forget('room39', log.seqs('room39').length)
    log.expectWhole()
    log.writer.fillMore()
    log.say(200)
    log.forget('room1', log.seqs('room1').length - 1)
    log.forget('room20', 5)
    log.expectWhole()
    log.fillAll()
    log.expectWhole()
    log.commit(said('room39', 'again'))
    log.expectWhole()
  })

  test('a room that is deleted while it is in the tail leaves nothing', () => {
    const log = new Model()
    log.say(SEVERAL_SLICES)
    log.writer.fillMore()
    log.commit({ kind: 'endRoom', roomKey: 'room30' })
    const sweep = { kind: 'sweep', roomKey: 'room30', limit: 10_000 } as const
    log.commit(
      { ...sweep, from: { part: 'events', after: 0 } },
      { ...sweep, from: { part: 'room', after: 0 } },
    )
    log.fillAll()
    const rooms = log.database.prepare('SELECT count(DISTINCT room) AS count FROM room_events').get()
    expect(rooms).toEqual({ count: ROOMS - 1 })
    expect(checkRules(log.database).filter(({ ok }) => !ok)).toEqual([])
  })
})

describe('a disk that is full', () => {
  const fillDisk = (database: DatabaseSync): void => {
    const pages = database.prepare('PRAGMA page_count').get()?.['page_count']
    database.exec(`PRAGMA max_page_count = ${Number(pages)}`)
  }
  const makeRoom = (database: DatabaseSync): void => database.exec('PRAGMA max_page_count = 1000000')

  test('in the middle of a slice: nothing is lost, and it is filled when there is room', () => {
    const log = new Model()
    log.say(SEVERAL_SLICES)
    log.writer.fillMore()
    const before = log.tail()
    fillDisk(log.database)
    expect(() => {
      while (log.writer.fillMore());
    }).toThrow('full')
    expect(log.tail()).toBeLessThanOrEqual(before)
    log.expectWhole()
    makeRoom(log.database)
    log.fillAll()
    log.expectWhole()
  })

  test('in a commit: the tail holds no event of it', () => {
    const log = new Model()
    log.say(1_000)
    fillDisk(log.database)
    const long = Array.from({ length: 50 }, (_, n) => said(`room${n % ROOMS}`, 'x'.repeat(2_000)))
    expect(() => log.commit(...long)).toThrow('full')
    expect(log.tail()).toBe(1_000)
    log.expectWhole()
    makeRoom(log.database)
    log.commit(...long)
    log.expectWhole()
    log.fillAll()
    log.expectWhole()
  })
})

test('with each commit some is filled once the tail is long, so that a start after a crash reads little', () => {
  const log = new Model()
  let longest = 0
  for (let n = 0; n < 300; n++) {
    log.writer.commit({
      ts: 1,
      entries: Array.from({ length: 500 }, (_, i) => said(`room${(n * 7 + i) % 900}`, '')),
    })
    longest = Math.max(longest, log.writer.last - log.writer.filled)
  }
  expect(log.writer.filled).toBeGreaterThan(0)
  expect(longest).toBeLessThan(200_000)
  log.fillAll()
}, 60_000)

test('the tail of a reader lets go what was filled', () => {
  const log = new Model()
  const reading = openForReading(log.file)
  onTestFinished(() => reading.close())
  const tail = new RoomTail(reading)
  const size = (): unknown => reading.prepare('SELECT count(*) AS count FROM temp.room_tail').get()?.['count']
  log.say(300)
  tail.catchUp()
  expect(size()).toBe(300)
  log.fillAll()
  log.say(20)
  tail.catchUp()
  expect(size()).toBe(20)
  log.fillAll()
  tail.catchUp()
  expect(size()).toBe(0)
})

test.each([
  ['DELETE FROM room_events WHERE seq = 7', 'events are not in their room'],
  ['INSERT INTO room_events VALUES (1, 900)', 'events that are not there are in a room'],
  ["DELETE FROM event_ids WHERE id = '7'", 'ids do not lead to their events'],
  ["UPDATE event_ids SET seq = 9 WHERE id = '7'", 'ids do not lead to their events'],
  ['UPDATE rooms SET last = last - 1 WHERE number = 3', 'rooms do not know their newest event'],
])('the check finds it: %s', (damage, problem) => {
  const log = new Model()
  const ids = Array.from({ length: 9 }, (_, n) => ({ ...said('room3', ''), id: `${n}` }))
  log.commit(...ids)
  log.say(300)
  log.fillAll()
  log.expectWhole()
  log.database.exec(damage)
  const lines = checkRules(log.database).flatMap(finding => finding.lines)
  expect(lines.join('\n')).toContain(`1 ${problem}`)
})
