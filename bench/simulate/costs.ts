/**
 * What the parts of a cluster cost, as they were measured. Times are seconds of one core of the machine in docs/performance.md,
 * or of waiting where it says so. docs/scale.md says where each figure is from.
 */
export interface Costs {
  /** A message at the daemon that its sender is connected to: reading, checking, queueing, answering. Main thread. */
  readonly accept: number
  /** A message that the log brings to a daemon: waking, encoding once. Main thread. */
  readonly handOut: number
  /** One line to one connection that has a write of its own. Main thread. */
  readonly write: number
  /** An entry in the fold and its commit, and a transaction with whatever is in it. Writing thread. */
  readonly foldEntry: number
  readonly foldTransaction: number
  /** Waiting: a publish until more than half of three brokers have synced it, its slowest percent, and each entry more in it. */
  readonly publish: number
  readonly publishSlowest: number
  readonly publishEntry: number
  /** What a broker's stream spends on one message, whatever stands in it, and so the most messages a second. */
  readonly streamMessage: number
  /** Waiting: from the stream to a daemon that follows it. */
  readonly tail: number
  /** Bytes of a message on the way to one connection, in the stream, and in a projection with its indexes. */
  readonly lineBytes: number
  readonly streamBytes: number
  readonly projectionBytes: number
  /** Memory of a connection through TLS, and of a daemon or a broker without any, bytes. */
  readonly connectionBytes: number
  readonly daemonBytes: number
  readonly brokerBytes: number
  /** One event on its way between daemons over core subjects: at the receiving daemon, main thread. */
  readonly passEvent: number
}

const KIB = 1_024
const MIB = 1_024 * KIB

/** As measured on 2 virtual cores that the brokers, the daemons and the load shared. */
export const MEASURED: Costs = {
  accept: 25e-6,
  handOut: 12e-6,
  write: 10e-6,
  foldEntry: 45e-6,
  foldTransaction: 0.5e-3,
  publish: 2.3e-3,
  publishSlowest: 7e-3,
  publishEntry: 2.8e-6,
  streamMessage: 70e-6,
  tail: 0.3e-3,
  lineBytes: 250,
  streamBytes: 320,
  projectionBytes: 300,
  connectionBytes: 46 * KIB,
  daemonBytes: 90 * MIB,
  brokerBytes: 60 * MIB,
  passEvent: 8e-6,
}
