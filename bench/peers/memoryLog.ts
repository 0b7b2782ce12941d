/** chatd with its log in memory: the difference is the price of durability. Usage: `node memoryLog.ts PORT` */
import { tmpdir } from 'node:os'
import { startDaemon } from '../../src/server/daemon.ts'
import { createLogger } from '../../src/server/logger.ts'
import { DEFAULT_SETTINGS, liftLimits } from '../../src/server/settings.ts'
import { createTlsServer } from '../../src/server/tls/createTlsServer.ts'
import { MemoryLog } from '../../test/server/log/memoryLog.ts'

const listen = [{ host: '127.0.0.1', port: Number(process.argv[2]) }]
const settings = liftLimits(DEFAULT_SETTINGS)
const logger = await createLogger('silent')
const tls = createTlsServer({ data: tmpdir(), listen, names: [], files: undefined, settings, logger })
const started = await startDaemon({ listen, settings, logger, log: new MemoryLog(), tls })
if (!started.ok) throw new Error(started.error)
