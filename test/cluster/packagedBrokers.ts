import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Brokers, parseBrokers } from '../../src/server/brokers.ts'
import { initCluster } from '../../src/server/log/jetstream/cluster.ts'
import { freePorts } from './brokerCluster.ts'

const CONFIGURATION = new URL('../../packaging/broker/nats.conf', import.meta.url)
const COUNT = 3
const READY_WITHIN = 60_000

/** One broker of {@link PackagedBrokers}. */
interface Broker {
  readonly directory: string
  readonly port: number
  readonly monitoring: number
  readonly process: ChildProcess
}

/** Three brokers with the configuration of the package: TLS, users with their permissions, monitoring. */
export class PackagedBrokers {
  readonly directory: string
  readonly #brokers: readonly Broker[]

  private constructor(directory: string, brokers: readonly Broker[]) {
    this.directory = directory
    this.#brokers = brokers
  }

  /** Starts them, with a log "chatd". @param users further users, as nats-server writes them */
  static async start(program: string, users = ''): Promise<PackagedBrokers> {
    const directory = mkdtempSync(join(tmpdir(), 'chatd-packaged-'))
    makeAuthority(directory)
    const ports = await freePorts(COUNT * 3)
    const routes = ports.slice(COUNT, 2 * COUNT).map(port => `"nats://127.0.0.1:${port}"`)
    const brokers = Array.from({ length: COUNT }, (_, at): Broker => {
      const own = join(directory, `n${at + 1}`)
      mkdirSync(own)
      const [port = 0, route = 0, monitoring = 0] = [ports[at], ports[COUNT + at], ports[2 * COUNT + at]]
      const text = readFileSync(CONFIGURATION, 'utf8')
        .replace('server_name: n1', `server_name: n${at + 1}`)
        .replace('address: "10.0.0.1"', 'address: "127.0.0.1"')
        .replace('port: 4222', `port: ${port}`)
        .replace('port: 6222', `port: ${route}`)
        .replace('127.0.0.1:8222', `127.0.0.1:${monitoring}`)
        .replace(/routes: \[.*\]/, `routes: [${routes.join(', ')}]`)
        .replace('users: [', `users: [${users}`)
        .replaceAll('/etc/chatd-broker/', `${own}/`)
        .replaceAll('/var/lib/chatd-broker', join(own, 'store'))
      writeFileSync(join(own, 'nats.conf'), text)
      writeFileSync(join(own, 'passwords.conf'), passwords('daemon-secret'))
      copyFileSync(join(directory, 'ca.pem'), join(own, 'ca.pem'))
      makeCertificate(directory, own)
      const log = openSync(join(own, 'log'), 'a')
      const child = spawn(program, ['-c', join(own, 'nats.conf')], { stdio: ['ignore', log, log] })
      closeSync(log)
      return { directory: own, port, monitoring, process: child }
    })
    const started = new PackagedBrokers(directory, brokers)
    started.writeLogin('daemon.login', 'user = "chatd"\npassword = "daemon-secret"\n')
    started.writeLogin('operator.login', 'user = "operator"\npassword = "operator-secret"\n')
    try {
      await started.#ready()
      return started
    } catch (error) {
      await started.close()
      throw error
    }
  }

  /** `--log` for them. @param host as it is written there */
  address(host = '127.0.0.1', scheme: 'tls' | 'nats' = 'tls'): string {
    return `${scheme}://${this.#brokers.map(({ port }) => `${host}:${port}`).join(',')}`
  }

  /** What a log is opened with. @param login the file of a sign-in */
  brokers(login = 'daemon.login', address = this.address()): Brokers {
    const parsed = parseBrokers(address)
    if (!parsed.ok) throw new Error(parsed.error)
    return {
      ...parsed.value,
      access: { ca: join(this.directory, 'ca.pem'), credentials: join(this.directory, login) },
    }
  }

  /** Where they serve their monitoring. */
  get monitors(): readonly string[] {
    return this.#brokers.map(({ monitoring }) => `http://127.0.0.1:${monitoring}`)
  }

  /** The file of the configuration of a broker. */
  configuration(at: number): string {
    return join(this.#brokers[at]?.directory ?? '', 'nats.conf')
  }

  /** Writes a file to sign in by; its path. */
  writeLogin(name: string, text: string, mode = 0o600): string {
    const file = join(this.directory, name)
    writeFileSync(file, text, { mode })
    return file
  }

  /** Gives daemons another password at all brokers, which then let only that one in. */
  changePassword(daemon: string): void {
    for (const { directory, process: child } of this.#brokers) {
      writeFileSync(join(directory, 'passwords.conf'), passwords(daemon))
      child.kill('SIGHUP')
    }
  }

  /** Ends them, and removes their files. */
  async close(): Promise<void> {
    for (const { process: child } of this.#brokers) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    rmSync(this.directory, { recursive: true, force: true })
  }

  async #ready(): Promise<void> {
    const until = performance.now() + READY_WITHIN
    for (;;) {
      const made = await initCluster(this.brokers('operator.login'), COUNT)
      if (made.ok || made.error.includes('already')) return
      for (const { directory, process: child } of this.#brokers)
        if (child.exitCode !== null) throw new Error(readFileSync(join(directory, 'log'), 'utf8'))
      if (performance.now() > until) throw new Error(made.error)
      await delay(200)
    }
  }
}

function passwords(daemon: string): string {
  return `daemon_password: "${daemon}"\noperator_password: "operator-secret"\n`
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

function openssl(directory: string, ...args: readonly string[]): void {
  execFileSync('openssl', ['req', '-x509', ...KEY, ...args], { cwd: directory, stdio: 'pipe' })
}

/** Makes `ca.pem` and `ca.key` in a directory. */
export function makeAuthority(directory: string): void {
  openssl(directory, '-days', '10', '-subj', '/CN=brokers', '-keyout', 'ca.key', '-out', 'ca.pem')
}

function makeCertificate(authority: string, directory: string): void {
  const files = ['-keyout', join(directory, 'broker.key'), '-out', join(directory, 'broker.pem')]
  const names = ['-extensions', 'usr_cert', '-addext', 'subjectAltName=IP:127.0.0.1']
  openssl(authority, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '10', '-subj', '/CN=n', ...names, ...files)
}
