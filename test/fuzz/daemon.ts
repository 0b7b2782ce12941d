import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

const CHATD = new URL('../../bin/chatd.cjs', import.meta.url).pathname
const ENVIRONMENT = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' }
const TICKS_A_SECOND = 100
/** What the log must never have: a bug, or a thread that broke. */
const TROUBLE = /"level":"(error|fatal)"/

/** The built daemon in a data directory; it keeps its port over restarts. */
export class FuzzedDaemon {
  port = 0
  /** Lines of its log that tell of a bug. */
  readonly trouble: string[] = []
  readonly #directory: string
  #child: ChildProcess | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Resolves when it accepts connections. @param isLimited with the limits that a daemon has by default */
  async start(isLimited: boolean): Promise<void> {
    const limits = isLimited ? [] : ['--no-limits']
    const args = [CHATD, '--listen', `127.0.0.1:${this.port}`, '--data', this.#directory, ...limits]
    const child = spawn(process.execPath, args, { env: ENVIRONMENT, stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    let rest = ''
    await new Promise<void>((resolve, reject) => {
      child.once('exit', code =>
        reject(new Error(`chatd ended with ${code}: ${this.trouble.join('\n')}${rest}`)),
      )
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          if (TROUBLE.test(line)) this.trouble.push(line)
          const port = /"port":(\d+)/.exec(line)?.[1]
          if (port === undefined) continue
          this.port = Number(port)
          resolve()
        }
      })
    })
  }

  /** Undefined while it runs. */
  get ended(): string | undefined {
    const { exitCode = null, signalCode = null } = this.#child ?? {}
    return exitCode === null && signalCode === null ? undefined : `chatd ended (${exitCode ?? signalCode})`
  }

  /** Resident memory, MiB. */
  get memory(): number {
    const status = readFileSync(`/proc/${this.#child?.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024
  }

  /** CPU time that it has used, seconds. */
  get cpu(): number {
    const stat = readFileSync(`/proc/${this.#child?.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || this.ended !== undefined) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  /** What `chatd check` says of the log, and whether all is well. */
  check(): Promise<{ readonly isWell: boolean; readonly text: string }> {
    return new Promise(resolve => {
      const args = [CHATD, 'check', '--data', this.#directory]
      execFile(process.execPath, args, { env: ENVIRONMENT }, (error, stdout) =>
        resolve({ isWell: error === null, text: stdout }),
      )
    })
  }
}
