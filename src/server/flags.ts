import { Command, InvalidArgumentError, Option } from 'commander'
import { DEFAULT_PORT } from '../protocol/limits.ts'
import { VERSION } from '../protocol/version.ts'
import { parseListenAddress } from './address.ts'
import type { ListenAddress } from './settings.ts'

const EXIT_USAGE = 2

/** The levels that `--log-level` takes. */
const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

/** How much is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What the command line of `chatd` says. */
export interface Flags {
  readonly listen: readonly ListenAddress[] | undefined
  readonly data: string | undefined
  readonly logLevel: LogLevel
  /** False where `--no-limits` was given. */
  readonly limits: boolean
  readonly exitWhenIdle: number | undefined
}

/** Reads the command line; prints help, the version or what is wrong with it, and ends the process then. */
export function parseFlags(argv: readonly string[]): Flags {
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
