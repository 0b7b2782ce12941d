import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Config } from './config/config.ts'
import { configOfFlags } from './configFlags.ts'

const REPLICAS = 3
const MOST_REPLICAS = 5

/** A command about the brokers of a shared log, which needs no daemon. */
export interface ClusterCommand {
  readonly what: 'check' | 'init' | 'status' | LogWork['work']
  /** `--config`. */
  readonly file: string | undefined
  /** What the flags configure: `--log` is among them. */
  readonly given: Config
  readonly replicas: number
  /** Addresses of the monitoring of brokers; none: where it usually is. */
  readonly monitors: readonly string[]
  readonly json: boolean

  /** What is done with a log as a whole. */
  readonly log?: LogWork
}

/** What is done with a shared log as a whole. */
export type LogWork =
  /** A new log from a file. */
  | { readonly work: 'restore'; readonly source: string }
  /** `data`: `--data`, as it was written. */
  | { readonly work: 'move'; readonly data: string | undefined; readonly isBack: boolean }
  | { readonly work: 'base'; readonly data: string | undefined }
  | { readonly work: 'remove'; readonly asks: boolean }

/** Adds the commands about a shared log: `cluster init`, `status`, `check`, `restore`, `move`, `base`, `remove`. */
export function addClusterCommands(program: Command, take: (command: ClusterCommand) => void): void {
  const group = program
    .command('cluster')
    .description('the log that several daemons share: make it, look at its brokers')
    .copyInheritedSettings(program)
  const commandOf = (what: ClusterCommand['what'], more: Partial<ClusterCommand> = {}): ClusterCommand => {
    const found = program.opts<{ config?: string }>()
    const given = { file: found.config, given: configOfFlags(found) }
    return { what, ...given, replicas: REPLICAS, monitors: [], json: false, ...more }
  }
  const replicas = (): Option =>
    new Option('--replicas <number>', 'how many brokers keep each message: 1, 3 or 5')
      .argParser(replicasOf)
      .default(REPLICAS)
  group
    .command('init')
    .description('make the stream of a shared log at the brokers of --log')
    .copyInheritedSettings(program)
    .addOption(replicas())
    .addHelpText('after', '\nExample:\n  chatd cluster init --log nats://10.0.0.1,10.0.0.2,10.0.0.3')
    .action(({ replicas }: { readonly replicas: number }) => take(commandOf('init', { replicas })))
  group
    .command('status')
    .description('tell how the stream of a shared log is; exits 0 where all its brokers have everything')
    .copyInheritedSettings(program)
    .action(() => take(commandOf('status')))
  group
    .command('check')
    .description('check all that a shared log needs of its brokers; exits 1 with a sentence for each finding')
    .copyInheritedSettings(program)
    .addOption(
      new Option(
        '--monitor <url...>',
        'where brokers serve their monitoring (default: port 8222 of each broker of --log)',
      ).argParser(monitorOf),
    )
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExample, on the machine of a broker:\n  chatd cluster check --monitor http://127.0.0.1:8222',
    )
    .action(
      ({ monitor = [], json = false }: { readonly monitor?: readonly string[]; readonly json?: boolean }) =>
        take(commandOf('check', { monitors: monitor, json })),
    )
  const takeWork = (log: LogWork, count = REPLICAS): void =>
    take(commandOf(log.work, { replicas: count, log }))
  const dataOf = (): string | undefined => program.opts<{ data?: string }>().data
  group
    .command('restore')
    .description('make a new shared log from a backup, or from the file of a stopped daemon')
    .copyInheritedSettings(program)
    .argument('<file>', 'a backup, or chatd.db of a data directory; it stays as it is')
    .addOption(replicas())
    .addHelpText('after', '\nExample:\n  chatd cluster restore --log nats://10.0.0.1,10.0.0.2,10.0.0.3 FILE')
    .action((source: string, options: { readonly replicas: number }) =>
      takeWork({ work: 'restore', source }, options.replicas),
    )
  group
    .command('move')
    .description('move the log of a stopped daemon to brokers, or back; clients go on where they were')
    .copyInheritedSettings(program)
    .option('--back', 'the shared log becomes that of a single server, in the data directory of a daemon')
    .addOption(replicas())
    .addHelpText(
      'after',
      '\nExamples:\n  chatd cluster move --data DIR --log nats://10.0.0.1,10.0.0.2,10.0.0.3\n  chatd cluster move --back --data DIR --log nats://10.0.0.1,10.0.0.2,10.0.0.3',
    )
    .action((options: { readonly replicas: number; readonly back?: true }) =>
      takeWork({ work: 'move', data: dataOf(), isBack: options.back === true }, options.replicas),
    )
  group
    .command('base')
    .description('store the file of a daemon, which may run, as the base from which others begin')
    .copyInheritedSettings(program)
    .action(() => takeWork({ work: 'base', data: dataOf() }))
  group
    .command('remove')
    .description('remove a shared log from the brokers for ever')
    .copyInheritedSettings(program)
    .option('--yes', 'do not ask')
    .action(({ yes }: { readonly yes?: true }) => takeWork({ work: 'remove', asks: yes !== true }))
}

function monitorOf(text: string, before: readonly string[] = []): readonly string[] {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError('It is an address such as http://127.0.0.1:8222')
  return [...before, url.href]
}

function replicasOf(text: string): number {
  const replicas = Number(text)
  if (![1, REPLICAS, MOST_REPLICAS].includes(replicas)) throw new InvalidArgumentError('It is 1, 3 or 5')
  return replicas
}
