import { connect, createServer, type Server, type Socket } from 'node:net'

/** What a {@link RoughLine} does to what passes; every number comes from `random`. */
export interface Weather {
  /** From 0 up to 1. */
  readonly random: () => number
  /** How likely it is that a chunk is the last of its connection: cut in the middle, both sides reset. */
  readonly cut: number
  /** The longest delay of a chunk, ms. */
  readonly delay: number
  /** How likely it is that a chunk arrives in halves. */
  readonly halve: number
}

/** A line to a server that breaks. It delays, halves and cuts; it changes no byte and no order. */
export class RoughLine {
  cuts = 0
  readonly #target: number
  readonly #weather: Weather
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #calm = false

  private constructor(target: number, weather: Weather) {
    this.#target = target
    this.#weather = weather
    this.#server = createServer({ noDelay: true }, near => this.#carry(near))
  }

  /** A proxy before a port of loopback. */
  static async before(target: number, weather: Weather): Promise<RoughLine> {
    const proxy = new RoughLine(target, weather)
    await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  /** Cuts every connection and takes no more. */
  close(): void {
    this.cutAll()
    this.#server.close()
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Ends the bad weather. */
  calm(): void {
    this.#calm = true
  }

  /** Cuts every connection now. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  #carry(near: Socket): void {
    const far = connect({ port: this.#target, host: '127.0.0.1', noDelay: true })
    const cut = (): void => {
      for (const socket of [near, far]) {
        this.#sockets.delete(socket)
        socket.destroy()
      }
    }
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from)
      let last = Promise.resolve()
      from.on('data', chunk => {
        last = last.then(() => this.#pass(Buffer.from(chunk), to, cut))
      })
      from.on('error', cut)
      from.on('close', () => {
        last = last.then(cut)
      })
    }
  }

  async #pass(chunk: Buffer, to: Socket, cut: () => void): Promise<void> {
    if (this.#calm) {
      to.write(chunk)
      return
    }
    const { random, cut: cutting, delay, halve } = this.#weather
    const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, random() * delay))
    if (delay > 0) await pause()
    if (random() < cutting) {
      this.cuts++
      to.write(chunk.subarray(0, Math.floor(random() * chunk.length)))
      cut()
      return
    }
    if (random() < halve && chunk.length > 1) {
      const middle = 1 + Math.floor(random() * (chunk.length - 1))
      to.write(chunk.subarray(0, middle))
      await pause()
      to.write(chunk.subarray(middle))
    } else to.write(chunk)
  }
}
