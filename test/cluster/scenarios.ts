import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { encodeEnvelope, RULES } from '../../src/server/log/envelope.ts'
import { askApi } from '../../src/server/log/jetstream/api.ts'
import { connectToBrokers } from '../../src/server/log/jetstream/brokers.ts'
import type { Scene } from './run.ts'
import { storeBases } from './storeBases.ts'

/** Longer than the time after which senders are refused, and than a daemon stays with a silent broker, ms. */
const LONG = 12_000
const CUT = 20_000
/** Messages of 256 KB that fill several blocks. */
const FILLING = 80
const DAY = 24 * 60 * 60_000

/** One row of the table of faults. */
export interface Scenario {
  readonly name: string
  /** It cuts the network between brokers. */
  readonly cuts?: true
  readonly fault: (scene: Scene) => Promise<void>
}

/** The table: each ends with everything running again. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'nothing goes wrong', fault: () => wait(2_000) },
  {
    name: 'each daemon killed with -9, one after another',
    async fault({ daemons }) {
      for (const daemon of daemons) {
        await daemon.end('SIGKILL')
        await daemon.start()
        await wait(500)
      }
    },
  },
  {
    name: 'all daemons killed with -9 at once, one starts with a clock that is a day slow',
    async fault({ daemons }) {
      await Promise.all(daemons.map(daemon => daemon.end('SIGKILL')))
      await Promise.all(daemons.map((daemon, at) => daemon.start({ clockShift: at === 0 ? -DAY : 0 })))
    },
  },
  { name: 'kill -9 of the leader', fault: scene => kill(scene, leader, 'SIGKILL') },
  { name: 'SIGTERM of the leader', fault: scene => kill(scene, leader, 'SIGTERM') },
  { name: 'kill -9 of a follower', fault: scene => kill(scene, follower, 'SIGKILL') },
  {
    name: 'the leader steps down',
    async fault({ brokers, stream }) {
      const connection = await connectToBrokers(brokers.brokersOf(stream), 'test')
      try {
        await askApi(connection, `STREAM.LEADER.STEPDOWN.${stream}`, {}, 5_000)
      } finally {
        await connection.close()
      }
      await wait(2_000)
    },
  },
  {
    name: 'the leader stopped for 12 s',
    async fault(scene) {
      const at = await leader(scene)
      await scene.brokers.signal(at, 'SIGSTOP')
      await wait(LONG)
      await scene.brokers.signal(at, 'SIGCONT')
      await scene.brokers.whole(scene.stream)
    },
  },
  {
    name: 'the leader cut from the other brokers for 20 s, and daemons reach it',
    cuts: true,
    fault: scene => cut(scene, leader),
  },
  {
    name: 'a follower cut from the other brokers for 20 s',
    cuts: true,
    fault: scene => cut(scene, follower),
  },
  {
    name: 'two of three brokers dead for 12 s',
    async fault(scene) {
      const { brokers } = scene
      const first = await leader(scene)
      const second = (first + 1) % brokers.count
      await Promise.all([brokers.signal(first, 'SIGKILL'), brokers.signal(second, 'SIGKILL')])
      await wait(LONG)
      brokers.start(first)
      brokers.start(second)
      await brokers.whole(scene.stream)
    },
  },
  {
    name: 'all brokers killed with -9 at once, and started again',
    async fault({ brokers, stream }) {
      const all = Array.from({ length: brokers.count }, (_, at) => at)
      await Promise.all(all.map(at => brokers.signal(at, 'SIGKILL')))
      for (const at of all) brokers.start(at)
      await brokers.whole(stream)
    },
  },
  { name: 'a bit flipped in a block of a follower, then each daemon starts with nothing', fault: damage },
  {
    name: 'a daemon away while the others talk, a broker killed meanwhile',
    async fault(scene) {
      const [first] = scene.daemons
      await first?.end('SIGKILL')
      await kill(scene, follower, 'SIGKILL')
      await first?.start()
    },
  },
  {
    name: 'bases are stored and the stream is trimmed, while a daemon is away and another starts with nothing',
    fault: storeBases,
  },
]

async function cut(scene: Scene, which: (scene: Scene) => Promise<number>): Promise<void> {
  const at = await which(scene)
  scene.network?.cut(at)
  await wait(CUT)
  scene.network?.heal(at)
  await scene.brokers.whole(scene.stream)
}

/** Has the stream grow over several blocks: only the last one is looked at when a broker starts. */
async function fill({ brokers, stream }: Scene): Promise<void> {
  const connection = await connectToBrokers(brokers.brokersOf(stream), 'test')
  try {
    for (let n = 1; n <= FILLING; n++) {
      const w = Array.from({ length: 16 }, (_, at) => ({
        kind: 'event' as const,
        roomKey: 'filler',
        roomName: 'filler',
        from: 'filler',
        id: `fill:${n}:${at}`,
        body: { action: 'chat' as const, message: String(n % 10).repeat(16_000) },
      }))
      const data = encodeEnvelope({ v: RULES, d: 'filler', n, w })
      await connection.request(`${stream}.log`, data, { timeout: 5_000 })
    }
  } finally {
    await connection.close()
  }
}

/** A follower loses a bit of what it stores; then daemons read everything again, some through it. */
async function damage(scene: Scene): Promise<void> {
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

async function leader({ brokers, stream }: Scene): Promise<number> {
  for (;;) {
    const at = await brokers.leaderOf(stream)
    if (at !== undefined) return at
    await wait(100)
  }
}

async function follower(scene: Scene): Promise<number> {
  return ((await leader(scene)) + 1) % scene.brokers.count
}

async function kill(
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
