import { hostname } from 'node:os'
import { Addresses } from '../client/addresses.ts'
import { CacheFile } from '../client/cacheFile.ts'
import type { ChatClient } from '../client/client.ts'
import { createClient } from '../client/core.ts'
import { KeyRing } from '../client/keyRing.ts'
import { type ServerAddress, showServer } from '../client/serverAddress.ts'
import type { Login, Saved } from '../client/stateFile.ts'
import type { TrustIn } from '../client/trust.ts'
import { failure, type Result, success } from '../protocol/errors.ts'
import { parseUsername } from '../protocol/names.ts'
import { VERSION } from '../protocol/version.ts'
import type { CommandLine } from './commandLine.ts'
import { Host, LOOPBACK } from './hosting/host.ts'
import { Reports } from './hosting/reports.ts'
import { runLineMode } from './lineMode.ts'
import { settingsOf } from './model/settings.ts'
import {
  type Directories,
  findDirectories,
  knownServersFile,
  makePrivateDirectory,
} from './profile/directories.ts'
import { Memory, rememberedAs } from './profile/memory.ts'
import { type GivenSecret, givenSecret } from './profile/secretSource.ts'
import { trustFor } from './profile/trustFor.ts'
import { defaultUsername } from './profile/username.ts'
import { loadScreen } from './screen/loadScreen.ts'
import type { Console } from './terminal/askSecret.ts'
import { colorsOf } from './terminal/colors.ts'
import { clean, cleanLine } from './text/clean.ts'

/** The room of a user who has no saved rooms. */
const FIRST_ROOM = 'lobby'
const CLIENT_NAME = `chat-tui ${VERSION}`
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
export async function start(commandLine: CommandLine): Promise<Ended> {
  const directories = findDirectories()
  if (!directories.ok) return { kind: 'failed', message: directories.error }
  const reports = new Reports()
  const { port } = commandLine
  const [first, ...others] = commandLine.addresses
  const daemon =
    first === undefined
      ? new Host({ port, directories: directories.value, env: process.env, reports })
      : undefined
  const given = [first ?? { host: LOOPBACK, port, isExact: true }, ...others] as const
  const obstacle = await daemon?.prepare()
  if (obstacle !== undefined) return { kind: 'failed', message: obstacle }
  const trust = trustFor({
    ...commandLine,
    addresses: given,
    knownServers: knownServersFile(directories.value),
    tell: (kind, message) => reports.add(kind, message),
  })
  if (!trust.ok) return { kind: 'failed', message: trust.error }
  // The token of another account has nothing to do with an invitation.
  const env = commandLine.invite === undefined ? process.env : {}
  const secret = givenSecret(commandLine, env)
  if (!secret.ok) return { kind: 'failed', message: secret.error }
  return run(commandLine, {
    given,
    addresses: new Addresses({ given }),
    directories: directories.value,
    reports,
    trust: trust.value,
    secret: secret.value,
    ...(daemon === undefined ? {} : { beforeConnect: () => daemon.ensure() }),
  })
}

/** What a start has prepared. */
interface Prepared {
  readonly given: readonly [ServerAddress, ...ServerAddress[]]
  readonly addresses: Addresses
  readonly directories: Directories
  readonly reports: Reports
  readonly trust: TrustIn
  readonly secret: GivenSecret
  readonly beforeConnect?: () => Promise<void>
}

async function run(commandLine: CommandLine, prepared: Prepared): Promise<Ended> {
  const { given, addresses, directories, reports, trust, secret, beforeConnect } = prepared
  const hasTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true
  const hasScreen = hasTerminal && canPaint(process.env['TERM'])
  if (hasTerminal && !hasScreen)
    reports.add('info', clean`${NO_SCREEN} (TERM=${cleanLine(process.env['TERM'] ?? '')}): ${LINES_INSTEAD}`)
  let isOnScreen = false
  const keyRing = new KeyRing({ file: commandLine.key, mayAsk: () => !isOnScreen })
  const before = await signInFirst(commandLine, { ...prepared, keyRing, hasTerminal, hasScreen })
  if (!before.ok) return { kind: 'failed', message: before.error }
  const { username } = before.value
  const server = { ...rememberedAs(directories.state, given, username), username }
  const memory = memoryOf(directories, server, reports)
  const asked = [...commandLine.rooms, ...before.value.rooms]
  const [first, ...others] = hasScreen ? roomsToOpen(asked, memory.saved) : roomsToPrint(asked, memory.saved)
  const shown = commandLine.rooms[0] ?? memory.saved.current ?? first
  const cache = hasScreen ? openCache(directories.cache, server) : undefined
  const client = createClient({
    ...server,
    addresses,
    clientName: CLIENT_NAME,
    device: deviceName(),
    rooms: [first, ...others],
    ...(secret.token === undefined ? {} : { session: secret.token }),
    findSession: name => memory.sessionOf(name),
    trust,
    ...(hasScreen ? {} : { keepsNames: true }),
    // A script waits for its acknowledgements or ends with an error, so line mode stores nothing for a later start.
    ...(hasScreen ? { store: memory, shownFirst: shown, ...(cache === undefined ? {} : { cache }) } : {}),
    ...(beforeConnect === undefined ? {} : { beforeConnect }),
  })
  memory.follow(client)
  memory.rememberAddresses(addresses)
  client.start()
  isOnScreen = hasScreen
  try {
    return hasScreen
      ? await onScreen(client, memory, reports, shown, keyRing)
      : await inLines(client, reports, [first, ...others], given.map(showServer).join(' or '))
  } finally {
    memory.write()
    await client.close()
    memory.close()
    cache?.close()
  }
}

interface SigningIn extends Prepared {
  readonly keyRing: KeyRing
  readonly hasTerminal: boolean
  readonly hasScreen: boolean
}

/**
 * Signs in on the terminal where the screen cannot: with an invitation, with `--key` or a command, and without a screen.
 * Its session is kept, so that the client finds it. The value has the name, and rooms to join.
 */
async function signInFirst(
  commandLine: CommandLine,
  signingIn: SigningIn,
): Promise<Result<{ readonly username: string; readonly rooms: readonly string[] }, string>> {
  const { user, key, invite } = commandLine
  const { given, addresses, directories, reports, trust, secret, keyRing } = signingIn
  const { hasTerminal, hasScreen, beforeConnect } = signingIn
  const console = hasTerminal ? { input: process.stdin, output: process.stderr } : undefined
  const server = showServer(given[0])
  const username = user ?? (await nameFor(invite, console, server))
  if (username === undefined) return failure('no name was given')
  const isNeeded =
    invite !== undefined || key !== undefined || secret.password !== undefined || (hasTerminal && !hasScreen)
  if (!isNeeded || secret.token !== undefined) return success({ username, rooms: [] })
  const { signInOnTerminal } = await import('./terminalSignIn.ts')
  const login = { ...rememberedAs(directories.state, given, username), username }
  const memory = memoryOf(directories, login, reports)
  try {
    const saved = invite === undefined ? memory.sessionOf(username) : undefined
    const signedIn = await signInOnTerminal({
      client: {
        ...login,
        addresses,
        clientName: CLIENT_NAME,
        device: deviceName(),
        rooms: [],
        session: saved,
        trust,
        ...(beforeConnect === undefined ? {} : { beforeConnect }),
      },
      server,
      keyRing,
      isKeyGiven: key !== undefined,
      password: secret.password,
      invite,
      console,
    })
    if (!signedIn.ok) {
      const { message, isAboutTheName } = signedIn.error
      if (!isAboutTheName || console === undefined || invite === undefined) return failure(message)
      console.output.write(`${message}\n`)
      return await signInFirst({ ...commandLine, user: undefined }, signingIn)
    }
    const { session, rooms, isGuest } = signedIn.value
    if (isGuest && (key !== undefined || secret.password !== undefined))
      reports.add(
        'info',
        `"${username}" has no account at ${server}, so nothing signed you in: /register makes it yours`,
      )
    if (session !== undefined && session !== saved) memory.keepSession(session)
    return success({ username, rooms: invite === undefined ? [] : rooms })
  } finally {
    memory.close()
  }
}

/** The name to join with: asked for where an invitation makes an account, as it stays. */
async function nameFor(
  invite: string | undefined,
  console: Console | undefined,
  server: string,
): Promise<string | undefined> {
  const usual = defaultUsername()
  if (invite === undefined || console === undefined) return usual
  const { askLine } = await import('./terminal/askSecret.ts')
  for (;;) {
    const typed = (await askLine(console, `Your name at ${server} [${usual}]: `))?.trim()
    if (typed === undefined) return undefined
    const name = parseUsername(typed === '' ? usual : typed)
    if (name.ok) return name.value
    console.output.write(`${name.error.message}\n`)
  }
}

function memoryOf(
  { state }: Directories,
  server: { readonly host: string; readonly port: number; readonly username: string },
  reports: Reports,
): Memory {
  return new Memory({ ...server, state, onTrouble: message => reports.add('warning', message) })
}

/** What the list of devices calls this machine. */
function deviceName(): string {
  return hostname().slice(0, 64)
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
  keyRing: KeyRing,
): Promise<Ended> {
  // The view is large: the client connects while the view is loading.
  const { runScreen } = await loadScreen()
  const code = await runScreen({
    client,
    stdin: process.stdin,
    stdout: process.stdout,
    current,
    keyRing,
    reports,
    onRoomsChanged: (rooms, room) => memory.keepRooms(rooms, room),
    composed: memory.composed(),
    onComposed: (room, composed) => memory.keepComposed(room, composed),
    settings: settingsOf(memory.settings()),
    onSetting: (name, written) => memory.keepSetting(name, written),
    colors: colorsOf(process.env, process.stdout.getColorDepth()),
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
