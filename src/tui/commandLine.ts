import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { GivenAddress } from '../client/addresses.ts'
import { socketPath } from '../client/serverAddress.ts'
import { failure, type Result } from '../protocol/errors.ts'
import { parseFingerprint } from '../protocol/fingerprint.ts'
import { type InviteLink, parseInviteLink } from '../protocol/inviteLink.ts'
import { DEFAULT_PORT } from '../protocol/limits.ts'
import { parseConversation, parseUsername } from '../protocol/names.ts'
import { VERSION } from '../protocol/version.ts'

/** The checked options of the command line. */
export interface CommandLine {
  /** The addresses of the server to join; empty: the daemon of this machine, which the program starts if needed. */
  readonly addresses: readonly GivenAddress[]
  /** The port of the daemon of this machine. */
  readonly port: number
  /** Undefined: the name of the system account. */
  readonly user: string | undefined
  /** `--fingerprint`: the only key of the server that is accepted. */
  readonly fingerprint: string | undefined
  /** `--ca`: the path of a file with the authorities that count. */
  readonly ca: string | undefined
  /** `--plaintext`: without TLS, also over a network. */
  readonly plaintext: true | undefined
  /** `--key`: the file of the SSH key that signs in. */
  readonly key?: string | undefined
  /** `--token-file`: the file of a token. */
  readonly tokenFile?: string | undefined
  /** `--password-command`: a command that prints a password or a token. */
  readonly passwordCommand?: string | undefined
  /** The code of an invitation: `chat-tui join LINK`. */
  readonly invite?: string | undefined
  /** Without `#`; empty: the rooms of the last start. */
  readonly rooms: readonly string[]
}

/** The result of reading a command line: options to run with, a text to print, or an error sentence. */
export type Parsed =
  | { readonly kind: 'run'; readonly options: CommandLine }
  | { readonly kind: 'print'; readonly text: string }
  | { readonly kind: 'wrong'; readonly message: string }

/** More addresses of one server are a mistake. */
const MOST_HOSTS = 16

/** What follows the options in the help. */
export const HELP = `
Without --host, chat-tui joins the server of this machine, and starts one if none runs. That server keeps its
data in $XDG_DATA_HOME/chat-tui and ends a minute after the last client left (CHAT_TUI_IDLE_SECONDS sets another
time).

With a server on another machine chat-tui speaks TLS only. It keeps the server's key at the first contact, in
$XDG_DATA_HOME/chat-tui/known_servers, and stops when the key changes. --host unix:/path is a socket on this machine.

A server of several daemons has several addresses: --host a,b:7001,c. chat-tui begins with any of them, and goes to
another one when its daemon ends. DNS can name them: SRV records of _chatd._tcp.NAME, for a name without a port.

A name that has an account wants an SSH key (of your ssh-agent, or of ~/.ssh) or a password, once on each device.
chat-tui join LINK takes an invitation: it makes an account, and needs nothing else. Programs have a token in CHAT_TOKEN.

Without a terminal as standard input and output, chat-tui works in lines: it sends each line of the input to the
first room, prints each message as "room name: text", and ends when the input has ended and every line is
acknowledged:
  echo "build 512 is green" | chat-tui --user ci --room dev

Exit codes: 0 success; 1 a message was not delivered, or chat-tui could not start; 2 wrong usage.`

/** Reads the command line. Never throws and never ends the process. */
export function parseCommandLine(argv: readonly string[]): Parsed {
  let printed = ''
  const command = defineChatTui(text => {
    printed += text
  })
  const joining = argv[0] === 'join' ? parseJoin(argv[1]) : undefined
  if (joining?.ok === false) return { kind: 'wrong', message: `${joining.error}; see chat-tui --help` }
  const link = joining?.value
  try {
    command.parse(link === undefined ? argv : argv.slice(2), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'print', text: printed }
    return { kind: 'wrong', message: oneSentence(error.message) }
  }
  const { host, port, user, room, fingerprint, ca, plaintext, ...signIn } = command.opts<{
    host?: readonly HostPort[]
    port: number
    user?: string
    room?: readonly string[]
    fingerprint?: string
    ca?: string
    plaintext?: true
    key?: string
    tokenFile?: string
    passwordCommand?: string
  }>()
  if (link !== undefined && (host !== undefined || fingerprint !== undefined))
    return { kind: 'wrong', message: 'the invitation names its server: leave out --host and --fingerprint' }
  const hasPort = command.getOptionValueSource('port') === 'cli'
  const given = (host ?? []).map(({ host: name, port: own }) => ({
    host: name,
    port: own ?? port,
    // The port of a unix socket says nothing.
    isExact: own !== undefined || hasPort || socketPath(name) !== undefined,
  }))
  return {
    kind: 'run',
    options: {
      addresses: link === undefined ? given : [{ host: link.host, port: link.port, isExact: true }],
      port,
      user,
      fingerprint: link?.fingerprint ?? fingerprint,
      ca,
      plaintext,
      ...signIn,
      ...(link === undefined ? {} : { invite: link.code }),
      rooms: room ?? [],
    },
  }
}

/** The definition of the command line, from which the manual and the completions are made too. */
export function defineChatTui(print: (text: string) => void): Command {
  return new Command('chat-tui')
    .description('Chat in the terminal.')
    .usage('[options] | join <link> [options]')
    .addOption(
      new Option(
        '--host <name>',
        'the server to join: a name, an address, or unix:/path; several of one server as a,b:7001,[::1]:7002',
      ).argParser(parseHosts),
    )
    .addOption(
      new Option('--port <number>', 'the port of those without one')
        .argParser(parsePort)
        .default(DEFAULT_PORT),
    )
    .addOption(
      new Option('--user <name>', 'your name (default: the name of your system account)').argParser(
        parseUser,
      ),
    )
    .addOption(
      new Option(
        '--room <name>',
        'a room to join; may be given several times (default: the rooms of the last start)',
      ).argParser<readonly string[]>(collectRooms),
    )
    .addOption(
      new Option(
        '--fingerprint <key>',
        'accept only this key of the server (chatd fingerprint prints it)',
      ).argParser(parseKey),
    )
    .addOption(new Option('--ca <file>', 'accept only certificates of the authorities in this file (PEM)'))
    .addOption(
      new Option(
        '--plaintext',
        'without encryption: anyone between you and the server can read and change everything',
      ).conflicts(['fingerprint', 'ca']),
    )
    .addOption(
      new Option(
        '--key <file>',
        'the SSH key that signs you in (default: those of your ssh-agent and ~/.ssh)',
      ),
    )
    .addOption(new Option('--token-file <file>', 'a file with the token that signs a program in'))
    .addOption(
      new Option('--password-command <command>', 'a command that prints your password or a token').conflicts(
        'tokenFile',
      ),
    )
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .configureHelp({ helpWidth: 100 })
    .configureOutput({
      writeOut: print,
      writeErr: () => {},
    })
    .exitOverride()
}

function parseJoin(link: string | undefined): Result<InviteLink, string> {
  if (link === undefined || link.startsWith('-')) return failure('join which invitation? chat-tui join LINK')
  return parseInviteLink(link)
}

/** Commander's error as one sentence: it writes "error: …", its suggestion on a second line, and values in its own words. */
function oneSentence(message: string): string {
  const sentence = message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(
      /^option '(--\w+) <\w+>' argument '(.*)' is invalid\. /s,
      (_, option, value) => `${option} ${value || '""'}: `,
    )
    .replace(/^too many arguments\. .*: (.*)\.$/, 'there is no argument "$1"')
    .replace(/^option '(--\w+) <(\w+)>' argument missing/, '$1 needs a $2')
    .trim()
  return `${sentence}; see chat-tui --help`
}

/** One address of `--host`. */
interface HostPort {
  readonly host: string
  readonly port: number | undefined
}

function parseHosts(value: string): readonly HostPort[] {
  // The path of a socket can have commas.
  const hosts = (socketPath(value.trim()) === undefined ? value.split(',') : [value.trim()]).map(parseHost)
  if (hosts.length > MOST_HOSTS) throw new InvalidArgumentError(`give at most ${MOST_HOSTS} addresses`)
  return hosts
}

function parseHost(value: string): HostPort {
  const path = socketPath(value)
  if (path !== undefined) {
    if (path.startsWith('/') && !/[\0\n]/.test(path)) return { host: value, port: undefined }
    throw new InvalidArgumentError('give the whole path of the socket, as in --host unix:/run/chatd/chat')
  }
  const text = value.trim()
  const [, name, digits] = /^(\[[^\]]+\]|[^:[\]]+):(\d+)$/.exec(text) ?? []
  const host = (name ?? text).replace(/^\[([^\]]+)\]$/, '$1')
  if (host === '' || host.length > 255 || /[\s/@\p{C}]/u.test(host) || /[[\]]/.test(host)) {
    throw new InvalidArgumentError('give a name or an address, as in --host chat.example.org')
  }
  return { host, port: digits === undefined ? undefined : parsePort(digits) }
}

function parseKey(value: string): string {
  const key = parseFingerprint(value)
  if (!key.ok) throw new InvalidArgumentError(key.error)
  return key.value
}

function parsePort(value: string): number {
  const port = Number(value)
  if (!/^\d{1,5}$/.test(value) || port < 1 || port > 65_535) {
    throw new InvalidArgumentError('give a number from 1 to 65535')
  }
  return port
}

function parseUser(value: string): string {
  const parsed = parseUsername(value)
  if (!parsed.ok) throw new InvalidArgumentError(parsed.error.message)
  return parsed.value
}

/** People write `#dev`; the protocol does not. */
function collectRooms(value: string, before: readonly string[] = []): readonly string[] {
  const room = value.startsWith('#') ? value.slice(1) : value
  const parsed = parseConversation(room)
  if (!parsed.ok) throw new InvalidArgumentError(parsed.error.message)
  return before.includes(room) ? before : [...before, room]
}
