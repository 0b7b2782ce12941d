import * as z from 'zod'
import { DEFAULT_PORT } from '../../protocol/limits.ts'
import { DEFAULT_LIMITS, type Limits } from '../../protocol/serverLimits.ts'
import { DEFAULT_SETTINGS, LIMIT_KEYS, LOG_LEVELS, limitName } from '../settings.ts'
import {
  advertised,
  count,
  group,
  hostName,
  listenAddress,
  metricsAddress,
  mode,
  path,
  range,
  sharedLog,
  yesOrNo,
} from './values.ts'

/** What stands beside a key for people: in the file, in its man page, and in a report of a reload. */
interface KeyFacts {
  /** A sentence without its stop. */
  readonly help: string
  /** What holds without the key, as TOML; undefined: nothing does. */
  readonly byDefault?: string
  /** Whether a reload applies it; otherwise the next start does. */
  readonly reloads: boolean
}

const facts = z.registry<KeyFacts>()

/** The most of what a limit can count. */
const MOST = 999_999_999
/** A server cannot offer less of what the contract bounds. */
const LEAST: Limits = { ...DEFAULT_LIMITS, ...onlyOnes(), frame: 4_096, message: 1_024 }

function onlyOnes(): Limits {
  return { frame: 1, message: 1, topic: 1, away: 1, emoji: 1, query: 1, reactions: 1, rooms: 1, page: 1 }
}

const LIMIT_HELP: Readonly<Record<(typeof LIMIT_KEYS)[number], string>> = {
  connections: 'connections in all',
  connectionsPerAddress: 'connections of one address; an IPv6 address counts by its /64',
  arrivalsOfAddress: 'new connections of an address in ten seconds',
  sessions: 'sessions without an account that are kept in all',
  sessionsOfPerson: 'sessions without an account that a name keeps',
  namesOfAddress: 'new names without an account of another address in ten minutes',
  namesOfThisMachine: 'new names without an account of this machine in an hour',
  accountsOfAddress: 'accounts that people register from another address in an hour',
  roomsOfGuest: 'rooms that a guest of another machine makes in an hour',
  roomsOfAddress: 'rooms that an address or an account makes in an hour',
  messageBurst: 'messages that a person can send at once; a long one counts as one for each KiB',
  messagesPerSecond: 'messages a second after that; faster ones are read later',
  joinBurst: 'joins of new rooms at once',
  joinsPerSecond: 'joins of new rooms a second after that',
  peopleOfAddress: 'people of one address without accounts: it has the pace of so many',
}

const CONTRACT_HELP: Readonly<Record<keyof Limits, readonly [name: string, help: string]>> = {
  frame: ['line-bytes', 'bytes of the longest line of a client'],
  message: ['message-bytes', 'bytes of the longest message'],
  topic: ['topic-bytes', 'bytes of the longest topic'],
  away: ['away-bytes', 'bytes of the longest away message'],
  emoji: ['emoji-bytes', 'bytes of the longest reaction'],
  query: ['query-bytes', 'bytes of the longest search'],
  reactions: ['reactions-of-message', 'kinds of reaction to a message'],
  rooms: ['rooms-of-connection', 'rooms of a connection'],
  page: ['page', 'events or names of a page'],
}

const CONTRACT_KEYS = Object.keys(CONTRACT_HELP) as readonly (keyof Limits)[]

/** The limits of the contract by the names that operators write. */
export const CONTRACT_NAMES = CONTRACT_KEYS.map(one => [one, CONTRACT_HELP[one][0]] as const)

/** The limits by the names that operators write. */
const limitShape: Readonly<Record<string, z.ZodOptional<ReturnType<typeof count>>>> = Object.fromEntries([
  ...LIMIT_KEYS.map(one =>
    limit(limitName(one), count(1, MOST), LIMIT_HELP[one], String(DEFAULT_SETTINGS[one])),
  ),
  ...CONTRACT_KEYS.map(one => {
    const [name, help] = CONTRACT_HELP[one]
    return limit(name, count(LEAST[one], DEFAULT_LIMITS[one]), help, String(DEFAULT_LIMITS[one]))
  }),
])
const limits = z.strictObject(limitShape)

function limit(name: string, schema: ReturnType<typeof count>, help: string, byDefault: string) {
  return [name, key(schema, help, { byDefault, reloads: true })] as const
}

function key<T extends z.ZodType>(schema: T, help: string, rest: Omit<KeyFacts, 'help'>): z.ZodOptional<T> {
  const optional = schema.optional()
  facts.add(optional, { help, ...rest })
  return optional
}

const starts = { reloads: false } as const

const MOST_SECONDS = 86_400
const SECONDS = { error: `It is a number of seconds, at most ${MOST_SECONDS}` }
const seconds = z.number(SECONDS).min(0, SECONDS).max(MOST_SECONDS, SECONDS)

/** The one schema of the configuration: of the file, the variables, the flags and their documents. Each key is optional. */
export const configSchema = z.strictObject({
  listen: key(
    z.array(listenAddress).min(1, { error: 'It is a list of at least one address' }),
    'where to listen: "HOST:PORT", or "unix:/PATH"; not used where systemd hands over sockets (chatd.socket)',
    { ...starts, byDefault: `["127.0.0.1:${DEFAULT_PORT}"]` },
  ),
  data: key(path, 'where the daemon keeps its data', starts),
  log: key(
    sharedLog,
    'the brokers of a log that several daemons share: "tls://HOST:PORT,HOST:PORT,HOST:PORT", or "nats://…" for brokers without TLS; without it the log is in the data directory. See docs/cluster.md',
    starts,
  ),
  'log-credentials': key(
    path,
    'a file with what this daemon signs in by at the brokers of log: the lines user = "…" and password = "…", or token = "…", or an nkey seed, or a .creds file; for its owner alone',
    starts,
  ),
  'log-ca': key(
    path,
    'the certificates that sign those of the brokers (PEM); without it the authorities that Node knows',
    starts,
  ),
  'log-cert': key(path, 'a certificate of this daemon for brokers that ask for one (PEM)', starts),
  'log-key': key(path, 'its key; without it, the key is in the file of log-cert', starts),
  advertise: key(
    z.array(advertised),
    'where clients reach this daemon, for the clients of the others: "HOST:PORT"; without it they are not told. See docs/cluster.md',
    starts,
  ),
  'backup-directory': key(
    path,
    'where chatd backup puts what it names, and where chatd looks for the newest: by default backups in the data directory',
    { reloads: true },
  ),
  'log-level': key(z.enum(LOG_LEVELS), 'how much is logged', { byDefault: '"info"', reloads: true }),
  'socket-mode': key(mode, 'permissions of the unix sockets of listen', { ...starts, byDefault: '"600"' }),
  'control-group': key(
    group,
    'a group whose members may run commands on this daemon, beside its user and root: they can read everything and take any account',
    starts,
  ),
  name: key(
    z.array(hostName),
    'names of this server: in the certificate that chatd makes, and in invitations',
    {
      ...starts,
    },
  ),
  'tls-cert': key(path, 'a certificate of your own with its chain (PEM); read again when it changes', starts),
  'tls-key': key(path, 'its key; without it, the key is in the file of the certificate', starts),
  'allow-plaintext': key(
    z.union([z.boolean(), z.array(range)], {
      error: 'It is no network; write true, false, or a list such as ["10.0.0.0/8"]',
    }),
    'whether other machines may connect without TLS: true for all, or a list of networks',
    { byDefault: 'false', reloads: true },
  ),
  'proxy-from': key(z.array(range), 'the proxies in front of chatd, which send the PROXY header', {
    byDefault: '[]',
    reloads: true,
  }),
  'shared-address': key(
    z.array(range),
    'addresses that many people share, such as an office: limits count the people there, not the address',
    { byDefault: '[]', reloads: true },
  ),
  metrics: key(
    metricsAddress,
    'where metrics for Prometheus are served, on this machine alone: "127.0.0.1:PORT", or "unix:/PATH"',
    starts,
  ),
  'log-names': key(yesOrNo, 'whether the log may hold the names of users', {
    ...starts,
    byDefault: 'false',
  }),
  'log-addresses': key(yesOrNo, 'whether the log holds where clients come from', {
    ...starts,
    byDefault: 'true',
  }),
  'exit-when-idle': key(seconds, 'seconds after the last connection closed until chatd stops', starts),
  limits: limits.optional(),
})

/** What is configured: by one source, or by all of them together. */
export type Config = z.output<typeof configSchema>

/** One key of the configuration. */
export interface ConfigKey extends KeyFacts {
  /** `log-level`, or `limits.connections`. */
  readonly name: string
  /** The key as a path in a {@link Config}. */
  readonly path: readonly string[]
  /** What may be written, for people. */
  readonly schema: z.ZodType
}

/** All keys, in the order of the file. */
export const CONFIG_KEYS: readonly ConfigKey[] = Object.entries(configSchema.shape).flatMap(
  ([name, schema]) =>
    name === 'limits'
      ? Object.entries(limits.shape).map(([limit, inner]) => keyOf([name, limit], inner))
      : [keyOf([name], schema)],
)

function keyOf(keyPath: readonly string[], schema: z.ZodType): ConfigKey {
  const known = facts.get(schema)
  if (known === undefined) throw new Error(`no facts of ${keyPath.join('.')}`)
  return { name: keyPath.join('.'), path: keyPath, schema, ...known }
}

/** The value of a key in a configuration; undefined where it has none. */
export function configured(config: Config, { path: [first = '', second] }: ConfigKey): unknown {
  const value = (config as Readonly<Record<string, unknown>>)[first]
  return second === undefined ? value : (value as Readonly<Record<string, unknown>> | undefined)?.[second]
}
