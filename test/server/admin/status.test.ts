import { describe, expect, test } from 'vitest'
import { describeStatus, readStatus, type Status, showDuration } from '../../../src/server/admin/status.ts'
import { drawTop } from '../../../src/server/admin/topScreen.ts'
import { showBytes } from '../../../src/server/byteSize.ts'

const STATUS: Status = {
  version: '0.1.0',
  pid: 7,
  uptime: 93_600,
  at: 10_000,
  isListening: true,
  isDraining: false,
  listening: ['127.0.0.1:9011', 'unix:/run/chat'],
  people: 3,
  connections: { full: 2, plain: 1, entering: 0 },
  rooms: 4,
  log: { file: '/data/chatd.db', bytes: 1_572_864, isWritable: true, waiting: 5 },
  sharedLog: null,
  disk: { free: 10 * 1024 ** 3 },
  backups: '/var/backups/chatd',
  lastBackup: '2026-11-27T00:00:00.000Z',
  certificate: { notAfter: '2026-12-28T00:00:00.000Z', fingerprint: 'SHA256:x' },
  totals: {
    events: 100,
    deliveries: 1_000,
    bytesIn: 2_048,
    bytesOut: 4_096,
    commits: 10,
    commitSeconds: 0.05,
  },
  waitingBytes: 0,
  slow: [],
  slowInAll: 0,
  busiest: [{ name: '会议', people: 3, members: 4, perSecond: 1.25 }],
  directsPerSecond: 0.5,
}

describe('status', () => {
  test('goes over the socket and comes back; that of another version is none', () => {
    expect(readStatus(JSON.stringify(STATUS))).toEqual(STATUS)
    expect(readStatus('{"version":"9"}')).toBeUndefined()
    expect(readStatus('no JSON')).toBeUndefined()
  })

  test('in lines for a person', () => {
    const text = describeStatus(STATUS, Date.parse('2026-11-28T00:00:00.000Z')).join('\n')
    expect(text).toContain('0.1.0, process 7, up 1 d 2 h')
    expect(text).toContain('127.0.0.1:9011, unix:/run/chat')
    expect(text).toContain('2026-11-27T00:00:00.000Z, 1 d 0 h ago')
    expect(text).toContain('ends 2026-12-28T00:00:00.000Z, in 30 d 0 h')
    expect(text).toContain('1.5 MiB, stores, 5 waiting')
  })

  test('a disk that takes nothing, no backup and slow readers are said', () => {
    const text = describeStatus(
      {
        ...STATUS,
        log: { ...STATUS.log, isWritable: false },
        lastBackup: null,
        slowInAll: 2,
        waitingBytes: 2_048,
      },
      0,
    ).join('\n')
    expect(text).toContain('CANNOT STORE')
    expect(text).toContain('none in /var/backups/chatd')
    expect(text).toContain('2, 2.0 KiB wait for them')
  })

  test('a shared log, and what is wrong with it', () => {
    const whole = {
      broker: '10.0.0.1:4222',
      reconnects: 1,
      lag: 0,
      secondsSinceProgress: 2,
      holes: 0,
      halted: null,
      inFlight: 3,
      replicas: 3,
      currentReplicas: 3,
    }
    const shown = (sharedLog: Status['sharedLog']): string =>
      describeStatus({ ...STATUS, sharedLog }, 0).find(line => line.startsWith('shared log')) ?? 'none'
    expect(shown(null)).toBe('none')
    expect(shown(whole)).toMatch(
      /^shared log +at 10\.0\.0\.1:4222, has everything, 3 in flight, 3 of 3 replicas are whole$/,
    )
    expect(shown({ ...whole, broker: null, lag: 7 })).toContain('NO BROKER ANSWERS, lacks 7 messages')
    expect(shown({ ...whole, halted: 'it went back' })).toContain('HALTED: it went back')
  })

  test('sizes and times', () => {
    expect([0, 1_023, 1_024, 5e12].map(showBytes)).toEqual(['0 B', '1023 B', '1.0 KiB', '4.5 TiB'])
    expect([5, 65, 3_700, 90_000].map(showDuration)).toEqual(['5 s', '1 min', '1 h 1 min', '1 d 1 h'])
  })
})

describe('top', () => {
  const later: Status = {
    ...STATUS,
    at: 12_000,
    totals: {
      events: 120,
      deliveries: 1_400,
      bytesIn: 4_096,
      bytesOut: 8_192,
      commits: 14,
      commitSeconds: 0.058,
    },
  }

  test('has the rates between two looks', () => {
    const text = drawTop({ now: later, before: STATUS, rows: 30, columns: 100 }).join('\n')
    expect(text).toContain('messages/s 10.0  deliveries/s 200  in 1.0 KiB/s  out 2.0 KiB/s')
    expect(text).toContain('commits/s 2.0  ms a commit 2.00')
    expect(text).toContain('1.3       3       4  会议')
  })

  test('after a restart goes by the new process alone', () => {
    const text = drawTop({
      now: { ...later, pid: 8, uptime: 10 },
      before: STATUS,
      rows: 30,
      columns: 100,
    }).join('\n')
    expect(text).toContain('messages/s 12.0')
  })

  test.each([
    [1, 10],
    [5, 40],
    [24, 80],
    [200, 300],
  ])('fits into %i rows of %i columns', (rows, columns) => {
    const many = {
      ...later,
      busiest: Array.from({ length: 100 }, () => ({
        name: 'x'.repeat(64),
        people: 1,
        members: 1,
        perSecond: 1,
      })),
      slow: Array.from({ length: 10 }, () => ({
        connection: 'c1',
        name: 'alice',
        address: '192.0.2.1',
        waiting: 100_000,
        seconds: 3,
      })),
      slowInAll: 10,
    }
    const drawn = drawTop({ now: many, before: undefined, rows, columns })
    expect(drawn.length).toBeLessThanOrEqual(rows)
    expect(Math.max(...drawn.map(row => row.length))).toBeLessThanOrEqual(columns)
  })
})
