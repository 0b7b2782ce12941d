import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makePrivateDirectory, type Places, systemReason } from '../profile/directories.ts'
import { DaemonLog } from './daemonLog.ts'
import { isListening, type Listener, probe } from './probe.ts'
import type { Reports } from './reports.ts'

/** The only address that a hosted daemon listens on. */
export const LOOPBACK = '127.0.0.1'
/** A daemon that was started here ends this long after the last connection left, seconds. */
const IDLE_SECONDS = 60
/** Longer than any start that was seen on a loaded machine, ms. */
const START_TIMEOUT_MS = 15_000
const POLL_MS = 20
/** A chatd that answers for so long is another one, where ours has not said that it listens, ms. */
const LOST_AFTER_MS = 500

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
    const log = DaemonLog.open(this.#places.state, this.#port)
    if (!log.ok) return log.message
    log.value.close()
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
    const opened = DaemonLog.open(this.#places.state, this.#port)
    if (!opened.ok) return this.#fail(opened.message)
    const log = opened.value
    try {
      const daemon = this.#spawn(program, log.file)
      const listener = await this.#waitFor(daemon, log)
      if (listener === 'other') this.#fail(this.#portTaken())
      else if (listener === 'nothing') {
        this.#fail(`chatd did not start: ${log.lastSaying() ?? 'it says nothing'} (log: ${log.path})`)
      } else {
        this.#told = undefined
        // Otherwise another one won the race for the port, and we join that.
        if (!log.hasListening(daemon.pid)) return
        this.#reports.add('info', `started a chat server on ${LOOPBACK}:${this.#port} (log: ${log.path})`)
      }
    } catch (error) {
      this.#fail(`chatd could not be started: ${systemReason(error)}`)
    } finally {
      log.close()
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

  /** Waits until something listens and it is known whether that is our daemon, or ours has ended, or time is over. */
  async #waitFor(daemon: ChildProcess, log: DaemonLog): Promise<Listener> {
    const deadline = Date.now() + START_TIMEOUT_MS
    let answersSince = Number.POSITIVE_INFINITY
    for (;;) {
      const isSettled =
        daemon.exitCode !== null ||
        daemon.signalCode !== null ||
        daemon.pid === undefined ||
        log.hasListening(daemon.pid) ||
        Date.now() > deadline
      const listener = await probe(this.#port)
      if (isSettled || listener === 'other') return listener
      if (listener === 'chatd') answersSince = Math.min(answersSince, Date.now())
      // Another one won the race; ours waits for the data directory, and will give up by itself.
      if (Date.now() - answersSince > LOST_AFTER_MS) return listener
      await delay(POLL_MS)
    }
  }

  get #dataDirectory(): string {
    return join(this.#places.data, String(this.#port))
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
