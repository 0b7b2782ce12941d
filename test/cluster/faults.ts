import { appendFileSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import { type Envelope, encodeEnvelope, RULES } from '../../src/server/log/envelope.ts'
import { apiAnswer, askApi, type PublishAnswer } from '../../src/server/log/jetstream/api.ts'
import { connectToBrokers } from '../../src/server/log/jetstream/brokers.ts'
import { until } from '../crash/waiting.ts'
import type { Scene } from './run.ts'

/** Longer than the time after which senders are refused, and than a daemon stays with a silent broker, ms. */
export const LONG = 12_000
const CUT = 20_000
/** Messages of 256 KB that fill several blocks. */
const FILLING = 80
/** A clock that is wrong by so much, ms. */
export const DAY = 24 * 60 * 60_000
/** The shortest time for which a broker knows the ids of messages, and a second more, ms. */
const SHORT_WINDOW = 1_000
const SECOND = 1_000
const NANOSECONDS = 1_000_000
const MIB = 1024 * 1024
/** How long a disk stays full, ms: longer than senders wait. */
const FULL_FOR = 15_000

/** Cuts a broker from the others for a while. */
export async function cut(scene: Scene, which: (scene: Scene) => Promise<number>): Promise<void> {
  const at = await which(scene)
  scene.network?.cut(at)
  await wait(CUT)
  scene.network?.heal(at)
  await scene.brokers.whole(scene.stream)
}

/** Has the stream grow over several blocks: only the last one is looked at when a broker starts. */
async function fill(scene: Scene): Promise<void> {
  await asStranger(scene, async connection => {
    for (let n = 1; n <= FILLING; n++) {
      const texts = Array.from({ length: 16 }, () => String(n % 10).repeat(16_000))
      await publish(scene, connection, 'filler', n, texts)
    }
  })
}

async function asStranger(
  { brokers, stream }: Pick<Scene, 'brokers' | 'stream'>,
  work: (connection: NatsConnection) => Promise<void>,
): Promise<void> {
  const connection = await connectToBrokers(brokers.brokersOf(stream), 'test')
  try {
    await work(connection)
  } finally {
    await connection.close()
  }
}

/** Adds an envelope as a daemon does. */
async function publish(
  { stream }: Scene,
  connection: NatsConnection,
  d: string,
  n: number,
  texts: readonly string[],
  more: Partial<Envelope> = {},
): Promise<void> {
  const w = texts.map((message, at) => ({
    kind: 'event' as const,
    roomKey: 'filler',
    roomName: 'filler',
    from: 'filler',
    id: `${d}:${n}:${at}`,
    body: { action: 'chat' as const, message },
  }))
  const data = encodeEnvelope({ v: RULES, d, n, w, ...more })
  apiAnswer<PublishAnswer>(await connection.request(`${stream}.log`, data, { timeout: 5_000 }))
}

/** A follower loses a bit of what it stores; then daemons read everything again, some through it. */
export async function damage(scene: Scene): Promise<void> {
  const { brokers, stream } = scene
  await fill(scene)
  const at = await follower(scene)
  // After a clean stop the broker trusts its index, and does not look at its blocks.
  await brokers.signal(at, 'SIGTERM')
  const blocks = globSync(`store/jetstream/*/streams/${stream}/msgs/*.blk`, { cwd: brokers.directoryOf(at) })
  const block = join(brokers.directoryOf(at), blocks.toSorted()[1] ?? '')
  const bytes = readFileSync(block)
  const middle = Math.floor(bytes.length / 2)
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle)
  writeFileSync(block, bytes)
  brokers.start(at)
  await brokers.whole(stream)
  for (let round = 0; round < 2; round++)
    for (const daemon of scene.daemons.keys()) await scene.startAfresh(daemon)
}

/** The broker that leads. */
export async function leader({ brokers, stream }: Scene): Promise<number> {
  for (;;) {
    const at = await brokers.leaderOf(stream)
    if (at !== undefined) return at
    await wait(100)
  }
}

/** One that does not. */
export async function follower(scene: Scene): Promise<number> {
  return ((await leader(scene)) + 1) % scene.brokers.count
}

/** Ends a broker, and starts it again later. */
export async function kill(
  scene: Scene,
  which: (scene: Scene) => Promise<number>,
  signal: 'SIGKILL' | 'SIGTERM',
): Promise<void> {
  const at = await which(scene)
  await scene.brokers.signal(at, signal)
  await wait(LONG)
  scene.brokers.start(at)
  await scene.brokers.whole(scene.stream)
}

/** Has the leader hand over what it leads. */
export async function stepDown(scene: Scene): Promise<void> {
  await asStranger(scene, async connection => {
    await askApi(connection, `STREAM.LEADER.STEPDOWN.${scene.stream}`, {}, 5_000)
  })
  await wait(2 * SECOND)
}

/** Has the leader leave as it does for an upgrade, and starts it again. */
export async function lameDuck(scene: Scene): Promise<void> {
  const at = await leader(scene)
  await scene.brokers.lameDuck(at)
  scene.brokers.start(at)
  await scene.brokers.whole(scene.stream)
}

async function shortenWindow({ stream }: Scene, connection: NatsConnection): Promise<void> {
  const { config } = await askApi<{ readonly config: object }>(connection, `STREAM.INFO.${stream}`)
  const changed = { ...config, duplicate_window: SHORT_WINDOW * NANOSECONDS }
  await askApi(connection, `STREAM.UPDATE.${stream}`, changed, 5_000)
}

/** Publishes what daemons have sent once more, when the brokers have forgotten its ids. */
export async function repeatLate(scene: Scene): Promise<void> {
  const { stream } = scene
  await asStranger(scene, async connection => {
    await shortenWindow(scene, connection)
    const state = async () =>
      (await askApi<{ readonly state: { readonly last_seq: number } }>(connection, `STREAM.INFO.${stream}`))
        .state
    const { last_seq: last } = await state()
    await wait(SHORT_WINDOW + 2 * SECOND)
    for (let seq = 2; seq <= last; seq++) {
      const { data } = await connection.request(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify({ seq }))
      const again = apiAnswer<PublishAnswer>(
        await connection.request(`${stream}.log`, data, { timeout: 5_000 }),
      )
      if (again.seq <= last || again.duplicate === true) throw new Error('the brokers did not take it again')
    }
  })
}

/** A daemon is away while others talk, `messages` more come, a broker is killed, and ids are forgotten. */
export async function away(scene: Scene, messages: number, clockShift: number): Promise<void> {
  const [first] = scene.daemons
  await first?.end('SIGKILL')
  await asStranger(scene, async connection => {
    await shortenWindow(scene, connection)
    for (let n = 1; n <= messages / 100; n++) {
      const texts = Array.from({ length: 100 }, (_, at) => `message ${n}.${at} of an hour`)
      await publish(scene, connection, 'hour', n, texts)
    }
  })
  await kill(scene, follower, 'SIGKILL')
  await first?.start({ clockShift })
}

/** Two daemons with wrong clocks, and messages with the times of brokers whose clocks are wrong. */
export async function wrongClocks(scene: Scene): Promise<void> {
  const [first, second] = scene.daemons
  await Promise.all([first?.end('SIGKILL'), second?.end('SIGKILL')])
  await Promise.all([first?.start({ clockShift: DAY }), second?.start({ clockShift: -DAY })])
  await asStranger(scene, async connection => {
    for (let n = 1; n <= 20; n++) {
      const ts = Date.now() + (n % 2 === 0 ? DAY : -DAY)
      await publish(scene, connection, 'clocks', n, [`a message of another day ${n}`], { ts })
      await wait(SECOND / 10)
    }
  })
}

/** The disk of a daemon is full for a while: it stops applying and says so; readers and the other daemons go on. */
export async function fullDaemon({ daemons, directories }: Scene): Promise<void> {
  const ballast = join(directories[0] ?? '', 'ballast')
  fillUp(ballast)
  await until('the daemon says that its disk is full', () => {
    fillUp(ballast)
    return daemons[0]?.alarms.some(alarm => alarm.includes('cannot be applied')) === true
  })
  await wait(FULL_FOR)
  // Its senders are refused for that, not for brokers that would be silent.
  await until(
    'the daemon says what its senders wait for',
    () => daemons[0]?.alarms.some(alarm => alarm.includes('look at the disk of its data directory')) === true,
  )
  rmSync(ballast)
}

/** The disk of the leader is full for a while; such a broker is started again by its operator, when there is room. */
export async function fullBroker(scene: Scene): Promise<void> {
  const { brokers, stream } = scene
  const at = await leader(scene)
  const ballast = join(brokers.directoryOf(at), 'ballast')
  const end = performance.now() + FULL_FOR
  while (performance.now() < end) {
    fillUp(ballast)
    await wait(SECOND / 10)
  }
  rmSync(ballast)
  await brokers.signal(at, 'SIGKILL')
  brokers.start(at)
  await brokers.whole(stream)
}

/** Takes all the room that a file system has. */
function fillUp(file: string): void {
  for (let size = MIB; size >= 512; size /= 2) {
    try {
      for (;;) appendFileSync(file, Buffer.alloc(size))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
}

/** The stream is deleted: each daemon stops, says so, refuses what is said, and can be read. */
export async function deleteStream(scene: Scene): Promise<void> {
  await asStranger(scene, async connection => {
    await askApi(connection, `STREAM.DELETE.${scene.stream}`, {}, 5_000)
  })
  await until('every daemon says that the stream is gone', () =>
    scene.daemons.every(({ alarms }) => alarms.some(alarm => alarm.includes('the stream is gone'))),
  )
  const before = scene.refused()
  await until('what is said is refused', () => scene.refused() > before)
}
