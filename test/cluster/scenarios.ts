import { setTimeout as wait } from 'node:timers/promises'
import {
  away,
  cut,
  DAY,
  damage,
  deleteStream,
  follower,
  fullBroker,
  fullDaemon,
  kill,
  LONG,
  lameDuck,
  leader,
  repeatLate,
  stepDown,
  wrongClocks,
} from './faults.ts'
import type { Scene } from './run.ts'
import { storeBases } from './storeBases.ts'

const HOUR = 60 * 60_000
/** The promises: of a leader that leaves, and of one that dies, ms. */
const PLANNED = 2_000
const DEAD = 12_000

/** What a fault needs of the machine. */
type Needed = 'namespaces' | 'brokerDisks' | 'daemonDisk'

/** One row of the table of faults. */
export interface Scenario {
  readonly name: string
  readonly needs?: Needed
  /** The longest time without an acknowledgement that is promised, ms. */
  readonly promised?: number
  /** The log is gone at the end. */
  readonly isLost?: true
  readonly fault: (scene: Scene) => Promise<void>
}

/** What of the scenarios can be chosen. */
export interface Choices {
  /** How many messages come while a daemon is away. */
  readonly messages: number
}

/** The table: each ends with everything running again. */
export const scenarios = ({ messages }: Choices): readonly Scenario[] => [
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
  { name: 'kill -9 of the leader', promised: DEAD, fault: scene => kill(scene, leader, 'SIGKILL') },
  { name: 'SIGTERM of the leader', promised: PLANNED, fault: scene => kill(scene, leader, 'SIGTERM') },
  { name: 'the leader leaves as a lame duck', promised: PLANNED, fault: lameDuck },
  { name: 'kill -9 of a follower', fault: scene => kill(scene, follower, 'SIGKILL') },
  { name: 'the leader steps down', promised: PLANNED, fault: stepDown },
  {
    name: 'the leader stopped for 12 s',
    promised: DEAD,
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
    needs: 'namespaces',
    fault: scene => cut(scene, leader),
  },
  {
    name: 'a follower cut from the other brokers for 20 s',
    needs: 'namespaces',
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
    name: 'a daemon away for an hour, a broker killed meanwhile',
    fault: scene => away(scene, messages, HOUR),
  },
  {
    name: 'bases are stored and the stream is trimmed, while a daemon is away and another starts with nothing',
    fault: storeBases,
  },
  { name: 'what was stored is published again, when the brokers have forgotten its ids', fault: repeatLate },
  { name: 'the clocks of daemons and brokers are a day apart', fault: wrongClocks },
  { name: 'the disk of a daemon is full for 15 s', needs: 'daemonDisk', fault: fullDaemon },
  {
    name: 'the disk of the leader is full for 15 s',
    needs: 'brokerDisks',
    promised: DEAD,
    fault: fullBroker,
  },
  { name: 'the stream is deleted', isLost: true, fault: deleteStream },
]
