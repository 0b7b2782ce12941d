import { describe, expect, test } from 'vitest'
import { success } from '../../../../src/protocol/errors.ts'
import type { StreamInfo } from '../../../../src/server/log/jetstream/api.ts'
import {
  type ClusterSeen,
  findingsOf,
  type MonitorSeen,
} from '../../../../src/server/log/jetstream/clusterFindings.ts'
import type { Monitored } from '../../../../src/server/log/jetstream/monitoring.ts'
import { streamConfig } from '../../../../src/server/log/jetstream/streamConfig.ts'

const NAMES = ['n1', 'n2', 'n3']

const STREAM: StreamInfo = {
  created: '',
  config: { name: 'chatd', ...streamConfig('chatd', 3) },
  state: { first_seq: 1, last_seq: 9, messages: 9, bytes: 9 },
  cluster: {
    leader: 'n1',
    replicas: [
      { name: 'n2', current: true },
      { name: 'n3', current: true },
    ],
  },
}

function monitor(name: string, more: Partial<Monitored> = {}): MonitorSeen {
  const url = `http://${name}:8222`
  const storage = { used: 10, most: 100 }
  const clock = { ahead: 0, within: 1 }
  return { url, at: success({ url, name, syncsAlways: true, storage, clock, unwell: undefined, ...more }) }
}

const RIGHT: ClusterSeen = {
  stream: 'chatd',
  brokers: NAMES.map((name, at) => ({
    server: `10.0.0.${at + 1}:4222`,
    at: success({ name, cluster: 'chat', domain: undefined, address: `10.0.0.${at + 1}` }),
  })),
  monitors: NAMES.map(name => monitor(name)),
  found: success(STREAM),
  readers: [{ name: 'host 1', lag: 10 }],
}

function broker(at: number, more: object): ClusterSeen {
  return {
    ...RIGHT,
    brokers: RIGHT.brokers.map((one, i) =>
      i === at && one.at.ok ? { ...one, at: success({ ...one.at.value, ...more }) } : one,
    ),
  }
}

function config(more: object): ClusterSeen {
  return { ...RIGHT, found: success({ ...STREAM, config: { ...STREAM.config, ...more } }) }
}

describe('a check of a cluster', () => {
  test('finds nothing where all is right, also where a server leaves out what is not set', () => {
    expect(findingsOf(RIGHT)).toEqual([])
    const { max_age: _, ...rest } = STREAM.config
    expect(findingsOf({ ...RIGHT, found: success({ ...STREAM, config: rest as never }) })).toEqual([])
    expect(
      findingsOf(config({ deny_delete: false, sealed: false, max_consumers: -1, sources: null })),
    ).toEqual([])
  })

  test.each<[string, ClusterSeen, string, RegExp]>([
    [
      'no sync',
      { ...RIGHT, monitors: [monitor('n2', { syncsAlways: false })] },
      'sync',
      /n2 .*sync_interval: always/,
    ],
    [
      'a full disk',
      { ...RIGHT, monitors: [monitor('n1', { storage: { used: 95, most: 100 } })] },
      'disk',
      /95 B of the 100 B/,
    ],
    ['ill', { ...RIGHT, monitors: [monitor('n1', { unwell: 'no contact' })] }, 'health', /n1 .*no contact/],
    [
      'a clock that is slow',
      { ...RIGHT, monitors: [monitor('n1', { clock: { ahead: -5_000, within: 1 } })] },
      'clock',
      /n1 is 5\.0 s behind/,
    ],
    ['another cluster', broker(2, { cluster: 'chat2' }), 'cluster', /n3 chat2/],
    ['no cluster', broker(2, { cluster: undefined }), 'cluster', /give all of them the same|in no cluster/],
    ['another domain', broker(1, { domain: 'x' }), 'cluster', /n2 x/],
    ['two on one machine', broker(1, { address: '10.0.0.1' }), 'replicas', /n1 and n2 are on one machine/],
    [
      'a replica that log does not name',
      broker(2, { name: 'n4' }),
      'replicas',
      /n3 keeps the stream, and log does not name it/,
    ],
    ['one replica', config({ num_replicas: 1 }), 'replicas', /1 of 3 replicas/],
    ['no deleting', config({ deny_delete: true }), 'stream', /deny_delete true.*makes it with false/],
    ['other subjects', config({ subjects: ['chatd.log', 'x'] }), 'stream', /subjects chatd\.log, x/],
    ['a copy elsewhere', config({ republish: { src: '>' } }), 'stream', /republish set.*not set/],
    [
      'a daemon that is behind',
      { ...RIGHT, readers: [{ name: 'host 7', lag: 20_000 }] },
      'daemon',
      /host 7 waits for 20000/,
    ],
    ['no stream', { ...RIGHT, found: success(undefined) }, 'stream', /chatd cluster init/],
    [
      'a broker that is down',
      { ...RIGHT, brokers: [{ server: 'b:4222', at: { ok: false, error: 'no broker answers at b' } }] },
      'broker',
      /b:4222: no broker answers/,
    ],
    [
      'a replica that is behind',
      {
        ...RIGHT,
        found: success({
          ...STREAM,
          cluster: { leader: 'n1', replicas: [{ name: 'n2', current: false, lag: 7 }] },
        }),
      },
      'replicas',
      /n2 .*lacks 7 messages/,
    ],
  ])('finds %s', (_, seen, about, sentence) => {
    const found = findingsOf(seen)
    expect(found[0]).toMatchObject({ about, sentence: expect.stringMatching(sentence) })
    expect(found.length).toBeLessThanOrEqual(2)
  })
})
