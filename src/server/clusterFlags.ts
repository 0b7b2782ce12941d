import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Config } from './config/config.ts'
import { configOfFlags } from './configFlags.ts'

const REPLICAS = 3
const MOST_REPLICAS = 5

/** A command about the brokers of a shared log, which needs no daemon. */
export interface ClusterCommand {
  readonly what: 'init' | 'status'
  /** `--config`. */
  readonly file: string | undefined
  /** What the flags configure: `--log` is among them. */
  readonly given: Config
  readonly replicas: number
}

/** Adds the commands about a shared log: `cluster init`, `cluster status`. */
export function addClusterCommands(program: Command, take: (command: ClusterCommand) => void): void {
  const group = program
    .command('cluster')
    .description('the log that several daemons share: make it, look at its brokers')
    .copyInheritedSettings(program)
  const commandOf = (what: ClusterCommand['what'], replicas: number): ClusterCommand => {
    const found = program.opts<{ config?: string }>()
    return { what, file: found.config, given: configOfFlags(found), replicas }
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
    .action(({ replicas }: { readonly replicas: number }) => take(commandOf('init', replicas)))
  group
    .command('status')
    .description('tell how the stream of a shared log is; exits 0 where all its brokers have everything')
    .copyInheritedSettings(program)
    .action(() => take(commandOf('status', REPLICAS)))
}

function replicasOf(text: string): number {
  const replicas = Number(text)
  if (![1, REPLICAS, MOST_REPLICAS].includes(replicas)) throw new InvalidArgumentError('It is 1, 3 or 5')
  return replicas
}
