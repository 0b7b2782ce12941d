import type { ErrorCode } from '../protocol/errors.ts'
import type { DisconnectReason, RefusedReason } from './counters.ts'
import { LogBudget } from './logBudget.ts'
import type { Logger } from './logger.ts'

/** What the lines about connections may show. */
export interface JournalOptions {
  /** The names of users. */
  readonly names: boolean
  /** Where connections come from. */
  readonly addresses: boolean
}

/** By default no name: the log holds nothing that users wrote. Limits go by addresses, so the operator needs them. */
export const DEFAULT_JOURNAL: JournalOptions = { names: false, addresses: true }

/** A connection, as its lines tell of it. */
export interface Subject {
  readonly number: number
  readonly address: string
  /** The name of its user, once it has connected. */
  readonly name?: string | undefined
}

/** What became of a request that failed. */
export interface Failed {
  readonly code: ErrorCode
  /** What the client asked for. */
  readonly action: string
  /** Of a request that failed by a bug. */
  readonly cause?: Readonly<Record<string, unknown>> | undefined
}

/** Codes by which a client is told that it is at a bound. */
const BOUNDS: ReadonlySet<ErrorCode> = new Set(['limit_reached', 'rate_limited', 'server_full'])

/** The level of the line about an error; the others are mistakes of clients. */
const LEVELS: Partial<Record<ErrorCode, 'warn' | 'error'>> = {
  internal: 'error',
  storage_unavailable: 'warn',
}

/** The client of this project, whose name and version are no text of a user. */
const OWN_CLIENT = /^chat-tui [\d.]{1,16}$/
const MOST_CLIENT = 64

/** The lines of the log about connections. Each has the field `event`, and `connection` such as `c412`; none has what users wrote. */
export class Journal {
  readonly #logger: Logger
  readonly #options: JournalOptions
  /** Lines about connections and about errors have a budget each: a hundred returns after a restart leave no error out. */
  readonly #budget: LogBudget
  readonly #errors: LogBudget

  constructor(logger: Logger, options: JournalOptions = DEFAULT_JOURNAL) {
    this.#logger = logger
    this.#options = options
    this.#budget = new LogBudget(logger, address => this.#whence(address))
    this.#errors = new LogBudget(logger, address => this.#whence(address))
  }

  /** A client has connected. */
  connect(
    subject: Subject,
    more: {
      readonly client: string | undefined
      readonly session: number | undefined
      readonly account: number | undefined
    },
  ): void {
    const { client, ...numbers } = more
    const fields = { event: 'connect', ...this.#about(subject), client: this.#client(client), ...numbers }
    this.#budget.line(subject.address, 'info', fields, 'connected')
  }

  /** A `connect` was refused. The reference for the client, where the log has it. */
  refused(subject: Subject, errors: number, code: ErrorCode): string | undefined {
    const ref = referenceOf(subject.number, errors)
    const fields = { event: 'refused', ref, ...this.#about(subject), reason: code }
    return this.#errors.line(subject.address, 'info', fields, 'refused') ? ref : undefined
  }

  /** A connection was not let in. The reference for the client, where the log has it. */
  turnedAway(subject: Subject, reason: RefusedReason): string | undefined {
    const ref = referenceOf(subject.number, 1)
    const fields = { event: 'refused', ref, ...this.#about(subject), reason }
    return this.#errors.line(subject.address, 'warn', fields, 'a connection was refused') ? ref : undefined
  }

  /** A connection has closed. One that never said who it is is for debugging: a check whether the port is open makes one. */
  disconnect(
    subject: Subject,
    more: {
      readonly reason: DisconnectReason
      readonly seconds: number
      readonly bytesIn: number
      readonly bytesOut: number
    },
  ): void {
    const level = subject.name === undefined ? 'debug' : 'info'
    this.#budget.line(
      subject.address,
      level,
      { event: 'disconnect', ...this.#about(subject), ...more },
      'disconnected',
    )
  }

  /** A connection is at a limit that slows it down: told once a minute. */
  limit(subject: Subject, code: string): void {
    this.#errors.once(`${subject.number} ${code}`, subject.address, () =>
      this.#errors.line(subject.address, 'info', this.#atLimit(subject, code), 'at a limit'),
    )
  }

  /** A request failed. The reference for the client, where the log has it. @param errors the number of the error */
  error(subject: Subject, errors: number, { code, action, cause }: Failed): string | undefined {
    const ref = referenceOf(subject.number, errors)
    const level = LEVELS[code] ?? 'info'
    const write = (fields: object, message: string): boolean =>
      this.#errors.line(subject.address, level, fields, message)
    let told: boolean | undefined
    if (BOUNDS.has(code))
      this.#errors.once(`${subject.number} ${code}`, subject.address, () => {
        told = write({ ref, ...this.#atLimit(subject, code), action }, 'at a limit')
      })
    const message = cause === undefined ? 'a request was refused' : 'a request failed by a bug'
    told ??= write({ event: 'error', ref, ...this.#about(subject), code, action, ...cause }, message)
    return told ? ref : undefined
  }

  /** What is of no concern unless a fault is looked for. */
  debug(subject: Subject, more: object, message: string): void {
    if (this.#logger.isLevelEnabled('debug'))
      this.#logger.debug({ ...this.#about(subject), ...more }, message)
  }

  /** Begins another minute; for calling about once a second. @param now ms, of a clock that is never set back */
  sweep(now: number): void {
    this.#budget.sweep(now)
    this.#errors.sweep(now)
  }

  #atLimit(subject: Subject, code: string): object {
    return { event: 'limit', ...this.#about(subject), code }
  }

  #about({ number, address, name }: Subject): object {
    const { names } = this.#options
    return {
      connection: `c${number}`,
      ...(names && name !== undefined ? { name } : {}),
      ...this.#whence(address),
    }
  }

  #whence(address: string): object {
    return this.#options.addresses ? { address } : {}
  }

  /** The program that a client says it is: text of the client's, so only where names may be told too. */
  #client(client: string | undefined): string {
    if (client === undefined) return 'plain'
    if (OWN_CLIENT.test(client)) return client
    return this.#options.names && client.trim() !== ''
      ? client.replaceAll(/[\p{C}\p{Z}]+/gu, ' ').slice(0, MOST_CLIENT)
      : 'other'
  }
}

/** What a user tells an operator who looks for an error in the log: the connection, and the number of its error. */
function referenceOf(connection: number, errors: number): string {
  return `c${connection}-${errors}`
}
