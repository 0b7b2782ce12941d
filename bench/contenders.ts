import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ownKeyPair } from '../src/server/tls/ownKeyPair.ts'
import type { DialectName } from './dialects.ts'
import { startDaemon } from './programs.ts'

const PEERS = new URL('peers/', import.meta.url).pathname
/** The system's Python, which readers of a tutorial would use. */
const PYTHON = '/usr/bin/python3'
const PATIENCE_MS = 10_000

/** A running server. */
export interface RunningServer {
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

/** A server that takes part in a bench. */
export interface Contender {
  readonly name: string
  readonly dialect: DialectName
  /** Through TLS. */
  readonly isEncrypted?: boolean
  /** Why it cannot run on this machine; undefined if it can. */
  readonly missing?: string | undefined
  start(): Promise<RunningServer>
}

/** chatd as it is installed, with the durable log. */
export const CHATD: Contender = { name: 'chatd', dialect: 'plain', start: () => startDaemon() }

/** chatd with its metrics, which are scraped every second: fifteen times as often as Prometheus does by default. */
const CHATD_WATCHED: Contender = {
  ...CHATD,
  name: 'chatd, scraped each second',
  start: async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'metrics-')), 'socket')
    const daemon = await startDaemon(undefined, { flags: ['--metrics', `unix:${path}`] })
    const scraping = setInterval(() => void scrape(path), 1_000)
    return {
      ...daemon,
      stop: async () => {
        clearInterval(scraping)
        await daemon.stop()
        rmSync(dirname(path), { recursive: true, force: true })
      },
    }
  },
}

/** An older chatd, whose `bin/chatd.cjs` the environment names, to see what a change costs. */
const CHATD_BEFORE: Contender = {
  ...CHATD,
  name: 'chatd before',
  missing: process.env['CHATD_BEFORE'] === undefined ? 'CHATD_BEFORE names no program' : undefined,
  start: () => startDaemon(undefined, { path: process.env['CHATD_BEFORE'] ?? '' }),
}

/** What watching costs: the counters of chatd beside a chatd without them, and the scrapes. */
export const WATCHED_CONTENDERS: readonly Contender[] = [CHATD, CHATD_WATCHED, CHATD_BEFORE]

function scrape(socketPath: string): Promise<void> {
  return new Promise(resolve => {
    get({ socketPath, path: '/metrics' }, response => response.resume().on('end', resolve)).on('error', () =>
      resolve(),
    )
  })
}

/** The same through TLS: the port is the same too. */
const CHATD_TLS: Contender = { ...CHATD, name: 'chatd, TLS', isEncrypted: true }

/** chatd with its log in memory: the difference to CHATD is the price of durability. */
const CHATD_IN_MEMORY: Contender = {
  name: 'chatd, log in memory',
  dialect: 'plain',
  start: () => startPeer(process.execPath, port => [join(PEERS, 'memoryLog.ts'), String(port)]),
}

const FLOOR: Contender = {
  name: 'C floor',
  dialect: 'bare',
  missing: missingProgram('gcc'),
  start: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'floor-'))
    const program = join(directory, 'floor')
    execFileSync('gcc', ['-O2', '-o', program, join(PEERS, 'floor.c')])
    return startPeer(program, port => [String(port)], directory)
  },
}

/** The cost of Node itself: a lower bound for chatd. */
export const NODE_FLOOR: Contender = {
  name: 'Node floor',
  dialect: 'bare',
  start: () => startPeer(process.execPath, port => [join(PEERS, 'floor.ts'), String(port)]),
}

/** The IRC server, also for the IRC clients beside chat-tui. */
export const INSPIRCD: Contender = {
  name: 'InspIRCd',
  dialect: 'irc',
  missing: missingProgram('inspircd'),
  start: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'inspircd-'))
    const config = join(directory, 'inspircd.conf')
    const template = readFileSync(join(PEERS, 'inspircd.conf'), 'utf8')
    return startPeer(
      'inspircd',
      port => {
        writeFileSync(config, template.replace('"PORT"', `"${port}"`))
        return ['--nofork', '--nolog', '--nopid', '--runasroot', '--config', config]
      },
      directory,
    )
  },
}

const NATS: Contender = {
  name: 'nats-server',
  dialect: 'nats',
  missing: missingProgram('nats-server'),
  start: () =>
    startPeer('nats-server', port => ['-a', '127.0.0.1', '-p', String(port), '-c', join(PEERS, 'nats.conf')]),
}

const INSPIRCD_TLS: Contender = {
  ...INSPIRCD,
  name: 'InspIRCd, TLS',
  isEncrypted: true,
  start: async () => {
    const { directory, certificate, key } = newCertificate()
    const config = join(directory, 'inspircd.conf')
    const template = readFileSync(join(PEERS, 'inspircd.conf'), 'utf8')
    const profile = `<sslprofile name="tls" provider="gnutls" certfile="${certificate}" keyfile="${key}">`
    return startPeer(
      'inspircd',
      port => {
        const bind = template.replace('port="PORT"', `port="${port}" sslprofile="tls"`)
        writeFileSync(config, `<module name="ssl_gnutls">\n${profile}\n${bind}`)
        return ['--nofork', '--nolog', '--nopid', '--runasroot', '--config', config]
      },
      directory,
    )
  },
}

const NATS_TLS: Contender = {
  ...NATS,
  name: 'nats-server, TLS',
  isEncrypted: true,
  start: async () => {
    const { directory, certificate, key } = newCertificate()
    const config = join(directory, 'nats.conf')
    const plain = readFileSync(join(PEERS, 'nats.conf'), 'utf8')
    writeFileSync(config, `${plain}\ntls { cert_file: "${certificate}", key_file: "${key}" }\n`)
    return startPeer('nats-server', port => ['-a', '127.0.0.1', '-p', String(port), '-c', config], directory)
  },
}

const ASYNCIO: Contender = {
  name: 'tutorial, asyncio',
  dialect: 'plain',
  missing: missingProgram(PYTHON),
  start: () => startPeer(PYTHON, port => [join(PEERS, 'tutorial.py'), String(port)]),
}

const UVLOOP: Contender = {
  name: 'tutorial, uvloop',
  dialect: 'plain',
  missing: missingProgram(PYTHON) ?? missingModule('uvloop'),
  start: () => startPeer(PYTHON, port => [join(PEERS, 'tutorial.py'), String(port), 'uvloop']),
}

/** All servers, chatd first. */
export const CONTENDERS: readonly Contender[] = [
  CHATD,
  CHATD_IN_MEMORY,
  FLOOR,
  NODE_FLOOR,
  INSPIRCD,
  NATS,
  UVLOOP,
  ASYNCIO,
]

/** chatd and the peers that serve TLS, each in plain text and through TLS. */
export const TLS_CONTENDERS: readonly Contender[] = [CHATD, CHATD_TLS, NATS, NATS_TLS, INSPIRCD, INSPIRCD_TLS]

/** A certificate like chatd's own, in files. */
function newCertificate(): {
  readonly directory: string
  readonly certificate: string
  readonly key: string
} {
  const directory = mkdtempSync(join(tmpdir(), 'bench-tls-'))
  const pair = ownKeyPair(directory, [])
  if (!pair.ok) throw new Error(pair.error)
  const [certificate, key] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')]
  writeFileSync(certificate, pair.value.certificate)
  writeFileSync(key, pair.value.key)
  return { directory, certificate, key }
}

function missingProgram(name: string): string | undefined {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0 ? undefined : `${name} is not installed`
}

function missingModule(name: string): string | undefined {
  return spawnSync(PYTHON, ['-c', `import ${name}`]).status === 0
    ? undefined
    : `python3-${name} is not installed`
}

/** Starts a program on a free port and waits until it accepts connections. */
async function startPeer(
  program: string,
  argsFor: (port: number) => readonly string[],
  directory?: string,
): Promise<RunningServer> {
  const port = await freePort()
  const child = spawn(program, argsFor(port), { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-2_000)
  })
  await untilListening(child, port, () => complaints)
  return {
    port,
    pid: child.pid ?? 0,
    stop: async () => {
      const gone = new Promise(resolve => child.once('exit', resolve))
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await gone
      }
      if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function untilListening(child: ChildProcess, port: number, complaints: () => string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await answers(port))) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`${child.spawnfile} did not start: ${complaints()}`)
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
