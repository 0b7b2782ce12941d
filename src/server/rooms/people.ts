import { foldName } from '../../protocol/names.ts'
import type { Peer } from './room.ts'

/** With more names than this, those longest gone are forgotten. */
const NAMES_KEPT = 100_000

/** A person whom the server has seen. */
export interface Person {
  /** The folded name. */
  readonly key: string
  /** The spelling of the account, or else of the first connection, which all clients show. */
  name: string
  /** When the first of the live connections came, ms since 1970. */
  since: number
  /** The live connections under this name. */
  readonly peers: Set<Peer>
  /** The away message while the person is away. */
  away: string | undefined
}

/** The one owner of names: which connections each has. */
export class People {
  readonly #people = new Map<string, Person>()

  /** @param known the names that were seen before, as they are spelled, the oldest first */
  constructor(known: Iterable<string> = []) {
    for (const name of known) {
      const person = newPerson(name)
      this.#people.set(person.key, person)
      if (this.#people.size > NAMES_KEPT) this.#forgetOne()
    }
  }

  /** The person of this name, in any spelling; undefined where the server has not seen it. */
  find(name: string): Person | undefined {
    return this.at(foldName(name))
  }

  /** The same by the folded name: a join looks up each person in the room. */
  at(key: string): Person | undefined {
    return this.#people.get(key)
  }

  /** Puts a connection under a (valid) name. */
  arrive(peer: Peer, name: string): Person {
    const person = this.find(name) ?? newPerson(name)
    // The last in the map was seen last; forgetting goes by that.
    this.#people.delete(person.key)
    this.#people.set(person.key, person)
    if (person.peers.size === 0) person.since = Date.now()
    person.peers.add(peer)
    if (this.#people.size > NAMES_KEPT) this.#forgetOne()
    return person
  }

  /** Takes a connection away. True where it was the person's last. */
  depart(peer: Peer, person: Person): boolean {
    person.peers.delete(peer)
    return person.peers.size === 0
  }

  /** Shows a person in the spelling of the account. */
  spell(name: string): void {
    const person = this.find(name)
    if (person !== undefined) person.name = name
  }

  /** Forgets a name (folded) that the log erases. The caller ends its connections. */
  forget(key: string): void {
    this.#people.delete(key)
  }

  #forgetOne(): void {
    for (const person of this.#people.values()) {
      if (person.peers.size > 0) continue
      this.#people.delete(person.key)
      return
    }
  }
}

function newPerson(name: string): Person {
  return { key: foldName(name), name, since: 0, peers: new Set(), away: undefined }
}
