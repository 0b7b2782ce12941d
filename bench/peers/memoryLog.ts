/** chatd with its log in memory: the difference is the price of durability. Usage: `node memoryLog.ts PORT` */
import { startDaemon } from '../../src/server/daemon.ts'
import { createLogger } from '../../src/server/logger.ts'
import { DEFAULT_SETTINGS, liftLimits } from '../../src/server/settings.ts'
import { MemoryLog } from '../../test/server/log/memoryLog.ts'

const started = await startDaemon({
  listen: [{ host: '127.0.0.1', port: Number(process.argv[2]) }],
  settings: liftLimits(DEFAULT_SETTINGS),
  logger: createLogger('silent'),
  log: new MemoryLog(),
})
if (!started.ok) throw new Error(started.error)
