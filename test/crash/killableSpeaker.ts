import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { until } from './waiting.ts'

const READY = 'ready'
const SPEAKER = new URL('speaker.ts', import.meta.url).pathname

/** A client in a process of its own, killed as often as one likes; what it keeps on disk it goes on with. */
export class KillableSpeaker {
  /** What it said, in order: each was on its screen. */
  readonly said: string[] = []
  kills = 0
  readonly #directory: string
  readonly #port: () => number
  readonly #room: string
  #child: ChildProcess | undefined
  #isReady = false
  #run = 0

  constructor(directory: string, port: () => number, room: string) {
    this.#directory = directory
    this.#port = port
    this.#room = room
  }

  start(): void {
    const args = [SPEAKER, this.#directory, String(this.#port()), String(++this.#run), this.#room]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let rest = ''
    this.#isReady = false
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      // A line that was cut off was not seen.
      rest = lines.pop() ?? ''
      this.#isReady ||= lines.includes(READY)
      this.said.push(...lines.filter(line => line !== READY))
    })
    this.#child = child
  }

  /** Ends it at once and starts it again. */
  async kill(): Promise<void> {
    this.kills++
    await this.#end('SIGKILL')
    this.start()
  }

  /** Lets it send what it has said; resolves when everything is stored, and it has ended. */
  async finish(): Promise<void> {
    await until('the killed client is there again', () => this.#isReady)
    return this.#end('SIGTERM')
  }

  /** Ends it at once. */
  end(): Promise<void> {
    return this.#end('SIGKILL')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'close')
    child.kill(signal)
    await gone
  }
}
