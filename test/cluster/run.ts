import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Reader, Sender } from '../crash/people.ts'
import { until, wait } from '../crash/waiting.ts'
import { AlarmingDaemon } from './alarmingDaemon.ts'
import type { BrokerCluster } from './brokerCluster.ts'
import type { BrokerNetwork } from './brokerNetwork.ts'
import { type DaemonHistory, type History, judge, type StoredMessage, type Verdict } from './checker.ts'
import { HistoryReader } from './historyReader.ts'
import { LongestWait } from './longestWait.ts'
import { projectionHash } from './projectionHash.ts'
import { Twins } from './twins.ts'

const ROOMS = ['dev', 'ops']
const WARM_UP = 1_500
const COOL_DOWN = 2_000
/** How long a reader that goes from daemon to daemon stays, ms. */
const MOVE_AFTER = 700

/** What a fault may touch. */
export interface Scene {
  readonly brokers: BrokerCluster
  /** Where each broker has a machine of its own. */
  readonly network: BrokerNetwork | undefined
  readonly stream: string
  readonly daemons: readonly AlarmingDaemon[]
  /** Their data directories. */
  readonly directories: readonly string[]
  /** How often a sender was refused until now. */
  readonly refused: () => number
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
  /** The first daemon has its data on a file system of so many MiB. Needs root. */
  readonly diskSize?: number | undefined
  /** The log is gone at the end: each daemon is judged by what it has, and need not have what the others have. */
  readonly isLost?: boolean | undefined
  /** What goes wrong while people talk. */
  readonly fault: (scene: Scene) => Promise<void>
}

/** What a run gave. */
export interface RunReport extends Verdict {
  /** The longest time in which a sender got no acknowledgement, ms. */
  readonly longestWait: number
  /** The longest time in which a reader got no page, ms. */
  readonly longestSilence: number
  /** How often a message was refused. */
  readonly refused: number
  /** Messages that were refused, given up by their senders, and stored later. */
  readonly storedLater: number
  /** What the daemons told their operators, each sentence once. */
  readonly alarms: readonly string[]
}

/** People talk through several daemons while something goes wrong; then everything that happened is judged. */
export async function run(options: RunOptions): Promise<RunReport> {
  const { brokers, stream, directory } = options
  await brokers.init(stream)
  const directories = Array.from({ length: options.daemons }, (_, at) => join(directory, `daemon${at}`))
  for (const one of directories) mkdirSync(one, { recursive: true })
  if (options.diskSize !== undefined) mount(directories[0] ?? '', options.diskSize)
  const flags = ['--log', brokers.address(stream)]
  const daemons = directories.map(one => new AlarmingDaemon(one, flags))
  const crowd = new Crowd(daemons, options.inFlight)
  const startAfresh = async (at: number): Promise<void> => {
    await daemons[at]?.end('SIGKILL')
    rmSync(directories[at] ?? '', { recursive: true })
    await daemons[at]?.start()
  }
  try {
    await Promise.all(daemons.map(daemon => daemon.start()))
    crowd.start()
    await until('the first acknowledgements', () => crowd.isServed)
    for (const one of crowd.waits) one.start()
    await wait(WARM_UP)
    const refused = (): number => crowd.refused
    const { network } = options
    await options.fault({ brokers, network, stream, daemons, directories, refused, startAfresh })
    // A daemon that begins with nothing is another one: the name of its reader is free after 10 s.
    if (options.isLost !== true) await until('the readers to be back', () => crowd.isHeard)
    await wait(COOL_DOWN)
    for (const one of crowd.waits) one.stop()
    if (options.isLost !== true) await converged(crowd, directories)
    return report(crowd, daemons, directories, options.isLost === true)
  } finally {
    crowd.end()
    await Promise.all(daemons.map(daemon => daemon.end('SIGKILL')))
    if (options.diskSize !== undefined) execFileSync('umount', [directories[0] ?? ''])
  }
}

/** Those who talk and read. */
class Crowd {
  readonly senders: readonly Sender[]
  /** They say a message once: what was refused may be stored all the same. */
  readonly givingUp: readonly Sender[]
  readonly twins: Twins
  readonly readers: readonly Reader[]
  readonly historyReaders: readonly HistoryReader[]
  /** How long senders and readers of history wait. */
  readonly waits: readonly LongestWait[]
  readonly #sending: readonly LongestWait[]
  readonly #reading: readonly LongestWait[]

  constructor(daemons: readonly AlarmingDaemon[], inFlight: number) {
    const ports = daemons.map(daemon => () => daemon.port)
    this.senders = ports.map((port, at) => new Sender(port, `s${at}`, ROOMS, inFlight))
    this.givingUp = ports.map((port, at) => new Sender(port, `g${at}`, ROOMS, 1, true))
    this.twins = new Twins(ports.slice(0, 2), ROOMS[0] ?? '')
    this.readers = ports.map((port, at) => new Reader(port, `r${at}`, ROOMS))
    const staying = daemons.map((_, at) => new HistoryReader(daemons, `h${at}`, ROOMS, { at }))
    const roving = new HistoryReader(daemons, 'rover', ROOMS, { at: 0, moveAfter: MOVE_AFTER })
    this.historyReaders = [...staying, roving]
    this.#sending = this.senders.map(sender => new LongestWait(() => sender.acknowledged.size))
    this.#reading = staying.map(reader => new LongestWait(() => reader.answers))
    this.waits = [...this.#sending, ...this.#reading]
  }

  start(): void {
    for (const one of this.#all) one.start()
  }

  end(): void {
    for (const one of this.#all) one.end()
  }

  get isServed(): boolean {
    return (
      this.senders.every(({ acknowledged }) => acknowledged.size > 0) &&
      this.historyReaders.every(({ answers }) => answers > 0)
    )
  }

  /** Whether all readers have come back since something went wrong, and hear what is said. */
  get isHeard(): boolean {
    return this.readers.every(({ isHearing }) => isHearing)
  }

  /** Nothing new is said; true when everything that was said is acknowledged, or given up. */
  get isDone(): boolean {
    return [...this.senders, ...this.givingUp, this.twins].map(one => one.isDone).every(isDone => isDone)
  }

  get refused(): number {
    return [...this.senders, ...this.givingUp].reduce((sum, { heldBack }) => sum + heldBack, 0)
  }

  get longestWait(): number {
    return Math.max(...this.#sending.map(({ longest }) => longest))
  }

  get longestSilence(): number {
    return Math.max(...this.#reading.map(({ longest }) => longest))
  }

  /** What they know. */
  get history(): Omit<History, 'daemons'> {
    return {
      sent: [
        ...this.senders.flatMap((sender, at) => sentBy(sender, `daemon${at}`)),
        ...this.givingUp.flatMap((sender, at) => sentBy(sender, `daemon${at}`)),
        ...this.twins.said,
      ],
      readers: this.readers.flatMap((reader, at) =>
        [...reader.seen].map(([room, texts]) => ({ name: `r${at}`, room, texts })),
      ),
      reads: this.historyReaders.flatMap(({ reads }) => reads),
    }
  }

  /** Answers that contradict earlier ones, or refuse what has to be taken. */
  get wrong(): readonly string[] {
    return [...this.senders, ...this.givingUp, this.twins, ...this.historyReaders].flatMap(
      ({ wrong }) => wrong,
    )
  }

  get #all(): readonly { start(): void; end(): void }[] {
    return [...this.senders, ...this.givingUp, this.twins, ...this.readers, ...this.historyReaders]
  }
}

async function converged(crowd: Crowd, directories: readonly string[]): Promise<void> {
  await until('all that was said is acknowledged', () => crowd.isDone)
  await until('the projections to be the same', () => new Set(directories.map(hashIn)).size === 1)
  // The last messages are on their way to the readers.
  await until('the readers to have everything', () =>
    crowd.readers.every(one => hasLast(one, directories[0] ?? '')),
  )
}

function report(
  crowd: Crowd,
  daemons: readonly AlarmingDaemon[],
  directories: readonly string[],
  isLost: boolean,
): RunReport {
  const histories = directories.map((one, at) => historyOf(`daemon${at}`, one))
  const verdict = judge({ ...crowd.history, daemons: histories, isLost })
  const ids = new Set(histories[0]?.stored.map(({ id }) => id))
  const givenUp = crowd.givingUp.flatMap(sender => [...sender.givenUp])
  return {
    ...verdict,
    broken: [...verdict.broken, ...crowd.wrong],
    longestWait: crowd.longestWait,
    longestSilence: crowd.longestSilence,
    refused: crowd.refused,
    storedLater: givenUp.filter(id => ids.has(id)).length,
    alarms: [...new Set(daemons.flatMap(({ alarms }) => alarms))],
  }
}

function mount(directory: string, size: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'tmpfs', directory])
}

function sentBy({ times, acknowledged }: Sender, daemon: string) {
  return [...times].map(([id, { sentAt, acknowledgedAt }]) => ({
    id,
    daemon,
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
