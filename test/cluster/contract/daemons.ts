import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { LiveConnection } from '../../../src/server/admin/liveServer.ts'
import type { Brokers } from '../../../src/server/brokers.ts'
import type { Daemon } from '../../../src/server/daemon.ts'
import { logFile } from '../../../src/server/dataDirectory.ts'
import { askApi } from '../../../src/server/log/jetstream/api.ts'
import { connectToBrokers } from '../../../src/server/log/jetstream/brokers.ts'
import { clusterStatus, initCluster } from '../../../src/server/log/jetstream/cluster.ts'
import { openNatsBus } from '../../../src/server/log/jetstream/natsBus.ts'
import { openSqliteLog, type SqliteLog } from '../../../src/server/log/sqlite/sqliteLog.ts'
import { temporaryDirectory } from '../../server/directory.ts'
import { type Server, type ServerOptions, startOne, waitBefore } from '../../server/peer.ts'
import { TakingTurns } from './takingTurns.ts'

const DAEMONS = 3
const REPLICAS = 3
const LOOK_AGAIN = 1
/** Where people never stop talking, they are not waited for, ms. */
const QUIET_WITHIN = 1_000
const APPLIED_WITHIN = 20_000

/** One daemon, and the file of its projection. */
interface Member {
  readonly server: Server
  readonly log: SqliteLog
  readonly file: DatabaseSync
}

/**
 * Three daemons with one log, which brokers order, behind one port: each connection goes to the next of them. Before that,
 * and before a peer or an operator asks something, all of them have what was stored until then, and know who is where; so tests
 * that are written for one daemon hold for three.
 */
export async function startDaemons(servers: readonly string[], options: ServerOptions): Promise<Server> {
  const brokers = { servers, stream: `c${randomUUID().slice(0, 8)}` }
  await makeStream(brokers)
  const connection = await connectToBrokers(brokers, 'contract')
  onTestFinished(async () => {
    // Each stream costs the brokers something for as long as it is there.
    await askApi(connection, `STREAM.DELETE.${brokers.stream}`, {}, 5_000).catch(() => undefined)
    await connection.close()
  })
  // One certificate for all, as a cluster has it.
  const data = temporaryDirectory()
  const members = await Promise.all(
    Array.from({ length: DAEMONS }, () => startMember(brokers, options, data)),
  )
  const [first] = members
  if (first === undefined) throw new Error('there is no daemon')
  const { listen } = options
  const ports = members.map(({ server }) => server.port)
  const settled = async (): Promise<void> => {
    await quiet(members)
    const { state } = await askApi<{ readonly state: { readonly last_seq: number } }>(
      connection,
      `STREAM.INFO.${brokers.stream}`,
    )
    for (const member of members) await applied(member, state.last_seq)
    await heard(members)
  }
  const turns = await TakingTurns.before(ports, 'port' in listen ? listen.port : 0, settled)
  onTestFinished(() => turns.close())
  const { port } = turns
  waitBefore(port, settled)
  const daemons = members.map(({ server }) => server.daemon)
  return { daemon: asOne(daemons, first.server.daemon, turns), port, log: first.log }
}

async function makeStream(brokers: Brokers): Promise<void> {
  const made = await initCluster(brokers, REPLICAS)
  if (!made.ok) throw new Error(made.error)
  while (true) {
    const status = await clusterStatus(brokers)
    if (status.ok && status.value.leader !== undefined) return
    await wait(LOOK_AGAIN)
  }
}

async function startMember(brokers: Brokers, options: ServerOptions, data: string): Promise<Member> {
  const file = logFile(temporaryDirectory())
  const opened = await openSqliteLog(file, { brokers })
  if (!opened.ok) throw new Error(opened.error)
  const log = opened.value
  const database = new DatabaseSync(file, { readOnly: true })
  onTestFinished(() => database.close())
  const listen = { host: '127.0.0.1', port: 0 }
  const bus = await openNatsBus(brokers, 'contract')
  if (!bus.ok) throw new Error(bus.error)
  const among = { bus: bus.value, incarnation: { id: randomUUID(), last: undefined } }
  return { server: await startOne({ ...options, listen, data, log, among }), log, file: database }
}

/** Nothing waits to be stored, unless people go on talking. */
async function quiet(members: readonly Member[]): Promise<void> {
  const until = performance.now() + QUIET_WITHIN
  while (members.some(({ log }) => log.waiting > 0) && performance.now() < until) await wait(LOOK_AGAIN)
}

/** Each knows which connections the others have, unless people go on coming and going. */
async function heard(members: readonly Member[]): Promise<void> {
  const until = performance.now() + QUIET_WITHIN
  const isHeard = (): boolean => {
    const here = members.map(({ server }) => seenBy(server.daemon.live.connections()))
    return members.every(({ server }, at) => {
      const others = here.toSpliced(at, 1).flat().sort()
      return others.join('\n') === seenBy(server.daemon.live.elsewhere()).sort().join('\n')
    })
  }
  while (!isHeard() && performance.now() < until) await wait(LOOK_AGAIN)
}

/** Who has a name, and in which rooms each of their connections is. */
function seenBy(connections: Iterable<LiveConnection>): string[] {
  return [...connections].flatMap(connection => {
    const { number, name, rooms } = connection.facts()
    return name === undefined ? [] : [`${number} ${name} ${rooms.toSorted().join(' ')}`]
  })
}

async function applied({ log, file }: Member, position: number): Promise<void> {
  const until = performance.now() + APPLIED_WITHIN
  const checkpoint = file.prepare('SELECT checkpoint FROM stream')
  while (Number(checkpoint.get()?.['checkpoint'] ?? 0) < position) {
    if (performance.now() > until) throw new Error(`a daemon does not apply what is at ${position}`)
    await wait(LOOK_AGAIN)
  }
  // Behind what the writing thread has told the main thread of it.
  await log.turns()
}

function asOne(daemons: readonly Daemon[], first: Daemon, turns: TakingTurns): Daemon {
  return {
    addresses: [{ host: '127.0.0.1', port: turns.port }],
    get connections() {
      return daemons.reduce((sum, { connections }) => sum + connections, 0)
    },
    get people() {
      return first.people
    },
    get rooms() {
      return first.rooms
    },
    accounts: first.accounts,
    counters: first.counters,
    get isListening() {
      return first.isListening
    },
    look: () => first.look(),
    get live() {
      return first.live
    },
    idle: first.idle,
    otherAddresses: () => [],
    get isDraining() {
      return first.isDraining
    },
    async stop() {
      turns.close()
      await Promise.all(daemons.map(daemon => daemon.stop()))
    },
  }
}
