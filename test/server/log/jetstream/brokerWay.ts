import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A way to a broker that can be cut. It goes with the test. */
export class BrokerWay {
  readonly #sockets = new Set<Socket>()
  readonly #most: number
  #port = 0
  #isCut = false
  #sent = 0

  private constructor(most: number) {
    this.#most = most
  }

  /** @param most it stands still when so many bytes went to the broker */
  static async open(to: number, most = Number.POSITIVE_INFINITY): Promise<BrokerWay> {
    const way = new BrokerWay(most)
    const server = createServer(socket => way.#carry(socket, connect(to, '127.0.0.1')))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      way.cut()
      server.close()
    })
    const address = server.address()
    way.#port = typeof address === 'object' && address !== null ? address.port : 0
    return way
  }

  get port(): number {
    return this.#port
  }

  /** Whether it stands still. */
  get isFull(): boolean {
    return this.#sent >= this.#most
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  heal(): void {
    this.#isCut = false
  }

  #carry(client: Socket, broker: Socket): void {
    for (const [here, there] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(here)
      here.on('error', () => undefined)
      here.on('close', () => {
        this.#sockets.delete(here)
        there.destroy()
      })
    }
    if (this.#isCut) return void client.destroy()
    broker.pipe(client)
    client.on('data', (data: Buffer) => {
      this.#sent += data.byteLength
      if (this.isFull) client.pause()
      else broker.write(data)
    })
  }
}
