import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const CHATD = new URL('../../bin/chatd.cjs', import.meta.url).pathname
const SHIFTED_CLOCK = new URL('shiftedClock.mjs', import.meta.url).href
const NOTHING_ELSE = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' }

/** Of the log, what an error shows; characters. */
const MAX_LOG = 10_000

/** How a daemon is started. */
interface Start {
  /** How far its clock is from the machine's, ms. */
  readonly clockShift?: number
  /** With the limits that a daemon has by default. */
  readonly isLimited?: boolean
}

/** What a task says that was done and has no line in the audit. */
const NOT_NOTED = 'it is done, but could not be noted in the audit'

/** An event as `chatd export` prints it. */
export interface Exported {
  readonly action: string
  readonly seq: number
  readonly prev: number
  readonly from: string
  readonly id: string
  readonly message?: string
}

/** The built daemon in a data directory, started and killed as often as one likes; it keeps its port. */
export class KillableDaemon {
  port = 0
  /** The process, once it was started. */
  protected child: ChildProcess | undefined
  readonly #directory: string
  readonly #flags: readonly string[]

  constructor(directory: string, flags: readonly string[] = []) {
    this.#directory = directory
    this.#flags = flags
  }

  /** Resolves when it accepts connections. */
  async start({ clockShift = 0, isLimited = false }: Start = {}): Promise<void> {
    const limits = isLimited ? [] : ['--no-limits']
    const args = [
      CHATD,
      '--listen',
      `127.0.0.1:${this.port}`,
      '--data',
      this.#directory,
      ...limits,
      ...this.#flags,
    ]
    const clock = { NODE_OPTIONS: `--import ${SHIFTED_CLOCK}`, CLOCK_SHIFT: String(clockShift) }
    const child = spawn(process.execPath, args, {
      env: clockShift === 0 ? NOTHING_ELSE : { ...NOTHING_ELSE, ...clock },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.child = child
    const lines = createInterface({ input: child.stderr })
    let log = ''
    await new Promise<void>((resolve, reject) => {
      child.once('exit', code => reject(new Error(`chatd ended with ${code}: ${log}`)))
      lines.on('line', line => {
        this.noteLine(line)
        const port = /"port":(\d+)/.exec(line)?.[1]
        if (port !== undefined) {
          this.port = Number(port)
          resolve()
        } else if (log.length < MAX_LOG) log += `${line}\n`
      })
    })
  }

  /** Hears each line of its log. */
  protected noteLine(_line: string): void {}

  /** Ends it by a signal, at once; resolves when it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  /** Every event of a room, of a daemon that runs or not. */
  async export(room: string): Promise<Exported[]> {
    const child = spawn(process.execPath, [CHATD, 'export', room, '--data', this.#directory], {
      env: NOTHING_ELSE,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exited = once(child, 'close')
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const events: Exported[] = []
    for await (const line of createInterface({ input: child.stdout }))
      events.push(JSON.parse(line) as Exported)
    const [code] = (await exited) as [number | null]
    // On a full disk it prints everything, and fails since the audit has no room for it.
    if (code !== 0 && !said.includes(NOT_NOTED)) throw new Error(`the export ended with ${code}: ${said}`)
    return events
  }

  /** What `chatd check` prints, and whether all is well: where only little room is left, others judge. */
  check(): Promise<{ readonly isWell: boolean; readonly text: string }> {
    const args = [CHATD, 'check', '--data', this.#directory]
    return new Promise(resolve => {
      execFile(process.execPath, args, { env: NOTHING_ELSE }, (error, stdout) =>
        resolve({ isWell: error === null, text: stdout }),
      )
    })
  }
}
