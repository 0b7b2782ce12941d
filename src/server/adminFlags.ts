import { type Command, InvalidArgumentError, Option } from 'commander'
import { type CommandMaker, dataOf } from './accountFlags.ts'
import { MAX_DRAIN_SECONDS } from './admin/liveTasks.ts'
import { LOG_LEVELS, type LogLevel } from './settings.ts'

/** Others take the clients in meanwhile. */
const DRAIN_SECONDS = 30

interface Common {
  readonly data?: string
  readonly json?: true
}

/** Adds the commands about a running daemon and its rooms: `who`, `kick`, `announce`, `drain`, `room`, `log-level`. */
export function addAdminCommands(program: Command, maker: CommandMaker): void {
  addWho(program, maker)
  addRoomCommands(maker.group('room', 'rooms: list, rename and delete them, set their topic'), maker)
  addKick(program, maker)
  addAnnounce(program, maker)
  addDrain(program, maker)
  const { take } = maker
  json(maker.add(program, 'log-level', 'set or show how much the running daemon logs, until it ends'))
    .argument('[level]', LOG_LEVELS.join(', '), level)
    .addHelpText('after', examples('chatd log-level debug', 'chatd log-level'))
    .action((wanted: LogLevel | undefined, options: Common) =>
      take(
        { task: 'logLevel', isJson: isJson(options), ...(wanted === undefined ? {} : { level: wanted }) },
        dataOf(options),
      ),
    )
}

function addWho(program: Command, { add, take }: CommandMaker): void {
  json(add(program, 'who', 'print the open connections, the oldest first'))
    .option('--room <room>', 'only those in this room')
    .option('--name <name>', 'only those of this name')
    .addHelpText(
      'after',
      examples(
        'chatd who',
        'chatd who --room dev | head',
        "chatd who --json | jq -r 'select(.idle > 3600) | .connection'",
      ),
    )
    .action(({ room, name, ...options }: Common & { readonly room?: string; readonly name?: string }) =>
      take(
        {
          task: 'who',
          isJson: isJson(options),
          ...(room === undefined ? {} : { room }),
          ...(name === undefined ? {} : { name }),
        },
        dataOf(options),
      ),
    )
}

function addKick(program: Command, { add, take }: CommandMaker): void {
  json(add(program, 'kick', 'end the connections of a name, or one connection; they may come back'))
    .argument('<whom>', 'a name, or the number of a connection such as c412')
    .option('--name', 'it is a name, also where it looks like the number of a connection')
    .option('--reason <text>', 'told to the person')
    .addHelpText(
      'after',
      examples('chatd kick bob --reason "your script floods the room"', 'chatd kick c412'),
    )
    .action(
      (
        whom: string,
        { name, reason, ...options }: Common & { readonly name?: true; readonly reason?: string },
      ) =>
        take(
          {
            task: 'kick',
            whom,
            isName: name === true,
            isJson: isJson(options),
            ...(reason === undefined ? {} : { reason }),
          },
          dataOf(options),
        ),
    )
}

function addAnnounce(program: Command, { add, take }: CommandMaker): void {
  json(add(program, 'announce', 'show a sentence to the people whose client is a full one'))
    .argument('<text>')
    .option('--room <room>', 'only to those in this room')
    .addHelpText(
      'after',
      examples(
        'chatd announce "restart at 18:00 UTC, back within a minute"',
        'chatd announce --room dev "the build machine is down"',
      ),
    )
    .action((text: string, { room, ...options }: Common & { readonly room?: string }) =>
      take(
        { task: 'announce', text, isJson: isJson(options), ...(room === undefined ? {} : { room }) },
        dataOf(options),
      ),
    )
}

function addDrain(program: Command, { add, take }: CommandMaker): void {
  json(
    add(
      program,
      'drain',
      'take no more connections, send the others to other daemons, and wait until they are gone',
    ),
  )
    .addOption(
      new Option('--within <seconds>', 'in which the connections are sent away')
        .argParser(drainSeconds)
        .default(DRAIN_SECONDS),
    )
    .addOption(new Option('--cancel', 'take connections again').conflicts('within'))
    .addHelpText('after', examples('chatd drain && systemctl restart chatd', 'chatd drain --cancel'))
    .action(({ within, cancel, ...options }: Common & { readonly within: number; readonly cancel?: true }) =>
      take(
        { task: 'drain', isJson: isJson(options), ...(cancel === true ? {} : { within }) },
        dataOf(options),
      ),
    )
}

function drainSeconds(text: string): number {
  const given = text.trim() === '' ? Number.NaN : Number(text)
  if (given >= 0 && given <= MAX_DRAIN_SECONDS) return given
  throw new InvalidArgumentError(`It is a number of seconds, at most ${MAX_DRAIN_SECONDS}`)
}

function addRoomCommands(room: Command, { add, take }: CommandMaker): void {
  json(add(room, 'list', 'print the rooms, those with the newest events first'))
    .addHelpText(
      'after',
      examples('chatd room list', "chatd room list --json | jq -r 'select(.people == 0) | .room'"),
    )
    .action((options: Common) => take({ task: 'roomList', isJson: isJson(options) }, dataOf(options)))
  json(add(room, 'topic', 'set the topic of a room; an empty text takes it away'))
    .argument('<room>')
    .argument('<text>')
    .addHelpText('after', examples('chatd room topic dev "release on Friday"', 'chatd room topic dev ""'))
    .action((name: string, topic: string, options: Common) =>
      take({ task: 'roomTopic', room: name, topic, isJson: isJson(options) }, dataOf(options)),
    )
  json(add(room, 'rename', 'give a room another name; the names that it has had go on leading to it'))
    .argument('<room>')
    .argument('<name>')
    .addHelpText('after', examples('chatd room rename dev platform', 'chatd room rename platform Platform'))
    .action((name: string, wanted: string, options: Common) =>
      take({ task: 'roomRename', room: name, name: wanted, isJson: isJson(options) }, dataOf(options)),
    )
  json(add(room, 'delete', 'delete a room with everything said in it; its name is free then'))
    .argument('<room>')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      examples('chatd room delete old-project', 'chatd room delete old-project --yes --json'),
    )
    .action((name: string, { yes, ...options }: Common & { readonly yes?: true }) =>
      take(
        { task: 'roomDelete', room: name, isJson: isJson(options) },
        {
          ...dataOf(options),
          question: yes === true ? undefined : `Delete the room ${name} and everything said in it, for ever?`,
        },
      ),
    )
}

function json(command: Command): Command {
  return command.option('--json', 'print one JSON object a line, for programs; see docs/operating.md')
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map(line => `  ${line}\n`).join('')}`
}

function isJson({ json: wanted }: Common): boolean {
  return wanted === true
}

function level(text: string): LogLevel {
  const chosen = LOG_LEVELS.find(one => one === text)
  if (chosen === undefined) throw new InvalidArgumentError(`It is one of ${LOG_LEVELS.join(', ')}`)
  return chosen
}
