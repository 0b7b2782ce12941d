import { foldName } from '../../protocol/names.ts'
import type { Session } from '../requests/client.ts'

/** More names than this, and those longest gone are forgotten. */
const NAMES_KEPT = 100_000

/** Somebody whom the server has seen. */
export interface Person {
  /** The folded name. */
  readonly key: string
  /** The spelling that everybody is shown: that of the first connection. */
  readonly name: string
  /** When the person came: the first of the connections that are live now, ms since 1970. */
  since: number
  /** The live connections under this name. */
  readonly sessions: Set<Session>
  /** The away message while the person is away. */
  away: string | undefined
}

/** The one owner of who is connected under which name. */
export class People {
  readonly #people = new Map<string, Person>()

  /** @param known the names that were seen before, as they are spelled, the oldest first */
  constructor(known: Iterable<string> = []) {
    for (const name of known) {
      const key = foldName(name)
      this.#people.set(key, { key, name, since: 0, sessions: new Set(), away: undefined })
      if (this.#people.size > NAMES_KEPT) this.#forgetOne()
    }
  }

  /** Whoever was seen under this name, in any spelling. */
  find(name: string): Person | undefined {
    return this.#people.get(foldName(name))
  }

  /** Puts a connection under a (valid) name. */
  arrive(session: Session, name: string): Person {
    const key = foldName(name)
    const person = this.#people.get(key) ?? { key, name, since: 0, sessions: new Set(), away: undefined }
    // Last in the map is last seen, which is what forgetting goes by.
    this.#people.delete(key)
    this.#people.set(key, person)
    if (person.sessions.size === 0) person.since = Date.now()
    person.sessions.add(session)
    if (this.#people.size > NAMES_KEPT) this.#forgetOne()
    return person
  }

  /** Takes a connection away. True where it was the person's last. */
  depart(session: Session, person: Person): boolean {
    person.sessions.delete(session)
    return person.sessions.size === 0
  }

  /** Forgets that somebody was ever here: the log erases the name. What is connected under it has to end. */
  forget(key: string): void {
    this.#people.delete(key)
  }

  #forgetOne(): void {
    for (const person of this.#people.values()) {
      if (person.sessions.size > 0) continue
      this.#people.delete(person.key)
      return
    }
  }
}
