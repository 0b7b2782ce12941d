import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseBrokers } from '../../src/server/brokers.ts'
import { type ClusterStatus, clusterStatus, initCluster } from '../../src/server/log/jetstream/cluster.ts'
import type { BrokerHost } from './brokerNetwork.ts'

const READY_WITHIN = 60_000
const TRY_AGAIN = 200
const MOST_TRIES = 5
/** The shortest that nats-server takes. */
const LAME_DUCK = 'lame_duck_duration: "30s"\nlame_duck_grace_period: "1s"'

/** One broker of a {@link BrokerCluster}. */
interface Broker {
  readonly name: string
  readonly host: string
  readonly port: number
  /** What stands before the program. */
  readonly prefix: readonly string[]
  readonly directory: string
  readonly config: string
  process: ChildProcess | undefined
}

/** Brokers on this machine, with ports and directories of their own. Each process is ended by {@link close}. */
export class BrokerCluster {
  readonly #program: string
  readonly #directory: string
  readonly #brokers: readonly Broker[]

  private constructor(program: string, directory: string, brokers: readonly Broker[]) {
    this.#program = program
    this.#directory = directory
    this.#brokers = brokers
  }

  /**
   * Starts brokers; they are ready when this resolves.
   * @param hosts where each runs; by default all on this machine
   * @param diskSize each has its files on a file system of so many MiB; needs root
   */
  static async start(
    program: string,
    count = 3,
    hosts: readonly BrokerHost[] = [],
    diskSize?: number,
  ): Promise<BrokerCluster> {
    for (let tries = 1; ; tries++) {
      try {
        return await BrokerCluster.#startOnce(program, count, hosts, diskSize)
      } catch (error) {
        // Another program of this machine can take a port before its broker does.
        if (tries === MOST_TRIES || !String(error).includes('address already in use')) throw error
      }
    }
  }

  static async #startOnce(
    program: string,
    count: number,
    hosts: readonly BrokerHost[],
    diskSize: number | undefined,
  ): Promise<BrokerCluster> {
    const directory = mkdtempSync(join(tmpdir(), 'chatd-brokers-'))
    const ports = await freePorts(count * 2)
    const brokers = Array.from({ length: count }, (_, at): Broker => {
      const own = join(directory, `n${at}`)
      mkdirSync(own)
      if (diskSize !== undefined)
        execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskSize}m`, 'tmpfs', own])
      return {
        name: `n${at}`,
        host: hosts[at]?.address ?? '127.0.0.1',
        prefix: hosts[at]?.prefix ?? [],
        port: ports[at] ?? 0,
        directory: own,
        config: join(own, 'nats.conf'),
        process: undefined,
      }
    })
    const routes = brokers.map(({ host }, at) => `nats://${host}:${ports[count + at]}`)
    brokers.forEach(({ name, host, port, directory: own, config }, at) => {
      const cluster =
        count === 1
          ? ''
          : `cluster { name: chat, listen: "${host}:${ports[count + at]}", routes: [${routes.map(route => `"${route}"`).join(', ')}] }`
      writeFileSync(
        config,
        `server_name: ${name}\nlisten: "${host}:${port}"\njetstream { store_dir: "${own}/store", sync_interval: always }\n${LAME_DUCK}\n${cluster}\n`,
      )
    })
    const started = new BrokerCluster(program, directory, brokers)
    try {
      for (const at of brokers.keys()) started.start(at)
      await started.#ready()
      return started
    } catch (error) {
      await started.close()
      throw error
    }
  }

  /** What `--log` takes. */
  address(stream: string): string {
    return `nats://${this.#brokers.map(({ host, port }) => `${host}:${port}`).join(',')}/${stream}`
  }

  /** What a log is opened with. */
  brokersOf(stream: string): { readonly servers: readonly string[]; readonly stream: string } {
    const parsed = parseBrokers(this.address(stream))
    if (!parsed.ok) throw new Error(parsed.error)
    return parsed.value
  }

  /** Makes a stream. */
  async init(stream: string): Promise<ClusterStatus> {
    const made = await initCluster(this.brokersOf(stream), this.#brokers.length)
    if (!made.ok) throw new Error(made.error)
    return made.value
  }

  /** The number of the broker that leads a stream; undefined while none does. */
  async leaderOf(stream: string): Promise<number | undefined> {
    const status = await clusterStatus(this.brokersOf(stream))
    if (!status.ok) return undefined
    const at = this.#brokers.findIndex(({ name }) => name === status.value.leader)
    return at < 0 ? undefined : at
  }

  /** How many brokers there are. */
  get count(): number {
    return this.#brokers.length
  }

  /** The port of a broker. */
  portOf(at: number): number {
    return this.#at(at).port
  }

  /** The process of a broker that runs. */
  pidOf(at: number): number {
    return this.#at(at).process?.pid ?? 0
  }

  /** Where a broker has its files. */
  directoryOf(at: number): string {
    return this.#at(at).directory
  }

  /** Starts a broker that does not run. */
  start(at: number): void {
    const broker = this.#at(at)
    if (broker.process !== undefined) return
    const log = openSync(join(broker.directory, 'log'), 'a')
    const [command = this.#program, ...args] = [...broker.prefix, this.#program, '-c', broker.config]
    const child = spawn(command, args, { stdio: ['ignore', log, log] })
    closeSync(log)
    broker.process = child
    child.once('exit', () => {
      if (broker.process === child) broker.process = undefined
    })
  }

  /** Sends a signal to a broker; after one that ends or stops it, waits until it has. */
  async signal(at: number, signal: NodeJS.Signals): Promise<void> {
    const { process: child } = this.#at(at)
    if (child === undefined) return
    const ended = once(child, 'exit')
    child.kill(signal)
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await ended
    if (signal === 'SIGSTOP') await until(async () => isStopped(child), `broker ${at} goes on`)
  }

  /** Has a broker hand over its clients and what it leads, and end; resolves when it has. */
  async lameDuck(at: number): Promise<void> {
    const { process: child } = this.#at(at)
    if (child === undefined) return
    const ended = once(child, 'exit')
    execFileSync(this.#program, ['--signal', `ldm=${child.pid}`])
    await ended
  }

  /** Resolves when a stream has a leader and all its replicas have everything. */
  async whole(stream: string): Promise<void> {
    await until(async () => {
      const status = await clusterStatus(this.brokersOf(stream))
      return status.ok && status.value.leader !== undefined && status.value.others.every(one => one.isCurrent)
    }, `the replicas of ${stream} did not become whole`)
  }

  /** Ends all brokers and removes their files. */
  async close(): Promise<void> {
    for (const at of this.#brokers.keys()) await this.signal(at, 'SIGKILL')
    // Where there is no file system of its own, nothing happens.
    for (const { directory } of this.#brokers) spawnSync('umount', [directory])
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #ready(): Promise<void> {
    const stream = 'ready'
    await until(async () => {
      for (const { process: child, directory } of this.#brokers)
        if (child === undefined)
          throw new Error(`a broker ended:\n${readFileSync(join(directory, 'log'), 'utf8')}`)
      const status = await initCluster(this.brokersOf(stream), this.#brokers.length)
      return status.ok || status.error.includes('already')
    }, 'the brokers did not become ready')
  }

  #at(at: number): Broker {
    const broker = this.#brokers[at]
    if (broker === undefined) throw new Error(`there is no broker ${at}`)
    return broker
  }
}

/** Whether each thread of a process is stopped: the kernel stops them one by one. */
function isStopped({ pid }: ChildProcess): boolean {
  return readdirSync(`/proc/${pid}/task`).every(thread =>
    /\) T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
  )
}

async function until(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
  const end = performance.now() + READY_WITHIN
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(otherwise)
    await delay(TRY_AGAIN)
  }
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  return Promise.all(
    servers.map(async server => {
      const address = server.address()
      server.close()
      await once(server, 'close')
      return typeof address === 'object' && address !== null ? address.port : 0
    }),
  )
}
