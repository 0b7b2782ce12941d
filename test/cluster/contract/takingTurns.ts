import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

const SOCKETS = { noDelay: true, allowHalfOpen: true } as const

/** One port before several daemons: each connection goes to the next of them. */
export class TakingTurns {
  readonly #ports: readonly number[]
  readonly #ready: () => Promise<void>
  readonly #server: Server
  #turn = 0

  private constructor(ports: readonly number[], ready: () => Promise<void>) {
    this.#ports = ports
    this.#ready = ready
    this.#server = createServer({ ...SOCKETS, pauseOnConnect: true }, near => void this.#carry(near))
  }

  /**
   * @param port where it listens, on loopback; 0: anywhere
   * @param ready what each connection waits for
   */
  static async before(
    ports: readonly number[],
    port: number,
    ready: () => Promise<void>,
  ): Promise<TakingTurns> {
    const started = new TakingTurns(ports, ready)
    started.#server.listen(port, '127.0.0.1')
    await once(started.#server, 'listening')
    return started
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Takes no more connections; those that are open end with their daemons. */
  close(): void {
    this.#server.close()
  }

  async #carry(near: Socket): Promise<void> {
    const port = this.#ports[this.#turn++ % this.#ports.length] ?? 0
    near.on('error', () => undefined)
    try {
      await this.#ready()
    } catch {
      // The daemons are being stopped.
      near.resetAndDestroy()
      return
    }
    if (near.destroyed) return
    const far = connect({ ...SOCKETS, port, host: '127.0.0.1' })
    pass(near, far)
    pass(far, near)
  }
}

/** Passes bytes, the end of them, and a reset. */
function pass(from: Socket, to: Socket): void {
  from.pipe(to)
  from.on('error', () => to.resetAndDestroy())
  from.on('close', () => to.destroySoon())
}
