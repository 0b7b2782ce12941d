import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A way to a broker that can be cut; it ends with the test. */
export class BrokerProxy {
  readonly port: number
  readonly #sockets = new Set<Socket>()
  #isCut = false

  private constructor(port: number) {
    this.port = port
  }

  static async start(to: number): Promise<BrokerProxy> {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const proxy = new BrokerProxy(typeof address === 'object' && address !== null ? address.port : 0)
    server.on('connection', socket => proxy.#join(socket, to))
    onTestFinished(() => {
      proxy.cut()
      server.close()
    })
    return proxy
  }

  /** Ends what goes through it, and takes nothing more. */
  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Takes {@link cut} back. */
  heal(): void {
    this.#isCut = false
  }

  #join(socket: Socket, to: number): void {
    if (this.#isCut) return void socket.destroy()
    const broker = connect(to, '127.0.0.1')
    for (const [one, other] of [
      [socket, broker],
      [broker, socket],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => undefined)
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  }
}
