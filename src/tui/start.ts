import { CacheFile } from '../client/cacheFile.ts'
import type { ChatClient } from '../client/client.ts'
import { createClient } from '../client/core.ts'
import { showServer } from '../client/serverAddress.ts'
import type { Login, Saved } from '../client/stateFile.ts'
import { VERSION } from '../protocol/version.ts'
import type { CommandLine } from './commandLine.ts'
import { Host, LOOPBACK } from './hosting/host.ts'
import { Reports } from './hosting/reports.ts'
import { runLineMode } from './lineMode.ts'
import { findDirectories, knownServersFile, makePrivateDirectory } from './profile/directories.ts'
import { Memory } from './profile/memory.ts'
import { trustFor } from './profile/trustFor.ts'
import { defaultUsername } from './profile/username.ts'
import { loadScreen } from './screen/loadScreen.ts'
import { clean, cleanLine } from './text/clean.ts'

/** The room of a user who has no saved rooms. */
const FIRST_ROOM = 'lobby'
/** Names of terminals without a cursor that moves: terminfo has them for unknown ones, for printers, and for Emacs' shell. */
const UNPAINTABLE = /^(dumb|unknown|emacs|network|dialup|printer|teletype|tty|lpr|hardcopy)(-|$)/
const NO_SCREEN = clean`this terminal cannot show a screen`
const LINES_INSTEAD = clean`each line that you type is sent; with TERM=xterm-256color, for example, there is a screen`
/** Signals that end line mode. The screen handles signals itself. */
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** How the program ended. */
export type Ended =
  | { readonly kind: 'exit'; readonly code: number }
  /** It could not start; the message is a sentence for the user. */
  | { readonly kind: 'failed'; readonly message: string }
  /** A signal ended it, after it closed everything. */
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }

/** Runs the client as the command line asks, with a screen or in lines. Resolves when everything is closed. */
export async function start({ host, port, user, rooms, ...security }: CommandLine): Promise<Ended> {
  const directories = findDirectories()
  if (!directories.ok) return { kind: 'failed', message: directories.error }
  const reports = new Reports()
  const daemon =
    host === undefined
      ? new Host({ port, directories: directories.value, env: process.env, reports })
      : undefined
  const obstacle = await daemon?.prepare()
  if (obstacle !== undefined) return { kind: 'failed', message: obstacle }

  const server = { host: host ?? LOOPBACK, port, username: user ?? defaultUsername() }
  const trust = trustFor({
    ...server,
    ...security,
    knownServers: knownServersFile(directories.value),
    tell: (kind, message) => reports.add(kind, message),
  })
  if (!trust.ok) return { kind: 'failed', message: trust.error }
  const memory = new Memory({
    ...server,
    state: directories.value.state,
    onTrouble: message => reports.add('warning', message),
  })
  const hasTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true
  const hasScreen = hasTerminal && canPaint(process.env['TERM'])
  if (hasTerminal && !hasScreen)
    reports.add('info', clean`${NO_SCREEN} (TERM=${cleanLine(process.env['TERM'] ?? '')}): ${LINES_INSTEAD}`)
  const [first, ...others] = hasScreen ? roomsToOpen(rooms, memory.saved) : roomsToPrint(rooms, memory.saved)
  const shown = rooms[0] ?? memory.saved.current ?? first
  const cache = hasScreen ? openCache(directories.value.cache, server) : undefined
  const client = createClient({
    ...server,
    clientName: `chat-tui ${VERSION}`,
    rooms: [first, ...others],
    findSession: name => memory.sessionOf(name),
    trust: trust.value,
    // A script waits for its acknowledgements or ends with an error, so line mode stores nothing for a later start.
    ...(hasScreen ? { store: memory, shownFirst: shown, ...(cache === undefined ? {} : { cache }) } : {}),
    ...(daemon === undefined ? {} : { beforeConnect: () => daemon.ensure() }),
  })
  memory.follow(client)
  client.start()
  try {
    return hasScreen
      ? await onScreen(client, memory, reports, shown)
      : await inLines(client, reports, [first, ...others], showServer(server))
  } finally {
    memory.write()
    await client.close()
    memory.close()
    cache?.close()
  }
}

/** Whether a terminal of this name knows the sequences that a screen needs. Windows has no names. */
function canPaint(name: string | undefined): boolean {
  if (name === undefined || name === '') return process.platform === 'win32'
  return !UNPAINTABLE.test(name)
}

/** Undefined where the directory cannot be written; then every page comes from the server. */
function openCache(directory: string, login: Login): CacheFile | undefined {
  return makePrivateDirectory(directory).ok ? new CacheFile(directory, login) : undefined
}

/** The rooms of the command line, then those of the last start; the lobby where both are empty. */
function roomsToOpen(asked: readonly string[], saved: Saved): [string, ...string[]] {
  const [first, ...others] = new Set([...asked, ...saved.rooms])
  return first === undefined ? [FIRST_ROOM] : [first, ...others]
}

/** The rooms of the command line alone: a script prints the same rooms every time. */
function roomsToPrint(asked: readonly string[], saved: Saved): [string, ...string[]] {
  const [first, ...others] = asked
  return first === undefined ? [saved.current ?? FIRST_ROOM] : [first, ...others]
}

async function onScreen(
  client: ChatClient,
  memory: Memory,
  reports: Reports,
  current: string,
): Promise<Ended> {
  // The view is large: the client connects while the view is loading.
  const { runScreen } = await loadScreen()
  const code = await runScreen({
    client,
    stdin: process.stdin,
    stdout: process.stdout,
    current,
    reports,
    onRoomsChanged: (rooms, room) => memory.keepRooms(rooms, room),
    composed: memory.composed(),
    onComposed: (room, composed) => memory.keepComposed(room, composed),
    color: (process.env['NO_COLOR'] ?? '') === '',
    isRemote: process.env['SSH_CONNECTION'] !== undefined || process.env['SSH_TTY'] !== undefined,
  })
  return { kind: 'exit', code }
}

async function inLines(
  client: ChatClient,
  reports: Reports,
  rooms: readonly [string, ...string[]],
  server: string,
): Promise<Ended> {
  const abort = new AbortController()
  let signalled: NodeJS.Signals | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    signalled = signal
    abort.abort('')
  }
  for (const signal of ENDING_SIGNALS) process.once(signal, onSignal)
  reports.listen(({ kind, message }) => {
    if (kind === 'trouble') abort.abort(message)
    else process.stderr.write(`chat-tui: ${message}\n`)
  })
  const { stdin: input, stdout: output, stderr: errors } = process
  const code = await runLineMode({ client, rooms, server, input, output, errors, abort: abort.signal })
  for (const signal of ENDING_SIGNALS) process.off(signal, onSignal)
  return signalled === undefined ? { kind: 'exit', code } : { kind: 'signal', signal: signalled }
}
