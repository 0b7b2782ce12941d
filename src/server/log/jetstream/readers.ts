import type { NatsConnection } from '@nats-io/transport-node'
import { askApi } from './api.ts'

/** A daemon that reads a stream. */
export interface StreamReader {
  /** Its machine and its process. */
  readonly name: string
  /** Messages that the broker has not given it yet. */
  readonly lag: number
}

interface ConsumerList {
  readonly consumers: readonly {
    readonly config: { readonly description?: string }
    readonly num_pending: number
  }[]
}

/** The daemons that read a stream, by what the brokers know of them: one that was killed is there for ten seconds more. */
export async function readersOf(
  connection: NatsConnection,
  stream: string,
): Promise<readonly StreamReader[]> {
  const { consumers } = await askApi<ConsumerList>(connection, `CONSUMER.LIST.${stream}`)
  return consumers.flatMap(({ config: { description }, num_pending }) =>
    description === undefined ? [] : [{ name: description, lag: num_pending }],
  )
}
