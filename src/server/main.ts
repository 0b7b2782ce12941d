import { accessSync, constants, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { DEFAULT_PORT } from '../protocol/limits.ts'
import { VERSION } from '../protocol/version.ts'
import { isLoopback, parseListenAddress, showAddress } from './address.ts'
import { startDaemon } from './daemon.ts'
import { createLogger, LOG_LEVELS, type LogLevel } from './logger.ts'
import { DEFAULT_SETTINGS, type ListenAddress, liftLimits, type Settings } from './settings.ts'

const EXIT_FAILED = 1
const EXIT_USAGE = 2

interface Flags {
  readonly listen: readonly ListenAddress[] | undefined
  readonly data: string | undefined
  readonly logLevel: LogLevel
  /** False where `--no-limits` was given. */
  readonly limits: boolean
  readonly exitWhenIdle: number | undefined
}

/** The program `chatd`; `argv` is that of the process. Exits by itself: 0 after a stop, 1 when it cannot run, 2 for bad flags. */
export async function main(argv: readonly string[]): Promise<void> {
  const flags = parseFlags(argv)
  const listen = flags.listen ?? [{ host: '127.0.0.1', port: DEFAULT_PORT }]
  const exposed = listen.find(({ host }) => !isLoopback(host))
  if (!flags.limits && exposed !== undefined) {
    fail(EXIT_USAGE, `--no-limits is for load tests on loopback alone, not for ${showAddress(exposed)}`)
  }
  const data = resolve(flags.data ?? defaultDataDirectory())
  const problem = prepareDirectory(data)
  if (problem !== undefined) fail(EXIT_FAILED, problem)

  const logger = createLogger(flags.logLevel)
  const started = await startDaemon({ listen, settings: settingsFor(flags), logger })
  if (!started.ok) fail(EXIT_FAILED, started.message)
  const { daemon } = started
  const stop = (reason: string): void => {
    logger.info({ reason }, 'stopping')
    daemon.stop().then(
      () => {
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

function parseFlags(argv: readonly string[]): Flags {
  const program = new Command('chatd')
    .description('The chat daemon: listens on TCP, speaks newline-delimited JSON, keeps the rooms.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addOption(
      new Option(
        '-l, --listen <host:port>',
        `where to listen; may be given several times (default: 127.0.0.1:${DEFAULT_PORT})`,
      ).argParser((text, before: readonly ListenAddress[] | undefined) => [
        ...(before ?? []),
        listenAddress(text),
      ]),
    )
    .option(
      '-d, --data <dir>',
      'where the daemon keeps its data (default: $STATE_DIRECTORY, or chatd in $XDG_DATA_HOME)',
    )
    .addOption(new Option('--log-level <level>', 'how much is logged').choices(LOG_LEVELS).default('info'))
    .option('--no-limits', 'lift rates and counts per address, for load tests; only on loopback')
    .addOption(
      new Option('--exit-when-idle <seconds>', 'stop this long after the last connection left').argParser(
        seconds,
      ),
    )
    .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE))
    .configureOutput({
      outputError: (text, write) =>
        write(text.replace(/^error: /, 'chatd: ').replace(/\n*$/, '; see chatd --help\n')),
    })
    .showSuggestionAfterError(false)
    .allowExcessArguments(false)
  return program.parse(argv).opts<Flags>()
}

function listenAddress(text: string): ListenAddress {
  const address = parseListenAddress(text)
  if (address === undefined)
    throw new InvalidArgumentError('It is HOST:PORT, such as 0.0.0.0:9011 or [::1]:9011')
  return address
}

function seconds(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0 || value > 86_400) {
    throw new InvalidArgumentError('It is a number of seconds, at most 86400')
  }
  return value
}

function settingsFor(flags: Flags): Settings {
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
