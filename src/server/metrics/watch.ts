import { join } from 'node:path'
import type { Result } from '../../protocol/errors.ts'
import { VERSION } from '../../protocol/version.ts'
import { showAddress } from '../address.ts'
import type { Status } from '../admin/status.ts'
import type { Daemon } from '../daemon.ts'
import type { Durations } from '../durations.ts'
import type { SharedFigures, WatchedLog } from '../log/watched.ts'
import type { ListenAddress } from '../settings.ts'
import type { KeyPair } from '../tls/keyPair.ts'
import { readDisk } from './disk.ts'
import { Health } from './health.ts'
import { LoopDelay } from './loopDelay.ts'
import type { Watched } from './watched.ts'

/** All that an operator sees of a running daemon: its metrics, its health, and its status. */
export class Watch implements Watched {
  log: WatchedLog | undefined
  daemon: Daemon | undefined
  readonly directory: string
  readonly certificate: () => KeyPair | undefined
  readonly backups: () => string
  readonly health = new Health(() => this.log)
  readonly #loop = new LoopDelay()
  #reloaded = true
  #close: () => void = () => undefined

  constructor(directory: string, { certificate, backups }: Pick<Watched, 'certificate' | 'backups'>) {
    this.directory = directory
    this.certificate = certificate
    this.backups = backups
  }

  get loopDelays(): Durations {
    return this.#loop.delays
  }

  get isReloadGood(): boolean {
    return this.#reloaded
  }

  /** The configuration was read again; a broken one was not taken. */
  noteReload(isGood: boolean): void {
    this.#reloaded = isGood
  }

  /** A sentence while connections are not taken, or nothing new can be said or heard here: another daemon has the rest of the log. */
  whyNotReady(): string | undefined {
    const halted = this.log?.shared?.halted
    if (halted !== undefined) return `the shared log is halted here: ${halted}`
    return this.daemon?.isListening === true ? undefined : 'chatd does not take connections now'
  }

  /** Serves the metrics on an address; gives it with its real port. The error is a sentence. */
  async serve(address: ListenAddress, socketMode: number): Promise<Result<ListenAddress, string>> {
    // Loaded here: a daemon without metrics needs none of it.
    const [{ Exposition }, { serveMetrics }] = await Promise.all([
      import('./exposition.ts'),
      import('./metricsServer.ts'),
    ])
    const exposition = new Exposition(this)
    const serving = await serveMetrics(address, socketMode, {
      metrics: () => exposition.text(),
      health: () => this.health.check(),
      readiness: () => this.whyNotReady(),
    })
    if (!serving.ok) return serving
    this.#loop.start()
    this.#close = () => serving.value.close()
    return { ok: true, value: serving.value.address }
  }

  /** Stops serving. */
  close(): void {
    this.#loop.stop()
    this.#close()
  }

  /** The daemon as `chatd status` and `chatd top` show it. @param rooms how many of the busiest rooms are named */
  async status(rooms: number): Promise<Status> {
    const { daemon, log } = this
    const backups = this.backups()
    const disk = await readDisk(this.directory, backups)
    const look = daemon?.look()
    const pair = this.certificate()
    return {
      version: VERSION,
      pid: process.pid,
      uptime: Math.round(process.uptime()),
      at: Math.round(performance.now()),
      isListening: daemon?.isListening === true,
      isDraining: daemon?.isDraining === true,
      listening: (daemon?.addresses ?? []).map(showAddress),
      people: look?.people ?? 0,
      connections: {
        full: look?.full ?? 0,
        plain: look?.plain ?? 0,
        entering: look?.entering ?? 0,
      },
      rooms: look?.rooms ?? 0,
      log: {
        file: join(this.directory, 'chatd.db'),
        bytes: Object.values(disk.log).reduce((sum, bytes) => sum + bytes, 0),
        isWritable: log?.isWritable === true,
        waiting: log?.waiting ?? 0,
      },
      sharedLog: sharedLog(log?.shared),
      disk: { free: disk.free ?? null },
      backups,
      lastBackup: disk.lastBackup === undefined ? null : new Date(disk.lastBackup * 1_000).toISOString(),
      certificate:
        pair === undefined ? null : { notAfter: pair.validTo.toISOString(), fingerprint: pair.fingerprint },
      totals: {
        events: look?.events ?? 0,
        deliveries: look?.deliveries ?? 0,
        bytesIn: look?.bytesIn ?? 0,
        bytesOut: look?.bytesOut ?? 0,
        commits: log?.commits.count ?? 0,
        commitSeconds: log?.commits.sum ?? 0,
      },
      waitingBytes: look?.waiting ?? 0,
      slow: (look?.slow ?? []).map(({ connection, name, ...rest }) => ({
        connection: `c${connection}`,
        name: name ?? null,
        ...rest,
      })),
      slowInAll: look?.slowInAll ?? 0,
      busiest: [...(look?.busiest(rooms) ?? [])],
      directsPerSecond: look?.directs ?? 0,
    }
  }
}

function sharedLog(of: SharedFigures | undefined): Status['sharedLog'] {
  if (of === undefined) return null
  const { broker = null, halted = null, sinceProgress, ...rest } = of
  return { ...rest, broker, halted, secondsSinceProgress: Math.round(sinceProgress / 1_000) }
}
