import type { Settings } from '../settings.ts'
import { type Rate, RateLimiter } from './rateLimiter.ts'

/** Text of so many bytes costs as much as a message. */
const BYTES_A_TOKEN = 1024

/** Whose pace a request counts for. */
export interface Payer {
  /** The folded name. */
  readonly person: string
  /** The group of addresses; undefined where it does not count: that of a unix socket, or one that many share. */
  readonly address: string | undefined
  /** The number of the account, which has a pace of its own, wherever it comes from. */
  readonly account: number | undefined
}

/** The settings of paces. */
export type PaceSettings = Pick<
  Settings,
  'messageBurst' | 'messagesPerSecond' | 'joinBurst' | 'joinsPerSecond' | 'peopleOfAddress'
>

/** What a text of so many bytes costs, in messages. */
export function costOfText(bytes: number): number {
  return 1 + Math.floor(bytes / BYTES_A_TOKEN)
}

/**
 * How fast messages and joins are taken. A name at an address has a pace, and the address has that of some people: new
 * names buy nothing. Those who are too fast are read later.
 */
export class Paces {
  readonly #messages: Pace
  readonly #joins: Pace

  constructor(settings: PaceSettings) {
    const people = (): number => settings.peopleOfAddress
    this.#messages = new Pace(
      () => ({ burst: settings.messageBurst, perSecond: settings.messagesPerSecond }),
      people,
    )
    this.#joins = new Pace(() => ({ burst: settings.joinBurst, perSecond: settings.joinsPerSecond }), people)
  }

  /** Counts a message, or a signal that costs one; how long to wait before the next line is read, ms. */
  say(payer: Payer, cost: number, now: number): number {
    return this.#messages.spend(payer, cost, now)
  }

  /** Counts a join of a room that is not in the session's list. */
  join(payer: Payer, now: number): number {
    return this.#joins.spend(payer, 1, now)
  }

  /** Forgets what no longer counts; for calling about once a second. */
  sweep(now: number): void {
    this.#messages.sweep(now)
    this.#joins.sweep(now)
  }
}

class Pace {
  readonly #ofPerson: RateLimiter
  readonly #ofAddress: RateLimiter

  constructor(rate: () => Rate, peopleOfAddress: () => number) {
    this.#ofPerson = new RateLimiter(rate)
    this.#ofAddress = new RateLimiter(() => {
      const { burst, perSecond } = rate()
      const people = peopleOfAddress()
      return { burst: burst * people, perSecond: perSecond * people }
    })
  }

  spend({ person, address, account }: Payer, cost: number, now: number): number {
    if (account !== undefined) return this.#ofPerson.spend(`account ${account}`, cost, now)
    const ofPerson = this.#ofPerson.spend(`${person} ${address ?? ''}`, cost, now)
    return address === undefined ? ofPerson : Math.max(ofPerson, this.#ofAddress.spend(address, cost, now))
  }

  sweep(now: number): void {
    this.#ofPerson.sweep(now)
    this.#ofAddress.sweep(now)
  }
}
