import { Counter, type CounterConfiguration, Gauge, Registry } from 'prom-client'
import { VERSION } from '../../protocol/version.ts'
import type { Durations } from '../durations.ts'
import type { SharedFigures } from '../log/watched.ts'
import type { Look } from '../look.ts'
import { type Disk, readDisk } from './disk.ts'
import { type ProcessFigures, readProcess } from './processFigures.ts'
import type { Watched } from './watched.ts'

/** Scrapes within this time get the same text, ms: a scraper that asks without a pause is no load. */
const FRESH_FOR = 1_000

type Config = Pick<CounterConfiguration<string>, 'name' | 'help' | 'labelNames'>

/** A value, and the labels that it stands under. */
type Sample = readonly [value: number | undefined, labels?: Readonly<Record<string, string>>]

/** The text that Prometheus reads. Everything in it is looked up when it is asked for. */
export class Exposition {
  readonly #watch: Watched
  readonly #registry = new Registry()
  #text: Promise<string> | undefined
  #madeAt = Number.NEGATIVE_INFINITY
  #disk: Disk = { log: {}, free: undefined, lastBackup: undefined }
  #process: ProcessFigures | undefined
  #look: Look | undefined

  constructor(watch: Watched) {
    this.#watch = watch
    this.#addConnections()
    this.#addRequests()
    this.#addLog()
    this.#addSharedLog()
    this.#addOthers()
    this.#addProcess()
  }

  /** The metrics of now, or of a second ago. */
  text(): Promise<string> {
    const now = performance.now()
    if (this.#text === undefined || now - this.#madeAt > FRESH_FOR) {
      this.#madeAt = now
      this.#text = this.#make()
    }
    return this.#text
  }

  async #make(): Promise<string> {
    ;[this.#disk, this.#process] = await Promise.all([
      readDisk(this.#watch.directory, this.#watch.backups()),
      readProcess(),
    ])
    this.#look = this.#watch.daemon?.look()
    return this.#registry.metrics()
  }

  #addConnections(): void {
    const watch = this.#watch
    this.#gauge(
      { name: 'chatd_connections', help: 'Open connections by kind.', labelNames: ['kind'] },
      () => {
        const { full = 0, plain = 0, entering = 0 } = this.#look ?? {}
        return [
          [full, { kind: 'full' }],
          [plain, { kind: 'plain' }],
          [entering, { kind: 'entering' }],
        ]
      },
    )
    const labelled = (counts: Readonly<Record<string, number>> = {}): Sample[] =>
      Object.entries(counts).map(([reason, count]) => [count, { reason }])
    this.#counter(
      {
        name: 'chatd_connections_refused_total',
        help: 'Connections that were not let in, by reason.',
        labelNames: ['reason'],
      },
      () => labelled(watch.daemon?.counters.refused),
    )
    this.#counter(
      {
        name: 'chatd_disconnects_total',
        help: 'Connections that ended, by reason.',
        labelNames: ['reason'],
      },
      () => labelled(watch.daemon?.counters.disconnects),
    )
    this.#gauge({ name: 'chatd_outbound_bytes', help: 'Bytes that wait for slow readers.' }, () => [
      [this.#look?.waiting],
    ])
  }

  #addRequests(): void {
    const watch = this.#watch
    this.#counter(
      {
        name: 'chatd_requests_total',
        help: 'Requests by action and result: ok, or the code of an error.',
        labelNames: ['action', 'result'],
      },
      () =>
        Object.entries(watch.daemon?.counters.requests ?? {}).flatMap(([action, results]) =>
          Object.entries(results).map(([result, count]): Sample => [count, { action, result }]),
        ),
    )
    this.#counter(
      { name: 'chatd_deliveries_total', help: 'Events times the members that they were handed to.' },
      () => [[this.#look?.deliveries]],
    )
    this.#histogram(
      'chatd_ack_seconds',
      'From the line of a message to its answer.',
      () => watch.daemon?.counters.acks,
    )
  }

  #addLog(): void {
    const watch = this.#watch
    this.#histogram(
      'chatd_commit_seconds',
      'Time of a commit, with its sync to the disk.',
      () => watch.log?.commits,
    )
    this.#gauge({ name: 'chatd_commit_queue_events', help: 'Entries that wait for their commit.' }, () => [
      [watch.log?.waiting],
    ])
    this.#gauge(
      { name: 'chatd_log_bytes', help: 'Size of the files of the log.', labelNames: ['file'] },
      () => Object.entries(this.#disk.log).map(([file, bytes]) => [bytes, { file }]),
    )
    this.#gauge(
      { name: 'chatd_disk_free_bytes', help: 'Bytes that chatd can still use on the disk of its log.' },
      () => [[this.#disk.free]],
    )
    this.#gauge({ name: 'chatd_log_writable', help: 'Whether the last commit was stored.' }, () => [
      [watch.log === undefined ? undefined : Number(watch.log.isWritable)],
    ])
    this.#gauge(
      {
        name: 'chatd_last_backup_timestamp_seconds',
        help: 'When the newest backup in the directory of backups was made; absent where there is none.',
      },
      () => [[this.#disk.lastBackup]],
    )
  }

  /** Nothing of it is there while the log is the daemon's own. */
  #addSharedLog(): void {
    type Value = (of: SharedFigures) => number
    const samples = (value: Value) => (): readonly Sample[] => {
      const shared = this.#watch.log?.shared
      return [[shared === undefined ? undefined : value(shared)]]
    }
    const gauge = (name: string, help: string, value: Value): void =>
      this.#gauge({ name, help }, samples(value))
    const total = (name: string, help: string, value: Value): void =>
      this.#counter({ name, help }, samples(value))
    gauge('chatd_shared_log_connected', 'Whether a broker is connected.', of =>
      Number(of.broker !== undefined),
    )
    total(
      'chatd_shared_log_reconnects_total',
      'Connections to brokers that were made again.',
      of => of.reconnects,
    )
    gauge(
      'chatd_shared_log_lag_messages',
      'Messages of the stream that are not applied here, by a look every five seconds.',
      of => of.lag,
    )
    gauge(
      'chatd_shared_log_seconds_since_progress',
      'Time since a message was applied, or since nothing was left to apply.',
      of => of.sinceProgress / 1_000,
    )
    gauge(
      'chatd_shared_log_in_flight',
      'Entries on their way through the brokers, those that wait for it included.',
      of => of.inFlight,
    )
    total('chatd_shared_log_holes_total', 'Messages that a broker lacked.', of => of.holes)
    gauge('chatd_shared_log_halted', 'Whether this daemon applies nothing any more.', of =>
      Number(of.halted !== undefined),
    )
    gauge('chatd_shared_log_replicas', 'Replicas of the stream.', of => of.replicas)
    gauge(
      'chatd_shared_log_replicas_current',
      'Replicas of the stream that have everything; 0 while the brokers do not tell.',
      of => of.currentReplicas,
    )
  }

  #addOthers(): void {
    const watch = this.#watch
    this.#gauge(
      {
        name: 'chatd_tls_not_after_seconds',
        help: 'When the certificate ends; absent where none is shown.',
      },
      () => {
        const end = watch.certificate()?.validTo.getTime()
        return [[end === undefined ? undefined : end / 1_000]]
      },
    )
    this.#gauge(
      {
        name: 'chatd_config_last_reload_success',
        help: 'Whether the configuration and the certificate were taken at the last reload.',
      },
      () => [[Number(watch.isReloadGood)]],
    )
    this.#histogram(
      'chatd_event_loop_delay_seconds',
      'How late the event loop was, ten times a second.',
      () => watch.loopDelays,
    )
    const labelNames = ['version', 'node']
    this.#gauge({ name: 'chatd_build_info', help: 'The versions of chatd and Node.', labelNames }, () => [
      [1, { version: VERSION, node: process.versions.node }],
    ])
  }

  /** By the names of https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics. */
  #addProcess(): void {
    const total = (name: string, help: string, value: (of: ProcessFigures) => number): void =>
      this.#counter({ name, help }, () => [[this.#process && value(this.#process)]])
    const gauge = (name: string, help: string, value: (of: ProcessFigures) => number | undefined): void =>
      this.#gauge({ name, help }, () => [[this.#process && value(this.#process)]])
    total('process_cpu_user_seconds_total', 'CPU time in user mode.', of => of.userCpu)
    total('process_cpu_system_seconds_total', 'CPU time in the kernel.', of => of.systemCpu)
    total('process_cpu_seconds_total', 'CPU time.', of => of.userCpu + of.systemCpu)
    gauge('process_start_time_seconds', 'When the process started.', of => of.started)
    gauge('process_resident_memory_bytes', 'Resident memory.', of => of.resident)
    gauge('process_virtual_memory_bytes', 'Virtual memory.', of => of.virtual)
    gauge('process_heap_bytes', 'Heap of the main thread.', of => of.heap)
    gauge('process_open_fds', 'Open file descriptors.', of => of.openFiles)
    gauge('process_max_fds', 'The most file descriptors that may be open.', of => of.maxFiles)
  }

  #gauge(config: Config, samples: () => readonly Sample[]): void {
    new Gauge({
      ...config,
      registers: [this.#registry],
      collect() {
        // Without labels a reset leaves a zero, which is wrong for what is not known.
        if (config.labelNames === undefined) this.remove()
        else this.reset()
        for (const [value, labels = {}] of samples()) if (value !== undefined) this.set(labels, value)
      },
    })
  }

  #counter(config: Config, samples: () => readonly Sample[]): void {
    new Counter({
      ...config,
      registers: [this.#registry],
      collect() {
        if (config.labelNames === undefined) this.remove()
        else this.reset()
        for (const [value, labels = {}] of samples()) if (value !== undefined) this.inc(labels, value)
      },
    })
  }

  /** prom-client's own histogram wants each duration when it happens; these were counted before. */
  #histogram(name: string, help: string, durations: () => Durations | undefined): void {
    const metric = {
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      get: () => Promise.resolve({ name, help, type: 'histogram', values: samplesOf(name, durations()) }),
      reset: () => undefined,
    }
    // A registry takes whatever has these fields; its types know only the classes of prom-client.
    this.#registry.registerMetric(metric as unknown as Gauge)
  }
}

interface HistogramSample {
  readonly metricName: string
  readonly value: number
  readonly labels: Readonly<Record<string, string>>
}

function samplesOf(name: string, durations: Durations | undefined): readonly HistogramSample[] {
  if (durations === undefined) return []
  let below = 0
  const buckets = durations.counts.map((count, n) => {
    below += count
    const le = durations.bounds[n]
    return { metricName: `${name}_bucket`, value: below, labels: { le: le === undefined ? '+Inf' : `${le}` } }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, value: durations.sum, labels: {} },
    { metricName: `${name}_count`, value: durations.count, labels: {} },
  ]
}
