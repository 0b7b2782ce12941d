import { success } from '../src/protocol/errors.ts'
import type { Brokers } from '../src/server/brokers.ts'
import type { EventEntry } from '../src/server/log/entries.ts'
import { decodeEnvelope } from '../src/server/log/envelope.ts'
import { connectToBrokers } from '../src/server/log/jetstream/brokers.ts'
import { JetStream } from '../src/server/log/jetstream/jetStream.ts'
import { EnvelopeSender } from '../src/server/log/sqlite/worker/envelopeSender.ts'
import type { Tail } from '../src/server/log/stream.ts'
import type { Appending, Stored } from './underWay.ts'

/** What the brokers leave of a shared log: it sends and reads as a daemon does, and keeps nothing of what it reads. */
export class BareLog implements Appending {
  readonly #stream: JetStream
  readonly #sender: EnvelopeSender
  readonly #tail: Tail
  readonly #waiting: { readonly entry: EventEntry; readonly stored: Stored }[] = []
  #isSending = false

  private constructor(stream: JetStream, end: number) {
    this.#stream = stream
    this.#sender = new EnvelopeSender(stream)
    this.#tail = stream.tail(end + 1, {
      began: async () => true,
      message: ({ position, data }) => {
        const envelope = decodeEnvelope(data)
        if (envelope !== undefined) this.#sender.applied(envelope, [], position)
      },
      hole: () => undefined,
      ready: async () => undefined,
    })
  }

  static async open(brokers: Brokers): Promise<BareLog> {
    const stream = new JetStream(await connectToBrokers(brokers, 'bench'), brokers)
    return new BareLog(stream, (await stream.end()).last)
  }

  append(entry: EventEntry, stored: Stored): void {
    this.#waiting.push({ entry, stored })
    if (this.#isSending) return
    this.#isSending = true
    // With what comes in this tick.
    setImmediate(() => this.#send())
  }

  async close(): Promise<void> {
    this.#tail.end()
    this.#sender.close()
    await this.#stream.close()
  }

  #send(): void {
    const together = this.#waiting.splice(0)
    this.#isSending = together.length > 0
    if (!this.#isSending) return
    this.#sender.submit({
      entries: together.map(({ entry }) => entry),
      stored: () => {
        for (const { stored } of together) stored(success(undefined))
        setImmediate(() => this.#send())
      },
      refused: message => {
        throw new Error(message)
      },
    })
  }
}
