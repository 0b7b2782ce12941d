import { HELP } from '../src/tui/commandLine.ts'
import { type CommandModel, chatdModel, chatTuiModel, type OptionModel, pathsOf } from './commandModel.ts'
import { type ConfigurationKey, configurationKeys } from './configuration.ts'

/** What stands in the head and the foot of each page. */
export interface Edition {
  readonly version: string
  /** The day of the release: `2026-11-28`. */
  readonly day: string
}

/** The pages of the manual by the names of their files, in roff, made from the definitions of the programs. */
export function manPages(edition: Edition): Readonly<Record<string, string>> {
  return {
    'chatd.8': chatdPage(chatdModel(), edition),
    'chatd.conf.5': configurationPage(configurationKeys(), edition),
    'chat-tui.1': clientPage(chatTuiModel(), edition),
  }
}

const EXIT_STATUS: readonly Entry[] = [
  ['0', 'Success; for a daemon, a stop that was asked for.'],
  ['1', 'A failure, with the reason in a sentence on standard error.'],
  ['2', 'Wrong usage: an option, a command or a value that does not exist. A restart does not help.'],
  ['3, 4', 'Of status and top: no daemon runs; it cannot be asked, as without permission.'],
]

function chatdPage(model: CommandModel, edition: Edition): string {
  const commands = pathsOf(model).filter(({ command }) => command.commands.length === 0)
  return page('chatd', 8, edition, 'System Administration', [
    section('NAME', escaped('chatd - chat server for people in terminals')),
    section(
      'SYNOPSIS',
      lines(synopsis('chatd', '[options]'), '.br', synopsis('chatd', 'command [arguments] [options]')),
    ),
    section(
      'DESCRIPTION',
      text(
        'Without a command, chatd serves: it listens for clients, keeps the rooms, and stores each message on the disk before it acknowledges it and before any reader sees it. It logs on standard error.',
        'With a command, chatd does a task of the operator in a data directory: by the daemon that runs there, or, where none runs, by itself.',
        'The Debian package runs chatd as the service chatd.service, as the user chatd, with its data in /var/lib/chatd. Members of the group chatd-admin can run commands on the running daemon.',
      ),
    ),
    section('OPTIONS', optionList(model.options)),
    section(
      'COMMANDS',
      lines(
        `.PP
Each command but config and cluster takes ${bold('--data')} too.`,
        ...commands.map(({ words, command }) =>
          lines(
            `.SS ${quoted(['chatd', ...words, ...command.arguments.map(one => one.shown)].join(' '))}`,
            text(sentence(command.description)),
            ...command.arguments
              .filter(one => one.description !== '')
              .map(one => entry(bold(one.shown), sentence(one.description))),
            optionList(command.options.filter(({ names }) => !isInherited(names))),
          ),
        ),
      ),
    ),
    section('EXIT STATUS', list(EXIT_STATUS)),
    section(
      'ENVIRONMENT',
      list([
        ['CHATD_CONFIG', 'The file of configuration, unless --config names another.'],
        ['CHATD_…', 'A key of the configuration, such as CHATD_LOG_LEVEL; see chatd.conf(5).'],
        ['STATE_DIRECTORY', 'The data directory, unless --data names another. systemd sets it.'],
        [
          'XDG_DATA_HOME',
          'Without STATE_DIRECTORY and --data, the data is in the directory chatd below this one.',
        ],
      ]),
    ),
    section(
      'FILES',
      list([
        ['/etc/chatd/chatd.conf', 'The configuration of the service; see chatd.conf(5).'],
        ['/var/lib/chatd', 'The data of the service.'],
        ['/usr/share/doc/chatd/operating.md', 'How to run a server: limits, encryption, backups, accounts.'],
      ]),
    ),
    section(
      'SIGNALS',
      list([
        ['SIGTERM, SIGINT', 'Stop: chatd tells its clients, and ends within five seconds.'],
        ['SIGHUP', 'Read the configuration and the certificate again, as chatd reload does.'],
      ]),
    ),
    section(
      'EXAMPLES',
      examples([
        ['A server for other machines, with a certificate that chatd makes:', 'chatd --listen 0.0.0.0:9011'],
        ['The fingerprint that its users compare:', 'chatd fingerprint'],
        ['A link that makes an account:', 'chatd invite --room dev'],
        ['A copy of the log, while the daemon runs:', 'chatd backup --replace /var/backups/chatd.db'],
      ]),
    ),
    section('SEE ALSO', seeAlso('chat-tui(1)', 'chatd.conf(5)', 'systemctl(1)', 'journalctl(1)')),
  ])
}

function configurationPage(keys: readonly ConfigurationKey[], edition: Edition): string {
  return page('chatd.conf', 5, edition, 'File Formats', [
    section('NAME', escaped('chatd.conf - configuration of chatd')),
    section('SYNOPSIS', escaped('/etc/chatd/chatd.conf')),
    section(
      'DESCRIPTION',
      text(
        'The file is TOML. Each key has the meaning of the option of the same name of chatd(8): an option wins over a variable of the environment, such as CHATD_LOG_LEVEL, and that wins over the file. A key that is left out has its default. Keys that begin with "limits." stand in the table [limits]. "chatd config check" says what is wrong in a file, "chatd config show" where each value comes from, and "chatd reload" has a running daemon read the file again.',
      ),
    ),
    section(
      'KEYS',
      lines(
        ...keys.map(({ name, help, byDefault, reloads }) =>
          entry(
            bold(name),
            [
              sentence(help),
              ...(byDefault === undefined ? [] : [`Default: ${byDefault}.`]),
              ...(reloads ? ['A reload applies it.'] : []),
            ].join(' '),
          ),
        ),
      ),
    ),
    section('SEE ALSO', seeAlso('chatd(8)')),
  ])
}

function clientPage(model: CommandModel, edition: Edition): string {
  // The help has paragraphs, and an example that is indented.
  const paragraphs = HELP.trim()
    .replace(/\nExit codes: .*$/s, '')
    .split(/\n\n/)
  return page('chat-tui', 1, edition, 'User Commands', [
    section('NAME', escaped('chat-tui - chat in the terminal')),
    section(
      'SYNOPSIS',
      lines(synopsis('chat-tui', '[options]'), '.br', synopsis('chat-tui join', '<link> [options]')),
    ),
    section(
      'DESCRIPTION',
      lines(
        text('chat-tui is a full-screen client of chatd(8), driven from the keyboard: F1 lists the keys.'),
        ...paragraphs.flatMap(paragraph => {
          const [, prose = paragraph, example] = /^(.*?)\n {2}(\S.*)$/s.exec(paragraph) ?? []
          return [text(prose.replaceAll(/\s+/g, ' ')), ...(example === undefined ? [] : [codeBlock(example)])]
        }),
      ),
    ),
    section('OPTIONS', optionList(model.options)),
    section(
      'EXIT STATUS',
      list([
        ['0', 'Success.'],
        ['1', 'A message was not delivered, or chat-tui could not start.'],
        ['2', 'Wrong usage.'],
      ]),
    ),
    section(
      'ENVIRONMENT',
      list([
        ['CHAT_TOKEN', 'A token that signs a program in.'],
        [
          'CHAT_TUI_IDLE_SECONDS',
          'How long a server that chat-tui started waits for a client before it ends.',
        ],
        ['NO_COLOR', 'No colours.'],
        ['VISUAL, EDITOR', 'The editor of Ctrl+X Ctrl+E.'],
      ]),
    ),
    section(
      'FILES',
      list([
        [
          '$XDG_DATA_HOME/chat-tui',
          'The keys of servers, what signs this device in, and the data of a server of your own.',
        ],
        ['$XDG_STATE_HOME/chat-tui', 'Unsent messages, drafts, and the texts that you sent.'],
        ['$XDG_CACHE_HOME/chat-tui', 'The newest part of each room.'],
      ]),
    ),
    section('SEE ALSO', seeAlso('chatd(8)')),
  ])
}

/** Each command has them, and the page names them once. */
function isInherited(names: readonly string[]): boolean {
  return names.includes('--data') || names.includes('--help')
}

/** Names of programs and files are not to be cut. */
const NO_HYPHENATION = '.nh\n.ad l'

type Entry = readonly [term: string, meaning: string]

function page(
  name: string,
  volume: number,
  { version, day }: Edition,
  manual: string,
  sections: readonly string[],
): string {
  const head = [
    '.TH',
    name.toUpperCase().replaceAll('-', '\\-'),
    volume,
    day,
    `"chat-tui ${version}"`,
    quoted(manual),
  ]
  return `.\\" Made by scripts/manPages.ts from the definitions of the programs.\n${lines(head.join(' '), NO_HYPHENATION, ...sections)}\n`
}

function section(title: string, body: string): string {
  return lines(`.SH ${title}`, body)
}

/** Paragraphs. */
function text(...paragraphs: readonly string[]): string {
  return paragraphs.map(paragraph => `.PP\n${escaped(paragraph)}`).join('\n')
}

function list(entries: readonly Entry[]): string {
  return lines(...entries.map(([term, meaning]) => entry(bold(term), meaning)))
}

function optionList(options: readonly OptionModel[]): string {
  return lines(
    ...options.map(({ names, value, description }) =>
      entry(
        names.map(bold).join(', ') + (value === undefined ? '' : ` ${italic(value)}`),
        sentence(description),
      ),
    ),
  )
}

function entry(term: string, meaning: string): string {
  return lines('.TP', term, escaped(meaning))
}

function examples(all: readonly Entry[]): string {
  return lines(...all.map(([what, command]) => lines(text(what), codeBlock(command))))
}

function codeBlock(code: string): string {
  return lines('.PP', '.in +4', '.EX', escaped(code), '.EE', '.in')
}

function synopsis(program: string, rest: string): string {
  return `${bold(program)} ${escaped(rest)}`
}

function seeAlso(...pages: readonly string[]): string {
  return pages
    .map(one => one.replace(/^(.*)(\(\d\))$/, (_, name, volume) => `${bold(name)}${volume}`))
    .join(', ')
}

const bold = (word: string): string => `\\fB${escaped(word)}\\fR`
const italic = (word: string): string => `\\fI${escaped(word)}\\fR`
const quoted = (words: string): string => `"${escaped(words).replaceAll('"', '\\(dq')}"`

/** Text that roff prints as it is. Hyphens stay hyphens of a program, so that they can be copied and searched. */
function escaped(words: string): string {
  return words.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll(/^[.']/gm, String.raw`\&$&`)
}

function sentence(words: string): string {
  const whole = words.charAt(0).toUpperCase() + words.slice(1)
  return /[.!?)]$/.test(whole) && !whole.endsWith('...')
    ? whole.endsWith(')')
      ? `${whole}.`
      : whole
    : `${whole}.`
}

function lines(...parts: readonly string[]): string {
  return parts.filter(part => part !== '').join('\n')
}
