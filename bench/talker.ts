import { randomUUIDv7 } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

const ROOM = 'dev'
const TEXT =
  'a message of about a hundred bytes, as people write them to each other over the day, more or less'

type Frame = Readonly<Record<string, unknown>>

/** A full client in one room: says messages, and hears all of them. */
export class Talker {
  readonly #socket: Socket
  readonly #answers = new Map<string, (frame: Frame) => void>()
  readonly #heard: (id: string) => void

  private constructor(socket: Socket, heard: (id: string) => void) {
    this.#socket = socket
    this.#heard = heard
    createInterface({ input: socket }).on('line', line => this.#take(JSON.parse(line) as Frame))
  }

  /** Connects and joins. @param heard called with the id of each message that is shown */
  static async open(
    port: number,
    username: string,
    heard: (id: string) => void = () => undefined,
  ): Promise<Talker> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    const talker = new Talker(socket, heard)
    talker.#send({ action: 'connect', username, protocol: 1 })
    await talker.#ask({ action: 'joinroom', room: ROOM })
    return talker
  }

  /** Says one message; resolves when it is acknowledged. */
  async say(id: string = randomUUIDv7()): Promise<void> {
    const { action, message } = await this.#ask({ action: 'chat', room: ROOM, message: TEXT, id })
    if (action !== 'ok') throw new Error(`a message was refused: ${String(message)}`)
  }

  close(): void {
    this.#socket.destroy()
  }

  #ask(frame: Frame): Promise<Frame> {
    const id = String(frame['id'] ?? randomUUIDv7())
    return new Promise(resolve => {
      this.#answers.set(id, resolve)
      this.#send({ ...frame, id })
    })
  }

  #send(frame: Frame): void {
    this.#socket.write(`${JSON.stringify(frame)}\n`)
  }

  #take(frame: Frame): void {
    const id = String(frame['id'])
    if (frame['action'] === 'chat') return this.#heard(id)
    if (frame['action'] !== 'ok' && frame['action'] !== 'error') return
    this.#answers.get(id)?.(frame)
    this.#answers.delete(id)
  }
}
