import { randomUUIDv7 } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeEnvelope, RULES } from '../src/server/log/envelope.ts'
import { connectToBrokers } from '../src/server/log/jetstream/brokers.ts'
import { JetStream } from '../src/server/log/jetstream/jetStream.ts'
import { BrokerCluster } from '../test/cluster/brokerCluster.ts'
import { findNatsServer, WITHOUT_NATS } from '../test/cluster/natsServer.ts'
import { logAlone } from './clusterLog.ts'
import { percentile, type Row } from './figures.ts'
import { type BenchDaemon, residentMiB, startDaemonIn } from './programs.ts'
import { counted, DEFAULT_SIZES, type Sizes } from './sizes.ts'
import { Talker } from './talker.ts'
import { keepUnderWay } from './underWay.ts'

const IN_FLIGHT = [1, 32, 512]
const BROKERS = 3
/** The sides take turns of this share of the whole time. */
const TURNS = 4
/** Events of the long log, unless `--events` says otherwise, and how many of them come in one envelope. */
const EVENTS = 100_000
const ENVELOPE = 128
const AUTHORS = 200
const ROOMS = 100
const TEXT =
  'a message of about a hundred bytes, as people write them to each other over the day, more or less'

/** One way of keeping the log, in use. */
interface Side {
  readonly what: string
  readonly daemons: readonly BenchDaemon[]
  /** One at each daemon. */
  readonly talkers: readonly Talker[]
  /** When each message was said that is not shown yet, by its id. */
  readonly open: Map<string, number>
  /** Until the acknowledgement, and until the next daemon showed it, ms. */
  readonly acknowledged: number[]
  readonly shown: number[]
  seconds: number
}

/**
 * The same work on one daemon with a log of its own, on one daemon with its log at three brokers, on two and on three: messages of
 * real clients, each acknowledged before the next one of its place. Then what a start costs with events that are not applied
 * yet, and memory.
 */
export async function cluster(sizes: Sizes): Promise<Row[]> {
  const program = findNatsServer()
  if (program === undefined) {
    console.log(WITHOUT_NATS)
    return []
  }
  const home = mkdtempSync(join(tmpdir(), 'chatd-bench-'))
  const brokers = await BrokerCluster.start(program, BROKERS)
  const sides: Side[] = []
  try {
    sides.push(await startSide('one daemon on SQLite', [home, 'own'], 1))
    for (const [what, stream, count] of [
      ['one daemon on three brokers', 'one', 1],
      ['two daemons on three brokers', 'two', 2],
      ['three daemons on three brokers', 'three', 3],
    ] as const) {
      await brokers.init(stream)
      sides.push(await startSide(what, [home, stream], count, ['--log', brokers.address(stream)]))
    }
    const rows: Row[] = []
    for (const inFlight of IN_FLIGHT) rows.push(...(await compare(sides, inFlight, sizes.seconds)))
    rows.push(...(await publishing(brokers, sizes.seconds)))
    rows.push(...memoryOf(sides, brokers))
    for (const side of sides.splice(0)) await stopSide(side)
    const { seconds } = sizes
    rows.push(...(await logAlone({ brokers, home, inFlight: IN_FLIGHT, seconds, message: TEXT })))
    return [...rows, ...(await applying(brokers, home, sizes))]
  } finally {
    for (const side of sides) await stopSide(side)
    await brokers.close()
    rmSync(home, { recursive: true, force: true })
  }
}

async function startSide(
  what: string,
  path: readonly string[],
  count: number,
  flags: readonly string[] = [],
): Promise<Side> {
  const daemons: BenchDaemon[] = []
  for (let at = 0; at < count; at++) daemons.push(await startDaemonIn(mkdirIn(path, at), false, { flags }))
  const open = new Map<string, number>()
  const shown: number[] = []
  const talkers: Talker[] = []
  for (const [at, { port }] of daemons.entries())
    talkers.push(
      await Talker.open(port, `talker${at}`, id => {
        // Each message is looked for at the daemon after its own.
        const [after, message = ''] = id.split(':')
        const since = open.get(message)
        if (Number(after) !== at || since === undefined) return
        open.delete(message)
        shown.push(performance.now() - since)
      }),
    )
  return { what, daemons, talkers, open, shown, acknowledged: [], seconds: 0 }
}

function mkdirIn(path: readonly string[], at: number): string {
  return join(...path.slice(0, -1), `${path.at(-1)}${at}`)
}

async function stopSide({ daemons, talkers }: Side): Promise<void> {
  for (const talker of talkers) talker.close()
  await Promise.all(daemons.map(daemon => daemon.stop()))
}

/** Lets the sides take turns; a row for each. */
async function compare(sides: readonly Side[], inFlight: number, seconds: number): Promise<Row[]> {
  for (const side of sides) await use(side, inFlight, seconds / TURNS)
  for (const side of sides) {
    side.acknowledged.length = 0
    side.shown.length = 0
    side.seconds = 0
  }
  for (let turn = 0; turn < TURNS; turn++)
    for (const side of turn % 2 === 0 ? sides : sides.toReversed()) await use(side, inFlight, seconds / TURNS)
  const [first] = sides
  return sides.map(side => {
    const [took, seen] = [side.acknowledged, side.shown].map(times => times.toSorted((a, b) => a - b))
    return {
      what: `${inFlight} in flight: ${side.what}`,
      figures: {
        'entries/s': rateOf(side),
        'p50 ms': percentile(took ?? [], 50),
        'p99 ms': percentile(took ?? [], 99),
        'shown p50 ms': percentile(seen ?? [], 50),
        'shown p99 ms': percentile(seen ?? [], 99),
        'of SQLite': first === undefined ? Number.NaN : rateOf(side) / rateOf(first),
      },
    }
  })
}

function rateOf({ acknowledged, seconds }: Side): number {
  return acknowledged.length / seconds
}

/** Says messages for some seconds, with so many on their way at a time, over all daemons of the side. */
async function use(side: Side, inFlight: number, seconds: number): Promise<void> {
  const { talkers, open } = side
  side.seconds += await keepUnderWay(inFlight, seconds, async place => {
    const at = place % talkers.length
    const after = (at + 1) % talkers.length
    const message = randomUUIDv7()
    const since = performance.now()
    open.set(message, since)
    await talkers[at]?.say(`${after}:${message}`)
    side.acknowledged.push(performance.now() - since)
  })
}

/** What the brokers alone take: one envelope after the other, with as many entries as there are messages in flight. */
async function publishing(brokers: BrokerCluster, seconds: number): Promise<Row[]> {
  const stream = 'bare'
  await brokers.init(stream)
  const rows: Row[] = []
  const d = randomUUIDv7()
  await asSender(brokers, stream, async log => {
    let n = 0
    for (const inFlight of IN_FLIGHT) {
      const times: number[] = []
      const began = performance.now()
      while (performance.now() < began + seconds * 1_000) {
        const since = performance.now()
        await log.publish(envelope(d, ++n, inFlight), `${d}.${n}`)
        times.push(performance.now() - since)
      }
      const took = (performance.now() - began) / 1_000
      times.sort((a, b) => a - b)
      rows.push({
        what: `${inFlight} in flight: the brokers alone, an envelope of so many`,
        figures: {
          'entries/s': (times.length * inFlight) / took,
          'p50 ms': percentile(times, 50),
          'p99 ms': percentile(times, 99),
        },
      })
    }
  })
  return rows
}

async function asSender(
  brokers: BrokerCluster,
  stream: string,
  work: (log: JetStream) => Promise<void>,
): Promise<void> {
  const log = new JetStream(
    await connectToBrokers(brokers.brokersOf(stream), 'bench'),
    brokers.brokersOf(stream),
  )
  try {
    await work(log)
  } finally {
    await log.close()
  }
}

function envelope(d: string, n: number, entries: number): Uint8Array {
  const w = Array.from({ length: entries }, (_, at) => {
    const room = `room${(n * entries + at) % ROOMS}`
    return {
      kind: 'event' as const,
      roomKey: room,
      roomName: room,
      from: `user${(n * 7 + at) % AUTHORS}`,
      id: randomUUIDv7(),
      body: { action: 'chat' as const, message: TEXT },
    }
  })
  return encodeEnvelope({ v: RULES, d, n, w })
}

/** A start of a daemon that has nothing of a long log, and of one that has most of it. */
async function applying(brokers: BrokerCluster, home: string, { events }: Sizes): Promise<Row[]> {
  const all = events === DEFAULT_SIZES.events ? EVENTS : events
  const stream = 'long'
  await brokers.init(stream)
  const d = randomUUIDv7()
  let n = 0
  const add = (count: number): Promise<void> =>
    asSender(brokers, stream, async log => {
      for (let left = count; left > 0; left -= ENVELOPE)
        await log.publish(envelope(d, ++n, Math.min(ENVELOPE, left)), `${d}.${n}`)
    })
  const directory = join(home, 'applying')
  const started = async (): Promise<{ readonly seconds: number; readonly MiB: number }> => {
    const began = performance.now()
    const daemon = await startDaemonIn(directory, false, { flags: ['--log', brokers.address(stream)] })
    const seconds = (performance.now() - began) / 1_000
    const MiB = residentMiB(daemon.pid)
    await daemon.stop()
    return { seconds, MiB }
  }
  await add(all)
  const whole = await started()
  const none = await started()
  await add(all)
  const rest = await started()
  const row = (what: string, count: number, { seconds, MiB }: typeof whole): Row => ({
    what,
    figures: { s: seconds, 'events/s': count / (seconds - none.seconds), MiB },
  })
  return [
    { what: 'a start with everything applied', figures: { s: none.seconds, MiB: none.MiB } },
    row(`a start with nothing, ${counted(all)} events behind`, all, whole),
    row(`a start with ${counted(all)} events, ${counted(all)} behind`, all, rest),
  ]
}

function memoryOf(sides: readonly Side[], brokers: BrokerCluster): Row[] {
  const ofDaemons = sides.flatMap(({ what, daemons }) =>
    daemons.map(({ pid }, at) => ({
      what: `memory: ${what}${daemons.length === 1 ? '' : `, daemon ${at + 1}`}`,
      figures: { MiB: residentMiB(pid) },
    })),
  )
  const ofBrokers = Array.from({ length: brokers.count }, (_, at) => ({
    what: `memory: broker ${at + 1}`,
    figures: { MiB: residentMiB(brokers.pidOf(at)) },
  }))
  return [...ofDaemons, ...ofBrokers]
}
