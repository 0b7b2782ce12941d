import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { Command, InvalidArgumentError, Option } from 'commander'
import { DEFAULT_PORT } from '../protocol/limits.ts'
import { VERSION } from '../protocol/version.ts'
import { addAccountCommands, type TakeTask } from './accountFlags.ts'
import { parseListenAddress } from './address.ts'
import { parseAddressRange } from './addressRanges.ts'
import type { TaskFlags } from './admin/command.ts'
import type { Task } from './admin/tasks.ts'
import { addAdminCommands } from './adminFlags.ts'
import {
  type AddressRange,
  LIMIT_KEYS,
  type ListenAddress,
  LOG_LEVELS,
  type LogLevel,
  limitName,
  type SetLimits,
} from './settings.ts'
import type { KeyPairFiles } from './tls/fileKeyPair.ts'

const EXIT_USAGE = 2
const ANYWHERE: readonly AddressRange[] = [
  { network: '0.0.0.0', prefix: 0 },
  { network: '::', prefix: 0 },
]

/** The command line: serve, or run a task in a data directory. */
export type CommandLine = ({ readonly serves: true } & Flags) | ({ readonly serves: false } & TaskFlags)

/** The flags that say how a daemon serves. */
export interface Flags {
  readonly listen: readonly ListenAddress[] | undefined
  readonly data: string | undefined
  readonly logLevel: LogLevel
  /** False where `--no-limits` was given. */
  readonly limits: boolean
  readonly exitWhenIdle: number | undefined
  /** The permissions of unix sockets. */
  readonly socketMode: number
  /** Names of this server for the certificate that it makes. */
  readonly name: readonly string[]
  /** The files of a certificate that another program makes. */
  readonly keyPairFiles: KeyPairFiles | undefined
  /** Who may connect without TLS, beside this machine. */
  readonly plaintextFrom: readonly AddressRange[]
  readonly proxies: readonly AddressRange[]
  /** Addresses that many people share. */
  readonly sharedAddresses: readonly AddressRange[]
  /** Limits that differ from those by default. */
  readonly limit: SetLimits
}

/** What commander makes of the flags, before they are checked together. */
interface RawFlags extends Omit<Flags, 'plaintextFrom' | 'proxies' | 'sharedAddresses' | 'keyPairFiles'> {
  readonly allowPlaintext?: true | readonly string[]
  readonly proxyFrom?: readonly string[]
  readonly sharedAddress?: readonly string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
}

const DATA = [
  '-d, --data <dir>',
  'where the daemon keeps its data (default: $STATE_DIRECTORY, or chatd in $XDG_DATA_HOME)',
] as const

/** Parses the command line. For help, the version and errors it prints them and ends the process. */
export function parseFlags(argv: readonly string[]): CommandLine {
  let parsed: CommandLine | undefined
  const program = new Command('chatd')
    .description('The chat daemon: listens on TCP, speaks newline-delimited JSON, keeps the rooms.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addOption(
      new Option(
        '-l, --listen <host:port>',
        `where to listen: HOST:PORT or unix:/PATH; may be given several times (default: 127.0.0.1:${DEFAULT_PORT})`,
      ).argParser((text, before: readonly ListenAddress[] | undefined) => [
        ...(before ?? []),
        listenAddress(text),
      ]),
    )
    .option(...DATA)
    .addOption(new Option('--log-level <level>', 'how much is logged').choices(LOG_LEVELS).default('info'))
    .addOption(
      new Option('--socket-mode <mode>', 'permissions of unix sockets, such as 660')
        .argParser(socketMode)
        .default(0o600, '600'),
    )
    .addOption(
      new Option('--name <host>', 'a name of this server for the certificate that chatd makes for itself')
        .argParser((text, before: readonly string[]) => [...before, hostName(text)])
        .default([], "those of --listen and the machine's"),
    )
    .option('--tls-cert <file>', 'a certificate of your own with its chain (PEM); read again when it changes')
    .option('--tls-key <file>', 'its key (default: in the file of the certificate)')
    .option(
      '--allow-plaintext [cidr...]',
      'let other machines connect without TLS, all or those of some networks',
    )
    .option('--proxy-from <cidr...>', 'the proxies in front of chatd, which send the PROXY header')
    .option(
      '--shared-address <cidr...>',
      'addresses that many people share, such as an office: limits count the people there, not the address',
    )
    .addOption(
      new Option('--limit <name=number>', 'sets a limit; several times for several: see docs/operating.md')
        .argParser((text, before: SetLimits) => ({ ...before, ...limit(text) }))
        .default({}, 'those of docs/operating.md'),
    )
    .option('--no-limits', 'lift rates and counts per address, for load tests; only on loopback')
    .addOption(
      new Option('--exit-when-idle <seconds>', 'stop this long after the last connection closed').argParser(
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
    .usage('[options] [command]')
    .argument('[command]')
    .action((command: string | undefined) => {
      if (command !== undefined) program.error(`error: there is no command "${command}"`)
      parsed = { serves: true, ...checkedTogether(program, program.opts<RawFlags>()) }
    })
  addCommands(program, (task, more) => {
    const { data } = program.opts<Flags>()
    parsed = { serves: false, data, task, newEpoch: false, question: undefined, ...more }
  })
  program.parse(argv)
  if (parsed === undefined) throw new Error('no action ran for a valid command line')
  return parsed
}

/** The flags with those that depend on each other checked. */
function checkedTogether(program: Command, flags: RawFlags): Flags {
  const { allowPlaintext, proxyFrom, sharedAddress, tlsCert, tlsKey, ...others } = flags
  if (tlsCert === undefined && tlsKey !== undefined)
    program.error('error: --tls-key needs --tls-cert, the file of its certificate')
  const ranges = (flag: string, texts: readonly string[]): readonly AddressRange[] =>
    texts.map(text => {
      const range = parseAddressRange(text)
      if (range !== undefined) return range
      return program.error(
        `error: ${flag}: "${text}" is no network; write an address, or one with its prefix such as 10.0.0.0/8`,
      )
    })
  return {
    ...others,
    keyPairFiles: tlsCert === undefined ? undefined : { certificate: tlsCert, key: tlsKey ?? tlsCert },
    plaintextFrom: allowPlaintext === true ? ANYWHERE : ranges('--allow-plaintext', allowPlaintext ?? []),
    proxies: ranges('--proxy-from', proxyFrom ?? []),
    sharedAddresses: ranges('--shared-address', sharedAddress ?? []),
  }
}

function addCommands(program: Command, take: TakeTask): void {
  const group = (name: string, description: string): Command =>
    program.command(name).description(description).copyInheritedSettings(program)
  const addTo = (parent: Command, name: string, description: string): Command =>
    parent
      .command(name)
      .description(description)
      .option(...DATA)
      .copyInheritedSettings(program)
  const add = (name: string, description: string): Command => addTo(program, name, description)
  add('backup', 'copy the log into a new file, also while the daemon runs')
    .argument('<file>')
    .option('--replace', 'replace an older file once the copy is whole')
    .action((file: string, options: { data?: string; replace?: boolean }) =>
      take({ task: 'backup', file, replaces: options.replace === true }, dataOf(options)),
    )
  add('export', 'print every event of a room, or everything kept of a user, one JSON object a line')
    .argument('[room]')
    .option('--user <name>', 'the user, instead of a room')
    .action((room: string | undefined, { user, ...options }: { data?: string; user?: string }) => {
      if ((room === undefined) === (user === undefined))
        program.error('error: name a room, or a user with --user')
      take(
        user === undefined ? { task: 'export', room: room ?? '' } : { task: 'exportUser', name: user },
        dataOf(options),
      )
    })
  add('erase', 'delete every message of a user, and forget the name')
    .argument('<user>')
    .option('--yes', 'do not ask')
    .action((name: string, options: { data?: string; yes?: boolean }) =>
      take(
        { task: 'erase', name },
        { ...dataOf(options), question: asking(options.yes, `Delete every message of ${name}, for ever?`) },
      ),
    )
  add(
    'retain',
    'set or show how long events are kept, for one room, or for all rooms without a rule of their own',
  )
    .argument('[room]')
    .addOption(new Option('--days <number>', 'remove events older than this').argParser(bound))
    .addOption(
      new Option('--messages <number>', 'keep this many of the newest messages, remove older ones').argParser(
        wholeBound,
      ),
    )
    .addOption(new Option('--forever', 'keep everything').conflicts(['days', 'messages']))
    .option('--accept-clock', 'the clock of this machine is right, although it is far ahead of the log')
    .option('--yes', 'do not ask')
    .action((room: string | undefined, options: RetainOptions) =>
      take(retainTask(room, options), {
        ...dataOf(options),
        question: asking(options.yes, removal(room, options)),
      }),
    )
  add('fingerprint', 'print the fingerprint of the key of this server, which clients compare')
    .option('--pem', 'print the certificate instead, for programs that take a CA file')
    .action((options: FingerprintOptions) =>
      take({ task: 'fingerprint', pem: options.pem === true }, dataOf(options)),
    )
  addAccountCommands(program, { group, add: addTo, take })
  addAdminCommands(program, { group, add: addTo, take })
  add('check', 'check the log and its disk')
    .option('--new-epoch', 'after restoring files by hand: make every client start afresh')
    .action((options: { data?: string; newEpoch?: boolean }) =>
      take({ task: 'check' }, { ...dataOf(options), newEpoch: options.newEpoch === true }),
    )
}

interface FingerprintOptions {
  readonly data?: string
  readonly pem?: boolean
}

interface RetainOptions {
  readonly data?: string
  readonly days?: number
  readonly messages?: number
  readonly forever?: boolean
  readonly acceptClock?: boolean
  readonly yes?: boolean
}

function retainTask(room: string | undefined, { days, messages, forever, acceptClock }: RetainOptions): Task {
  const keep =
    forever === true
      ? { keep: {} }
      : days === undefined && messages === undefined
        ? {}
        : {
            keep: {
              ...(days === undefined ? {} : { days }),
              ...(messages === undefined ? {} : { messages }),
            },
          }
  const clock = acceptClock === true ? { acceptsClock: true } : {}
  return { task: 'retain', ...(room === undefined ? {} : { room }), ...keep, ...clock }
}

/** The question before a rule that removes events; undefined for one that removes none. */
function removal(room: string | undefined, { days, messages }: RetainOptions): string | undefined {
  const kept = [
    ...(days === undefined ? [] : [`the events of ${days} days`]),
    ...(messages === undefined ? [] : [`the newest ${messages} messages`]),
  ]
  if (kept.length === 0) return undefined
  const where = room === undefined ? 'in every room without a rule of its own' : `in ${room}`
  return `Keep only ${kept.join(' and ')} ${where}, and remove older ones for ever, now and from now on?`
}

function asking(isConfirmed: boolean | undefined, question: string | undefined): string | undefined {
  return isConfirmed === true ? undefined : question
}

function dataOf({ data }: { readonly data?: string }): Partial<TaskFlags> {
  return data === undefined ? {} : { data }
}

function bound(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('It is a number, 0 or more')
  }
  return value
}

function wholeBound(text: string): number {
  const value = bound(text)
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('It is a whole number')
  return value
}

function listenAddress(text: string): ListenAddress {
  const address = parseListenAddress(text)
  if (address === undefined)
    throw new InvalidArgumentError(
      'It is HOST:PORT, such as 0.0.0.0:9011 or [::1]:9011, or unix:/PATH with an absolute path',
    )
  return address
}

function socketMode(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text)) throw new InvalidArgumentError('It is three octal digits, such as 660')
  return Number.parseInt(text, 8)
}

/** A name or an address that a certificate can hold. */
function hostName(text: string): string {
  const name = text.trim().toLowerCase()
  if (isIP(name) !== 0) return name
  const ascii = domainToASCII(name)
  if (
    ascii.length > 253 ||
    !/^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(ascii)
  )
    throw new InvalidArgumentError('It is a host name or an address, such as chat.example.org')
  return ascii
}

/** Parses `rooms-of-guest=10`. */
function limit(text: string): SetLimits {
  const [, name, number] = /^([a-z-]+)=(\d{1,9})$/.exec(text) ?? []
  const key = LIMIT_KEYS.find(one => limitName(one) === name)
  if (key === undefined)
    throw new InvalidArgumentError(
      `Write one of these with = and a number: ${LIMIT_KEYS.map(limitName).join(', ')}`,
    )
  if (Number(number) === 0) throw new InvalidArgumentError('A limit is at least 1')
  return { [key]: Number(number) }
}

function seconds(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0 || value > 86_400) {
    throw new InvalidArgumentError('It is a number of seconds, at most 86400')
  }
  return value
}
