import type { Brokers } from '../brokers.ts'
import type { StreamInfo } from '../log/jetstream/api.ts'
import { type Base, newestBase, removeBasesBefore, trim } from '../log/jetstream/base.ts'
import { connectToBrokers } from '../log/jetstream/brokers.ts'
import { findStream } from '../log/jetstream/cluster.ts'
import { type Following, followingIn } from '../log/sqlite/projectionFile.ts'
import type { Logger } from '../logger.ts'
import { makeBase } from './makeBase.ts'

/** When bases are made. */
export interface BaseRules {
  /** How often a daemon looks whether one is due, ms; about, so that daemons seldom look at the same time. */
  readonly every: number
  /** One is due when the stream has grown by so much since the last one. */
  readonly messages: number
  readonly bytes: number
  /** One is made so long after something was erased, ms: it leaves the search index of a file within a minute. */
  readonly afterErasing: number
  /** A base may hold single texts that were deleted for so long, ms. */
  readonly removedWithin: number
  /** So many messages before a base stay in the stream; undefined: as usual. */
  readonly kept?: number
}

const RULES: BaseRules = {
  every: 5 * 60_000,
  messages: 100_000,
  bytes: 1024 ** 3,
  afterErasing: 60_000,
  removedWithin: 24 * 3_600_000,
}

/** What is looked at. */
export interface BaseState {
  readonly info: Pick<StreamInfo, 'state'>
  readonly base: Pick<Base, 'position' | 'at'> | undefined
  readonly following: Pick<Following, 'checkpoint' | 'erased' | 'removed'>
  /** Since when this daemon knows that the base holds what was erased, ms since 1970; undefined: it does not. */
  readonly erasedSince: number | undefined
}

/** Why a base is due; undefined: none is. */
export function whyDue(
  { info, base, following, erasedSince }: BaseState,
  now: number,
  rules = RULES,
): 'grown' | 'erased' | 'removed' | undefined {
  const { messages, bytes, last_seq: last } = info.state
  const since = base === undefined ? messages : last - base.position
  const grown = messages === 0 ? 0 : (since * bytes) / messages
  if (base !== undefined && following.checkpoint <= base.position) return undefined
  if (erasedSince !== undefined && now - erasedSince >= rules.afterErasing) return 'erased'
  if (since >= rules.messages || grown >= rules.bytes) return 'grown'
  if (base !== undefined && following.removed > base.position && now - base.at >= rules.removedWithin)
    return 'removed'
  return undefined
}

/** Has a running daemon make a base now and then: from it others begin, and the stream need not keep what it has. */
export class BaseKeeper {
  readonly #log: string
  readonly #brokers: Brokers
  readonly #logger: Pick<Logger, 'info' | 'warn'>
  readonly #rules: BaseRules
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  #erasedSince: number | undefined

  /** @param log the file of the daemon */
  constructor(log: string, brokers: Brokers, logger: Pick<Logger, 'info' | 'warn'>, rules = RULES) {
    this.#log = log
    this.#brokers = brokers
    this.#logger = logger
    this.#rules = rules
    this.#lookLater()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #lookLater(): void {
    if (this.#isClosed) return
    const wait = this.#rules.every * (0.5 + Math.random())
    this.#timer = setTimeout(() => void this.#look().finally(() => this.#lookLater()), wait).unref()
  }

  async #look(): Promise<void> {
    try {
      await this.#makeIfDue()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (!this.#isClosed) this.#logger.warn({ reason }, 'no base of the shared log could be made')
    }
  }

  async #makeIfDue(): Promise<void> {
    const { stream } = this.#brokers
    const connection = await connectToBrokers(this.#brokers, 'chatd base')
    try {
      const info = await findStream(connection, stream)
      const base = await newestBase(connection, stream)
      const following = followingIn(this.#log)
      // A daemon that has stopped applying says why; its file is of no use to others.
      if (info === undefined || following?.made !== info.created || following.ended) return
      const isErased = base !== undefined && following.erased > base.position
      this.#erasedSince = isErased ? (this.#erasedSince ?? Date.now()) : undefined
      const why = whyDue({ info, base, following, erasedSince: this.#erasedSince }, Date.now(), this.#rules)
      if (why !== undefined) {
        const made = await makeBase(connection, this.#brokers, this.#log, this.#rules.kept)
        if (made === undefined) return
        const { position, bytes, trim: trimmed } = made
        this.#logger.info({ why, position, bytes, trimmed }, 'made a base of the shared log')
      } else if (base !== undefined) {
        // What another daemon could not finish.
        await removeBasesBefore(connection, stream, base.n)
        if (info.state.first_seq <= base.trim) await trim(connection, stream, base.trim)
      }
    } finally {
      await connection.close()
    }
  }
}
