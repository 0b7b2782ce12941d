import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Directories, makePrivateDirectory, systemReason } from '../profile/directories.ts'
import { DaemonLog } from './daemonLog.ts'
import { isListening, type Listener, probe } from './probe.ts'
import type { Reports } from './reports.ts'

/** The only address that a hosted daemon listens on. */
export const LOOPBACK = '127.0.0.1'
/** A hosted daemon ends this long after its last connection closed, seconds. */
const IDLE_SECONDS = 60
/** Longer than any start seen on a loaded machine, ms. */
const START_TIMEOUT_MS = 15_000
const POLL_MS = 20
/** Another chatd won the race for the port when one answers this long and ours has not logged that it listens, ms. */
const LOST_AFTER_MS = 500

/** What a {@link Host} works with. */
export interface HostOptions {
  readonly port: number
  readonly directories: Directories
  readonly env: NodeJS.ProcessEnv
  readonly reports: Reports
}

/**
 * Hosts a chatd on a port of this machine, as tmux hosts its server: where nothing listens on the port it starts a
 * daemon process, which outlives this process.
 */
export class Host {
  readonly #port: number
  readonly #directories: Directories
  readonly #idleSeconds: number
  readonly #env: NodeJS.ProcessEnv
  readonly #reports: Reports
  /** The failure that was reported last: the same failure is not reported at every attempt. */
  #reported: string | undefined

  constructor(options: HostOptions) {
    this.#port = options.port
    this.#directories = options.directories
    this.#idleSeconds = idleSeconds(options.env)
    this.#env = options.env
    this.#reports = options.reports
  }

  /**
   * Creates the files that a daemon needs, unless one listens already. Runs before the screen opens.
   * @returns undefined, or a sentence that says why a daemon cannot start
   */
  async prepare(): Promise<string | undefined> {
    if (await isListening(this.#port)) return undefined
    const log = DaemonLog.open(this.#directories.state, this.#port)
    if (!log.ok) return log.error
    log.value.close()
    const data = makePrivateDirectory(this.#dataDirectory)
    return data.ok ? undefined : data.error
  }

  /**
   * Resolves when a chatd listens, or after a bounded time with a report that says why none does. Never throws. Meant
   * for {@link ClientOptions.beforeConnect}.
   */
  async ensure(): Promise<void> {
    const listener = await probe(this.#port)
    if (listener === 'chatd') this.#reported = undefined
    else if (listener === 'other') this.#fail(this.#portTaken())
    else await this.#start()
  }

  async #start(): Promise<void> {
    const program = findDaemonProgram()
    if (program === undefined)
      return this.#fail('chatd is missing beside this program; install chat-tui again')
    const opened = DaemonLog.open(this.#directories.state, this.#port)
    if (!opened.ok) return this.#fail(opened.error)
    const log = opened.value
    const isFirst = !existsSync(join(this.#dataDirectory, 'chatd.db'))
    try {
      const daemon = this.#spawn(program, log.file)
      const listener = await this.#waitFor(daemon, log)
      if (listener === 'other') this.#fail(this.#portTaken())
      else if (listener === 'nothing') {
        this.#fail(`chatd did not start: ${log.lastMessage() ?? 'it logged nothing'} (log: ${log.path})`)
      } else {
        this.#reported = undefined
        // Otherwise another daemon won the race for the port, and the client joins that one.
        if (!log.hasListening(daemon.pid)) return
        this.#reports.add('info', this.#startedSentence(log.path, isFirst))
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
      // Detached: neither Ctrl+C, Ctrl+Z nor the end of the terminal reaches the daemon.
      { detached: true, cwd: '/', stdio: ['ignore', log, log], env: daemonEnvironment(this.#env) },
    )
    daemon.on('error', () => {})
    daemon.unref()
    return daemon
  }

  /** Waits until our daemon listens or has ended, another program answers on the port, or the time is over. */
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
      // Another daemon won the race. Ours waits for the lock of the data directory and gives up by itself.
      if (Date.now() - answersSince > LOST_AFTER_MS) return listener
      await delay(POLL_MS)
    }
  }

  get #dataDirectory(): string {
    return join(this.#directories.data, String(this.#port))
  }

  #startedSentence(log: string, isFirst: boolean): string {
    const toInvite = `; it is for this machine alone: to invite others, run "chatd --listen 0.0.0.0:${this.#port}" and send them what "chatd invite" prints`
    return `started a chat server on ${LOOPBACK}:${this.#port} (log: ${log}${isFirst ? toInvite : ''})`
  }

  #portTaken(): string {
    return `something other than chatd answers on ${LOOPBACK}:${this.#port}; choose another port with --port`
  }

  #fail(message: string): void {
    if (this.#reported === message) return
    this.#reported = message
    this.#reports.add('trouble', message)
  }
}

/**
 * What a hosted daemon has of the environment: it outlives this program, whose token is none of its business, and it has the flags of
 * this program alone, not the configuration of a server of this machine.
 */
function daemonEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => name !== 'CHAT_TOKEN' && !name.startsWith('CHATD_'))
  return Object.fromEntries(kept)
}

/** `CHAT_TUI_IDLE_SECONDS` sets another time, for tests and for users who want their daemon to stay longer. */
function idleSeconds(env: NodeJS.ProcessEnv): number {
  const given = Number(env['CHAT_TUI_IDLE_SECONDS'])
  return Number.isSafeInteger(given) && given > 0 ? given : IDLE_SECONDS
}

/** `bin/chatd.cjs` of this package. It is searched upwards, since the bundler moves this file within the package. */
function findDaemonProgram(): string | undefined {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    const program = join(directory, 'bin', 'chatd.cjs')
    if (existsSync(program)) return program
    if (directory === dirname(directory)) return undefined
  }
}
