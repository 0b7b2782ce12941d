import { CONNECT_TIMEOUT_MS, LEFT_AFTER_MS, SILENT_AFTER_MS } from '../protocol/limits.ts'
import { DEFAULT_LIMITS, type Limits } from '../protocol/serverLimits.ts'

/** The levels that `--log-level` takes. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

/** How much is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Where to listen. */
export type ListenAddress = TcpAddress | UnixAddress

/** A port of this machine. */
export interface TcpAddress {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
}

/** A socket in the file system. */
export interface UnixAddress {
  /** Absolute. */
  readonly path: string
}

/** An address range in CIDR notation. */
export interface AddressRange {
  readonly network: string
  /** Bits that all its addresses share. */
  readonly prefix: number
}

/** Everything about a daemon that can be set. Times in ms, sizes in bytes. */
export interface Settings {
  /** Sent to full clients in `welcome`, and enforced. */
  readonly limits: Limits
  /** The time in which a connection must send `connect`, its TLS handshake included. */
  readonly connectTimeout: number
  /** Who may connect without TLS, beside this machine. */
  readonly plaintextFrom: readonly AddressRange[]
  /** The proxies, which begin each connection with a header that names the client's address. */
  readonly proxies: readonly AddressRange[]
  /** Addresses that many people share: limits count the people there, not the address. */
  readonly sharedAddresses: readonly AddressRange[]
  /** The permissions of unix sockets. */
  readonly socketMode: number
  /** How often the files of a certificate are looked at. */
  readonly certificatePoll: number
  /** A full client that has sent nothing for this long is dropped. */
  readonly silentAfter: number
  /** How long `left` waits for a return. */
  readonly leftAfter: number
  /** Connections from one address; an IPv6 address counts by its /64. */
  readonly connectionsPerAddress: number
  /** New connections of an address in ten seconds; more are closed before they take any work. */
  readonly arrivalsOfAddress: number
  /** Connections in all. */
  readonly connections: number
  /** Sessions without an account that a name keeps, and that are kept in all. */
  readonly sessionsOfPerson: number
  readonly sessions: number
  /** New names without an account that another address takes in ten minutes. */
  readonly namesOfAddress: number
  /** New names that this machine takes in an hour. */
  readonly namesOfThisMachine: number
  /** Accounts that people register from another address in an hour. */
  readonly accountsOfAddress: number
  /** Rooms that a guest from another machine makes in an hour. */
  readonly roomsOfGuest: number
  /** Rooms that an address or an account makes in an hour. */
  readonly roomsOfAddress: number
  /** Messages that a person can send at once. A long one counts as several: one for each KiB. */
  readonly messageBurst: number
  /** Messages a second after that; faster ones are read later. */
  readonly messagesPerSecond: number
  /** The same for joins of rooms that are not in the session's list. */
  readonly joinBurst: number
  readonly joinsPerSecond: number
  /** An address without accounts has the pace of so many people. */
  readonly peopleOfAddress: number
  /** A connection with more than this left over from earlier ticks is cut. */
  readonly leftOverBytes: number
  /** A connection with more than this left over counts as behind: see `Room.isCongested`. */
  readonly behindBytes: number
  /** A connection that took nothing for this long, with something left over, is cut. */
  readonly stuckAfter: number
  /** A connection whose machine acknowledges nothing for this long, although something was sent to it, is cut. */
  readonly unansweredAfter: number
  /** How long a stop waits for connections that do not read, before it closes them. */
  readonly stopWithin: number
  /** Ends the daemon this long after the last connection left; undefined: never. */
  readonly exitWhenIdle: number | undefined
}

/** The default settings; the numbers are those of the protocol's contract. */
export const DEFAULT_SETTINGS: Settings = {
  limits: DEFAULT_LIMITS,
  connectTimeout: CONNECT_TIMEOUT_MS,
  plaintextFrom: [],
  proxies: [],
  sharedAddresses: [],
  socketMode: 0o600,
  certificatePoll: 15_000,
  silentAfter: SILENT_AFTER_MS,
  leftAfter: LEFT_AFTER_MS,
  connectionsPerAddress: 128,
  arrivalsOfAddress: 1_000,
  connections: 20_000,
  sessionsOfPerson: 16,
  sessions: 100_000,
  namesOfAddress: 5,
  namesOfThisMachine: 10_000,
  accountsOfAddress: 20,
  roomsOfGuest: 3,
  roomsOfAddress: 2_000,
  messageBurst: 20,
  messagesPerSecond: 5,
  joinBurst: 1_000,
  joinsPerSecond: 20,
  peopleOfAddress: 10,
  leftOverBytes: 1024 * 1024,
  behindBytes: 256 * 1024,
  stuckAfter: 10_000,
  unansweredAfter: 30_000,
  stopWithin: 1_500,
  exitWhenIdle: undefined,
}

/** The limits that an operator can set one by one, see {@link limitName}; how many, or how many a second. */
export const LIMIT_KEYS = [
  'connections',
  'connectionsPerAddress',
  'arrivalsOfAddress',
  'sessions',
  'sessionsOfPerson',
  'namesOfAddress',
  'namesOfThisMachine',
  'accountsOfAddress',
  'roomsOfGuest',
  'roomsOfAddress',
  'messageBurst',
  'messagesPerSecond',
  'joinBurst',
  'joinsPerSecond',
  'peopleOfAddress',
] as const satisfies readonly (keyof Settings)[]

/** A limit as an operator writes it: `rooms-of-guest`. */
export function limitName(key: (typeof LIMIT_KEYS)[number]): string {
  return key.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}

/** The same without rates and counts, for load tests; the bounds of queues stay. */
export function liftLimits(settings: Settings): Settings {
  const lifted = Number.POSITIVE_INFINITY
  return {
    ...settings,
    connectionsPerAddress: lifted,
    arrivalsOfAddress: lifted,
    connections: lifted,
    namesOfAddress: lifted,
    namesOfThisMachine: lifted,
    accountsOfAddress: lifted,
    roomsOfGuest: lifted,
    roomsOfAddress: lifted,
    messageBurst: lifted,
    messagesPerSecond: lifted,
    joinBurst: lifted,
    joinsPerSecond: lifted,
  }
}
