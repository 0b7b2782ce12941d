import { Command, InvalidArgumentError, Option } from 'commander'
import { VERSION } from '../protocol/version.ts'
import { addAccountCommands, dataOf, type TakeTask } from './accountFlags.ts'
import type { CommandTask, TaskFlags } from './admin/command.ts'
import { addAdminCommands } from './adminFlags.ts'
import { addBackupCommands } from './backupFlags.ts'
import { addClusterCommands, type ClusterCommand } from './clusterFlags.ts'
import type { Config } from './config/config.ts'
import { CONFIG_FILE } from './config/configFile.ts'
import { addConfigFlags, configOfFlags } from './configFlags.ts'
import { EXIT_USAGE } from './exits.ts'
import { addWatchCommands } from './watchFlags.ts'

/** The command line: serve, or run a task in a data directory. */
export type CommandLine =
  | { readonly kind: 'serve'; readonly flags: Flags }
  | { readonly kind: 'task'; readonly flags: TaskFlags }
  | { readonly kind: 'config'; readonly command: ConfigCommand }
  | { readonly kind: 'cluster'; readonly command: ClusterCommand }

/** The flags that say how a daemon serves. */
export interface Flags {
  /** The file of configuration. */
  readonly config: string | undefined
  /** What the flags configure, which wins over the file. */
  readonly given: Config
  readonly data: string | undefined
  /** As it was written. */
  readonly backupDirectory: string | undefined
  /** The files of a certificate, as they were written. */
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  /** False where `--no-limits` was given. */
  readonly limits: boolean
}

/** The commands about the file of configuration. */
export interface ConfigCommand {
  readonly what: 'check' | 'show' | 'default'
  readonly file: string | undefined
  readonly json: boolean
}

const DATA = [
  '-d, --data <dir>',
  'where the daemon keeps its data (default: $STATE_DIRECTORY, or chatd in $XDG_DATA_HOME)',
] as const

const CONFIG = new Option('--config <file>', `the file of configuration (default: $CHATD_CONFIG)`)

/** Parses the command line. For help, the version and errors it prints them and ends the process. */
export function parseFlags(argv: readonly string[]): CommandLine {
  let parsed: CommandLine | undefined
  defineChatd(commandLine => {
    parsed = commandLine
  }).parse(argv)
  if (parsed === undefined) throw new Error('no action ran for a valid command line')
  return parsed
}

/** The definition of the command line, from which the manual and the completions are made too. */
export function defineChatd(take: (parsed: CommandLine) => void): Command {
  const program = new Command('chatd')
    .description('The chat daemon: listens on TCP, speaks newline-delimited JSON, keeps the rooms.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addOption(CONFIG)
    .option(...DATA)
    .option('--no-limits', 'lift rates and counts per address, for load tests; only on loopback')
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
      take({ kind: 'serve', flags: flagsOf(program) })
    })
  addConfigFlags(program)
  addConfigCommands(program, command => take({ kind: 'config', command }))
  addClusterCommands(program, command => take({ kind: 'cluster', command }))
  addCommands(program, (task, more) => {
    const { data } = program.opts<{ data?: string }>()
    take({ kind: 'task', flags: { data, task, newEpoch: false, question: undefined, ...more } })
  })
  return program
}

/** The flags with those that depend on each other checked. */
function flagsOf(program: Command): Flags {
  const found = program.opts<Partial<Flags>>()
  const { config, data, backupDirectory, tlsCert, tlsKey, limits = true } = found
  if (tlsCert === undefined && tlsKey !== undefined)
    program.error('error: --tls-key needs --tls-cert, the file of its certificate')
  return { config, given: configOfFlags(program.opts()), data, backupDirectory, tlsCert, tlsKey, limits }
}

/** The commands about the file of configuration, which need no daemon. */
function addConfigCommands(program: Command, take: (command: ConfigCommand) => void): void {
  const group = program
    .command('config')
    .description('check or show what is configured')
    .copyInheritedSettings(program)
  const add = (what: ConfigCommand['what'], description: string): Command =>
    group.command(what).description(description).copyInheritedSettings(program)
  const configOf = (): string | undefined => program.opts<{ config?: string }>().config
  const FILE = `the file (default: --config, $CHATD_CONFIG, or ${CONFIG_FILE})`
  add('check', 'say whether a file is right, and where it is not; exit code 1 then')
    .argument('[file]', FILE)
    .action((file: string | undefined) => take({ what: 'check', file: file ?? configOf(), json: false }))
  add('show', 'show every key with its value, and where that comes from: environment, file or default')
    .argument('[file]', FILE)
    .option('--json', 'one JSON object a line')
    .action((file: string | undefined, { json = false }: { json?: boolean }) =>
      take({ what: 'show', file: file ?? configOf(), json }),
    )
  add('default', 'print a file with every key, each commented out').action(() =>
    take({ what: 'default', file: undefined, json: false }),
  )
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
  add('reload', 'have the running daemon read its configuration and its certificate again')
    .addHelpText(
      'after',
      '\nIt says what is changed, and what waits for a restart. A wrong file or certificate changes nothing: exit code 1.',
    )
    .action((options: { data?: string }) => take({ task: 'reload' }, dataOf(options)))
  addAccountCommands(program, { group, add: addTo, take })
  addAdminCommands(program, { group, add: addTo, take })
  addBackupCommands(program, { group, add: addTo, take })
  addWatchCommands(program, { group, add: addTo, take })
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

function retainTask(
  room: string | undefined,
  { days, messages, forever, acceptClock }: RetainOptions,
): CommandTask {
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
