import { afterAll, beforeAll } from 'vitest'
import { BrokerCluster } from './brokerCluster.ts'
import { findNatsServer, WITHOUT_NATS } from './natsServer.ts'

/** Brokers that the tests of a file share. */
export interface TestBrokers {
  /** The nats-server that they run; undefined: there is none here, and tests that need one are skipped. */
  readonly program: string | undefined
  /** The brokers; for use within tests. */
  readonly cluster: () => BrokerCluster
  /** A name that no other stream has. */
  readonly streamName: () => string
  /** Makes a stream that has nothing but its epoch. */
  readonly newStream: () => Promise<string>
}

/** Starts brokers before the tests of a file and ends them after. Without nats-server it says so. */
export function testBrokers(count?: number): TestBrokers {
  const program = findNatsServer()
  if (program === undefined) console.log(WITHOUT_NATS)
  let started: BrokerCluster | undefined
  let streams = 0
  const cluster = (): BrokerCluster => {
    if (started === undefined) throw new Error('there are no brokers')
    return started
  }
  beforeAll(async () => {
    if (program !== undefined) started = await BrokerCluster.start(program, count)
  }, 60_000)
  afterAll(() => started?.close())
  const streamName = (): string => `s${++streams}`
  return {
    program,
    cluster,
    streamName,
    newStream: async () => {
      const stream = streamName()
      await cluster().init(stream)
      return stream
    },
  }
}
