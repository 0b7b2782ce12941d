import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Msg, Subscription } from '@nats-io/transport-node'
import type { Tail, TailListener } from '../stream.ts'
import { askApi } from './api.ts'
import type { BrokerLink } from './brokerLink.ts'
import { type Delivered, deliveredOf } from './delivered.ts'

/** Messages that one request asks for, and the bytes of them. */
const AT_ONCE = 256
const BYTES_AT_ONCE = 8 * 1024 * 1024
const NANOSECONDS = 1_000_000
const REQUEST_EXPIRES = 30_000 * NANOSECONDS
const HEARTBEAT = 500 * NANOSECONDS
/** JetStream forgets the consumer of a daemon that is gone after this. */
const FORGOTTEN_AFTER = 10_000 * NANOSECONDS
/** After so long without a heartbeat the consumer is made again, ms. */
const SILENCE = 1_500
const LOOK_EVERY = 250
const BEGIN_AGAIN = 250
/** Statuses that end one request and mean nothing else: none waits, expired, full. */
const REQUEST_ENDED = [404, 408]
const HEARTBEAT_STATUS = 100
const READER = `${hostname()} ${process.pid}`
/** Says that a request has all its messages. They are counted here, and the next request may be on its way. */
const COMPLETED = 'Batch Completed'

/**
 * Reads a stream through a consumer in the memory of one broker, and makes another one after every break. The ordered consumer
 * of the library stands still for 9 to 19 s in faults through which this one reads on at once.
 */
export class StreamTail implements Tail {
  readonly #link: BrokerLink
  readonly #stream: string
  readonly #listener: TailListener
  readonly #look: NodeJS.Timeout
  readonly #offReconnect: () => void
  #next: number
  #reading: Subscription | undefined
  /** Counts the beginnings: what belongs to an older one is not listened to. */
  #round = 0
  #heardAt = performance.now()
  /** The number of the newest message of this consumer: its first one shows where the stream goes on. */
  #delivered = 0
  #left = 0
  #isReady = true
  #hasEnded = false

  constructor(link: BrokerLink, stream: string, from: number, listener: TailListener) {
    this.#link = link
    this.#stream = stream
    this.#next = from
    this.#listener = listener
    this.#offReconnect = link.onReconnect(() => this.#begin())
    this.#look = setInterval(() => this.#lookAround(), LOOK_EVERY)
    this.#begin()
  }

  end(): void {
    this.#hasEnded = true
    this.#round++
    clearInterval(this.#look)
    this.#offReconnect()
    this.#stopReading()
  }

  #lookAround(): void {
    if (!this.#isReady || performance.now() - this.#heardAt < SILENCE) return
    this.#begin()
  }

  #begin(): void {
    const round = ++this.#round
    this.#stopReading()
    this.#heardAt = performance.now()
    this.#link.waits('tail')
    this.#tryToBegin(round).catch(() => {
      if (round !== this.#round) return
      this.#heardAt = performance.now()
      setTimeout(() => {
        if (round === this.#round) this.#begin()
      }, BEGIN_AGAIN).unref()
    })
  }

  async #tryToBegin(round: number): Promise<void> {
    // Not counted as silence: what is asked here has times of its own.
    this.#isReady = false
    try {
      if (!(await this.#listener.began())) return this.end()
      if (round !== this.#round) return
      const name = `tail-${randomUUID()}`
      await askApi(this.#link.connection, `CONSUMER.CREATE.${this.#stream}.${name}`, {
        stream_name: this.#stream,
        action: 'create',
        config: {
          name,
          // `chatd cluster status` shows it.
          description: READER,
          deliver_policy: 'by_start_sequence',
          opt_start_seq: this.#next,
          ack_policy: 'none',
          replay_policy: 'instant',
          mem_storage: true,
          num_replicas: 1,
          inactive_threshold: FORGOTTEN_AFTER,
        },
      })
      if (round !== this.#round) return
      this.#delivered = 0
      const inbox = `_INBOX.${name}`
      const callback = (error: Error | null, message: Msg): void => {
        if (error === null && round === this.#round) this.#heard(message, name, inbox)
      }
      this.#reading = this.#link.connection.subscribe(inbox, { callback })
      this.#ask(name, inbox)
    } finally {
      if (round === this.#round) this.#isReady = true
      this.#heardAt = performance.now()
    }
  }

  #stopReading(): void {
    const reading = this.#reading
    this.#reading = undefined
    if (reading !== undefined && !this.#link.connection.isClosed()) reading.unsubscribe()
  }

  #ask(name: string, inbox: string): void {
    this.#left = AT_ONCE
    const request = {
      batch: AT_ONCE,
      max_bytes: BYTES_AT_ONCE,
      expires: REQUEST_EXPIRES,
      idle_heartbeat: HEARTBEAT,
    }
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#stream}.${name}`
    this.#link.connection.publish(subject, JSON.stringify(request), { reply: inbox })
  }

  #askWhenReady(name: string, inbox: string): void {
    const round = this.#round
    this.#isReady = false
    void this.#listener.ready().then(() => {
      if (round !== this.#round) return
      this.#isReady = true
      this.#heardAt = performance.now()
      this.#ask(name, inbox)
    })
  }

  #heard(message: Msg, name: string, inbox: string): void {
    this.#heardAt = performance.now()
    const delivered = deliveredOf(message)
    if (delivered !== undefined) {
      this.#link.progress('tail')
      if (!this.#take(delivered)) return this.#begin()
      if (--this.#left === 0) this.#askWhenReady(name, inbox)
      return
    }
    const status = message.headers?.code ?? 0
    if (status === HEARTBEAT_STATUS) return this.#link.progress('tail')
    const description = message.headers?.description ?? ''
    if (description === COMPLETED) return
    const isEnd = REQUEST_ENDED.includes(status) || description.includes('MaxBytes')
    if (isEnd) this.#askWhenReady(name, inbox)
    // The consumer is gone, or its leader is.
    else this.#begin()
  }

  /** False where a message was lost on its way: another consumer brings it. */
  #take({ message, number }: Delivered): boolean {
    const { position } = message
    if (position < this.#next) return true
    if (number !== this.#delivered + 1) return false
    this.#delivered = number
    // The consumer has given all that its broker has: the listener asks the others.
    if (position > this.#next) this.#listener.hole(this.#next, position - 1)
    this.#next = position + 1
    if (!this.#hasEnded) this.#listener.message(message)
    return true
  }
}
