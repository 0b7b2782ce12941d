import { foldName } from '../../protocol/names.ts'
import type { Peer } from './room.ts'
import { ShownNames } from './shownNames.ts'

/** Names that are remembered although the log does not know them, as of plain clients that said nothing. */
const SEEN_KEPT = 10_000

/** A person who is connected, or has just left. */
export interface Person {
  /** The folded name. */
  readonly key: string
  /** The spelling of the account, or else of the first connection, which all clients show. */
  name: string
  /** When the first of the live connections came, ms since 1970. */
  since: number
  /** The live connections under this name that this daemon has. */
  readonly peers: Set<Peer>
  /** Those that other daemons have. */
  readonly elsewhere: Set<Peer>
  /** The away message while the person is away. */
  away: string | undefined
  /** When that was said last, ms since 1970: daemons can hear of it in another order. */
  awayAt: number
}

/** How many connections a person has, at all daemons. */
export function connectionsOf({ peers, elsewhere }: Person): number {
  return peers.size + elsewhere.size
}

/** The one owner of names: which connections each has. The log knows those that are not connected. */
export class People {
  readonly #spelling: (key: string) => string | undefined
  readonly #people = new Map<string, Person>()
  readonly #names = new ShownNames()
  /** The spelling of names that were here, by folded name, the oldest first. */
  readonly #seen = new Map<string, string>()

  /** @param spelling how the log spells a name (folded) that it knows */
  constructor(spelling: (key: string) => string | undefined = () => undefined) {
    this.#spelling = spelling
  }

  /** How many are connected to this daemon, or have just left. */
  get connected(): number {
    let connected = 0
    for (const { peers, elsewhere } of this.#people.values())
      if (peers.size > 0 || elsewhere.size === 0) connected++
    return connected
  }

  /** The person of this name, in any spelling; undefined where it is not connected, and has not just left. */
  find(name: string): Person | undefined {
    return this.at(foldName(name))
  }

  /** The same by the folded name: a join looks up each person in the room. */
  at(key: string): Person | undefined {
    return this.#people.get(key)
  }

  /** The name of another person who is connected, or has just left, that looks like a name. */
  lookalike(name: string): string | undefined {
    return this.#names.lookalike(foldName(name), name)
  }

  /** The spelling of a name (folded) that the server has seen. */
  spelled(key: string): string | undefined {
    return this.#people.get(key)?.name ?? this.#spelling(key) ?? this.#seen.get(key)
  }

  /** Puts a connection under a (valid) name. @param since when it came, ms since 1970 */
  arrive(peer: Peer, name: string, since = Date.now()): Person {
    const key = foldName(name)
    const person = this.#people.get(key) ?? this.#add(newPerson(key, this.spelled(key) ?? name))
    person.since = connectionsOf(person) === 0 ? since : Math.min(person.since, since)
    const connections = peer.daemon === undefined ? person.peers : person.elsewhere
    connections.add(peer)
    return person
  }

  /** Takes a connection away. True where it was the person's last. */
  depart(peer: Peer, person: Person): boolean {
    person.peers.delete(peer)
    person.elsewhere.delete(peer)
    return connectionsOf(person) === 0
  }

  /** A person who left has not come back in time. */
  gone(person: Person): void {
    if (connectionsOf(person) > 0 || this.#people.get(person.key) !== person) return
    this.#remove(person.key)
    this.#seen.delete(person.key)
    this.#seen.set(person.key, person.name)
    if (this.#seen.size <= SEEN_KEPT) return
    const oldest = this.#seen.keys().next()
    if (!oldest.done) this.#seen.delete(oldest.value)
  }

  /** Shows a person in the spelling of the account. */
  spell(name: string): void {
    const person = this.find(name)
    if (person === undefined) return
    this.#names.remove(person)
    person.name = name
    this.#names.add(person)
  }

  /** Forgets a name (folded) that the log erases. The caller ends its connections. */
  forget(key: string): void {
    this.#remove(key)
    this.#seen.delete(key)
  }

  #add(person: Person): Person {
    this.#people.set(person.key, person)
    this.#names.add(person)
    return person
  }

  #remove(key: string): void {
    const person = this.#people.get(key)
    if (person !== undefined) this.#names.remove(person)
    this.#people.delete(key)
  }
}

function newPerson(key: string, name: string): Person {
  return { key, name, since: 0, peers: new Set(), elsewhere: new Set(), away: undefined, awayAt: 0 }
}
