import type { NatsConnection } from '@nats-io/transport-node'
import { failure, type Result, success } from '../../../protocol/errors.ts'
import type { Brokers } from '../../brokers.ts'
import { inTime } from '../../inTime.ts'
import type { Bus, BusListener, Keys } from '../bus.ts'
import { UnusableStream } from '../stream.ts'
import { BrokerLink } from './brokerLink.ts'
import { connectToBrokers } from './brokers.ts'
import { KeyStream } from './keyStream.ts'

/** How long a close waits for what was sent, ms. */
const FLUSH_WITHIN = 500

/**
 * Opens the bus at the brokers. The error is a sentence.
 * @param denied called once with each thing that the brokers do not let this daemon do; a sentence
 */
export async function openNatsBus(
  brokers: Brokers,
  name: string,
  denied?: (sentence: string) => void,
): Promise<Result<Bus, string>> {
  try {
    return success(new NatsBus(await connectToBrokers(brokers, name), brokers, denied))
  } catch (error) {
    if (error instanceof UnusableStream) return failure(error.message)
    throw error
  }
}

/** The bus on core NATS, on subjects beside those that the stream of the log takes. */
class NatsBus implements Bus {
  readonly keys: Keys
  readonly #connection: NatsConnection
  readonly #link: BrokerLink
  readonly #prefix: string

  constructor(connection: NatsConnection, brokers: Brokers, denied?: (sentence: string) => void) {
    this.#connection = connection
    this.#link = new BrokerLink(connection, brokers.servers, denied)
    this.#prefix = `${brokers.stream}.peers`
    this.keys = new KeyStream(connection, brokers)
  }

  get isUp(): boolean {
    return this.#link.isUp && !this.#connection.isClosed()
  }

  listen(daemon: string, { heard, returned }: BusListener): void {
    for (const subject of [`${this.#prefix}.all`, this.#subjectOf(daemon)])
      this.#connection.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) heard(message.string())
        },
      })
    this.#link.onReconnect(returned)
  }

  tellAll(text: string): void {
    this.#publish(`${this.#prefix}.all`, text)
  }

  tell(daemon: string, text: string): void {
    this.#publish(this.#subjectOf(daemon), text)
  }

  leaveBroker(): void {
    if (this.isUp) this.#link.leave()
  }

  async close(): Promise<void> {
    if (this.isUp) await inTime(this.#connection.flush(), FLUSH_WITHIN)
    await this.#link.close()
  }

  #publish(subject: string, text: string): void {
    // The library would keep it and send it late, together with much else.
    if (this.isUp) this.#connection.publish(subject, text)
  }

  #subjectOf(daemon: string): string {
    return `${this.#prefix}.to.${daemon}`
  }
}
