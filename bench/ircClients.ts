import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startInTerminal, type TerminalProgram } from './terminalProgram.ts'

/** A peer of chat-tui, and how it is started in `#bench` of an IRC server on this port, with this home directory. */
export interface IrcClient {
  readonly name: string
  start(port: number, columns: number, rows: number): Promise<TerminalProgram>
}

const SETTINGS = [
  'irc.server_default.anti_flood 0',
  'weechat.look.command_chars ""',
  'logger.file.auto_log off',
]

const ALL: readonly IrcClient[] = [
  {
    name: 'weechat',
    start: (port, columns, rows) =>
      started('weechat', columns, rows, home => [
        '-d',
        join(home, 'weechat'),
        ...SETTINGS.flatMap(setting => ['-r', `/set ${setting}`]),
        '-r',
        `/server add bench 127.0.0.1/${port} -notls -nicks=bencher -autojoin=#bench -autoconnect`,
        '-r',
        '/connect bench',
      ]),
  },
  {
    name: 'irssi',
    start: (port, columns, rows) =>
      started('irssi', columns, rows, home => {
        writeFileSync(join(home, 'config'), irssiConfig(port))
        return ['--home', home]
      }),
  },
]

/** The peers that this machine has. */
export const IRC_CLIENTS = ALL.filter(
  ({ name }) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0,
)

const irssiConfig = (port: number): string => `
servers = ( { address = "127.0.0.1"; port = "${port}"; chatnet = "bench"; autoconnect = "yes"; } );
chatnets = { bench = { type = "IRC"; nick = "bencher"; }; };
channels = ( { name = "#bench"; chatnet = "bench"; autojoin = "yes"; } );
settings = { core = { real_name = "bencher"; user_name = "bencher"; }; };
`

async function started(
  program: string,
  columns: number,
  rows: number,
  argsFor: (home: string) => readonly string[],
): Promise<TerminalProgram> {
  const home = mkdtempSync(join(tmpdir(), 'irc-client-'))
  const terminal = startInTerminal(program, argsFor(home), columns, rows, home)
  if (program === 'irssi') {
    // The channel is its second window.
    await terminal.shown('Act')
    terminal.type('\x1b2')
  }
  await terminal.shown('#bench')
  return {
    ...terminal,
    stop: async () => {
      await terminal.stop()
      rmSync(home, { recursive: true, force: true })
    },
  }
}
