import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makePrivateDirectory, type Outcome, type Places, systemReason } from './places.ts'
import { isListening, type Listener, probe } from './probe.ts'
import type { Reports } from './reports.ts'

/** The only address that a hosted daemon listens on. */
export const LOOPBACK = '127.0.0.1'
/** A daemon that was started here ends this long after the last connection left, seconds. */
const IDLE_SECONDS = 60
/** Longer than any start that was seen on a loaded machine, ms. */
const START_TIMEOUT_MS = 15_000
const POLL_MS = 20
/** A log that has grown beyond this is put aside when a daemon starts, bytes; one old one is kept. */
const MAX_LOG_BYTES = 1024 * 1024
/** How much of the end of a log is looked at for its last line, bytes. */
const LOG_TAIL_BYTES = 4096

/** What a {@link Host} needs. */
export interface HostOptions {
  readonly port: number
  readonly places: Places
  readonly env: NodeJS.ProcessEnv
  readonly reports: Reports
}

/**
 * Sees to it that a chatd listens on a port of this machine, as tmux does for its server: where nothing listens it
 * starts one as a process of its own, which outlives this one.
 */
export class Host {
  readonly #port: number
  readonly #places: Places
  readonly #idleSeconds: number
  readonly #reports: Reports
  /** The last failure that was told: it is told once, not at every attempt. */
  #told: string | undefined

  constructor(options: HostOptions) {
    this.#port = options.port
    this.#places = options.places
    this.#idleSeconds = idleSeconds(options.env)
    this.#reports = options.reports
  }

  /**
   * Makes what a daemon needs, where one has to be started: undefined, or a sentence that says why that cannot be.
   * For the time before the screen opens.
   */
  async prepare(): Promise<string | undefined> {
    if (await isListening(this.#port)) return undefined
    const log = this.#openLog()
    if (!log.ok) return log.message
    closeSync(log.value)
    const data = makePrivateDirectory(this.#dataDirectory)
    return data.ok ? undefined : data.message
  }

  /**
   * Resolves when a chatd listens, or when that could not be reached in bounded time; then a report says why.
   * Never throws. Meant for {@link ClientOptions.beforeConnect}.
   */
  async ensure(): Promise<void> {
    const listener = await probe(this.#port)
    if (listener === 'chatd') this.#told = undefined
    else if (listener === 'other') this.#fail(this.#portTaken())
    else await this.#start()
  }

  async #start(): Promise<void> {
    const program = findDaemonProgram()
    if (program === undefined)
      return this.#fail('chatd is missing beside this program; install chat-tui again')
    const log = this.#openLog()
    if (!log.ok) return this.#fail(log.message)
    try {
      const logStart = fstatSync(log.value).size
      const daemon = this.#spawn(program, log.value)
      const listener = await this.#waitFor(daemon)
      if (listener === 'chatd') {
        this.#told = undefined
        // Where ours has ended already another one won the race for the port.
        if (daemon.exitCode !== null || daemon.signalCode !== null) return
        this.#reports.add(
          'info',
          `started a chat server on ${LOOPBACK}:${this.#port} (log: ${this.#logPath})`,
        )
      } else if (listener === 'other') {
        this.#fail(this.#portTaken())
      } else {
        this.#fail(
          `chatd did not start: ${lastLine(this.#logPath, logStart) ?? 'it says nothing'} (log: ${this.#logPath})`,
        )
      }
    } catch (error) {
      this.#fail(`chatd could not be started: ${systemReason(error)}`)
    } finally {
      closeSync(log.value)
    }
  }

  #spawn(program: string, log: number): ChildProcess {
    const daemon = spawn(
      process.execPath,
      [
        program,
        ...['--listen', `${LOOPBACK}:${this.#port}`],
        ...['--data', this.#dataDirectory],
        ...['--exit-when-idle', String(this.#idleSeconds)],
      ],
      // A session of its own: neither Ctrl+C, Ctrl+Z nor the end of the terminal reaches it.
      { detached: true, cwd: '/', stdio: ['ignore', log, log] },
    )
    daemon.on('error', () => {})
    daemon.unref()
    return daemon
  }

  /** Waits until something listens, our daemon has ended or the time is over. */
  async #waitFor(daemon: ChildProcess): Promise<Listener> {
    const deadline = Date.now() + START_TIMEOUT_MS
    while (Date.now() < deadline) {
      const ended = daemon.exitCode !== null || daemon.signalCode !== null || daemon.pid === undefined
      const listener = await probe(this.#port)
      if (listener !== 'nothing' || ended) return listener
      await delay(POLL_MS)
    }
    return 'nothing'
  }

  get #dataDirectory(): string {
    return join(this.#places.data, String(this.#port))
  }

  get #logPath(): string {
    return join(this.#places.state, `chatd-${this.#port}.log`)
  }

  /** Opens the log for appending; one that has grown too long is put aside before. */
  #openLog(): Outcome<number> {
    const made = makePrivateDirectory(this.#places.state)
    if (!made.ok) return made
    try {
      const old = statSync(this.#logPath, { throwIfNoEntry: false })
      if (old !== undefined && old.size > MAX_LOG_BYTES) renameSync(this.#logPath, `${this.#logPath}.old`)
      return { ok: true, value: openSync(this.#logPath, 'a', 0o600) }
    } catch (error) {
      return { ok: false, message: `cannot write the log ${this.#logPath}: ${systemReason(error)}` }
    }
  }

  #portTaken(): string {
    return `something other than chatd answers on ${LOOPBACK}:${this.#port}; choose another port with --port`
  }

  #fail(message: string): void {
    if (this.#told === message) return
    this.#told = message
    this.#reports.add('trouble', message)
  }
}

/** `CHAT_TUI_IDLE_SECONDS` sets another time, for tests and for people who want their daemon to stay longer. */
function idleSeconds(env: NodeJS.ProcessEnv): number {
  const given = Number(env['CHAT_TUI_IDLE_SECONDS'])
  return Number.isSafeInteger(given) && given > 0 ? given : IDLE_SECONDS
}

/** `bin/chatd.cjs` of the package that this file is in, wherever in it a bundler has put it. */
function findDaemonProgram(): string | undefined {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    const program = join(directory, 'bin', 'chatd.cjs')
    if (existsSync(program)) return program
    if (directory === dirname(directory)) return undefined
  }
}

/** The last line that a log got behind a position; of a structured one what it says to people. */
function lastLine(path: string, from: number): string | undefined {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const start = Math.max(from, fstatSync(file).size - LOG_TAIL_BYTES)
    const bytes = Buffer.alloc(LOG_TAIL_BYTES)
    const line = bytes.toString('utf8', 0, readSync(file, bytes, 0, LOG_TAIL_BYTES, start)).trimEnd()
    return saying(line.slice(line.lastIndexOf('\n') + 1))
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function saying(line: string): string | undefined {
  try {
    const entry: unknown = JSON.parse(line)
    if (typeof entry === 'object' && entry !== null && 'msg' in entry) return String(entry.msg)
  } catch {
    // A plain sentence.
  }
  return line === '' ? undefined : line.replace(/^chatd: /, '')
}
