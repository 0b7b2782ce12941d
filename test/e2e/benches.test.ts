import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { append } from '../../bench/append.ts'
import { cluster } from '../../bench/cluster.ts'
import { CONTENDERS } from '../../bench/contenders.ts'
import type { Row } from '../../bench/figures.ts'
import { drawGrowth, growth } from '../../bench/growth.ts'
import { manyRooms } from '../../bench/manyRooms.ts'
import { memory } from '../../bench/memory.ts'
import { reading } from '../../bench/reading.ts'
import { restart } from '../../bench/restart.ts'
import { DEFAULT_SIZES, type Sizes } from '../../bench/sizes.ts'
import { underLoad } from '../../bench/underLoad.ts'
import { findNatsServer, WITHOUT_NATS } from '../cluster/natsServer.ts'

/** Small, so that these tests find a bench that is broken, and say nothing about speed. */
const SMALL: Sizes = { ...DEFAULT_SIZES, events: 2_000, scale: 0.005, seconds: 0.3 }

/** Many daemons start one after the other, perhaps on a busy machine. */
vi.setConfig({ testTimeout: 240_000 })

if (findNatsServer() === undefined) console.log(WITHOUT_NATS)

let home: string
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'benches-'))
  vi.stubEnv('TMPDIR', home)
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true, force: true })
})

/** The figures of a column in all rows that have it. */
function column(rows: readonly Row[], name: string): number[] {
  return rows.flatMap(({ figures }) => figures[name] ?? [])
}

const isMeasured = (value: number): boolean => Number.isFinite(value) && value > 0

test.for(CONTENDERS.filter(({ missing, name }) => missing === undefined && !name.startsWith('tutorial')))(
  'the load of many rooms reaches every member of $name, in order',
  async contender => {
    const server = await contender.start()
    try {
      const { result } = await underLoad(server, {
        port: server.port,
        dialect: contender.dialect,
        listeners: 60,
        rooms: 20,
        bytes: 100,
        seconds: 0.3,
        inFlight: 2,
      })
      expect(result).toMatchObject({ lost: 0, disordered: 0 })
      expect(result.delivered).toBeGreaterThan(0)
    } finally {
      await server.stop()
    }
  },
)

test('many rooms: the cost of a message in few rooms and in many, and their ratio', async () => {
  const rows = await manyRooms(SMALL)
  expect(rows.map(({ what }) => what)).toEqual([
    '3 rooms of 4, 3 speak, 12 people',
    '100 rooms of 3, 25 speak, 30 people',
  ])
  expect(column(rows, 'lost')).toEqual([0, 0])
  // 500 messages a second in 0.3 s.
  expect(column(rows, 'messages')).toEqual([150, 150])
  const [few = Number.NaN, many = Number.NaN] = column(rows, 'ms a message')
  expect(column(rows, 'message ×')[0]).toBeCloseTo(many / few)
})

test('append: an empty log and a long one, in turn', async () => {
  const rows = await append(SMALL)
  expect(rows).toHaveLength(6)
  expect(rows[1]?.what).toBe('1 in flight: 2,000 events')
  expect(column(rows, 'appends/s').every(isMeasured)).toBe(true)
  expect(column(rows, 'p99 ×')).toHaveLength(3)
})

test.skipIf(findNatsServer() === undefined)(
  'cluster: one daemon on a log of its own, one, two and three on brokers; a start that is behind; memory',
  async () => {
    const rows = await cluster(SMALL)
    expect(rows.map(({ what }) => what)).toMatchObject({
      3: '1 in flight: three daemons on three brokers',
      length: 40,
    })
    expect(column(rows, 'entries/s')).toHaveLength(27)
    expect(column(rows, 'entries/s').every(isMeasured)).toBe(true)
    expect(column(rows, 'shown p99 ms').every(isMeasured)).toBe(true)
    expect(column(rows, 'MiB').every(isMeasured)).toBe(true)
  },
)

test('restart: an empty log and a long one, and what lies between', async () => {
  const rows = await restart(SMALL)
  const [empty = Number.NaN, long = Number.NaN, difference] = column(rows, 'listens after ms')
  expect(rows).toHaveLength(6)
  expect(isMeasured(empty)).toBe(true)
  expect(difference).toBeCloseTo(long - empty)
})

test('reading: pages and searches from the disk, where it can be said that they are, and from memory', async () => {
  const rows = await reading(SMALL)
  expect(
    rows.map(({ what }) => what.replace(/not cold: \d+ of \d+ times the kernel kept the file/, 'cold')),
  ).toEqual([
    'page of 100 anywhere of 2,000 events, cold',
    'page of 100 anywhere of 2,000 events, warm',
    'two words in 1 rooms of 2,000 events, cold',
    'two words in 1 rooms of 2,000 events, warm',
  ])
  expect(column(rows, 'max ms').every(isMeasured)).toBe(true)
})

test('memory: by what a daemon holds, with a history and with ten times as much', async () => {
  const rows = await memory(SMALL)
  expect(rows.map(({ what }) => what)).toEqual([
    'an empty log',
    '50 rooms with history: 200 events',
    '50 rooms with history: 2,000 events',
    'and 500 kept sessions: 200 events',
    'and 500 kept sessions: 2,000 events',
    'and 45 connections: 200 events',
    'and 45 connections: 2,000 events',
  ])
  expect(column(rows, 'MiB').every(isMeasured)).toBe(true)
})

test('growth: the cost of a message over rooms, members and the log, and its picture', async () => {
  const rows = await growth(SMALL)
  expect(column(rows, 'lost').every(lost => lost === 0)).toBe(true)
  expect(rows.at(-1)?.what).toBe('500 rooms of 4, a long log: 2,000 events in the log')
  const file = join(home, 'growth.svg')
  drawGrowth(rows, file)
  expect(readFileSync(file, 'utf8').match(/<circle class="s0"/g)?.length).toBeGreaterThan(0)
})
