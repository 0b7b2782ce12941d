import { onTestFinished } from 'vitest'
import { startDaemon } from '../../../src/server/daemon.ts'
import { beginIncarnation } from '../../../src/server/dataDirectory.ts'
import type { Bus } from '../../../src/server/log/bus.ts'
import type { WholeLog } from '../../../src/server/log/log.ts'
import { createLogger } from '../../../src/server/logger.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../../src/server/settings.ts'
import { createTlsServer } from '../../../src/server/tls/createTlsServer.ts'
import { temporaryDirectory } from '../directory.ts'
import { MemoryLog } from '../log/memoryLog.ts'
import { Peer, type Received, type Server } from '../peer.ts'

/** How often daemons of a test say that they are there, ms: one is gone after five times that. */
export const BEAT = 100

/** A daemon that is not the only one. */
export async function startAmong(
  bus: Bus,
  log: WholeLog = new MemoryLog(),
  settings: Partial<Settings> = {},
  address = '',
): Promise<Server> {
  const all = { ...DEFAULT_SETTINGS, leftAfter: 300, ...settings }
  const logger = await createLogger('silent')
  const listen = [{ host: '127.0.0.1', port: 0 }]
  const data = temporaryDirectory()
  const tls = createTlsServer({ data, listen, names: [], files: undefined, settings: all, logger })
  const incarnation = beginIncarnation(data)
  const among = {
    bus,
    incarnation,
    beatEvery: BEAT,
    ...(address === '' ? {} : { advertised: () => [address] }),
  }
  const started = await startDaemon({ listen, settings: all, logger, log, among, tls })
  if (!started.ok) throw new Error(started.error)
  const daemon = started.value
  onTestFinished(() => daemon.stop())
  const [first] = daemon.addresses
  return { daemon, port: first !== undefined && 'port' in first ? first.port : 0, log }
}

/** A full client in a room, with its session. */
export async function inRoom(
  server: Server,
  name: string,
  room = 'dev',
  session?: string,
): Promise<{ readonly peer: Peer; readonly session: string; readonly joined: Received }> {
  const peer = await Peer.full(server, name, session)
  const joined = await peer.ask({ action: 'joinroom', room })
  return { peer, session: String((await peer.next('welcome'))['session']), joined }
}

/** The names of the people in a room, as a client is told. */
export async function membersOf(peer: Peer, room = 'dev'): Promise<readonly string[]> {
  const page = await peer.ask({ action: 'members', room })
  return (page['members'] as { readonly name: string }[]).map(({ name }) => name)
}

/** Who came and went, as a client was told. */
export function comings(peer: Peer): readonly string[] {
  return peer.of('joined', 'left').map(({ action, from, people }) => `${from} ${action} ${people}`)
}
