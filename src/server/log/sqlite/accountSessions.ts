import type { AccountChange, KeptAccount } from '../accounts.ts'
import type { EventEntry } from '../entries.ts'

/** The sessions of accounts: an event of another session is a guest's. */
export class AccountSessions {
  /** The session by the account's folded name. */
  readonly #byPerson: Map<string, number>
  readonly #sessions: Set<number>

  constructor(accounts: readonly KeptAccount[]) {
    this.#byPerson = new Map(accounts.map(({ person, session }) => [person, session]))
    this.#sessions = new Set(this.#byPerson.values())
  }

  /** Takes a change over. */
  apply({ accounts, removed }: Pick<AccountChange, 'accounts' | 'removed'>): void {
    for (const { person, session } of accounts) {
      this.#byPerson.set(person, session)
      this.#sessions.add(session)
    }
    for (const person of removed) this.#forget(person)
  }

  /** Whether the author is marked as a guest. Nothing is marked where there are no accounts at all. */
  isGuest({ session }: Pick<EventEntry, 'session'>): boolean {
    return this.#sessions.size > 0 && (session === undefined || !this.#sessions.has(session))
  }

  #forget(person: string): void {
    const session = this.#byPerson.get(person)
    this.#byPerson.delete(person)
    if (session !== undefined) this.#sessions.delete(session)
  }
}
