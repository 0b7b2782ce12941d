import type { AccountSession } from '../log/accounts.ts'
import type { KeptSession } from '../log/entries.ts'
import { changedNotify, type Notify, type NotifyChange } from '../log/notify.ts'
import { ReadPositions } from './readPositions.ts'

/** A session of a name: the client that brings its secret continues it. It outlives connections and the daemon. */
export interface Session {
  /** The log marks events of the session with it. */
  readonly number: number
  /** The folded name that it belongs to. */
  readonly person: string
  /** The position of the log when it began: it sees nothing of direct conversations before. */
  readonly began: number
  /** The rooms that it joined and did not leave, and direct conversations that it read, each with its read position. */
  readonly reads: ReadonlyMap<string, number>
  /** What it has set for them. */
  readonly notify: ReadonlyMap<string, Notify>
}

/** What a session changed in a conversation, as the log applied it. */
export interface SessionNews {
  readonly session: Session
  readonly roomKey: string
  readonly change:
    | { readonly kind: 'read'; readonly seq: number }
    | { readonly kind: 'notify'; readonly notify: Notify | undefined }
  /** What it was changed with; undefined: another daemon did it. */
  readonly origin: object | undefined
}

/** A session in memory, as its owner changes it. */
export class HeldSession implements Session {
  readonly number: number
  readonly person: string
  /** The hash of its secret; undefined for that of an account, which its devices open. */
  hash: string | undefined
  began: number
  readonly positions: ReadPositions
  readonly notify: Map<string, Notify>
  /** How many connections have it. */
  connections = 0
  /** How many of its changes are on their way to the log. */
  changes = 0
  /** The day of the last use that was noted. */
  usedOn = 0

  constructor({ number, person, began, reads, notify }: Omit<KeptSession, 'hash'>, hash: string | undefined) {
    this.number = number
    this.person = person
    this.began = began
    this.positions = new ReadPositions(reads)
    this.notify = new Map(notify)
    this.hash = hash
  }

  get reads(): ReadonlyMap<string, number> {
    return this.positions.shown
  }

  /** Takes over what the log has set for a room. True where it is something else than before. */
  setNotify(roomKey: string, change: NotifyChange): boolean {
    const before = this.notify.get(roomKey)
    const notify = changedNotify(before, change)
    if (notify === undefined) this.notify.delete(roomKey)
    else this.notify.set(roomKey, notify)
    return before?.level !== notify?.level || before?.muted !== notify?.muted
  }

  /** It was registered, or took another session over. */
  becomeAccount(kept: AccountSession): void {
    this.hash = undefined
    this.began = Math.min(this.began, kept.began)
    // Changes that are still on their way to the log stand.
    for (const [roomKey, seq] of kept.reads) this.positions.applied(roomKey, seq)
    for (const [roomKey, notify] of kept.notify)
      if (!this.notify.has(roomKey)) this.notify.set(roomKey, notify)
  }
}
