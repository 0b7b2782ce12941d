import type { NatsConnection } from '@nats-io/transport-node'
import { deniedSentence } from './brokers.ts'

/** A broker that brings nothing for this long is left for another one, ms. Sooner is worse: an election takes 4 to 9 s. */
const LEAVE_AFTER = 9_500
const LOOK_EVERY = 500
/** A publish is repeated every 300 ms until its fate is known: after this long without one it is, ms. A tail goes on for ever. */
const FORGOTTEN_AFTER = { acknowledgement: 2_000, tail: Number.POSITIVE_INFINITY } as const

/** What a daemon waits for. Each has its own time: a broker that is cut off from the others still sends heartbeats. */
type Awaited = 'acknowledgement' | 'tail'

/** The one connection of a daemon to its brokers: whether it is up, and when it is time to leave a broker. */
export class BrokerLink {
  readonly connection: NatsConnection
  readonly #servers: readonly string[]
  readonly #listeners = new Set<() => void>()
  readonly #timer: NodeJS.Timeout
  readonly #denied: (sentence: string) => void
  readonly #toldDenied = new Set<string>()
  #isUp = true
  #reconnects = 0
  /** Since when something is waited for, and when it was asked for last, on the steady clock. */
  readonly #waiting = new Map<Awaited, { since: number; readonly askedAt: number }>()

  /** @param denied called once with each thing that the brokers do not let this daemon do; a sentence */
  constructor(
    connection: NatsConnection,
    servers: readonly string[],
    denied: (sentence: string) => void = () => undefined,
  ) {
    this.connection = connection
    this.#servers = servers
    this.#denied = denied
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY)
    void this.#follow()
  }

  /** Whether a broker is connected. What is sent otherwise would only be sent later, again and again. */
  get isUp(): boolean {
    return this.#isUp
  }

  /** How often the connection was made again. */
  get reconnects(): number {
    return this.#reconnects
  }

  /** Calls a function after each reconnect; returns the function that ends it. */
  onReconnect(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Something is asked for, again and again: without {@link progress} the broker is left after a while. */
  waits(what: Awaited): void {
    const now = performance.now()
    this.#waiting.set(what, { since: this.#waiting.get(what)?.since ?? now, askedAt: now })
  }

  /** The broker brought what was waited for. */
  progress(what: Awaited): void {
    this.#waiting.delete(what)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#listeners.clear()
    await this.connection.close()
  }

  #look(): void {
    if (!this.#isUp) return
    const now = performance.now()
    for (const [what, waiting] of this.#waiting) {
      // What is no longer asked for has come by another way.
      if (now - waiting.askedAt > FORGOTTEN_AFTER[what]) this.#waiting.delete(what)
      else if (now - waiting.since >= LEAVE_AFTER) {
        waiting.since = now
        return this.leave()
      }
    }
  }

  /** Goes to the next broker of the list: the present one may be cut off from the others and not know it. */
  leave(): void {
    const at = this.#servers.indexOf(this.connection.getServer())
    const others = [...this.#servers.slice(at + 1), ...this.#servers.slice(0, Math.max(at, 0))]
    const [next] = others
    if (next === undefined) return
    this.connection.setServers([next])
    // Both ends of the change are in the library's hands; where it fails, the next look tries again.
    this.connection
      .reconnect()
      .catch(() => undefined)
      .finally(() => this.connection.setServers([...this.#servers]))
  }

  async #follow(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') this.#isUp = false
      if (status.type === 'error') this.#noteDenied(status.error)
      if (status.type !== 'reconnect') continue
      this.#isUp = true
      this.#reconnects++
      for (const listener of this.#listeners) listener()
    }
  }
  #noteDenied(error: Error): void {
    const sentence = deniedSentence(error)
    if (sentence === undefined || this.#toldDenied.has(sentence)) return
    this.#toldDenied.add(sentence)
    this.#denied(sentence)
  }
}
