import type { NatsConnection } from '@nats-io/transport-node'
import { ApiError, askApi } from './api.ts'
import { deniedSentence } from './brokers.ts'

/** Brokers wait 4 s for one of them that is dead, before they list what the others have. */
const LIST_TIMEOUT = 6_000

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

/**
 * The daemons that read a stream, by what the brokers know of them: one that was killed is there for ten seconds more, and one at
 * a broker that is dead is not. None where the brokers do not say: nothing depends on it.
 */
export async function readersOf(
  connection: NatsConnection,
  stream: string,
): Promise<readonly StreamReader[]> {
  const list = await askApi<ConsumerList>(connection, `CONSUMER.LIST.${stream}`, {}, LIST_TIMEOUT).catch(
    (error: unknown) => {
      if (error instanceof ApiError || deniedSentence(error) !== undefined) throw error
      return undefined
    },
  )
  return (list?.consumers ?? []).flatMap(({ config: { description }, num_pending }) =>
    description === undefined ? [] : [{ name: description, lag: num_pending }],
  )
}
