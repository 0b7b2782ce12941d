import type { Signal } from '../protocol/responses.ts'
import type { Addresses, Route } from './addresses.ts'
import type { Refused } from './refused.ts'
import { showServer } from './serverAddress.ts'

/**
 * Where a server has other addresses, one of them may take this long until its handshake is done, ms, and in later rounds
 * longer: all of them may be slow.
 */
const OPEN_WITHIN_MS = 3_000
/** Reasons of a `bye` after which the clients go to another daemon. */
const GOING: ReadonlySet<string> = new Set(['shutting_down', 'draining'])

/** The way of a link through the addresses of its server: in rounds, and in a round from one address to the next. */
export class Way {
  readonly #addresses: Addresses
  #route: Route | undefined
  /** The addresses of this round that were not tried yet. */
  #untried: Route[] = []
  /** How many addresses this round has. */
  #count = 1
  /** The first address of this round whose key is for the user to decide about. */
  #doubted: { readonly route: Route; readonly refused: Refused } | undefined
  /** How many addresses of this round there are of this kind. */
  #doubts = 0
  #mayAsk = true
  #isMoving = false

  constructor(addresses: Addresses) {
    this.#addresses = addresses
  }

  /** The address of the connection, or of the attempt; undefined before the first one. */
  get route(): Route | undefined {
    return this.#route
  }

  /** That address in a sentence. */
  get shown(): string {
    return showServer(this.#route ?? this.#addresses.first)
  }

  /** Whether this round has another address. */
  get hasNext(): boolean {
    return this.#untried.length > 0
  }

  /** Whether the server has other addresses. */
  get areSeveral(): boolean {
    return this.#count > 1
  }

  /** For a state of the link: whether the connection was lost, and other addresses were not tried yet. */
  get moving(): { readonly isMoving?: true } {
    return this.#isMoving ? { isMoving: true } : {}
  }

  /** The user wants the next round: a key can be asked about. */
  wanted(): void {
    this.#mayAsk = true
  }

  /** Looks up a round; nothing changes before it is taken. */
  round(): Promise<readonly Route[]> {
    return this.#addresses.round()
  }

  /** Begins a round. */
  begin(routes: readonly Route[]): void {
    this.#untried = [...routes]
    this.#count = routes.length
    this.#doubted = undefined
    this.#doubts = 0
  }

  /** Goes to the next address of this round. */
  next(): Route | undefined {
    this.#route = this.#untried.shift()
    return this.#route
  }

  /** How long the address may take until its handshake is done, ms. @param whole until its `welcome` */
  patience(attempt: number, whole: number): number {
    return this.areSeveral ? Math.min(whole, OPEN_WITHIN_MS * attempt) : whole
  }

  /** The key of this address is for the user to decide about, who is asked only where no other address can be reached. */
  doubt(refused: Refused): void {
    this.#doubts++
    if (this.#route !== undefined) this.#doubted ??= { route: this.#route, refused }
  }

  /**
   * After a round: what the user is asked, about an address to which the way returns. Where the connection was up before,
   * only if all addresses are like that: otherwise it may come back by itself, while the user is away.
   */
  question(): Refused | undefined {
    const mayAsk = this.#mayAsk || this.#doubts === this.#count
    if (!mayAsk || this.#doubted === undefined) return undefined
    this.#route = this.#doubted.route
    return this.#doubted.refused
  }

  /** The user accepted the key of this address. */
  accepted(): void {
    if (this.#route !== undefined) this.#addresses.prefer(this.#route)
  }

  /** The daemon at this address welcomed the client, and told its peers. */
  welcomed(peers: readonly string[] = []): void {
    this.#isMoving = false
    this.#mayAsk = false
    if (this.#route === undefined) return
    this.#addresses.prefer(this.#route)
    this.#addresses.tell(this.#route, peers)
  }

  /** Notes a daemon that goes; true where there is another one, so that its farewell is no news for the user. */
  leaves({ reason, peers = [] }: Signal<'bye'>): boolean {
    if (!GOING.has(reason) || this.#route === undefined) return false
    this.#addresses.leave(this.#route, peers)
    return this.#addresses.areSeveral
  }

  /** The connection, or a whole round, is over. */
  ended(wasOnline: boolean): void {
    this.#isMoving = wasOnline && this.#addresses.areSeveral
  }

  /** Why a whole round failed. @param reason that of its last address */
  failed(reason: string): string {
    const others = this.#count - 1
    return others < 1 ? reason : `${reason}; ${others} other${others === 1 ? '' : 's'} failed too`
  }
}
