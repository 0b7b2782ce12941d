import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Config } from './config/config.ts'
import { configOfFlags } from './configFlags.ts'

const REPLICAS = 3
const MOST_REPLICAS = 5

/** A command about the brokers of a shared log, which needs no daemon. */
export interface ClusterCommand {
  readonly what: 'check' | 'init' | 'status'
  /** `--config`. */
  readonly file: string | undefined
  /** What the flags configure: `--log` is among them. */
  readonly given: Config
  readonly replicas: number
  /** Addresses of the monitoring of brokers; none: where it usually is. */
  readonly monitors: readonly string[]
  readonly json: boolean
}

/** Adds the commands about a shared log: `cluster init`, `cluster status`, `cluster check`. */
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
  group
    .command('init')
    .description('make the stream of a shared log at the brokers of --log')
    .copyInheritedSettings(program)
    .addOption(
      new Option('--replicas <number>', 'how many brokers keep each message: 1, 3 or 5')
        .argParser(replicasOf)
        .default(REPLICAS),
    )
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
