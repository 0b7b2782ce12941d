import type { DatabaseSync } from 'node:sqlite'
import { type Result, refuse, success } from '../../../../protocol/errors.ts'
import { foldName } from '../../../../protocol/names.ts'
import type {
  AccountChange,
  AccountContents,
  AccountDeed,
  AccountEntry,
  AccountSession,
  Credential,
  KeptAccount,
  NewDevice,
} from '../../accounts.ts'
import { nameLike } from '../../skeleton.ts'
import { Lookalikes } from '../lookalikes.ts'
import { AccountTable } from './accountTable.ts'
import { auditDetail } from './auditDetail.ts'
import type { AuditTable } from './auditTable.ts'
import type { NameTable } from './nameTable.ts'
import type { SessionTable } from './sessionTable.ts'

const DAY = 86_400_000
/** A name cannot be registered while another session of it was used within this time, days. */
const SLEEPING_AFTER = 30
/** Devices of an account; beyond, the one that was unused for longest is signed out. */
const MAX_DEVICES = 64
const MAX_KEYS = 32
const MAX_TOKENS = 64
/** Invitations that an account has open at once. */
const MAX_INVITES = 50

/** What a deed of the fold gets from its batch and from the log. */
interface AccountMoment {
  /** Milliseconds since 1970. */
  readonly ts: number
  /** The seq of the newest event. */
  readonly last: number
}

type Deed<D extends AccountDeed['deed']> = Extract<AccountDeed, { deed: D }>
type Outcome = Result<Partial<AccountChange>>

/**
 * The rule of the log for accounts: which change is allowed, and which rows it changes. Like the rest of the fold it is a
 * function of the rows and the entry. A refused entry changes nothing.
 */
export class AccountFold {
  readonly #rows: AccountTable
  readonly #lookalikes: Lookalikes
  readonly #names: NameTable
  readonly #sessions: SessionTable
  readonly #audit: AuditTable

  constructor(database: DatabaseSync, names: NameTable, sessions: SessionTable, audit: AuditTable) {
    this.#rows = new AccountTable(database)
    this.#lookalikes = new Lookalikes(database)
    this.#names = names
    this.#sessions = sessions
    this.#audit = audit
  }

  /** Everything about accounts that the log holds. */
  contents(): AccountContents {
    return { accounts: this.#rows.all(), invites: this.#rows.invites(), policy: this.#rows.policy }
  }

  /** Applies one entry. Throws what SQLite throws. */
  apply(entry: AccountEntry, at: AccountMoment): Result<AccountChange> {
    const outcome = this.#act(entry.deed, entry.by, at)
    if (!outcome.ok) return outcome
    if (entry.deed.deed !== 'used' && entry.deed.deed !== 'signIn') this.#note(entry, at)
    const nothing = { accounts: [], removed: [], sessions: [], ended: [], invites: [], uninvited: [] }
    return success({ ...nothing, ...outcome.value })
  }

  /** Takes everything about a person (by number) away, for an erasing. */
  erase(person: number): void {
    const account = this.#rows.of(person)
    if (account !== undefined) this.#rows.remove(account.number)
    for (const invite of this.#rows.invites())
      if (invite.name !== undefined && this.#names.find(foldName(invite.name)) === person)
        this.#rows.removeInvite(invite.n)
    this.#audit.forgetDetails(person)
  }

  #act(deed: AccountDeed, by: string | undefined, at: AccountMoment): Outcome {
    switch (deed.deed) {
      case 'register':
        return this.#register(deed, at)
      case 'create':
        return this.#create(deed, at)
      case 'redeem':
        return this.#redeem(deed, at)
      case 'signIn':
        return this.#signIn(deed, at)
      case 'setPassword':
        return this.#set(deed.person, account => this.#rows.setPassword(account.number, deed.password))
      case 'addKey':
        return this.#addKey(deed, at)
      case 'addToken':
        return this.#addToken(deed, at)
      case 'revoke':
        return this.#revoke(deed)
      case 'setRole':
        return this.#set(deed.person, account => this.#rows.setRole(account.number, deed.role))
      case 'setDisabled':
        return this.#set(deed.person, account => this.#rows.setDisabled(account.number, deed.isDisabled))
      case 'remove':
        return this.#remove(deed.person)
      case 'used':
        return this.#used(deed, at)
      case 'invite':
        return this.#invite(deed, by, at)
      case 'uninvite':
        return this.#rows.removeInvite(deed.n)
          ? success({ uninvited: [deed.n] })
          : refuse('not_found', `there is no invitation ${deed.n}`)
      case 'setPolicy':
        this.#rows.policy = { names: deed.names, guests: deed.guests }
        return success({ policy: this.#rows.policy })
    }
  }

  #register(deed: Deed<'register'>, at: AccountMoment): Outcome {
    if (this.#rows.policy.names === 'invite')
      return refuse('forbidden', 'this server makes accounts by invitation: ask one of its people for a link')
    const session = this.#sessions.find(deed.session)
    if (session === undefined || session.isClosed)
      return refuse('not_found', 'your session is gone; connect again')
    const name = this.#names.nameOf(session.person)
    const taken = this.#refuseTaken(session.person, deed.session, at) ?? this.#refuseLike(name)
    if (taken !== undefined) return taken
    this.#rows.add(session.person, deed.session, 'user', at.ts, name)
    const account = this.#accountOf(session.person)
    const device: NewDevice = { hash: session.hash, label: deed.label }
    this.#sessions.becomeAccount(deed.session)
    this.#addDevice(account, device, at)
    this.#give(account, deed, at)
    return success(this.#changed(session.person))
  }

  #create(deed: Deed<'create'>, at: AccountMoment): Outcome {
    if (this.#find(foldName(deed.name)) !== undefined)
      return refuse('name_taken', `"${deed.name}" has an account already`)
    const like = this.#refuseLike(deed.name)
    if (like !== undefined) return like
    const person = this.#names.spelled(deed.name)
    this.#make(person, deed, at)
    return success(this.#changed(person))
  }

  #redeem(deed: Deed<'redeem'>, at: AccountMoment): Outcome {
    const invite = this.#rows.invite(deed.invite)
    if (invite === undefined || (invite.expires !== undefined && invite.expires <= at.ts))
      return refuse(
        'auth_failed',
        'this invitation is not known here: it was used, taken back, or has expired; ask for another',
      )
    if (invite.name !== undefined && foldName(invite.name) !== foldName(deed.name))
      return refuse('auth_failed', `this invitation is for "${invite.name}"`)
    const known = this.#names.find(foldName(deed.name))
    const account = known === undefined ? undefined : this.#rows.of(known)
    if (invite.purpose === 'reset') {
      if (known === undefined || account === undefined)
        return refuse('auth_failed', `"${deed.name}" has no account any more`)
      if (account.isDisabled) return refuse('forbidden', DISABLED)
      this.#give(account, deed, at)
      const n = deed.device && this.#addDevice(account, deed.device, at)
      return success({ ...this.#changed(known), ...this.#takeInvite(invite.n, invite.hash), n })
    }
    // An operator who names the person says that the name is this person's.
    const isNamed = invite.name !== undefined && invite.by === undefined
    const taken = known === undefined ? undefined : this.#refuseTaken(known, undefined, at, isNamed)
    const unfit = taken ?? this.#refuseLike(deed.name)
    if (unfit !== undefined) return unfit
    const person = this.#names.spelled(deed.name)
    const made = this.#make(person, { ...deed, role: invite.role }, at)
    const n = deed.device && this.#addDevice(made, deed.device, at)
    return success({ ...this.#changed(person), ...this.#takeInvite(invite.n, invite.hash), n })
  }

  #signIn({ person: key, proof, device, old }: Deed<'signIn'>, at: AccountMoment): Outcome {
    const person = this.#names.find(key)
    const account = person === undefined ? undefined : this.#rows.of(person)
    if (person === undefined || account === undefined) return refuse('auth_failed', NOT_RIGHT)
    const used =
      proof.by === 'key'
        ? account.secrets.find(({ kind, hash }) => kind === 'key' && hash === proof.fingerprint)
        : undefined
    const stands = proof.by === 'key' ? used !== undefined : proof.password === account.password
    if (!stands) return refuse('auth_failed', NOT_RIGHT)
    if (account.isDisabled) return refuse('forbidden', DISABLED)
    if (used !== undefined) this.#rows.setUsed(used.n, dayOf(at.ts))
    const merged = old === undefined ? undefined : this.#sessions.merge(old, person, account.session)
    const n = device === undefined ? undefined : this.#addDevice(account, device, at)
    const changed = this.#changed(person)
    return merged === undefined
      ? success({ accounts: changed.accounts, n })
      : success({ ...changed, ended: [merged], n })
  }

  #addKey({ person: key, key: line }: Deed<'addKey'>, at: AccountMoment): Outcome {
    return this.#with(key, account => {
      const known = account.secrets.find(({ kind, hash }) => kind === 'key' && hash === line.fingerprint)
      if (known !== undefined) return success({ n: known.n })
      const full = refuseBeyond(account, 'key', MAX_KEYS, 'keys')
      if (full !== undefined) return full
      return success({ n: this.#give(account, { key: line }, at) })
    })
  }

  #addToken({ person, hash, label, scope, expires }: Deed<'addToken'>, at: AccountMoment): Outcome {
    return this.#with(person, account => {
      const full = refuseBeyond(account, 'token', MAX_TOKENS, 'tokens')
      if (full !== undefined) return full
      const secret = { kind: 'token' as const, hash, label, scope, created: at.ts, used: 0, expires }
      return success({ n: this.#rows.addSecret(account.number, secret) })
    })
  }

  #revoke({ person, n, isForced }: Deed<'revoke'>): Outcome {
    return this.#with(person, account => {
      const secret = account.secrets.find(candidate => candidate.n === n)
      if (secret === undefined) return refuse('not_found', `the account has nothing with the number ${n}`)
      const keys = account.secrets.filter(({ kind }) => kind === 'key').length
      if (secret.kind === 'key' && keys === 1 && account.password === undefined && !isForced)
        return refuse(
          'forbidden',
          'this key is the only thing that signs you in: add another key or a password first',
        )
      this.#rows.removeSecret(n)
      return success({ n })
    })
  }

  #remove(key: string): Outcome {
    const account = this.#find(key)
    if (account === undefined) return noAccount(key)
    const uninvited = this.#rows.remove(account.number)
    this.#sessions.close(account.session)
    return success({ removed: [key], ended: [account.session], uninvited })
  }

  #used({ secret, session }: Deed<'used'>, { ts }: AccountMoment): Outcome {
    if (session !== undefined) this.#sessions.setUsed(session, dayOf(ts))
    if (secret === undefined) return success({})
    this.#rows.setUsed(secret, dayOf(ts))
    const account = this.#rows.withSecret(secret)
    return success(account === undefined ? {} : { accounts: [account] })
  }

  #invite({ deed: _, ...invite }: Deed<'invite'>, by: string | undefined, { ts }: AccountMoment): Outcome {
    const maker = by === undefined ? undefined : this.#find(by)
    if (by !== undefined && (maker === undefined || maker.isDisabled)) return noAccount(by)
    const uninvited = this.#rows.removeExpiredInvites(ts)
    const open = this.#rows.invites().filter(({ by: account }) => account === maker?.number)
    if (maker !== undefined && open.length >= MAX_INVITES)
      return refuse('limit_reached', `you have ${open.length} open invitations; they expire by themselves`)
    const n = this.#rows.addInvite({ ...invite, by: maker?.number })
    const made = this.#rows.invite(invite.hash)
    return success({ invites: made === undefined ? [] : [made], uninvited, n })
  }

  /** Why a name cannot get an account; undefined where it can. @param session the session that asks */
  #refuseTaken(
    person: number,
    session: number | undefined,
    { ts }: AccountMoment,
    isNamed = false,
  ): Extract<Outcome, { ok: false }> | undefined {
    if (this.#rows.of(person) !== undefined)
      return refuse('name_taken', 'this name has an account already: sign in, or choose another name')
    if (isNamed || !this.#sessions.wasUsedSince(person, dayOf(ts) - SLEEPING_AFTER, session)) return undefined
    return refuse(
      'name_taken',
      `another session used this name within ${SLEEPING_AFTER} days, perhaps another device of yours: the operator can give you the name (chatd user add)`,
    )
  }

  /** Why a name cannot get an account beside those that there are. */
  #refuseLike(name: string): Extract<Outcome, { ok: false }> | undefined {
    const other = this.#lookalikes.account(name)
    return other === undefined ? undefined : { ok: false, error: nameLike(name, other) }
  }

  #make(
    person: number,
    deed: Credential & Pick<Deed<'create'>, 'role' | 'session'>,
    at: AccountMoment,
  ): KeptAccount {
    this.#sessions.beginAccount(deed.session, person, at)
    this.#rows.add(person, deed.session, deed.role, at.ts, this.#names.nameOf(person))
    const account = this.#accountOf(person)
    this.#give(account, deed, at)
    return account
  }

  /** Gives an account a password, or a key, whose number is returned. */
  #give(
    { number, secrets }: KeptAccount,
    { password, key }: Credential,
    { ts }: AccountMoment,
  ): number | undefined {
    if (password !== undefined) this.#rows.setPassword(number, password)
    if (key === undefined) return undefined
    const known = secrets.find(({ kind, hash }) => kind === 'key' && hash === key.fingerprint)
    if (known !== undefined) return known.n
    const { fingerprint: hash, line, label } = key
    return this.#rows.addSecret(number, { kind: 'key', hash, label, line, created: ts, used: 0 })
  }

  #addDevice({ number, secrets }: KeptAccount, { hash, label }: NewDevice, { ts }: AccountMoment): number {
    const devices = secrets
      .filter(({ kind }) => kind === 'device')
      .sort((a, b) => a.used - b.used || a.n - b.n)
    for (const { n } of devices.slice(0, Math.max(0, devices.length + 1 - MAX_DEVICES)))
      this.#rows.removeSecret(n)
    return this.#rows.addSecret(number, { kind: 'device', hash, label, created: ts, used: dayOf(ts) })
  }

  #takeInvite(n: number, hash: string): Partial<AccountChange> {
    const left = this.#rows.takeInvite(n) ? this.#rows.invite(hash) : undefined
    return left === undefined ? { uninvited: [n] } : { invites: [left] }
  }

  /** Does something with the account of a person (a folded name), and gives it as it stands then. */
  #with(key: string, act: (account: KeptAccount) => Outcome): Outcome {
    const account = this.#find(key)
    if (account === undefined) return noAccount(key)
    const outcome = act(account)
    return outcome.ok ? success({ accounts: [this.#find(key) ?? account], ...outcome.value }) : outcome
  }

  #set(key: string, act: (account: KeptAccount) => void): Outcome {
    return this.#with(key, account => {
      act(account)
      return success({})
    })
  }

  #find(key: string): KeptAccount | undefined {
    const person = this.#names.find(key)
    return person === undefined ? undefined : this.#rows.of(person)
  }

  #accountOf(person: number): KeptAccount {
    const account = this.#rows.of(person)
    if (account === undefined) throw new Error('an account that was just made is not there')
    return account
  }

  /** An account and its session, as they stand now. */
  #changed(person: number): {
    readonly accounts: readonly KeptAccount[]
    readonly sessions: readonly AccountSession[]
  } {
    const account = this.#accountOf(person)
    return { accounts: [account], sessions: this.#sessions.kept(account.session) }
  }

  #note({ deed, by, operator }: AccountEntry, { ts }: AccountMoment): void {
    const name =
      'person' in deed
        ? deed.person
        : 'name' in deed && deed.name !== undefined
          ? foldName(deed.name)
          : undefined
    const target =
      deed.deed === 'register' ? this.#sessions.find(deed.session)?.person : name && this.#names.find(name)
    const actor = by === undefined ? undefined : this.#names.find(by)
    this.#audit.note({
      ts,
      by: actor,
      deed: deed.deed,
      target: target || undefined,
      detail: auditDetail(deed, operator),
    })
  }
}

const NOT_RIGHT = 'name or credential is not right'
const DISABLED = 'this account is disabled: ask the operator'

function noAccount(key: string): Extract<Outcome, { ok: false }> {
  return refuse('not_found', `"${key}" has no account`)
}

function refuseBeyond(
  { secrets }: KeptAccount,
  kind: 'key' | 'token',
  most: number,
  noun: string,
): Extract<Outcome, { ok: false }> | undefined {
  if (secrets.filter(secret => secret.kind === kind).length < most) return undefined
  return refuse('limit_reached', `an account has at most ${most} ${noun}; revoke one first`)
}

function dayOf(ts: number): number {
  return Math.floor(ts / DAY)
}
