import { type Command, InvalidArgumentError, Option } from 'commander'
import { type CommandMaker, dataOf } from './accountFlags.ts'

const KEEP = 7

interface Common {
  readonly data?: string
}

/** Adds the commands about the log as a whole: `backup`, `restore`, `check`, `export`. */
export function addBackupCommands(program: Command, maker: CommandMaker): void {
  addBackup(program, maker)
  addRestore(program, maker)
  addCheck(program, maker)
  addExport(program, maker)
}

interface BackupOptions extends Common {
  readonly replace?: true
  readonly directory?: string
  readonly keep?: number
}

function addBackup(program: Command, { add, take }: CommandMaker): void {
  const command = add(program, 'backup', 'copy the log, also while the daemon runs')
  command
    .argument(
      '[file]',
      'the new file; without it chatd names the file by the time, and removes the oldest ones',
    )
    .option('--replace', 'replace an older file once the copy is whole')
    .option(
      '--directory <dir>',
      'where chatd puts what it names (default: backup-directory of the configuration)',
    )
    .addOption(new Option('--keep <number>', `how many of those stay (default: ${KEEP})`).argParser(count))
    .addHelpText(
      'after',
      examples(
        ['chatd backup', 'the nightly one: keeps the newest seven'],
        ['chatd backup --directory /mnt/backups --keep 30', 'on another disk'],
        ['chatd backup /root/before-upgrade.db', 'one file under a name of yours'],
      ),
    )
    .action((file: string | undefined, { replace, directory, keep, ...options }: BackupOptions) => {
      if (file === undefined && replace === true)
        command.error('error: --replace needs a file; what chatd names by itself replaces nothing')
      if (file !== undefined && (directory !== undefined || keep !== undefined))
        command.error('error: --directory and --keep are for backups that chatd names: give no file')
      const { config, backupDirectory } = program.opts<{ config?: string; backupDirectory?: string }>()
      take(
        file === undefined
          ? { task: 'backup', directory: directory ?? backupDirectory, config, keep: keep ?? KEEP }
          : { task: 'backup', file, replaces: replace === true },
        dataOf(options),
      )
    })
}

function addRestore(program: Command, { add, take }: CommandMaker): void {
  add(program, 'restore', 'put a backup in the place of the log; the daemon must be stopped')
    .argument('<file>', 'a backup, or any other file of a log')
    .option('--dry-run', 'check the file and say what would be done; change nothing')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      examples(
        ['chatd restore --dry-run FILE', 'also while the daemon runs'],
        ['chatd restore FILE', 'the log that is there stays beside the new one'],
        ['chatd restore --data /var/lib/chatd --yes FILE', 'on a new host, by a script'],
      ),
    )
    .action(
      (file: string, { dryRun, yes, ...options }: Common & { readonly dryRun?: true; readonly yes?: true }) =>
        take({ task: 'restore', file, isDryRun: dryRun === true, asks: yes !== true }, dataOf(options)),
    )
}

function addCheck(program: Command, { add, take }: CommandMaker): void {
  const command = add(program, 'check', 'check the log and its disk, or a backup')
  command
    .argument('[file]', 'a backup, or any other file of a log; it stays as it is')
    .option('--new-epoch', 'after restoring files by hand: make every client start afresh')
    .addHelpText(
      'after',
      examples(
        ['chatd check', 'the log of the daemon, which may run'],
        ['chatd check /var/lib/chatd/backups/chatd-20270131T030000Z.db', 'a backup, before you need it'],
      ),
    )
    .action((file: string | undefined, { newEpoch, ...options }: Common & { readonly newEpoch?: true }) => {
      if (file !== undefined && newEpoch === true)
        command.error(
          'error: --new-epoch is for the log of a data directory; chatd restore gives a file a new epoch',
        )
      take(file === undefined ? { task: 'check' } : { task: 'checkFile', file }, {
        ...dataOf(options),
        newEpoch: newEpoch === true,
      })
    })
}

interface ExportOptions extends Common {
  readonly user?: string
  readonly direct?: readonly string[]
}

function addExport(program: Command, { add, take }: CommandMaker): void {
  const command = add(
    program,
    'export',
    'print every event of a room, of a direct conversation, or everything kept of a user, one JSON object a line',
  )
  command
    .argument('[room]')
    .option('--user <name>', 'the user, instead of a room')
    .option('--direct <name...>', 'the two people of a direct conversation, instead of a room')
    .addHelpText(
      'after',
      examples(
        ['chatd export dev > dev.jsonl', 'a room'],
        ['chatd export --direct alice bob', 'what alice and bob wrote to each other'],
        ['chatd export --user alice', 'everything that is kept of alice'],
      ),
    )
    .action((room: string | undefined, { user, direct, ...options }: ExportOptions) => {
      if ([room, user, direct].filter(one => one !== undefined).length !== 1)
        command.error('error: name a room, a user with --user, or two people with --direct')
      if (direct !== undefined) {
        const [one, other, ...more] = direct
        if (one === undefined || other === undefined || more.length > 0)
          return command.error('error: --direct takes two names')
        return take({ task: 'exportDirect', names: [one, other] }, dataOf(options))
      }
      take(
        user === undefined ? { task: 'export', room: room ?? '' } : { task: 'exportUser', name: user },
        dataOf(options),
      )
    })
}

/** Lines of examples below the help of a command. */
function examples(...lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length))
  return `\nExamples:\n${lines.map(([command, what]) => `  ${command.padEnd(width)}  # ${what}`).join('\n')}`
}

function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It is a whole number, 1 or more')
  return Number(text)
}
