import { isOnThisMachine, parseHostPort, type ServerAddress, showServer } from './serverAddress.ts'
import { byWeight, type FindServices, findServices, servicesOf } from './serviceRecords.ts'

/** A server can tell so many addresses of its other daemons; more are not looked at. */
const MOST_TOLD = 16

/** An address as the user gave it. */
export interface GivenAddress extends ServerAddress {
  /** Whether the user named the port; otherwise DNS may name other addresses. */
  readonly isExact: boolean
}

/** One way to a server. */
export interface Route extends ServerAddress {
  /**
   * By which name the server has to prove itself: the address, or the name that the user gave, where DNS led from there.
   * An answer of DNS is no proof.
   */
  readonly identity: ServerAddress
  /** A daemon of the server told it; the user did not give it. */
  readonly isTold: boolean
}

interface Ranked extends Route {
  readonly rank: number
  readonly weight: number
}

/** What {@link Addresses} work with. */
export interface AddressesOptions {
  /** At least one. */
  readonly given: readonly GivenAddress[]
  readonly find?: FindServices
  /** From 0 up to 1. */
  readonly random?: () => number
}

/**
 * The addresses of one server, whose daemons are all alike: those that the user gave, in place of a name those that DNS has
 * for it, and those that the daemons tell of each other.
 *
 * A round has each of them once. Those of one rank stand in a random order, so that clients spread over the daemons also
 * where all of them have the same list; the one that welcomed this client last comes first, so that a client stays where it is.
 */
export class Addresses {
  readonly #given: readonly GivenAddress[]
  readonly #find: FindServices
  readonly #random: () => number
  /** Called with what the daemons told, where that is new. */
  #keep: (peers: readonly string[]) => void = () => undefined
  /** What DNS said last, by the name. */
  readonly #found = new Map<string, readonly Ranked[]>()
  #told: readonly ServerAddress[] = []
  /** Those of the last round. */
  #routes: readonly Route[] = []
  /** The address that welcomed this client last. */
  #good: string | undefined
  /** The address that said that it goes, until another one has welcomed this client. */
  #left: string | undefined
  /** Where that one sends its clients. */
  #next: readonly string[] = []

  constructor({ given, find = findServices, random = Math.random }: AddressesOptions) {
    this.#given = given
    this.#find = find
    this.#random = random
  }

  /** What this client calls the server. */
  get first(): ServerAddress {
    return this.#given[0] ?? { host: '', port: 0 }
  }

  /** Whether there is more than one address, as far as the last round and the daemons told. */
  get areSeveral(): boolean {
    return new Set([...this.#routes, ...this.#told].map(showServer)).size > 1
  }

  /** All addresses, in the order in which they are tried. */
  async round(): Promise<readonly Route[]> {
    const given = (await Promise.all(this.#given.map(one => this.#behind(one)))).flat()
    const told = this.#told.map(one => ({ ...one, identity: one, isTold: true, rank: Infinity, weight: 1 }))
    const routes = new Map<string, Ranked>()
    for (const route of [...given, ...told])
      if (!routes.has(showServer(route))) routes.set(showServer(route), route)
    const ranks = [...new Set([...routes.values()].map(({ rank }) => rank))].sort((a, b) => a - b)
    const ordered = ranks.flatMap(rank =>
      byWeight(
        [...routes.values()].filter(route => route.rank === rank),
        this.#random,
      ).sort((a, b) => this.#preference(a) - this.#preference(b)),
    )
    this.#routes = ordered
      .sort((a, b) => this.#haste(a) - this.#haste(b))
      .map(({ host, port, identity, isTold }) => ({ host, port, identity, isTold }))
    return this.#routes
  }

  /** A daemon at this address welcomed the client, or the user wants it. */
  prefer(address: ServerAddress): void {
    this.#good = showServer(address)
    this.#left = undefined
    this.#next = []
  }

  /** Takes up what the daemons told at an earlier start, and has the rest kept for the next one. */
  remember(kept: readonly string[], keep: (peers: readonly string[]) => void): void {
    if (this.#told.length === 0) this.#told = this.#acceptable(kept)
    this.#keep = keep
  }

  /** The daemon at an address tells where the others are, in place of what was told before. */
  tell({ host, port, isTold }: Route, peers: readonly string[]): void {
    const told = this.#acceptable(peers)
    if (told.length === 0) return
    const before = new Set(this.#told.map(showServer))
    this.#told = isTold ? [...told, { host, port }] : told
    const now = this.#told.map(showServer)
    if (now.length !== before.size || now.some(peer => !before.has(peer))) this.#keep(now)
  }

  /** The daemon at an address goes, and tells where its clients go now. */
  leave(route: Route, peers: readonly string[]): void {
    this.tell(route, peers)
    this.#left = showServer(route)
    this.#next = this.#acceptable(peers)
      .map(showServer)
      .filter(peer => peer !== this.#left)
  }

  async #behind(given: GivenAddress): Promise<readonly Ranked[]> {
    const { host, port, isExact } = given
    const identity = { host, port }
    const itself = { host, port, identity, isTold: false, rank: 0, weight: 1 }
    if (isExact) return [itself]
    const services = servicesOf(await this.#find(host))
    if (services.length > 0)
      this.#found.set(
        host,
        services.map(service => ({ ...service, identity, isTold: false })),
      )
    return this.#found.get(host) ?? [itself]
  }

  /** A told address on this machine would be one of a server elsewhere, which has no business here. */
  #acceptable(peers: readonly string[]): readonly ServerAddress[] {
    const isHere = this.#given.every(({ host }) => isOnThisMachine(host))
    return peers
      .slice(0, MOST_TOLD)
      .flatMap(peer => parseHostPort(peer) ?? [])
      .filter(({ host }) => isHere || !isOnThisMachine(host))
  }

  #preference(route: ServerAddress): number {
    return showServer(route) === this.#good ? 0 : 1
  }

  #haste(route: ServerAddress): number {
    const key = showServer(route)
    if (key === this.#left) return 2
    return this.#next.includes(key) ? 0 : 1
  }
}
