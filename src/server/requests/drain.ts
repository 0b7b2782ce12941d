import type { Draining } from '../admin/liveServer.ts'
import type { Client } from './client.ts'
import { drained } from './farewell.ts'

/** How often some are sent away, ms. */
const STEP_MS = 100

/** What a {@link Drain} works with. */
export interface DrainOptions {
  readonly clients: () => Iterable<Client>
  /** How many connections are open, those on the way in or out included. */
  readonly open: () => number
  /** Closes the connections on the way in: they have asked for nothing yet. */
  readonly cutArrivals: () => void
  /** Where other daemons serve the same log. */
  readonly peers: () => readonly string[]
  /** New connections are refused. */
  readonly pause: () => void
  /** They are taken again; a sentence where that fails. */
  readonly resume: () => Promise<string | undefined>
}

/** Empties a daemon: its clients go to other daemons, in a time that spares these. */
export class Drain {
  readonly #options: DrainOptions
  #isOn = false
  #timer: NodeJS.Timeout | undefined
  #ended: (isEmpty: boolean) => void = () => undefined

  constructor(options: DrainOptions) {
    this.#options = options
  }

  /** Whether connections are not taken, since the operator wants it so. */
  get isOn(): boolean {
    return this.#isOn
  }

  /** Takes no further connection, and sends the others away within a time, ms; a second drain goes on with the new time. */
  start(within: number): Draining {
    this.#ended(false)
    clearInterval(this.#timer)
    if (!this.#isOn) this.#options.pause()
    this.#isOn = true
    const began = performance.now()
    const connections = this.#options.open()
    const { promise: done, resolve } = Promise.withResolvers<boolean>()
    this.#ended = resolve
    let sent = 0
    const step = (): void => {
      const part = within === 0 ? 1 : Math.min(1, (performance.now() - began) / within)
      if (part === 1) this.#options.cutArrivals()
      const due = part === 1 ? Number.POSITIVE_INFINITY : Math.ceil(connections * part) - sent
      sent += this.#send(due)
      if (this.#options.open() > 0) return
      clearInterval(this.#timer)
      resolve(true)
    }
    this.#timer = setInterval(step, STEP_MS)
    step()
    return { connections, done }
  }

  /** Takes connections again. The error is a sentence. */
  async cancel(): Promise<string | undefined> {
    if (!this.#isOn) return 'this daemon takes connections already'
    this.stop()
    const problem = await this.#options.resume()
    this.#isOn = problem !== undefined
    return problem
  }

  /** Sends no more clients away. */
  stop(): void {
    clearInterval(this.#timer)
    this.#ended(false)
  }

  #send(due: number): number {
    if (due <= 0) return 0
    const bye = drained(this.#options.peers())
    let sent = 0
    for (const client of this.#options.clients()) {
      if (sent >= due) break
      if (client.connection.isEnding) continue
      client.sendAway(bye, 'draining')
      sent++
    }
    return sent
  }
}
