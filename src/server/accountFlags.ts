import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { errorReason } from '../files/errorCode.ts'
import type { TaskFlags } from './admin/command.ts'

const STDIN = 0
const DAY = 86_400_000
const UNITS: Readonly<Record<string, number>> = { h: DAY / 24, d: DAY, w: 7 * DAY }

/** Takes a task that the command line names. */
export type TakeTask = (task: TaskFlags['task'], more: Partial<TaskFlags>) => void

interface Common {
  readonly data?: string
}

/** How the commands are added. */
export interface CommandMaker {
  /** A command that only holds others. */
  readonly group: (name: string, description: string) => Command
  readonly add: (parent: Command, name: string, description: string) => Command
  readonly take: TakeTask
}

/** Adds the commands about accounts: `user`, `token`, `invite`, `policy`, `audit`. */
export function addAccountCommands(program: Command, maker: CommandMaker): void {
  const { group, add, take } = maker
  addUserCommands(group('user', 'accounts: make, list, change and remove them'), maker)
  addTokenCommands(group('token', 'tokens, by which programs sign in'), maker)
  addInviteCommand(program, maker)
  add(program, 'policy', 'show or set who may take a free name, and what guests may do')
    .argument('[policy]', 'open, registered or invite', choice(['open', 'registered', 'invite'] as const))
    .addOption(new Option('--guests <rule>', 'people without an account').choices(['none', 'read', 'speak']))
    .action(
      (
        names: 'open' | 'registered' | 'invite' | undefined,
        { guests, ...options }: Common & { readonly guests?: 'none' | 'read' | 'speak' },
      ) =>
        take(
          {
            task: 'policy',
            ...(names === undefined ? {} : { names }),
            ...(guests === undefined ? {} : { guests }),
          },
          dataOf(options),
        ),
    )
  add(program, 'audit', 'print what operators and owners did, the newest first')
    .addOption(new Option('--limit <number>', 'how many lines').argParser(count).default(50))
    .action(({ limit, ...options }: Common & { readonly limit: number }) =>
      take({ task: 'audit', limit }, dataOf(options)),
    )
}

function addUserCommands(user: Command, { add, take }: CommandMaker): void {
  add(user, 'add', 'make an account; without a key it prints a link by which the person sets a password')
    .argument('<name>')
    .addOption(
      new Option(
        '--key <key>',
        'a public key: its line, a file, or - for standard input; may be given several times',
      ).argParser(keys),
    )
    .addOption(new Option('--bot', 'for a program').conflicts('admin'))
    .option('--admin', 'for an administrator')
    .action(
      (
        name: string,
        {
          key = [],
          bot,
          admin,
          ...options
        }: Common & {
          readonly key?: readonly string[]
          readonly bot?: true
          readonly admin?: true
        },
      ) =>
        take(
          { task: 'userAdd', name, keys: [...key], role: bot ? 'bot' : admin ? 'admin' : 'user' },
          dataOf(options),
        ),
    )
  add(user, 'list', 'print every account').action((options: Common) =>
    take({ task: 'userList' }, dataOf(options)),
  )
  add(user, 'passwd', 'print a link, which works once, by which the person sets another password')
    .argument('<name>')
    .action((name: string, options: Common) => take({ task: 'userPasswd', name }, dataOf(options)))
  for (const [command, description, isDisabled] of [
    ['disable', 'sign the person out everywhere, and let nobody in', true],
    ['enable', 'let the person in again', false],
  ] as const)
    add(user, command, description)
      .argument('<name>')
      .action((name: string, options: Common) =>
        take({ task: 'userDisable', name, isDisabled }, dataOf(options)),
      )
  add(user, 'role', 'set the role of an account')
    .argument('<name>')
    .argument('<role>', 'user, admin or bot', choice(['user', 'admin', 'bot'] as const))
    .action((name: string, role: 'user' | 'admin' | 'bot', options: Common) =>
      take({ task: 'userRole', name, role }, dataOf(options)),
    )
  add(user, 'keys', 'list the SSH keys of an account, add or remove one')
    .argument('<name>')
    .addOption(new Option('--add <key>', 'its line, a file, or - for standard input').argParser(keys))
    .addOption(new Option('--remove <number>', 'by its number in the list').argParser(count))
    .action(
      (
        name: string,
        {
          add: added = [],
          remove,
          ...options
        }: Common & {
          readonly add?: readonly string[]
          readonly remove?: number
        },
      ) =>
        take(
          { task: 'userKeys', name, add: [...added], ...(remove === undefined ? {} : { remove }) },
          dataOf(options),
        ),
    )
  add(user, 'devices', 'list the devices of an account, or sign them out')
    .argument('<name>')
    .addOption(
      new Option('--revoke <number>', 'by its number in the list, or all').argParser(text =>
        text === 'all' ? 'all' : count(text),
      ),
    )
    .action((name: string, { revoke, ...options }: Common & { readonly revoke?: number | 'all' }) =>
      take({ task: 'userDevices', name, ...(revoke === undefined ? {} : { revoke }) }, dataOf(options)),
    )
  add(user, 'remove', 'take an account away; what was said stays, and the name is free')
    .argument('<name>')
    .option('--yes', 'do not ask')
    .action((name: string, { yes, ...options }: Common & { readonly yes?: true }) =>
      take(
        { task: 'userRemove', name },
        {
          ...dataOf(options),
          question:
            yes === true ? undefined : `Remove the account of ${name}, so that anybody can take the name?`,
        },
      ),
    )
}

function addTokenCommands(token: Command, { add, take }: CommandMaker): void {
  add(token, 'add', 'make a token of an account and print it, this once')
    .argument('<name>')
    .requiredOption('--rooms <room...>', 'the only rooms that it is for')
    .addOption(
      new Option('--may <right>', 'what it may do there').choices(['read', 'speak']).default('speak'),
    )
    .option('--label <text>', 'what the list calls it', 'made by the operator')
    .addOption(new Option('--expires <time>', 'such as 90d, 2w or 2027-01-31').argParser(time))
    .action(
      (
        name: string,
        {
          rooms,
          may,
          label,
          expires,
          ...options
        }: Common & {
          readonly rooms: string[]
          readonly may: 'read' | 'speak'
          readonly label: string
          readonly expires?: number
        },
      ) =>
        take(
          { task: 'tokenAdd', name, rooms, may, label, ...(expires === undefined ? {} : { expires }) },
          dataOf(options),
        ),
    )
  add(token, 'list', 'list the tokens of all accounts, or of one')
    .argument('[name]')
    .action((name: string | undefined, options: Common) =>
      take({ task: 'tokenList', ...(name === undefined ? {} : { name }) }, dataOf(options)),
    )
  add(token, 'revoke', 'take a token away, and end its connections')
    .argument('<number>', 'its number in the list', count)
    .action((n: number, options: Common) => take({ task: 'tokenRevoke', n }, dataOf(options)))
}

interface InviteOptions extends Common {
  readonly user?: string
  readonly uses: number
  readonly expires?: number
  readonly room?: string[]
  readonly role: 'user' | 'admin' | 'bot'
  readonly list?: true
  readonly revoke?: number
}

function addInviteCommand(program: Command, { add, take }: CommandMaker): void {
  add(program, 'invite', 'print a link that makes an account: one step for the person who gets it')
    .option('--user <name>', 'the only name that it is for')
    .addOption(new Option('--uses <number>', 'how many may take it').argParser(count).default(1))
    .addOption(
      new Option('--expires <time>', 'such as 90d, 2w or 2027-01-31, or never (default: 7d)').argParser(
        endOfInvite,
      ),
    )
    .option('--room <room...>', 'rooms that the person joins at once')
    .addOption(
      new Option('--role <role>', 'of the account').choices(['user', 'admin', 'bot']).default('user'),
    )
    .addOption(
      new Option('--list', 'list the open invitations instead').conflicts(['user', 'room', 'revoke']),
    )
    .addOption(new Option('--revoke <number>', 'take one back, by its number in the list').argParser(count))
    .action(({ user, uses, expires, room, role, list, revoke, ...options }: InviteOptions) => {
      const end = expires ?? Date.now() + 7 * DAY
      if (list === true) return take({ task: 'inviteList' }, dataOf(options))
      if (revoke !== undefined) return take({ task: 'inviteRevoke', n: revoke }, dataOf(options))
      return take(
        {
          task: 'invite',
          uses,
          rooms: room ?? [],
          role,
          ...(user === undefined ? {} : { name: user }),
          ...(Number.isFinite(end) ? { expires: end } : {}),
        },
        dataOf(options),
      )
    })
}

/** The data directory that a command names. */
export function dataOf({ data }: { readonly data?: string }): { readonly data?: string } {
  return data === undefined ? {} : { data }
}

/** The lines of public keys: one, or those of a file or of standard input. */
function keys(text: string, before: readonly string[] = []): readonly string[] {
  if (/^(ssh|ecdsa|sk)-\S+\s/.test(text)) return [...before, text]
  let content: string
  try {
    content = readFileSync(text === '-' ? STDIN : text, 'utf8')
  } catch (error) {
    const reason = errorReason(error)
    throw new InvalidArgumentError(`It is the line of a public key, a file of such lines, or - (${reason})`)
  }
  const lines = content.split('\n').filter(line => line.trim() !== '' && !line.startsWith('#'))
  if (lines.length === 0) throw new InvalidArgumentError('It holds no public key')
  return [...before, ...lines]
}

function count(text: string): number {
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text) || value < 1) throw new InvalidArgumentError('It is a whole number, 1 or more')
  return value
}

/** A time from now, or a day, as ms since 1970. */
function time(text: string): number {
  const [, number, unit = ''] = /^(\d{1,5})([hdw])$/.exec(text) ?? []
  const until = number === undefined ? Date.parse(text) : Date.now() + Number(number) * (UNITS[unit] ?? 0)
  if (Number.isFinite(until) && until > Date.now()) return until
  throw new InvalidArgumentError(
    'It is a time from now such as 12h, 90d or 2w, or a later day such as 2027-01-31',
  )
}

function endOfInvite(text: string): number {
  return text === 'never' ? Number.POSITIVE_INFINITY : time(text)
}

function choice<T extends string>(choices: readonly T[]): (text: string) => T {
  return text => {
    const chosen = choices.find(one => one === text)
    if (chosen === undefined) throw new InvalidArgumentError(`It is one of ${choices.join(', ')}`)
    return chosen
  }
}
