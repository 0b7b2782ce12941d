import { randomUUID } from 'node:crypto'
import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/transport-node'

/** How long one publish waits for its answer, ms. The sender sends again long before. */
const TIMEOUT = 3_000
/** The status of an answer that no stream gave. */
const NO_RESPONDERS = 503

interface Waiting {
  readonly resolve: (answer: Msg) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/** Publishes messages and hears their answers. The library's `request` makes errors with their stacks for each answer. */
export class Publisher {
  readonly #connection: NatsConnection
  readonly #inbox = `_INBOX.${randomUUID()}`
  readonly #waiting = new Map<string, Waiting>()
  #count = 0

  constructor(connection: NatsConnection) {
    this.#connection = connection
    connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#answered(message)
      },
    })
  }

  /** Publishes a message; resolves with the answer, rejects with a sentence where none comes. */
  publish(subject: string, data: Uint8Array, headers: MsgHdrs): Promise<Msg> {
    const reply = `${this.#inbox}.${++this.#count}`
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(reply)
        reject(new Error('timeout'))
      }, TIMEOUT)
      this.#waiting.set(reply, { resolve, reject, timer })
      try {
        this.#connection.publish(subject, data, { reply, headers })
      } catch (error) {
        this.#take(reply)
        reject(error)
      }
    })
  }

  #answered(message: Msg): void {
    const waiting = this.#take(message.subject)
    if (message.headers?.code === NO_RESPONDERS) waiting?.reject(new Error('no broker leads the stream'))
    else waiting?.resolve(message)
  }

  #take(reply: string): Waiting | undefined {
    const waiting = this.#waiting.get(reply)
    this.#waiting.delete(reply)
    clearTimeout(waiting?.timer)
    return waiting
  }
}
