import { writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { DEFAULT_PORT } from '../protocol/limits.ts'
import { isLocal, showAddress } from './address.ts'
import type { TaskFlags } from './admin/command.ts'
import type { Daemon } from './daemon.ts'
import { type Flags, parseFlags } from './flags.ts'
import type { Settings } from './settings.ts'

const STDERR = 2
/** With room for fewer connections than this the operator is told. */
const FEW_CONNECTIONS = 1_000
const EXIT_FAILED = 1
const EXIT_USAGE = 2
const PLAINTEXT_WARNING =
  'plain text is taken from other machines (--allow-plaintext): anyone between them and chatd can read it and change it'

/** The program `chatd`; `argv` is that of the process. Exits by itself: 0 after a stop, 1 when it cannot run, 2 for bad flags. */
export async function main(argv: readonly string[]): Promise<void> {
  const flags = parseFlags(argv)
  if (flags.serves) await serve(flags)
  else await runTask(flags)
}

async function runTask(flags: TaskFlags): Promise<never> {
  const [{ failureLine, findLog, runCommand }, { findDataDirectory }] = await Promise.all([
    import('./admin/command.ts'),
    import('./dataDirectory.ts'),
  ])
  const directory = absolute(flags.data ?? findDataDirectory())
  const found = findLog(directory, flags)
  if (!found.ok) exit(EXIT_FAILED, failureLine(flags, found.error))
  if (flags.question !== undefined && !(await isConfirmed(flags.question))) {
    fail(EXIT_FAILED, 'nothing was removed')
  }
  const result = await runCommand(directory, flags)
  if (!result.ok) exit(EXIT_FAILED, failureLine(flags, result.error))
  process.exit(0)
}

/** Asks on the terminal; without one, --yes has to confirm. */
async function isConfirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    fail(EXIT_USAGE, 'this cannot be undone; without a terminal, confirm it with --yes')
  const { createInterface } = await import('node:readline/promises')
  const questions = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await questions.question(`${question} (yes/no) `)
  questions.close()
  return answer.trim().toLowerCase() === 'yes'
}

async function serve(flags: Flags): Promise<void> {
  const listen = flags.listen ?? [{ host: '127.0.0.1', port: DEFAULT_PORT }]
  const exposed = listen.find(address => !isLocal(address))
  if (!flags.limits && exposed !== undefined) {
    fail(EXIT_USAGE, `--no-limits is for load tests on loopback alone, not for ${showAddress(exposed)}`)
  }
  // Loaded here, so that --help, --version and a bad flag need not wait for all of it.
  const [
    { startDaemon },
    { createLogger },
    directories,
    { openSqliteLog },
    { openControl },
    { createTlsServer },
    { closeToOthers },
    { connectionsThatFit },
  ] = await Promise.all([
    import('./daemon.ts'),
    import('./logger.ts'),
    import('./dataDirectory.ts'),
    import('./log/sqlite/sqliteLog.ts'),
    import('./admin/control.ts'),
    import('./tls/createTlsServer.ts'),
    import('./privateFiles.ts'),
    import('./openFiles.ts'),
  ])
  const data = absolute(flags.data ?? directories.defaultDataDirectory())
  const problem = directories.prepareDirectory(data)
  if (problem !== undefined) fail(EXIT_FAILED, problem)
  const logger = createLogger(flags.logLevel)
  const lock = directories.lockDirectory(data)
  if (!lock.ok) fail(EXIT_FAILED, lock.error)
  const settings = await settingsFor(flags, connectionsThatFit())
  if (settings.connections < FEW_CONNECTIONS)
    logger.warn(
      { connections: settings.connections },
      'more connections do not fit: raise the limit of open files (LimitNOFILE=, or ulimit -n)',
    )
  const { keyPairFiles: given } = flags
  const files = given && { certificate: absolute(given.certificate), key: absolute(given.key) }
  const tls = createTlsServer({ data, listen, names: flags.name, files, settings, logger })
  // Clients of this machine alone need no certificate; one is made if such a client asks for TLS.
  const shown = exposed !== undefined || files !== undefined ? tls.open() : undefined
  if (shown?.ok === false) fail(EXIT_FAILED, shown.error)
  const opened = await openSqliteLog(directories.logFile(data), {
    onTrouble: trouble => logger.error({ trouble }, 'storage'),
    onRecovered: () => logger.info('storing works again'),
    onBug: error => logger.error({ err: error }, 'telling of a commit failed by a bug'),
    onBroken: error => {
      // A restart begins with the disk, which holds everything that was acknowledged.
      logger.fatal({ err: error }, 'the log failed')
      process.exit(EXIT_FAILED)
    },
  })
  if (!opened.ok) fail(EXIT_FAILED, opened.error)
  const log = opened.value
  for (const finding of closeToOthers(data)) logger.warn({ finding }, 'permissions')
  let daemon: Daemon | undefined
  const control = await openControl(
    data,
    {
      log,
      sendAway: (person, isErased) => daemon?.sendAway(person, isErased),
      keyPair: () => tls.open(),
      accounts: () => daemon?.accounts,
      live: () => daemon?.live,
    },
    logger,
  )
  const erase = (person: string) => log.erase(person)
  const started = await startDaemon({ listen, settings, logger, log, tls, names: flags.name, erase })
  if (!started.ok) {
    control?.close()
    fail(EXIT_FAILED, started.error)
  }
  const running = started.value
  daemon = running
  if (shown?.ok === true)
    logger.info({ fingerprint: shown.value.fingerprint }, 'TLS on the same port, with this key')
  if (exposed !== undefined && flags.plaintextFrom.length > 0) {
    const from = flags.plaintextFrom.map(({ network, prefix }) => `${network}/${prefix}`)
    logger.warn({ from }, PLAINTEXT_WARNING)
  }
  const stop = (reason: string): void => {
    logger.info({ reason }, 'stopping')
    control?.close()
    running.stop().then(
      () => {
        lock.value.release()
        logger.info('stopped')
        process.exit(0)
      },
      (error: unknown) => {
        logger.fatal({ err: error }, 'stopping failed')
        process.exit(EXIT_FAILED)
      },
    )
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(signal))
  // Closing the terminal must not stop a server that others use.
  process.on('SIGHUP', () => {
    logger.info('SIGHUP: reading the certificate again')
    tls.reload()
  })
  await running.idle
  stop('idle')
}

/** An absolute path. Ends the process where the current directory, which a relative one needs, is gone. */
function absolute(path: string): string {
  try {
    return resolve(path)
  } catch {
    fail(EXIT_FAILED, `the current directory is gone, so ${path} is no place; give it as an absolute path`)
  }
}

/** @param fitting how many connections the process can have open */
async function settingsFor(flags: Flags, fitting: number): Promise<Settings> {
  const { DEFAULT_SETTINGS, liftLimits } = await import('./settings.ts')
  const settings: Settings = {
    ...DEFAULT_SETTINGS,
    exitWhenIdle: flags.exitWhenIdle === undefined ? undefined : flags.exitWhenIdle * 1_000,
    socketMode: flags.socketMode,
    plaintextFrom: flags.plaintextFrom,
    proxies: flags.proxies,
    sharedAddresses: flags.sharedAddresses,
  }
  const limited = { ...(flags.limits ? settings : liftLimits(settings)), ...flags.limit }
  return { ...limited, connections: Math.min(limited.connections, fitting) }
}

function fail(code: number, message: string): never {
  exit(code, `chatd: ${message}`)
}

function exit(code: number, line: string): never {
  try {
    writeSync(STDERR, `${line}\n`)
  } catch {
    // The exit code tells it too.
  }
  process.exit(code)
}
