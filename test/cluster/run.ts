import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Reader, Sender } from '../crash/people.ts'
import { until, wait } from '../crash/waiting.ts'
import { AlarmingDaemon } from './alarmingDaemon.ts'
import type { BrokerCluster } from './brokerCluster.ts'
import type { BrokerNetwork } from './brokerNetwork.ts'
import { type DaemonHistory, judge, type StoredMessage, type Verdict } from './checker.ts'
import { projectionHash } from './projectionHash.ts'

const ROOMS = ['dev', 'ops']
const SAMPLE_EVERY = 10
const WARM_UP = 1_500
const COOL_DOWN = 2_000

/** What a fault may touch. */
export interface Scene {
  readonly brokers: BrokerCluster
  /** Where each broker has a machine of its own. */
  readonly network: BrokerNetwork | undefined
  readonly stream: string
  readonly daemons: readonly AlarmingDaemon[]
  /** Their data directories. */
  readonly directories: readonly string[]
  /** Kills a daemon with -9 and starts it with nothing, so that it reads everything from the brokers. */
  readonly startAfresh: (at: number) => Promise<void>
}

/** How a run is made. */
export interface RunOptions {
  readonly brokers: BrokerCluster
  readonly network?: BrokerNetwork | undefined
  readonly stream: string
  /** Empty. */
  readonly directory: string
  readonly daemons: number
  /** Messages that each sender has on their way. */
  readonly inFlight: number
  /** What goes wrong while people talk. */
  readonly fault: (scene: Scene) => Promise<void>
}

/** What a run gave. */
export interface RunReport extends Verdict {
  /** The longest time in which a sender got no acknowledgement, ms. */
  readonly longestWait: number
  /** How often a message was refused, and sent again. */
  readonly refused: number
  /** What the daemons told their operators, each sentence once. */
  readonly alarms: readonly string[]
}

/** People talk through several daemons while something goes wrong; then everything that happened is judged. */
export async function run(options: RunOptions): Promise<RunReport> {
  const { brokers, stream, directory } = options
  await brokers.init(stream)
  const flags = ['--log', brokers.address(stream)]
  const directories = Array.from({ length: options.daemons }, (_, at) => join(directory, `daemon${at}`))
  for (const one of directories) mkdirSync(one, { recursive: true })
  const daemons = directories.map(one => new AlarmingDaemon(one, flags))
  const senders = daemons.map(
    (daemon, at) => new Sender(() => daemon.port, `s${at}`, ROOMS, options.inFlight),
  )
  const readers = daemons.map((daemon, at) => new Reader(() => daemon.port, `r${at}`, ROOMS))
  const startAfresh = async (at: number): Promise<void> => {
    await daemons[at]?.end('SIGKILL')
    rmSync(directories[at] ?? '', { recursive: true })
    await daemons[at]?.start()
  }
  const people = [...senders, ...readers]
  const waits = senders.map(sender => new LongestWait(sender))
  try {
    await Promise.all(daemons.map(daemon => daemon.start()))
    for (const one of people) one.start()
    await until('the first acknowledgements', () =>
      senders.every(({ acknowledged }) => acknowledged.size > 0),
    )
    for (const one of waits) one.start()
    await wait(WARM_UP)
    await options.fault({ brokers, network: options.network, stream, daemons, directories, startAfresh })
    await wait(COOL_DOWN)
    for (const one of waits) one.stop()
    await until('all that was said is acknowledged', () => senders.every(sender => sender.isDone))
    await until('the projections to be the same', () => new Set(directories.map(hashIn)).size === 1)
    // The last messages are on their way to the readers.
    await until('the readers to have everything', () =>
      readers.every(one => hasLast(one, directories[0] ?? '')),
    )
    const verdict = judge({
      sent: senders.flatMap(sentBy),
      daemons: directories.map((one, at) => historyOf(`daemon${at}`, one)),
      readers: readers.flatMap((reader, at) =>
        [...reader.seen].map(([room, texts]) => ({ name: `r${at}`, room, texts })),
      ),
    })
    return {
      ...verdict,
      broken: [...verdict.broken, ...senders.flatMap(({ wrong }) => wrong)],
      longestWait: Math.max(...waits.map(({ longest }) => longest)),
      refused: senders.reduce((sum, { heldBack }) => sum + heldBack, 0),
      alarms: [...new Set(daemons.flatMap(({ alarms }) => alarms))],
    }
  } finally {
    for (const one of waits) one.stop()
    for (const one of people) one.end()
    await Promise.all(daemons.map(daemon => daemon.end('SIGKILL')))
  }
}

/** Watches how long a sender waits between acknowledgements. */
class LongestWait {
  longest = 0
  readonly #sender: Sender
  #timer: NodeJS.Timeout | undefined
  #count = 0
  #since = 0

  constructor(sender: Sender) {
    this.#sender = sender
  }

  start(): void {
    this.#count = this.#sender.acknowledged.size
    this.#since = performance.now()
    this.#timer = setInterval(() => this.#look(), SAMPLE_EVERY)
  }

  stop(): void {
    if (this.#timer !== undefined) this.#look()
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    const now = performance.now()
    this.longest = Math.max(this.longest, now - this.#since)
    if (this.#sender.acknowledged.size === this.#count) return
    this.#count = this.#sender.acknowledged.size
    this.#since = now
  }
}

function sentBy({ times, acknowledged }: Sender) {
  return [...times].map(([id, { sentAt, acknowledgedAt }]) => ({
    id,
    sentAt,
    acknowledgedAt,
    seq: acknowledged.get(id),
  }))
}

function hasLast({ seen }: Reader, directory: string): boolean {
  const newest = new Map(storedIn(directory).map(({ room, text }) => [room, text]))
  return [...seen].every(([room, texts]) => texts.at(-1) === newest.get(room))
}

function historyOf(name: string, directory: string): DaemonHistory {
  return { name, stored: storedIn(directory), hash: hashIn(directory) }
}

function hashIn(directory: string): string {
  return projectionHash(join(directory, 'chatd.db'))
}

/** The messages of a projection in the order of their seqs. */
function storedIn(directory: string): StoredMessage[] {
  const database = new DatabaseSync(join(directory, 'chatd.db'), { readOnly: true })
  try {
    return database
      .prepare(
        `SELECT rooms.key AS room, seq, prev, id, text FROM events JOIN rooms ON rooms.number = events.room
        WHERE action = 'chat' ORDER BY seq`,
      )
      .all()
      .map(row => ({
        room: String(row['room']),
        seq: Number(row['seq']),
        prev: Number(row['prev']),
        id: String(row['id']),
        text: String(row['text']),
      }))
  } finally {
    database.close()
  }
}
