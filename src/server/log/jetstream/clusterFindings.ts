import type { Result } from '../../../protocol/errors.ts'
import { showBytes } from '../../byteSize.ts'
import type { StreamInfo } from './api.ts'
import type { Monitored } from './monitoring.ts'
import type { StreamReader } from './readers.ts'
import { changedSettings } from './streamConfig.ts'

const REPLICAS = 3
/** With less of its store left than this a broker is a finding. */
const LEAST_FREE = 0.1
/** Clocks that differ by more than this show wrong times at messages, ms. */
const CLOCKS_DIFFER = 1_000

/** A daemon that lacks more is behind. */
const MOST_LAG = 10_000

/** Something that is not as it should be. */
export interface Finding {
  /** What it is about, for programs. */
  readonly about:
    | 'broker'
    | 'clock'
    | 'cluster'
    | 'daemon'
    | 'disk'
    | 'health'
    | 'monitoring'
    | 'replicas'
    | 'stream'
    | 'sync'
  /** The name of the broker; undefined: it is about all of them. */
  readonly broker?: string
  /** With what to do. */
  readonly sentence: string
}

/** One broker as a daemon reaches it; the error is why it cannot. */
export interface BrokerSeen {
  readonly server: string
  readonly at: Result<
    {
      readonly name: string
      readonly cluster: string | undefined
      /** The domain of JetStream. */
      readonly domain: string | undefined
      readonly address: string
    },
    string
  >
}

/** The monitoring of one broker; the error is why it does not answer. */
export interface MonitorSeen {
  readonly url: string
  readonly at: Result<Monitored, string>
}

/** What a check looked at. */
export interface ClusterSeen {
  readonly stream: string
  readonly brokers: readonly BrokerSeen[]
  readonly monitors: readonly MonitorSeen[]
  /** The stream; undefined: there is none. The error is why it could not be asked for, empty where no broker answers. */
  readonly found: Result<StreamInfo | undefined, string>
  /** The daemons that read the stream. */
  readonly readers: readonly StreamReader[]
}

/** What is not as it should be in a cluster. */
export function findingsOf(seen: ClusterSeen): readonly Finding[] {
  return [
    ...ofBrokers(seen),
    ...seen.monitors.flatMap(ofMonitor),
    ...ofStream(seen),
    ...seen.readers.flatMap(ofReader),
  ]
}

function ofBrokers({ brokers }: ClusterSeen): readonly Finding[] {
  const silent = brokers.flatMap(({ server, at }): Finding[] =>
    at.ok ? [] : [{ about: 'broker', broker: server, sentence: `${server}: ${at.error}` }],
  )
  const answering = brokers.flatMap(({ at }) => (at.ok ? [at.value] : []))
  return [
    ...silent,
    ...apart('cluster', 'cluster', answering),
    ...apart('JetStream domain', 'domain', answering),
    ...(brokers.length > 1 && answering.some(({ cluster }) => cluster === undefined)
      ? [
          finding(
            'cluster',
            'a broker is in no cluster: give each the same "cluster { name, listen, routes }"',
          ),
        ]
      : []),
  ]
}

function apart(
  what: string,
  key: 'cluster' | 'domain',
  brokers: readonly Readonly<Record<'cluster' | 'domain', string | undefined> & { name: string }>[],
): readonly Finding[] {
  const names = new Set(brokers.map(broker => broker[key]))
  if (names.size < 2) return []
  const each = brokers.map(broker => `${broker.name} ${broker[key] ?? 'none'}`).join(', ')
  return [finding('cluster', `the brokers do not have one ${what} (${each}): give all of them the same`)]
}

function ofMonitor({ url, at }: MonitorSeen): readonly Finding[] {
  if (!at.ok)
    return [
      finding(
        'monitoring',
        `the monitoring at ${url} does not answer (${at.error}), so what that broker does is not known: run this on its machine with --monitor http://127.0.0.1:8222, or name where it answers`,
      ),
    ]
  const { name, syncsAlways, storage, clock, unwell } = at.value
  const found: Finding[] = []
  const add = (about: Finding['about'], sentence: string): void => {
    found.push({ about, broker: name, sentence })
  }
  if (!syncsAlways)
    add(
      'sync',
      `${name} acknowledges messages before they are on its disk: set "sync_interval: always" in its "jetstream" block and start it again; brokers that lose power together lose the newest seconds otherwise`,
    )
  if (unwell !== undefined) add('health', `${name} is not well: ${unwell}; look at its log`)
  if (storage !== undefined && storage.most - storage.used < LEAST_FREE * storage.most)
    add(
      'disk',
      `${name} has ${showBytes(storage.used)} of the ${showBytes(storage.most)} that it may keep: make room on its disk and raise "max_file_store" before nothing can be stored`,
    )
  if (Math.abs(clock.ahead) > CLOCKS_DIFFER + clock.within) {
    const seconds = (Math.abs(clock.ahead) / 1_000).toFixed(1)
    const side = clock.ahead > 0 ? 'ahead of' : 'behind'
    add(
      'clock',
      `the clock of ${name} is ${seconds} s ${side} that of this machine: set both by NTP, since messages have the time of the broker that leads`,
    )
  }
  return found
}

function ofReader({ name, lag }: StreamReader): readonly Finding[] {
  if (lag <= MOST_LAG) return []
  const sentence = `the daemon ${name} waits for ${lag} messages: where the number does not fall, see chatd status there`
  return [finding('daemon', sentence)]
}

function ofStream({ stream, brokers, found }: ClusterSeen): readonly Finding[] {
  if (!found.ok) {
    if (found.error === '') return []
    const sentence = `the brokers do not tell of the stream "${stream}" (${found.error}): start more than half of them`
    return [finding('stream', sentence)]
  }
  if (found.value === undefined)
    return [finding('stream', `there is no stream "${stream}": make it with chatd cluster init`)]
  const { config, cluster } = found.value
  const settings = changedSettings(stream, config).map(({ key, is, made }) =>
    finding(
      'stream',
      `the stream has ${key} ${show(is)}, and chatd makes it with ${show(made)}: set it back with "nats stream edit ${stream}"`,
    ),
  )
  return [...settings, ...ofReplicas(config.num_replicas, cluster, brokers)]
}

function ofReplicas(
  replicas: number,
  cluster: StreamInfo['cluster'],
  brokers: readonly BrokerSeen[],
): readonly Finding[] {
  const found: Finding[] = []
  if (replicas < REPLICAS)
    found.push(
      finding(
        'replicas',
        `the stream has ${replicas} of ${REPLICAS} replicas, so that a broker that fails takes the log away: start ${REPLICAS} brokers, then "nats stream edit --replicas ${REPLICAS}"`,
      ),
    )
  const { leader, replicas: others = [] } = cluster ?? {}
  if (replicas > 1 && leader === undefined)
    found.push(finding('replicas', 'the stream has no leader: start more than half of its brokers'))
  for (const { name, current, lag = 0 } of others)
    if (!current)
      found.push({
        about: 'replicas',
        broker: name,
        sentence: `${name} does not have everything (it lacks ${lag} messages, or does not answer): start it, or see its log`,
      })
  return [
    ...found,
    ...ofHosts([...(leader === undefined ? [] : [leader]), ...others.map(({ name }) => name)], brokers),
  ]
}

/** Where the replicas are: a machine that fails should take one of them. */
function ofHosts(names: readonly string[], brokers: readonly BrokerSeen[]): readonly Finding[] {
  const answering = brokers.flatMap(({ at }) => (at.ok ? [at.value] : []))
  const known = answering.filter(({ name }) => names.includes(name))
  const byAddress = Map.groupBy(known, ({ address }) => address)
  const together = [...byAddress]
    .filter(([, on]) => on.length > 1)
    .map(([address, on]) =>
      finding(
        'replicas',
        `${on.map(({ name }) => name).join(' and ')} are on one machine (${address}), which takes them away together: run each on a machine of its own`,
      ),
    )
  // Without an answer of each broker of --log it cannot be told which ones are not named.
  if (answering.length < brokers.length) return together
  const unnamed = names.filter(name => !answering.some(broker => broker.name === name))
  return [
    ...together,
    ...unnamed.map(name => ({
      about: 'replicas' as const,
      broker: name,
      sentence: `${name} keeps the stream, and log does not name it: add it to log of each daemon`,
    })),
  ]
}

function finding(about: Finding['about'], sentence: string): Finding {
  return { about, sentence }
}

function show(value: unknown): string {
  if (value === undefined) return 'not set'
  return Array.isArray(value) ? value.join(', ') : typeof value === 'object' ? 'set' : String(value)
}
