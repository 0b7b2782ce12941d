import { statSync } from 'node:fs'
import { hostname } from 'node:os'
import { DEFAULT_PORT } from '../protocol/limits.ts'
import { isLocal, showAddress } from './address.ts'
import { openControl } from './admin/control.ts'
import { prepareLog } from './admin/prepareLog.ts'
import type { ConfigTasks } from './admin/tasks.ts'
import { type Brokers, hostOf } from './brokers.ts'
import { showBytes } from './byteSize.ts'
import { brokersOf } from './config/brokersOf.ts'
import { namedConfigFile } from './config/configFile.ts'
import { Configuration } from './config/configuration.ts'
import { unknownVariables } from './config/sources.ts'
import { type Daemon, startDaemon } from './daemon.ts'
import {
  backupDirectory,
  beginIncarnation,
  defaultDataDirectory,
  lockDirectory,
  logFile,
  prepareDirectory,
} from './dataDirectory.ts'
import { absolute, EXIT_FAILED, EXIT_USAGE, fail } from './exits.ts'
import type { Flags } from './flags.ts'
import { DEFAULT_JOURNAL } from './journal.ts'
import { handedSockets } from './listenSockets.ts'
import { openSqliteLog, type SqliteLog } from './log/sqlite/sqliteLog.ts'
import { createLogger, type Logger } from './logger.ts'
import type { Health } from './metrics/health.ts'
import { Watch } from './metrics/watch.ts'
import { connectionsThatFit } from './openFiles.ts'
import { closeToOthers } from './privateFiles.ts'
import type { AmongDaemons } from './requests/amongDaemons.ts'
import { findServiceManager, type ServiceManager } from './serviceManager.ts'
import { createTlsServer } from './tls/createTlsServer.ts'
import type { TlsServer } from './tls/tlsServer.ts'

/** With room for fewer connections than this the operator is told. */
const FEW_CONNECTIONS = 1_000
const PLAINTEXT_WARNING =
  'plain text is taken from other machines (allow-plaintext): anyone between them and chatd can read it and change it'
const BROKERS_WARNING =
  'plain text goes to brokers on other machines (nats://): anyone between them and chatd can read and change everything; see tls:// in docs/cluster.md'
/** How often a long start asks for more time, ms, and for how much. */
const EXTEND_EVERY = 5_000
const EXTEND_BY = 30_000
/** So long a writing thread may wait for its disk before it counts as dead, ms. */
const SLOW_DISK = 5 * 60_000
/** How often the service manager is told what chatd does, ms. */
const STATUS_EVERY = 10_000

/** Signals that stop it. A second one ends the process at once. */
const STOPS = ['SIGTERM', 'SIGINT'] as const

/** Serves until a signal or idleness ends the process: 0 after a stop, 1 when it cannot run, 2 for what is configured wrongly. */
export async function serve(flags: Flags): Promise<void> {
  const configuration = configurationOf(flags)
  const { config, settings } = configuration
  const handed = handedSockets(process.env)
  // systemd has the addresses where it hands over sockets.
  const listen = handed.length > 0 ? [] : (config.listen ?? [{ host: '127.0.0.1', port: DEFAULT_PORT }])
  const exposed = listen.find(address => !isLocal(address))
  if (!flags.limits && (handed.length > 0 || exposed !== undefined)) {
    const where = exposed === undefined ? 'sockets that systemd hands over' : showAddress(exposed)
    fail(EXIT_USAGE, `--no-limits is for load tests on loopback alone, not for ${where}`)
  }
  const data = absolute(flags.data ?? config.data ?? defaultDataDirectory())
  const problem = prepareDirectory(data)
  if (problem !== undefined) fail(EXIT_FAILED, problem)
  const logger = await createLogger(config['log-level'] ?? 'info')
  const manager = findServiceManager(process.env, reason => logger.warn({ reason }, 'service manager'))
  const lock = lockDirectory(data)
  if (!lock.ok) fail(EXIT_FAILED, lock.error)
  warnOfConfig(configuration, logger, handed.length)
  const files = keyPairFiles(configuration)
  const names = config.name ?? []
  const tls = createTlsServer({ data, listen, names, files, settings, logger })
  // Clients of this machine alone need no certificate; one is made if such a client asks for TLS.
  const isOpen = exposed !== undefined || handed.length > 0 || files !== undefined
  const shown = isOpen ? tls.open() : undefined
  if (shown?.ok === false) fail(EXIT_FAILED, shown.error)
  const watch = new Watch(data, {
    certificate: () => tls.shown,
    backups: () => configuration.config['backup-directory'] ?? backupDirectory(data),
  })
  if (config.metrics !== undefined) {
    // Before the log is opened, which can take a while: a probe sees that chatd is alive and not ready.
    const serving = await watch.serve(config.metrics, settings.socketMode)
    if (!serving.ok) fail(EXIT_FAILED, serving.error)
    logger.info({ address: showAddress(serving.value) }, 'serving metrics')
  }
  // Closing the terminal must not stop a server that others use, nor one that starts.
  let isReloadWanted = false
  const noteHangUp = (): void => {
    isReloadWanted = true
  }
  process.on('SIGHUP', noteHangUp)
  const brokers = brokersOf(config)
  if (!brokers.ok) fail(EXIT_USAGE, brokers.error)
  const log = await openLog(data, brokers.value, logger, manager)
  watch.log = log
  const bases = await keepBases(logFile(data), brokers.value, logger)
  for (const finding of closeToOthers(data)) logger.warn({ finding }, 'permissions')
  const reload = (): ReturnType<ConfigTasks['reload']> =>
    reloadAll(configuration, { logger, manager, tls, watch })
  const control = await openControl(
    data,
    {
      log,
      keyPair: () => tls.open(),
      accounts: () => watch.daemon?.accounts,
      config: { reload },
      status: rooms => watch.status(rooms),
      live: () => watch.daemon?.live,
    },
    logger,
    { group: config['control-group'] },
  )
  const erase = (person: string) => log.erase(person)
  const journal = {
    names: config['log-names'] ?? DEFAULT_JOURNAL.names,
    addresses: config['log-addresses'] ?? DEFAULT_JOURNAL.addresses,
  }
  // A line of the log says that it listens: from then on, a signal ends it as it should.
  let early: string | undefined
  const noteSignal = (signal: string): void => {
    early ??= signal
  }
  for (const signal of STOPS) process.on(signal, noteSignal)
  const advertised = (): readonly string[] =>
    // The others send no client to a daemon that is being emptied.
    watch.daemon?.isDraining === true ? [] : (config.advertise ?? [])
  const among = await amongDaemons(data, brokers.value, advertised, logger)
  const started = await startDaemon({
    listen,
    handed,
    settings,
    logger,
    journal,
    log,
    among,
    tls,
    names,
    erase,
  })
  if (!started.ok) {
    control?.close()
    fail(EXIT_FAILED, started.error)
  }
  const daemon = started.value
  watch.daemon = daemon
  if (shown?.ok === true)
    logger.info({ fingerprint: shown.value.fingerprint }, 'TLS on the same port, with this key')
  if (isOpen && settings.plaintextFrom.length > 0) {
    const from = settings.plaintextFrom.map(({ network, prefix }) => `${network}/${prefix}`)
    logger.warn({ from }, PLAINTEXT_WARNING)
  }
  const stopTelling = tellManager(manager, watch.health, () => statusOf(daemon, data))
  const stop = (reason: string): void => {
    logger.info({ reason }, 'stopping')
    stopTelling()
    bases?.close()
    manager.stopping()
    // A long write-ahead log goes into the file first.
    manager.extend(EXTEND_BY)
    control?.close()
    daemon.stop().then(
      () => {
        watch.close()
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
  for (const signal of STOPS) {
    process.once(signal, () => stop(signal))
    process.off(signal, noteSignal)
  }
  if (early !== undefined) return stop(early)
  process.on('SIGHUP', reload)
  process.off('SIGHUP', noteHangUp)
  if (isReloadWanted) reload()
  await daemon.idle
  stop('idle')
}

function configurationOf({
  config,
  given,
  backupDirectory: backups,
  tlsCert,
  tlsKey,
  limits,
}: Flags): Configuration {
  const loaded = Configuration.load({
    file: namedConfigFile(config),
    environment: process.env,
    flags: {
      ...given,
      ...(backups === undefined ? {} : { 'backup-directory': absolute(backups) }),
      ...(tlsCert === undefined ? {} : { 'tls-cert': absolute(tlsCert) }),
      ...(tlsKey === undefined ? {} : { 'tls-key': absolute(tlsKey) }),
    },
    isLifted: !limits,
    fitting: connectionsThatFit(),
  })
  if (!loaded.ok) fail(EXIT_USAGE, loaded.error)
  return loaded.value
}

function keyPairFiles({ config }: Configuration) {
  const certificate = config['tls-cert']
  return certificate === undefined ? undefined : { certificate, key: config['tls-key'] ?? certificate }
}

function warnOfConfig({ config, settings }: Configuration, logger: Logger, handed: number): void {
  if (settings.connections < FEW_CONNECTIONS)
    logger.warn(
      { connections: settings.connections },
      'more connections do not fit: raise the limit of open files (LimitNOFILE=, or ulimit -n)',
    )
  for (const variable of unknownVariables(process.env))
    logger.warn({ variable }, 'this variable of the environment is no key of chatd: see chatd config show')
  const brokers = brokersOf(config)
  if (brokers.ok && brokers.value !== undefined && isExposed(brokers.value))
    logger.warn({ log: config.log }, BROKERS_WARNING)
  if (handed > 0 && config.listen !== undefined)
    logger.warn({ sockets: handed }, 'listen is not used: systemd hands over the sockets (chatd.socket)')
}

/** Where a log is shared, its daemons store bases of it. */
async function keepBases(file: string, brokers: Brokers | undefined, logger: Logger) {
  if (brokers === undefined) return undefined
  // A log of its own does not need what speaks with brokers.
  const { BaseKeeper } = await import('./admin/baseKeeper.ts')
  return new BaseKeeper(file, brokers, logger)
}

/** Whether a broker of another machine is reached without TLS. */
function isExposed({ servers, isEncrypted = false }: Brokers): boolean {
  return !isEncrypted && servers.some(server => !isLocal({ host: hostOf(server), port: 0 }))
}

/** What a daemon needs to know those that serve the same log. */
async function amongDaemons(
  data: string,
  brokers: Brokers | undefined,
  advertised: () => readonly string[],
  logger: Logger,
): Promise<AmongDaemons | undefined> {
  if (brokers === undefined) return undefined
  // Loaded here: a daemon with a log of its own needs none of it.
  const { openNatsBus } = await import('./log/jetstream/natsBus.ts')
  const opened = await openNatsBus(brokers, `chatd ${hostname()} ${process.pid} peers`, trouble =>
    logger.error({ trouble }, 'telling other daemons'),
  )
  if (!opened.ok) fail(EXIT_FAILED, opened.error)
  return { bus: opened.value, incarnation: beginIncarnation(data), advertised }
}

async function openLog(
  data: string,
  brokers: Brokers | undefined,
  logger: Logger,
  manager: ServiceManager,
): Promise<SqliteLog> {
  // A long log is looked at before it is used, and an old one is carried to the newest layout.
  manager.status('looking at the log')
  manager.extend(EXTEND_BY)
  const timer = setInterval(() => manager.extend(EXTEND_BY), EXTEND_EVERY)
  await prepareLog(data, logger)
  const opened = await openSqliteLog(logFile(data), {
    brokers,
    onTrouble: trouble => logger.error({ trouble }, 'storage'),
    onRecovered: () => logger.info('storing works again'),
    onBug: error => logger.error({ err: error }, 'telling of a commit failed by a bug'),
    onBroken: error => {
      // A restart begins with the disk, which holds everything that was acknowledged.
      logger.fatal({ err: error }, 'the log failed')
      process.exit(EXIT_FAILED)
    },
  })
  clearInterval(timer)
  if (!opened.ok) fail(EXIT_FAILED, opened.error)
  return opened.value
}

/** What a reload reaches. */
interface Reached {
  readonly logger: Logger
  readonly manager: ServiceManager
  readonly tls: Pick<TlsServer, 'prepareReload'>
  readonly watch: Watch
}

function reloadAll(
  configuration: Configuration,
  { logger, manager, tls, watch }: Reached,
): ReturnType<ConfigTasks['reload']> {
  manager.reloading()
  const certificate = tls.prepareReload()
  const reloaded = certificate.ok ? configuration.reload() : certificate
  if (certificate.ok && reloaded.ok) {
    certificate.value()
    const { applied, waiting } = reloaded.value
    if (applied.some(({ key }) => key === 'log-level'))
      logger.level = configuration.config['log-level'] ?? 'info'
    logger.info({ applied, waiting }, 'configuration and certificate reloaded')
  } else if (!reloaded.ok) logger.error({ reason: reloaded.error }, 'not reloaded: nothing is changed')
  watch.noteReload(reloaded.ok)
  manager.ready(reloaded.ok ? 'reloaded' : 'not reloaded: nothing is changed')
  return reloaded
}

/** Tells the manager that chatd serves, what it does, and that it is alive, until the returned function is called. */
function tellManager(manager: ServiceManager, health: Health, status: () => string): () => void {
  if (!manager.isThere) return () => undefined
  manager.ready(status())
  const timers = [setInterval(() => manager.status(status()), STATUS_EVERY)]
  const { watchdogEvery } = manager
  // A third of the time, so that a late timer is no death.
  if (watchdogEvery !== undefined) timers.push(setInterval(feeder(manager, health), watchdogEvery / 3))
  return () => timers.forEach(clearInterval)
}

/** Feeds the watchdog, also while the writing thread is silent: a disk can stand still for a while, and a restart would find the same. */
function feeder(manager: ServiceManager, health: Health): () => Promise<void> {
  let silentSince: number | undefined
  return async () => {
    const now = performance.now()
    silentSince = (await health.check()) === undefined ? undefined : (silentSince ?? now)
    if (silentSince === undefined || now - silentSince < SLOW_DISK) manager.alive()
  }
}

function statusOf({ connections, people, rooms }: Daemon, data: string): string {
  const { size } = statSync(logFile(data), { throwIfNoEntry: false }) ?? { size: 0 }
  return `${people} people, ${connections} connections, ${rooms} rooms in use; log ${showBytes(size)}`
}
