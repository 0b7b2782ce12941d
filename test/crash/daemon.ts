import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const CHATD = new URL('../../bin/chatd.cjs', import.meta.url).pathname
const SHIFTED_CLOCK = new URL('shiftedClock.mjs', import.meta.url).href
const NOTHING_ELSE = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' }

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
  readonly #directory: string
  #child: ChildProcess | undefined
  port = 0

  constructor(directory: string) {
    this.#directory = directory
  }

  /**
   * Resolves when it accepts connections.
   * @param clockShift how far its clock is from the machine's, ms
   */
  async start(clockShift = 0): Promise<void> {
    const args = ['--listen', `127.0.0.1:${this.port}`, '--data', this.#directory, '--no-limits']
    const child = spawn(process.execPath, [CHATD, ...args], {
      env: { ...NOTHING_ELSE, NODE_OPTIONS: `--import ${SHIFTED_CLOCK}`, CLOCK_SHIFT: String(clockShift) },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#child = child
    let log = ''
    this.port = await new Promise<number>((resolve, reject) => {
      child.once('exit', code => reject(new Error(`chatd ended with ${code}: ${log}`)))
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        log += text
        const found = /"port":(\d+)/.exec(log)?.[1]
        if (found !== undefined) resolve(Number(found))
      })
    })
  }

  /** Ends it by a signal, at once; resolves when it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  /** Every event of a room, of a daemon that runs or not. */
  async export(room: string): Promise<Exported[]> {
    const child = spawn(process.execPath, [CHATD, 'export', room, '--data', this.#directory], {
      env: NOTHING_ELSE,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    const events: Exported[] = []
    for await (const line of createInterface({ input: child.stdout }))
      events.push(JSON.parse(line) as Exported)
    const [code] = (await exited) as [number | null]
    if (code !== 0) throw new Error(`the export ended with ${code}`)
    return events
  }

  /** What `chatd check` prints, also where not all is well: little room is for others to judge. */
  check(): Promise<string> {
    const args = [CHATD, 'check', '--data', this.#directory]
    return new Promise(resolve => {
      execFile(process.execPath, args, { env: NOTHING_ELSE }, (_, stdout) => resolve(stdout))
    })
  }
}
