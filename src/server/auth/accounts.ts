import type { Result } from '../../protocol/errors.ts'
import { foldName } from '../../protocol/names.ts'
import type {
  AccountChange,
  AccountDeed,
  AccountEntry,
  AccountStore,
  AppliedAccounts,
  KeptAccount,
  KeptInvite,
  KeptSecret,
  Policy,
} from '../log/accounts.ts'
import { secretHash } from './secretHash.ts'

const DAY = 86_400_000

/** A device or a token, and the account that it opens. */
export interface Opened {
  readonly account: KeptAccount
  readonly secret: KeptSecret
}

/** A change as the accounts show it now. */
export interface AccountNews extends AppliedAccounts {
  /** What a revocation took away. */
  readonly revoked: KeptSecret | undefined
}

/** The accounts, invitations and the policy as the log holds them. Only changes that the log has applied show here. */
export class Accounts {
  readonly #store: AccountStore
  readonly #byPerson = new Map<string, KeptAccount>()
  /** Devices and tokens, by the hash of their secret. */
  readonly #byHash = new Map<string, Opened>()
  readonly #invites = new Map<string, KeptInvite>()
  readonly #listeners = new Set<(news: AccountNews) => void>()
  #policy: Policy

  constructor(store: AccountStore) {
    this.#store = store
    const { accounts, invites, policy } = store.keptAccounts()
    for (const account of accounts) this.#put(account)
    for (const invite of invites) this.#invites.set(invite.hash, invite)
    this.#policy = policy
    store.onAccounts(applied => this.#apply(applied))
  }

  /** Who may take a free name. */
  get policy(): Policy {
    return this.#policy
  }

  /** The account of a person (a folded name). */
  find(person: string): KeptAccount | undefined {
    return this.#byPerson.get(person)
  }

  /** The name of another person's account that looks like a name. */
  lookalike(name: string): string | undefined {
    return this.#store.accountLike(name)
  }

  /** Whether any name has an account. */
  get areThereAny(): boolean {
    return this.#byPerson.size > 0
  }

  /** Every account, in the order in which they were made or taken over. */
  all(): Iterable<KeptAccount> {
    return this.#byPerson.values()
  }

  /** The device or token of a person (a folded name) with this secret, unless it has expired or the account is disabled. */
  open(person: string, secret: string, now: number = Date.now()): Opened | undefined {
    const opened = this.#byHash.get(secretHash(secret))
    if (opened === undefined || opened.account.person !== person || opened.account.isDisabled)
      return undefined
    return isExpired(opened.secret, now) ? undefined : opened
  }

  /** The invitation with this code, unless it has expired. */
  invite(code: string, now: number = Date.now()): KeptInvite | undefined {
    const invite = this.#invites.get(secretHash(code))
    return invite === undefined || isExpired(invite, now) ? undefined : invite
  }

  /** Every invitation that can still be taken. */
  invites(now: number = Date.now()): readonly KeptInvite[] {
    return [...this.#invites.values()].filter(invite => !isExpired(invite, now))
  }

  /**
   * Changes accounts by an entry of the log; resolves when that is durable, or refused.
   * @param by the folded name of the asking person
   * @param origin comes back with the {@link AccountNews}
   */
  change(deed: AccountDeed, by?: string, origin?: object): Promise<Result<AccountChange>> {
    return this.#enter({ kind: 'account', deed, ...(by === undefined ? {} : { by }) }, origin)
  }

  /** The same by a command. @param operator the user of the machine who runs it, for the audit */
  changeAsOperator(deed: AccountDeed, operator: string): Promise<Result<AccountChange>> {
    return this.#enter({ kind: 'account', deed, operator })
  }

  /** Notes the use of a device or a token, once a day. Nothing waits for it, and it may be lost. */
  noteUse({ n, used }: KeptSecret, now: number = Date.now()): void {
    if (used === Math.floor(now / DAY)) return
    void this.change({ deed: 'used', secret: n })
  }

  /** Tells of every change after it shows here; returns the function that ends it. */
  subscribe(listener: (news: AccountNews) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Forgets a person (a folded name) that the log erases. */
  forget(person: string): void {
    const account = this.#byPerson.get(person)
    this.#remove(person)
    for (const [hash, { name, by }] of this.#invites) {
      const isAbout = name !== undefined && foldName(name) === person
      if (isAbout || (account !== undefined && by === account.number)) this.#invites.delete(hash)
    }
  }

  #enter(entry: AccountEntry, origin?: object): Promise<Result<AccountChange>> {
    return new Promise(resolve => this.#store.changeAccounts(entry, resolve, origin))
  }

  #apply(applied: AppliedAccounts): void {
    const { change, entry } = applied
    const revoked = this.#revokedBy(entry.deed)
    for (const person of change.removed) this.#remove(person)
    for (const account of change.accounts) {
      this.#remove(account.person)
      this.#put(account)
    }
    for (const invite of change.invites) this.#invites.set(invite.hash, invite)
    const gone = new Set(change.uninvited)
    if (gone.size > 0) for (const [hash, { n }] of this.#invites) if (gone.has(n)) this.#invites.delete(hash)
    this.#policy = change.policy ?? this.#policy
    for (const listener of this.#listeners) listener({ ...applied, revoked })
  }

  #revokedBy(deed: AccountDeed): KeptSecret | undefined {
    if (deed.deed !== 'revoke') return undefined
    return this.#byPerson.get(deed.person)?.secrets.find(({ n }) => n === deed.n)
  }

  #put(account: KeptAccount): void {
    this.#byPerson.set(account.person, account)
    for (const secret of account.secrets)
      if (secret.kind !== 'key') this.#byHash.set(secret.hash, { account, secret })
  }

  #remove(person: string): void {
    for (const { kind, hash } of this.#byPerson.get(person)?.secrets ?? [])
      if (kind !== 'key') this.#byHash.delete(hash)
    this.#byPerson.delete(person)
  }
}

function isExpired({ expires }: { readonly expires?: number | undefined }, now: number): boolean {
  return expires !== undefined && expires <= now
}
