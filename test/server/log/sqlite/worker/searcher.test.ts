import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { searchTerms } from '../../../../../src/protocol/searchTerms.ts'
import type { Query } from '../../../../../src/server/log/log.ts'
import { openForReading, openForWriting } from '../../../../../src/server/log/sqlite/database.ts'
import type { SearchProgress, SearchStep } from '../../../../../src/server/log/sqlite/messages.ts'
import { RoomTail } from '../../../../../src/server/log/sqlite/worker/roomTail.ts'
import { Searcher } from '../../../../../src/server/log/sqlite/worker/searcher.ts'
import { Writer } from '../../../../../src/server/log/sqlite/worker/writer.ts'

const EVENTS = 24_000
const AUTHORS = ['ann', 'bob', 'eve']

interface Said {
  readonly seq: number
  readonly room: string
  readonly from: string
  readonly text: string
}

/** Half of all is said in one room, the rest in a hundred; a word that all say, one now and then, one a few times. */
function said(seq: number): Said {
  const room = seq % 2 === 0 ? 'big' : `room${(seq * 7) % 101}`
  const rare = seq % 5_003 === 17 ? ' needle' : ''
  const some = seq % 37 === 0 ? ' deploy' : ''
  return { seq, room, from: AUTHORS[seq % 3] ?? '', text: `build ${seq % 10}${some}${rare}` }
}

const all = Array.from({ length: EVENTS }, (_, at) => said(at + 1))
let searcher: Searcher

beforeAll(() => {
  const directory = mkdtempSync(join(tmpdir(), 'chatd-test-'))
  const file = join(directory, 'chatd.db')
  const database = openForWriting(file, 'epoch')
  const writer = new Writer(database)
  for (let at = 0; at < EVENTS; at += 1_000)
    writer.commit({
      ts: at,
      entries: all.slice(at, at + 1_000).map(({ room, from, text }) => ({
        kind: 'event',
        roomKey: room,
        roomName: room,
        from,
        body: { action: 'chat', message: text },
      })),
    })
  while (writer.indexMore());
  database.close()
  const reading = openForReading(file)
  searcher = new Searcher(reading, new RoomTail(reading))
  return () => {
    reading.close()
    rmSync(directory, { recursive: true })
  }
})

const ROOMS = Array.from({ length: 101 }, (_, n) => `room${n}`)

function ask(text: string, rooms: readonly string[], more: Partial<Query> = {}): Query {
  const named = rooms.map(key => ({ key, floor: 0 }))
  return { terms: searchTerms(text), rooms: named, limit: 50, maxBytes: 1_000_000, ...more }
}

/** What a search of all finds, the newest first. */
function byHand(text: string, { rooms, from, before = EVENTS + 1, limit }: Query): number[] {
  const floors = new Map(rooms.map(({ key, floor }) => [key, floor]))
  return all
    .filter(one => one.seq > (floors.get(one.room) ?? EVENTS) && one.seq < before)
    .filter(
      one =>
        (from === undefined || one.from === from) && text.split(' ').every(word => one.text.includes(word)),
    )
    .map(({ seq }) => seq)
    .reverse()
    .slice(0, limit)
}

/** All turns of a search. */
function search(query: Query): { seqs: number[]; more: boolean } {
  let progress: SearchProgress | undefined
  for (;;) {
    const step: SearchStep = searcher.search(query, progress, false)
    if ('found' in step) return { seqs: step.found.hits.map(({ seq }) => seq), more: step.found.more }
    progress = step.progress
  }
}

describe('a search finds what stands in the log, the newest first', () => {
  test.each<[string, string, readonly string[], Partial<Query>]>([
    ['a word that all say, in one small room', 'build', ['room5'], {}],
    ['a word that all say, in 50 rooms', 'build', ROOMS.slice(0, 50), {}],
    ['two words', 'build deploy', ROOMS, {}],
    ['two words in the big room', 'deploy build', ['big'], {}],
    ['a rare word in the big room', 'needle', ['big'], {}],
    ['a rare word in all rooms', 'needle', ['big', ...ROOMS], {}],
    ['a word that no one said', 'haystack', ['big', ...ROOMS], {}],
    ['what one person said', '', ['big', 'room1'], { from: 'bob' }],
    ['a word of one person', 'deploy', ['big', ...ROOMS], { from: 'eve' }],
    ['before a position', 'deploy', ['big', ...ROOMS], { before: 9_000 }],
    [
      'after the floors of rooms',
      'build',
      [],
      {
        rooms: [
          { key: 'room3', floor: 12_000 },
          { key: 'big', floor: 23_950 },
        ],
      },
    ],
    ['one hit', 'deploy', ['big'], { limit: 1 }],
    [
      'as many as there are',
      'needle',
      ['big', ...ROOMS],
      { limit: byHand('needle', ask('', ['big', ...ROOMS])).length },
    ],
    ['all of a room', 'build', ['room7'], { limit: 1_000 }],
    ['far more than the scan looks at', 'deploy', ['big', ...ROOMS], { limit: 600 }],
  ])('%s', (_, text, rooms, more) => {
    const query = ask(text, rooms, more)
    const expected = byHand(text, query)
    const found = search(query)
    expect(found.seqs).toEqual(expected)
    expect(found.more).toBe(byHand(text, { ...query, limit: EVENTS }).length > expected.length)
  })

  test('also turn by turn, each as short as can be', () => {
    const query = ask('deploy', ['big', ...ROOMS.slice(0, 30)])
    const stopped = searcher.search(query, undefined, true)
    expect('found' in stopped).toBe(true)
    if (!('found' in stopped)) return
    const seen = stopped.found.hits.map(({ seq }) => seq)
    const rest = search({ ...query, before: stopped.found.stoppedAt ?? 0 })
    expect([...seen, ...rest.seqs].slice(0, 50)).toEqual(byHand('deploy', query))
  })
})
