import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { DEFAULT_PORT } from '../protocol/limits.ts'
import { isLoopback, showAddress } from './address.ts'
import { type Flags, type OrderFlags, parseFlags } from './flags.ts'
import type { Settings } from './settings.ts'

const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** The program `chatd`; `argv` is that of the process. Exits by itself: 0 after a stop, 1 when it cannot run, 2 for bad flags. */
export async function main(argv: readonly string[]): Promise<void> {
  const flags = parseFlags(argv)
  if (flags.serves) await serve(flags)
  else await carryOut(flags)
}

async function carryOut(flags: OrderFlags): Promise<never> {
  const directory = resolve(flags.data ?? defaultDataDirectory())
  const { command, whyNoLog } = await import('./admin/command.ts')
  const there = whyNoLog(directory, existsSync)
  if (!there.ok) fail(EXIT_FAILED, there.error.message)
  if (flags.asks && flags.order.order === 'erase' && !(await isMeant(flags.order.name))) {
    fail(EXIT_FAILED, 'nothing was erased')
  }
  const result = await command(directory, flags)
  if (!result.ok) fail(EXIT_FAILED, result.error.message)
  process.exit(0)
}

/** Asks on the terminal; where there is none, --yes has to say it. */
async function isMeant(name: string): Promise<boolean> {
  if (!process.stdin.isTTY) fail(EXIT_USAGE, 'erasing cannot be undone; say --yes where nobody can be asked')
  const { createInterface } = await import('node:readline/promises')
  const questions = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await questions.question(`Delete everything that ${name} said, for ever? (yes/no) `)
  questions.close()
  return answer.trim().toLowerCase() === 'yes'
}

async function serve(flags: Flags): Promise<void> {
  const listen = flags.listen ?? [{ host: '127.0.0.1', port: DEFAULT_PORT }]
  const exposed = listen.find(({ host }) => !isLoopback(host))
  if (!flags.limits && exposed !== undefined) {
    fail(EXIT_USAGE, `--no-limits is for load tests on loopback alone, not for ${showAddress(exposed)}`)
  }
  const data = resolve(flags.data ?? defaultDataDirectory())
  const problem = prepareDirectory(data)
  if (problem !== undefined) fail(EXIT_FAILED, problem)

  // Loaded here, so that --help, --version and a bad flag need not wait for all of it.
  const [
    { startDaemon },
    { createLogger },
    { lockDirectory },
    { openSqliteLog },
    { openControl },
    { logFile },
  ] = await Promise.all([
    import('./daemon.ts'),
    import('./logger.ts'),
    import('./dataDirectory.ts'),
    import('./log/sqlite/sqliteLog.ts'),
    import('./admin/control.ts'),
    import('./log/sqlite/database.ts'),
  ])
  const logger = createLogger(flags.logLevel)
  const locked = lockDirectory(data)
  if (!locked.ok) fail(EXIT_FAILED, locked.message)
  const opened = await openSqliteLog(logFile(data), {
    onTrouble: trouble => logger.error({ trouble }, 'storage'),
    onBroken: error => {
      // Started again it begins with what is on the disk, which is all that anybody was told.
      logger.fatal({ error }, 'the log failed')
      process.exit(EXIT_FAILED)
    },
  })
  if (!opened.ok) fail(EXIT_FAILED, opened.error)
  const log = opened.value
  let sendAway: (person: string) => void = () => undefined
  const control = await openControl(data, { log, sendAway: person => sendAway(person) }, logger)
  const started = await startDaemon({ listen, settings: await settingsFor(flags), logger, log })
  if (!started.ok) {
    control?.close()
    fail(EXIT_FAILED, started.message)
  }
  const { daemon } = started
  sendAway = person => daemon.sendAway(person)
  const stop = (reason: string): void => {
    logger.info({ reason }, 'stopping')
    control?.close()
    daemon.stop().then(
      () => {
        locked.lock.release()
        logger.info('stopped')
        process.exit(0)
      },
      (error: unknown) => {
        logger.fatal({ error }, 'stopping failed')
        process.exit(EXIT_FAILED)
      },
    )
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(signal))
  // A terminal that is closed must not take a server with it that others use.
  process.on('SIGHUP', () => logger.info('SIGHUP: there is nothing to reload'))
  await daemon.idle
  stop('idle')
}

async function settingsFor(flags: Flags): Promise<Settings> {
  const { DEFAULT_SETTINGS, liftLimits } = await import('./settings.ts')
  const settings: Settings = {
    ...DEFAULT_SETTINGS,
    exitWhenIdle: flags.exitWhenIdle === undefined ? undefined : flags.exitWhenIdle * 1_000,
  }
  return flags.limits ? settings : liftLimits(settings)
}

function defaultDataDirectory(): string {
  const { STATE_DIRECTORY, XDG_DATA_HOME } = process.env
  if (STATE_DIRECTORY !== undefined && STATE_DIRECTORY !== '') return STATE_DIRECTORY
  // The XDG specification has relative paths ignored.
  const base =
    XDG_DATA_HOME !== undefined && isAbsolute(XDG_DATA_HOME)
      ? XDG_DATA_HOME
      : join(homedir(), '.local', 'share')
  return join(base, 'chatd')
}

function prepareDirectory(path: string): string | undefined {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    accessSync(path, constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return `cannot write to the data directory ${path} (${reason}); choose another with --data, or change who owns it`
  }
}

function fail(code: number, message: string): never {
  process.stderr.write(`chatd: ${message}\n`)
  process.exit(code)
}
