import type { Costs } from './costs.ts'
import { ENTRIES_AT_ONCE, type SharedLogResult, simulateSharedLog } from './sharedLog.ts'

/** A cluster on paper. */
export interface Plan {
  /**
   * `whole`: each daemon holds connections and folds every stream, with a thread for each, as chatd does today with one stream.
   * `homes`: a stream is folded by its home daemons alone; edge daemons hold the connections, and get the events of their rooms
   * from the homes over core subjects. chatd cannot do that yet.
   */
  readonly layout: 'whole' | 'homes'
  /** People who are connected. */
  readonly connections: number
  /** Of all of them together. */
  readonly messagesPerSecond: number
  /** Connected members of a room where a message is said, spread evenly over the daemons. */
  readonly online: number
  /** Daemons that hold connections. */
  readonly daemons: number
  /** Streams, each with three brokers; a room is in one of them. */
  readonly streams: number
}

/** What a plan uses of each thing that can run out; 1 is all of it. */
export interface Use {
  readonly mainThread: number
  /** With full transactions: the more there is to do, the more goes into one. */
  readonly foldThread: number
  readonly memory: number
  readonly daemonNetwork: number
  readonly brokerNetwork: number
}

/** What a plan comes to. */
export interface Outlook {
  readonly use: Use
  /** What runs out first. */
  readonly first: keyof Use
  /** Nothing runs out, and the slowest percent waits less than {@link TOO_SLOW}. */
  readonly holds: boolean
  /** The share of the time in which a folding thread, and a stream, work; nearly all of it may be, in small transactions. */
  readonly foldBusy: number
  readonly streamBusy: number
  /** From a message to its acknowledgement, seconds; not a number where nothing holds. */
  readonly p50: number
  readonly p99: number
  /** Machines: connections, homes, brokers; and cores that work on average. */
  readonly homes: number
  readonly brokers: number
  readonly cores: number
  /** Bytes that a broker, and a daemon that folds, stores in a day. */
  readonly brokerBytesADay: number
  readonly foldBytesADay: number
}

/** A machine of a plan. */
export interface Machine {
  readonly memoryBytes: number
  readonly networkBytesPerSecond: number
}

/** A small server of today: 8 GiB, 10 Gbit/s. */
const MACHINE: Machine = { memoryBytes: 8 * 2 ** 30, networkBytesPerSecond: 1.25e9 }
/** Nothing is to be used more than this: waiting grows as 1 / (1 − use). */
const ENOUGH = 0.7
/** An acknowledgement of the slowest percent, s. */
const TOO_SLOW = 0.25
/** Of a stream, where homes alone fold it: one works, two follow. */
const HOMES_A_STREAM = 3
const REPLICAS = 3
/** What a broker takes for one delivery of a core subject, s: nats-server gave 1.3 million for a second of CPU. */
const CORE_DELIVERY = 0.75e-6
const DAY = 86_400
/** A stream is simulated until it has had so many entries, but for no shorter and no longer than this, s. */
const ENTRIES_SIMULATED = 6_000
const SHORTEST = 0.2
const LONGEST = 20

/** What a plan comes to on machines of one kind. */
export function outlook(plan: Plan, costs: Costs, machine: Machine = MACHINE): Outlook {
  const { layout, connections, messagesPerSecond, online, daemons, streams } = plan
  const isWhole = layout === 'whole'
  const streamed = simulateStream(plan, costs)
  const deliveries = messagesPerSecond * online
  // A message goes to a daemon once, however many of the room's members it has.
  const reached = daemons * (1 - (1 - 1 / daemons) ** online)
  const mainThread =
    (messagesPerSecond * costs.accept +
      messagesPerSecond * (isWhole ? daemons : reached) * costs.passEvent +
      messagesPerSecond * reached * costs.handOut +
      deliveries * costs.write) /
    daemons
  const homes = isWhole ? 0 : streams * HOMES_A_STREAM
  const tails = isWhole ? daemons : HOMES_A_STREAM
  const perStream = messagesPerSecond / streams
  const brokerSent = perStream * costs.streamBytes * (REPLICAS - 1 + tails)
  const passed = isWhole ? 0 : (messagesPerSecond * reached * costs.lineBytes) / (streams * REPLICAS)
  const use: Use = {
    mainThread,
    foldThread: perStream * (costs.foldEntry + costs.foldTransaction / ENTRIES_AT_ONCE),
    memory: ((connections / daemons) * costs.connectionBytes + costs.daemonBytes) / machine.memoryBytes,
    daemonNetwork: (deliveries * costs.lineBytes) / daemons / machine.networkBytesPerSecond,
    brokerNetwork: (brokerSent + passed) / machine.networkBytesPerSecond,
  }
  const first = largest(use)
  const holds = use[first] <= ENOUGH && streamed.perSecond >= perStream * 0.95 && streamed.p99 <= TOO_SLOW
  const folding = isWhole ? daemons * streams : homes
  return {
    use,
    first,
    holds,
    foldBusy: streamed.foldBusy,
    streamBusy: streamed.streamBusy,
    p50: holds ? streamed.p50 : Number.NaN,
    p99: holds ? streamed.p99 : Number.NaN,
    homes,
    brokers: streams * REPLICAS,
    cores:
      mainThread * daemons +
      streamed.foldBusy * folding +
      streamed.streamBusy * streams * REPLICAS +
      (isWhole ? 0 : messagesPerSecond * reached * CORE_DELIVERY),
    brokerBytesADay: perStream * costs.streamBytes * DAY,
    foldBytesADay: (isWhole ? messagesPerSecond : perStream) * costs.projectionBytes * DAY,
  }
}

/** The most messages a second that a plan holds, and what runs out there; within a hundredth. */
export function most(
  plan: Omit<Plan, 'messagesPerSecond'>,
  costs: Costs,
): { readonly messagesPerSecond: number; readonly first: keyof Use } {
  const at = (messagesPerSecond: number): Outlook => outlook({ ...plan, messagesPerSecond }, costs)
  let [holds, breaks] = [0, 100]
  while (at(breaks).holds) [holds, breaks] = [breaks, breaks * 4]
  while (breaks - holds > breaks / 100) {
    const between = (holds + breaks) / 2
    if (at(between).holds) holds = between
    else breaks = between
  }
  return { messagesPerSecond: holds, first: at(breaks).first }
}

/** One of the streams, with the daemons that write to it and fold it. */
function simulateStream(plan: Plan, costs: Costs): SharedLogResult {
  const { layout, messagesPerSecond, daemons, streams } = plan
  const perSecond = messagesPerSecond / streams
  const seconds = Math.min(LONGEST, Math.max(SHORTEST, ENTRIES_SIMULATED / perSecond))
  return layout === 'whole'
    ? simulateSharedLog({ writers: daemons, perSecond, seconds }, costs)
    : // The home that works takes the messages of all edges and puts them into envelopes together.
      simulateSharedLog({ writers: 1, followers: HOMES_A_STREAM - 1, perSecond, seconds }, costs)
}

function largest(use: Use): keyof Use {
  const names = Object.keys(use) as (keyof Use)[]
  return names.reduce((most, name) => (use[name] > use[most] ? name : most))
}
